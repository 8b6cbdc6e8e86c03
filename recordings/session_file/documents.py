"""The documents of a session: what they hold, how they are written, and how they are understood again."""

from __future__ import annotations

import dataclasses
from typing import Any, Final, NamedTuple, TypeGuard

from dowel.recordings.session_file.blocks import BlockKind, document_body, encode_document
from dowel.recordings.session_file.known_values import (
    FACTS,
    LARGEST_INT,
    RATE_HZ,
    SETTINGS,
    json_object,
    known,
    number,
    or_none,
    text,
)
from dowel.recordings.types import Mark, MarkKind, Placement, Sensor

LARGEST_S: Final = LARGEST_INT * 1e-9
"""Beyond it a time has no place on the arrival clock."""
_ON_THE_CLOCK: Final = number(-LARGEST_S, LARGEST_S)

_SENSOR_FIELDS: Final = [field.name for field in dataclasses.fields(Sensor)]


class Calibration(NamedTuple):
    """A calibration as it was used live from ``time_s`` on."""

    time_s: float
    detail: dict[str, Any]


class Heard(NamedTuple):
    """A row, a cue, ... as it was heard at ``time_s``."""

    time_s: float
    kind: str
    detail: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """A document on its way into a block."""

    kind: BlockKind
    body: bytes

    def encode(self, number: int, identity: bytes) -> bytes:
        """The block with this number, of the session with this identity."""
        return encode_document(self.kind, number, self.body, identity)


def sensor_document(index: int, sensor: Sensor) -> Document:
    """What is known of a sensor."""
    fields = {name: getattr(sensor, name) for name in _SENSOR_FIELDS}
    return Document(BlockKind.SENSOR, document_body({"index": index, **fields, "settings": dict(sensor.settings)}))


def fact_document(key: str, value: Any) -> Document:
    """One fact."""
    return Document(BlockKind.FACT, document_body({"key": key, "value": value}))


def mark_document(mark: Mark) -> Document:
    """One mark."""
    return Document(BlockKind.MARK, document_body({**dataclasses.asdict(mark), "detail": dict(mark.detail)}))


# ------------------------------------------------------------------------------- read again
# ``KeyError`` and ``ValueError`` say what is wrong with a document.


def fact_of(document: dict[str, Any]) -> tuple[str, Any]:
    """A fact's key and value."""
    key = text(document["key"])
    return key, known({key: document["value"]}, FACTS)[key]


def sensor_of(document: dict[str, Any]) -> tuple[int, Sensor]:
    """A sensor with its index."""
    return _count(document["index"]), Sensor(
        placement=Placement(text(document["placement"])),
        driver=text(document["driver"]),
        name=text(document["name"]),
        address=text(document["address"]),
        firmware=text(document["firmware"]),
        asked_rate_hz=or_none(RATE_HZ)(document["asked_rate_hz"]),
        measured_rate_hz=or_none(RATE_HZ)(document["measured_rate_hz"]),
        settings=known(document["settings"], SETTINGS),
    )


def mark_of(document: dict[str, Any]) -> Mark:
    """A mark."""
    return Mark(
        sequence=_count(document["sequence"]),
        kind=MarkKind(text(document["kind"])),
        start_s=_time(document["start_s"]),
        end_s=_time(document["end_s"]),
        detail=json_object(document["detail"]),
        added=document["added"] is True,
    )


def calibration_of(document: dict[str, Any]) -> Calibration:
    """A calibration."""
    return Calibration(_time(document["time_s"]), json_object(document["detail"]))


def heard_of(document: dict[str, Any]) -> Heard:
    """What was heard."""
    return Heard(_time(document["time_s"]), text(document["kind"]), json_object(document["detail"]))


def is_count(value: object) -> TypeGuard[int]:
    """Whether a value can count something."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST_INT


def _count(value: object) -> int:
    if not is_count(value):
        raise ValueError("a count is expected")
    return value


def _time(value: object) -> float:
    return float(_ON_THE_CLOCK(value))
