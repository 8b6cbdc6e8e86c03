"""One sensor's recording on its way into a session: read, checked, and as the session will have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dowel.exchange.align import Alignment
from dowel.exchange.import_gain import ImportedGain, measured_gain, without_broken
from dowel.exchange.imported_file import writing_in
from dowel.exchange.plausibility import Plausibility, check
from dowel.exchange.spool import SpooledSamples
from dowel.recordings.formats import Recording, Told, decode_alone, pack, read_bundle
from dowel.recordings.types import Placement, Sensor
from dowel.sensors.drivers import already_decoded
from dowel.sensors.stream.replay import FILE_DRIVER


@dataclass(frozen=True)
class Source:
    """One sensor's recording as it was read and checked; ``name`` stands in messages, ``packed`` has its original."""

    placement: Placement
    name: str
    bundle_name: str
    packed: Path
    recording: Recording
    found: Plausibility
    gain: ImportedGain


def read_source(placement: Placement, path: Path, told: Told, folder: Path, *, correct_gain: bool) -> Source:
    """Read and check one recording; its samples and its packed original go into files of the folder."""
    original = folder / f"{placement}.packed"
    bundle_name, recording = _decoded(path, told, original)
    name = f"{placement} ({bundle_name})"
    samples, left_out = without_broken(recording.samples.rows(0, len(recording.samples)), name)
    no_choice = f"{name} holds one sensor: --pick {placement}={told.sensor} chose nothing."
    unpicked = no_choice if told.sensor != placement and not recording.sensor else ""
    recording = replace(recording, findings=(*recording.findings, *filter(None, (left_out, unpicked))))
    found = check(
        samples, recording.stated_rate_hz, name, rate_from=recording.rate_from, scale_matters=not correct_gain
    )
    gain = measured_gain(samples, name, correct=correct_gain)
    with writing_in(folder.parent):
        recording = replace(recording, samples=SpooledSamples.of(samples, folder / f"{placement}.samples"))
    return Source(placement, name, bundle_name, original, recording, found, gain)


def _decoded(path: Path, told: Told, original: Path) -> tuple[str, Recording]:
    """The name of a recording as it was given, and what is in it; its packed original goes into a file."""
    bundle = replace(read_bundle(path), told=told)
    recording = decode_alone(bundle)
    bundle = replace(bundle, told=replace(told, sensor=recording.sensor))
    with writing_in(original.parent.parent), original.open("xb") as file:
        file.writelines(pack(bundle))
    return bundle.name, recording


def decoded_sensors(sources: Sequence[Source], alignment: Alignment) -> list[Sensor]:
    """The sensors as the engine sees them on replay."""
    return [
        Sensor(
            source.placement,
            already_decoded.NAME,
            measured_rate_hz=source.found.measured_rate_hz,
            settings={"time_base": "session", **_sync_settings(alignment, index), **source.gain.settings},
        )
        for index, source in enumerate(sources)
    ]


def _sync_settings(alignment: Alignment, index: int) -> dict[str, float | str]:
    """How sure a sensor's time is, as its settings tell it."""
    return {"sync_ms": alignment.uncertainty_ms[index], "sync_source": alignment.source[index]}


def kept_sensor(source: Source, alignment: Alignment, index: int) -> Sensor:
    """The sensor as the session file keeps it."""
    line = alignment.lines[index]
    return Sensor(
        source.placement,
        FILE_DRIVER,
        name=source.recording.format,
        asked_rate_hz=source.recording.stated_rate_hz,
        measured_rate_hz=source.found.measured_rate_hz,
        settings={
            "time_offset_s": line.offset_s,
            "time_rate": line.rate,
            **_sync_settings(alignment, index),
            **source.gain.settings,
        },
    )
