"""APDM Opal, HDF5 of Motion Studio and Mobility Lab: all sensors in one file; m/s2, rad/s, microseconds since 1970."""

from __future__ import annotations

import io
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
    sensors = _own(file, "Sensors")
    if sensors is None:
        raise InputError(
            f"{name} is HDF5, but has no group Sensors as Motion Studio and Mobility Lab write it. Export it in their "
            "present version, or as CSV."
        )
    groups = {}
    for key in sensors:
        group = _own(sensors, key)
        if group is not None and all(_own(group, part) is not None for part in ("Accelerometer", "Gyroscope", "Time")):
            groups[_label(key, group)] = group
    if not groups:
        raise InputError(
            f"{name} has no sensor with accelerometer and gyroscope; the angles of trunk and pelvis need both. Switch "
            "them on in the configuration of the Opals."
        )
    names = list(groups)
    label = names[chosen(name, names, wanted)]
    group = groups[label]
    time_us = _values(name, group, "Time", 1)
    acc, gyr = _values(name, group, "Accelerometer", 3), _values(name, group, "Gyroscope", 3)
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


def _label(key: str, group: Any) -> str:
    """The name that the sensor was given, or its number."""
    configuration = _own(group, "Configuration")
    for name in _LABELS if configuration is not None else ():
        text = configuration.attrs.get(name, b"")
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        if text := text.strip("\0 "):
            return text
    return key


def _values(name: str, group: Any, key: str, width: int) -> FloatArray:
    data = _own(group, key)
    shape = tuple(data.shape)
    if data.is_virtual or data.external or len(shape) not in (1, 2) or shape[0] > _MOST_SAMPLES:
        raise InputError(f"{name}: {key} is no table of samples of this file. Do not trust this file.")
    if (shape[1] if len(shape) == 2 else 1) != width:
        raise InputError(f"{name}: {key} has the shape {shape}. Export it again.")
    values = np.asarray(data[()], np.float64)
    return values.reshape(-1) if width == 1 else values
