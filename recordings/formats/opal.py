"""APDM Opal, HDF5 of Motion Studio and Mobility Lab: all sensors in one file; m/s2, rad/s, microseconds since 1970."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.several import chosen
from dowel.recordings.formats.table import printable
from dowel.recordings.types import FloatArray, Samples

if TYPE_CHECKING:
    import h5py

SYNC_UNCERTAINTY_S: Final = 0.001
"""Opals are synchronised by radio; the maker claims a millisecond."""

_MOST_SAMPLES: Final = 20_000_000  # a day at 200 Hz is 17 million
_LABELS: Final = ("Label 0", "Label 1", "Label 2")


def decode(name: str, data: bytes, wanted: str) -> Recording:
    """Decode one sensor of an Opal's file. Raises `InputError` where the file is another program's, or damaged."""
    try:
        import h5py
    except ImportError as error:
        raise UsageError(f"{name} is an HDF5 file; to read it: pip install 'dowel-rod[hdf5]'.") from error
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            return _decoded(name, file, wanted)
    # What h5py raises for damaged files is not documented in one place; these were met by fuzzing.
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, OverflowError, AttributeError) as error:
        raise InputError(f"{name} is damaged or no file of an Opal ({error}). Export it again.") from error


def _decoded(name: str, file: h5py.File, wanted: str) -> Recording:
    found = _of_motion_studio(file)
    if found is None:
        found = _of_first_version(file)
    if found is None:
        raise InputError(
            f"{name} is HDF5, but has neither the group Sensors nor the list CaseIdList, as Motion Studio and Mobility "
            "Lab write them. Export it in their present version, or as CSV."
        )
    if not found:
        raise InputError(
            f"{name} has no sensor with accelerometer and gyroscope; the angles of trunk and pelvis need both. Switch "
            "them on in the configuration of the Opals."
        )
    names = list(found)
    label = names[chosen(name, names, wanted)]
    parts = found[label]
    time_us = _values(name, parts.time, "Time", 1)
    acc, gyr = _values(name, parts.acc, "Accelerometer", 3), _values(name, parts.gyr, "Gyroscope", 3)
    if not len(time_us) == len(acc) == len(gyr) > 1:
        raise InputError(
            f"{name}: {printable(label)} has {len(time_us)} times and {len(acc)} samples. Export it again."
        )
    origin_us = float(time_us[0])
    samples = Samples((time_us - origin_us) * 1e-6, acc, gyr)
    return finish(
        "opal",
        name,
        samples,
        epoch_s=origin_us * 1e-6,
        epoch_uncertainty_s=SYNC_UNCERTAINTY_S,
        sync_clock_s=origin_us * 1e-6,
        sensor=label,
        findings=[f"{name}: sensor {printable(label)}."],
    )


def _own(group: Any, key: str) -> Any:
    """A member that lies in this very file, or `None`; links that lead elsewhere are not followed."""
    import h5py

    link = group.get(key, getlink=True)
    return group[key] if isinstance(link, h5py.HardLink) else None


@dataclass(frozen=True)
class _Parts:
    """Where one sensor's times (microseconds since 1970), m/s2 and rad/s stand."""

    time: Any
    acc: Any
    gyr: Any

    @classmethod
    def of(cls, group: Any, measured: Any, acc: str, gyr: str) -> _Parts | None:
        if group is None or measured is None:
            return None
        parts = (_own(group, "Time"), _own(measured, acc), _own(measured, gyr))
        return None if any(part is None for part in parts) else cls(*parts)


def _of_motion_studio(file: Any) -> dict[str, _Parts] | None:
    """The sensors by label, of file versions from 5 on: a group for each in ``Sensors``; `None` without that."""
    sensors = _own(file, "Sensors")
    if sensors is None:
        return None
    groups = {key: _own(sensors, key) for key in sensors}
    found = {key: _Parts.of(group, group, "Accelerometer", "Gyroscope") for key, group in groups.items()}
    return {_label(key, groups[key]): parts for key, parts in found.items() if parts is not None}


def _of_first_version(file: Any) -> dict[str, _Parts] | None:
    """The same of file versions up to 4: a group for each number in ``CaseIdList``, named in ``MonitorLabelList``."""
    if "CaseIdList" not in file.attrs:
        return None
    numbers = [_plain(text) for text in np.atleast_1d(file.attrs["CaseIdList"])]
    labels = [_plain(text) for text in np.atleast_1d(file.attrs.get("MonitorLabelList", []))]
    labels += [""] * (len(numbers) - len(labels))
    found = {}
    for number, label in zip(numbers, labels, strict=False):
        group = _own(file, number) if number else None
        parts = _Parts.of(group, group and _own(group, "Calibrated"), "Accelerometers", "Gyroscopes")
        if parts is not None:
            found[label if label and label not in found else number] = parts
    return found


def _label(key: str, group: Any) -> str:
    """The name that the sensor was given, or its number."""
    configuration = _own(group, "Configuration")
    for name in _LABELS if configuration is not None else ():
        if text := _plain(configuration.attrs.get(name, b"")):
            return text
    return key


def _plain(text: Any) -> str:
    """A text of the file, up to the zeros that fill it."""
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return decoded.partition("\0")[0].strip()


def _values(name: str, data: Any, key: str, width: int) -> FloatArray:
    shape = tuple(data.shape)
    if data.is_virtual or data.external or len(shape) not in (1, 2) or shape[0] > _MOST_SAMPLES:
        raise InputError(f"{name}: {key} is not a table of samples of this file. Do not trust this file.")
    if (shape[1] if len(shape) == 2 else 1) != width:
        raise InputError(f"{name}: {key} has the shape {shape}. Export it again.")
    values = np.asarray(data[()], np.float64)
    return values.reshape(-1) if width == 1 else values
