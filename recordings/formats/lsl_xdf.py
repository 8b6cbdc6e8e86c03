"""Lab Streaming Layer, ``.xdf`` of LabRecorder: streams of any sensor, known by their channels' labels and units."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.formats.moments import moment
from dowel.recordings.formats.recording import Recording, finish
from dowel.recordings.formats.several import chosen
from dowel.recordings.formats.table import printable
from dowel.recordings.types import Samples
from dowel.recordings.units import ACC_M_S2, GYR_RAD_S, worth

EPOCH_UNCERTAINTY_S: Final = 0.05
"""All streams have one clock after LSL's own correction; how long each sensor took to send is not in it: tens of ms."""

_ACC = re.compile(r"(?:.*[^a-z])?acc(?:el|eleration|elerometer)?[^a-z]*([xyz])", re.IGNORECASE)
_GYR = re.compile(r"(?:.*[^a-z])?(?:gyr|gyro|gyroscope|angular ?velocity)[^a-z]*([xyz])", re.IGNORECASE)


def decode(name: str, data: bytes, wanted: str) -> Recording:
    """Decode one sensor's stream. Raises `InputError` where no stream has both sensors with their units."""
    try:
        import pyxdf
    except ImportError as error:
        raise UsageError(f"{name} is an XDF file; to read it: pip install 'dowel-rod[xdf]'.") from error
    logging.getLogger("pyxdf").setLevel(logging.CRITICAL)
    try:
        streams, header = pyxdf.load_xdf(io.BytesIO(data))
    except Exception as error:  # the library parses as it goes and raises whatever a damaged file makes of that
        raise InputError(f"{name} is a damaged XDF file ({error}). Record or copy it again.") from error
    found: dict[str, tuple[Mapping[str, Any], list[tuple[int, float]]]] = {}
    for stream in streams:
        channels = _channels(stream)
        if channels is not None:
            found[_name(stream, found)] = (stream, channels)
    if not found:
        raise InputError(
            f"{name} has no stream with accelerometer and gyroscope in known units; it has {_what_there_is(streams)}. "
            "Label the channels (acc_x ... gyr_z) and their units in the program that sends them."
        )
    names = list(found)
    label = names[chosen(name, names, wanted)]
    stream, channels = found[label]
    if len(stream["time_stamps"]) < 2:
        raise InputError(f"{name}: the stream {printable(label)} holds no samples. Record it again.")
    values = np.asarray(stream["time_series"], np.float64)
    columns, factors = zip(*channels, strict=True)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused by `finish`
        six = values[:, list(columns)] * np.array(factors)
    time_s = np.asarray(stream["time_stamps"], np.float64)
    first_s = min(float(each["time_stamps"][0]) for each in streams if len(each["time_stamps"]))
    begun_s = _begun_s(header)
    findings = [f"{name}: stream {printable(label)}; its stamps are those of LSL, evened out."]
    return finish(
        "lsl_xdf",
        name,
        Samples(time_s - time_s[0], six[:, :3], six[:, 3:]),
        epoch_s=None if begun_s is None else begun_s + float(time_s[0]) - first_s,
        epoch_uncertainty_s=EPOCH_UNCERTAINTY_S,
        sensor=label,
        findings=findings,
    )


def _channels(stream: Mapping[str, Any]) -> list[tuple[int, float]] | None:
    """Column and factor of acceleration x, y, z and rate x, y, z; `None` where one is not clearly told."""
    told = _described(stream)
    columns = []
    for pattern, units in ((_ACC, ACC_M_S2), (_GYR, GYR_RAD_S)):
        for axis in "xyz":
            here = [
                (index, factor)
                for index, (label, unit) in enumerate(told)
                if (match := pattern.fullmatch(label)) and match[1].lower() == axis
                if (factor := worth(unit, units)) is not None
            ]
            if len(here) != 1:
                return None
            columns += here
    return columns


def _described(stream: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and unit of each channel, as the stream's description has them."""
    try:
        channels = stream["info"]["desc"][0]["channels"][0]["channel"]
        return [(_text(each.get("label")), _text(each.get("unit"))) for each in channels]
    except (KeyError, IndexError, TypeError, AttributeError):
        return []


def _text(values: Sequence[Any] | None) -> str:
    return str(values[0]) if values and values[0] is not None else ""


def _name(stream: Mapping[str, Any], taken: Mapping[str, object]) -> str:
    name = str(stream["info"]["name"][0]) or "stream"
    return name if name not in taken else f"{name} {stream['info']['stream_id']}"


def _what_there_is(streams: Sequence[Mapping[str, Any]]) -> str:
    words = []
    for stream in streams[:4]:
        channels = ", ".join(f"{label} ({unit or 'no unit'})" for label, unit in _described(stream)[:6])
        words.append(f"{printable(str(stream['info']['name'][0]))[:30]}: {printable(channels) or 'no labels'}")
    return "; ".join(words) or "no stream"


def _begun_s(header: Mapping[str, Any]) -> float | None:
    """Unix time at which the recording began, where the header names it with its zone."""
    try:
        begun = moment(str(header["info"]["datetime"][0]))
    except (KeyError, IndexError, TypeError):
        return None
    return begun.timestamp() if begun is not None and begun.tzinfo is not None else None
