"""Xsens MVN, ``.mvnx``: one XML file with all sensors of a suit; acceleration without gravity, and orientations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.parsers import expat

import numpy as np

from dowel.recordings.errors import InputError
from dowel.recordings.formats.lost_digits import LEAST_ACC_M_S2
from dowel.recordings.formats.recording import Recording, finish, without_lone_cells
from dowel.recordings.formats.refusals import one_recording_only
from dowel.recordings.formats.several import chosen
from dowel.recordings.formats.table import TextFile
from dowel.recordings.types import GRAVITY_M_S2, FloatArray, Samples

EPOCH_UNCERTAINTY_S: Final = 0.001
"""All sensors of a suit are sampled together (the maker's word)."""

_ORIENTATION: Final = "sensorOrientation"
_ACCELERATION: Final = "sensorFreeAcceleration"
_WANTED: Final = (_ORIENTATION, _ACCELERATION)
_STAMP_S: Final = 0.02  # stamps in whole milliseconds may differ from index / rate by this, at 60 Hz and more
_HEAD_CHARACTERS: Final = 4096
_LARGEST: Final = 1e6  # m/s2; parts of a quaternion are 1 at most


class _Frames:
    """What a file holds of its frames: attributes and the numbers of all sensors, as text."""

    def __init__(self) -> None:
        self.sensors: list[str] = []
        self.rate_hz = 0.0
        self.attributes: list[dict[str, str]] = []
        self.texts: list[dict[str, str]] = []
        self._pieces: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name == "sensor":
            self.sensors.append(attributes.get("label", ""))
        elif name == "subject":
            self.rate_hz = float(attributes.get("frameRate", "0"))
        elif name == "frame":
            self.attributes.append(attributes)
            self.texts.append({})
        elif self.texts and name in _WANTED:
            self._pieces = []

    def text(self, piece: str) -> None:
        """A piece of an element's text."""
        if self._pieces is not None:
            self._pieces.append(piece)

    def end(self, name: str) -> None:
        """An element ends."""
        if self._pieces is not None and name in _WANTED:
            if name in self.texts[-1]:
                raise ValueError(f"a frame has {name} twice")
            self.texts[-1][name] = "".join(self._pieces)
            self._pieces = None

    def keep_normal(self) -> None:
        """Leave out the poses that stand before the movement."""
        kept = [number for number, each in enumerate(self.attributes) if each.get("type") == "normal"]
        self.attributes = [self.attributes[number] for number in kept]
        self.texts = [self.texts[number] for number in kept]


def decode(files: Sequence[TextFile], wanted: str) -> Recording | None:
    """Decode one sensor of an `.mvnx` file; `None` if no file is one.

    The file has no rates of turn of its sensors. They are worked out from the sensor's orientation, frame by frame, as
    is specific force from the acceleration without gravity. Frames are counted at the rate that the file tells.
    """
    ours = [file for file in files if "<mvnx" in file.start[:_HEAD_CHARACTERS]]
    if not ours:
        return None
    file = one_recording_only(ours)
    frames = _parsed(file)
    if not frames.sensors or not all(set(texts) == set(_WANTED) for texts in frames.texts):
        raise InputError(
            f"{file.name} lacks {_ORIENTATION} or {_ACCELERATION} in its frames. Export MVNX with all sensor data."
        )
    if len(frames.attributes) < 2:
        raise InputError(f"{file.name} holds fewer than two frames. Record and export it again.")
    sensor = chosen(file.name, frames.sensors, wanted)
    try:
        time_s, findings = _times(file.name, frames)
        samples = _sensor(file.name, frames, sensor, time_s, findings)
        epoch_ms = frames.attributes[0].get("ms")
        epoch_s = None if epoch_ms is None else float(epoch_ms) * 1e-3 - float(time_s[0])
    except (ValueError, KeyError, IndexError) as error:
        raise InputError(f"{file.name}: a frame cannot be read ({error}). Export the recording again.") from error
    label = frames.sensors[sensor]
    findings.append(
        f"{file.name}: sensor {label}; its rate of turn was worked out from its orientation, and gravity was added to "
        "its acceleration."
    )
    return finish(
        "mvnx",
        file.name,
        samples,
        epoch_s=epoch_s,
        epoch_uncertainty_s=EPOCH_UNCERTAINTY_S,
        sync_clock_s=epoch_s,
        stated_rate_hz=frames.rate_hz,
        sensor=label,
        findings=findings,
    )


def _parsed(file: TextFile) -> _Frames:
    frames = _Frames()
    parser = expat.ParserCreate()
    parser.StartElementHandler = frames.start
    parser.CharacterDataHandler = frames.text
    parser.EndElementHandler = frames.end

    def no_entities(*_: object) -> None:
        raise InputError(f"{file.name} defines entities, which no MVNX has. Do not trust this file.")

    parser.EntityDeclHandler = no_entities
    try:
        parser.Parse(file.text[file.text.index("<mvnx") :], True)  # what stands above may name another encoding
    except (expat.ExpatError, ValueError) as error:
        raise InputError(f"{file.name} is not a whole XML file ({error}). Export the recording again.") from error
    frames.keep_normal()
    return frames


def _times(name: str, frames: _Frames) -> tuple[FloatArray, list[str]]:
    """Seconds of each frame: counted at the stated rate, which the stamps in milliseconds must bear out."""
    stamps_s = np.array([float(each["time"]) for each in frames.attributes]) * 1e-3
    counted = [each.get("index") for each in frames.attributes]
    if frames.rate_hz > 0 and None not in counted:
        index = np.array([float(each) for each in counted if each is not None])
        time_s = (index - index[0]) / frames.rate_hz
        if np.abs(time_s - (stamps_s - stamps_s[0])).max() < _STAMP_S:
            return time_s, []
    return stamps_s - stamps_s[0], [f"{name}: its frames do not keep the stated rate; its time stamps are used."]


def _sensor(name: str, frames: _Frames, sensor: int, time_s: FloatArray, findings: list[str]) -> Samples:
    from scipy.spatial.transform import Rotation  # late: only this format needs it

    count = len(frames.sensors)
    orientation = _numbers(frames, _ORIENTATION, 4 * count)[:, 4 * sensor : 4 * sensor + 4]
    free = _numbers(frames, _ACCELERATION, 3 * count)[:, 3 * sensor : 3 * sensor + 3]
    # here, as a wrong orientation would give two wrong rates
    time_s, (orientation, free) = without_lone_cells(name, time_s, (orientation, free), (0.0, LEAST_ACC_M_S2), findings)
    to_earth = Rotation.from_quat(orientation, scalar_first=True)
    turned = (to_earth[:-1].inv() * to_earth[1:]).as_rotvec() / np.diff(time_s)[:, None]
    acc: FloatArray = to_earth.inv().apply(free + np.array([0.0, 0.0, GRAVITY_M_S2]))
    return Samples(time_s, acc, np.vstack([turned[:1], turned]))


def _numbers(frames: _Frames, name: str, width: int) -> FloatArray:
    rows = [texts[name].split() for texts in frames.texts]
    if any(len(row) != width for row in rows):
        raise ValueError(f"{width} numbers are expected for its sensors")
    values = np.array(rows, np.float64)
    if not (np.abs(values) < _LARGEST).all():
        raise ValueError(f"{name} holds a number that is not finite, or larger than anything measured")
    return values
