"""From recordings of other programs to a session file: read, check, align, mark, calibrate, write."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any, Final, Literal

from dowel.analysis.drills.drills import drill_named
from dowel.exchange.align import Alignment, Method, align
from dowel.exchange.import_source import Source, decoded_sensors, kept_sensor, read_source
from dowel.exchange.import_stance import own_stance
from dowel.exchange.import_steps import used_steps
from dowel.exchange.imported_file import write_session, writing_in
from dowel.exchange.marks_csv import read_marks
from dowel.exchange.plausibility import same_recording
from dowel.exchange.session_time import LATEST_S, begun, outside_words, span_s
from dowel.exchange.spool import ImportedStream
from dowel.exchange.twice_given import SAME_RATE, same_movement
from dowel.recordings.errors import InputError
from dowel.recordings.formats import Told
from dowel.recordings.formats.home_made import layout
from dowel.recordings.types import Mark, MarkKind, Placement
from dowel.session.engine import Engine
from dowel.session.setup import SessionSetup, check_placements, check_setup, missing_words, setup_marks
from dowel.settings.person_limits import limits_of
from dowel.settings.version import program_version

BENDING: Final = (Placement.UPPER_BACK, Placement.SACRUM)
"""How far their movement shows the lag of their clocks was measured (sources#movement-lag); of other places it is not
known: somebody who lies down turns pelvis and breastbone one after the other."""


@dataclass(frozen=True)
class ImportOptions:
    """What is to be imported: one recording per placement, and what the recordings do not say.

    ``offset_s`` gives session time minus recording time for each placement; where it is given it overrides ``align``.
    ``pick`` names the sensor of each placement in files of several. ``columns`` of each placement and ``units`` are
    those of tables that no known program wrote. ``correct_gain``: a gyroscope that surely turns too far or too little
    is corrected. ``started_at`` is ISO 8601; empty: the date in the recordings, if there is one. Where ``setup`` has no
    limits, those hold that are kept for its person.
    """

    sources: Mapping[Placement, Path]
    out: Path
    marks: Path | None = None
    setup: SessionSetup = field(default_factory=SessionSetup)
    started_at: str = ""
    align: Method | None = None
    offset_s: Mapping[Placement, float] = field(default_factory=dict)
    pick: Mapping[Placement, str] = field(default_factory=dict)
    columns: Mapping[Placement, str] = field(default_factory=dict)
    units: str = ""
    correct_gain: bool = False

    def told_of(self, placement: Placement) -> Told:
        """What was said of the recording of a placement."""
        columns = self.columns.get(placement, "")
        return Told(self.pick.get(placement, placement), columns, self.units if columns else "")


@dataclass(frozen=True)
class Imported:
    """What an import gave: its length, how well the clocks agree, how it is calibrated, and sentences for the user.

    ``calibration``: ``marked`` steps, ``stance`` of the recording itself, or ``none``.
    """

    length_s: float
    sync_ms: float
    calibration: Literal["marked", "stance", "none"]
    sentences: tuple[str, ...]


def import_recordings(options: ImportOptions, tell: Callable[[str], None] = lambda _: None) -> Imported:
    """Write the session file.

    ``tell`` hears what is being done. Raises ``InputError`` for what cannot be used, ``UsageError`` for options
    that do not go together; then nothing is written.
    """
    if options.out.exists():
        raise InputError(f"{options.out} exists already, and a session is never overwritten. Choose another name.")
    check_setup(options.setup)
    if options.columns or options.units:
        for columns in set(options.columns.values()) or {""}:
            layout(columns, options.units)
    check_placements(options.setup.drill, options.sources)
    limits = options.setup.limits or limits_of(options.setup.person)
    options = replace(options, setup=replace(options.setup, limits=limits))
    csv_marks = read_marks(options.marks, before_s=LATEST_S) if options.marks else []
    _refuse_other_stances(options, csv_marks)
    if not options.out.parent.exists():
        raise InputError(f"The folder {options.out.parent} does not exist. Create it or choose another.")
    with writing_in(options.out.parent):
        folder = tempfile.TemporaryDirectory(prefix=".dowel-import-", dir=options.out.parent)
    with folder as name:
        return _imported(options, csv_marks, tell, Path(name))


def _imported(options: ImportOptions, csv_marks: Sequence[Mark], tell: Callable[[str], None], folder: Path) -> Imported:
    """What :func:`import_recordings` does, with what it has read in a folder of its own beside the session's place."""
    sources = []
    for placement, path in options.sources.items():
        tell(f"reading {path}")
        told = options.told_of(placement)
        sources.append(read_source(placement, path, told, folder, correct_gain=options.correct_gain))
    tell("checking and aligning")
    _refuse_one_given_twice(options, sources)
    offsets_s = [options.offset_s.get(source.placement, 0.0) for source in sources] if options.offset_s else None
    alignment = align(
        [source.recording for source in sources],
        [source.name for source in sources],
        options.align,
        offsets_s,
        reference=_reference(options.setup.drill, sources),
        trunk=[index for index, source in enumerate(sources) if source.placement in BENDING],
    )
    _refuse_exports_of_one(sources, alignment)
    begin = begun([source.recording for source in sources], alignment, csv_marks, str(options.marks))
    alignment, csv_marks = begin.alignment, begin.marks
    Engine(decoded_sensors(sources, alignment), 0)  # refuses placements that cannot be analysed
    start_s, end_s = span_s([source.recording for source in sources], alignment)
    about_marks = outside_words(csv_marks, start_s, end_s), _load_words(options, csv_marks)
    findings = [*_findings(sources, alignment), *filter(None, (begin.sentence, *about_marks))]
    tell("looking for a calibration")
    marks, calibration = _marks(options, sources, alignment, csv_marks)
    sensors = [kept_sensor(source, alignment, index) for index, source in enumerate(sources)]
    facts = _facts(options, sources, alignment, findings)
    tell(f"writing {options.out}")
    with writing_in(folder.parent):
        write_session(folder, options.out, sensors, facts, [source.packed for source in sources], marks)
    said = (*findings, calibration) if calibration else tuple(findings)
    return Imported(end_s - start_s, max(alignment.uncertainty_ms), _calibrated(options.setup.drill, marks), said)


def _refuse_other_stances(options: ImportOptions, csv_marks: Sequence[Mark]) -> None:
    opening = drill_named(options.setup.drill)
    for drill in (drill_named(str(mark.detail["drill"])) for mark in csv_marks if mark.kind is MarkKind.DRILL):
        if drill.stance is not opening.stance:
            raise InputError(
                f"{options.marks}: the {drill.words.title} is done {drill.stance.name}, and the {opening.words.title} "
                f"is not. Import the recording by itself for those sets, with --drill {drill.name}."
            )


def _refuse_one_given_twice(options: ImportOptions, sources: Sequence[Source]) -> None:
    for one, other in combinations(sources, 2):
        if not same_recording(one.recording.samples, other.recording.samples):
            continue
        how = "Give each placement the file of its own sensor"
        if options.sources[one.placement] == options.sources[other.placement]:
            option = "--pick" if one.recording.sensor else "--columns" if options.columns else ""
            each = " and ".join(f"{option} {source.placement}=..." for source in (one, other))
            how = f"Where it holds both, tell them apart with {each}" if option else how
        raise InputError(f"{one.name} and {other.name} are the same recording. {how}.")


def _refuse_exports_of_one(sources: Sequence[Source], alignment: Alignment) -> None:
    for (one, its_line), (other, other_line) in combinations(zip(sources, alignment.lines, strict=True), 2):
        if same_movement(one.recording.samples, its_line, other.recording.samples, other_line):
            raise InputError(
                f"{one.name} and {other.name} turn alike to within {100 * SAME_RATE:.0f} %, and are pushed alike, as "
                "no two sensors on a body are: they are two exports of one recording. Give each placement the file of "
                "its own sensor."
            )


def _reference(drill: str, sources: Sequence[Source]) -> int:
    """The recording whose clock is believed: of a trunk sensor that was not only counted, where there is one."""
    trunk = [i for i, source in enumerate(sources) if source.placement in drill_named(drill).stance.trunk]
    return min(trunk, key=lambda index: sources[index].recording.counted, default=0)


def _findings(sources: Sequence[Source], alignment: Alignment) -> list[str]:
    """What the readers, the checks and the alignment have to say."""
    sentences = [
        sentence
        for source in sources
        for sentence in (*source.recording.findings, *source.found.findings, *source.gain.findings)
    ]
    if len(sources) > 1:
        sentences.append(_alignment_words(alignment))
    return [*sentences, *alignment.findings]


def _load_words(options: ImportOptions, csv_marks: Sequence[Mark]) -> str:
    """What is taken for a load that neither the options nor the marks tell."""
    told = any("load_kg" in mark.detail for mark in csv_marks)
    drills = [str(mark.detail["drill"]) for mark in csv_marks if mark.kind is MarkKind.DRILL] or [options.setup.drill]
    missing = (missing_words(replace(options.setup, drill=drill)) for drill in drills)
    sentence = "" if told else next(filter(None, missing), "")
    return sentence and f"{sentence} Give it with --load-kg, or for each set in the marks."


def _alignment_words(alignment: Alignment) -> str:
    words = {
        "session_time": "by their common session time",
        "sync": "by the maker's synchronised clock",
        "epoch": "by date and time",
        "motion": "by their movement",
        "start": "by their first samples",
        "offset": "by the offsets you gave",
    }[alignment.method]
    sure = f"to about {max(alignment.uncertainty_ms):.0f} ms"
    if alignment.method == "motion":
        return f"Aligned {words}, {sure}."
    if "measured" in alignment.source:
        return f"Aligned {words}, and checked by their movement: {sure}."
    return f"Aligned {words}, which their movement does not tell more exactly: taken for right {sure}."


def _marks(
    options: ImportOptions, sources: Sequence[Source], alignment: Alignment, csv_marks: Sequence[Mark]
) -> tuple[list[Mark], str]:
    """All marks of the session, in order, and what is to be said of its calibration."""
    start_s = min(0.0, span_s([source.recording for source in sources], alignment)[0])

    def at_start(kind: MarkKind, detail: Mapping[str, Any]) -> Mark:
        return Mark(0, kind, start_s, start_s, detail, added=True)

    marks = [at_start(kind, detail) for kind, detail in setup_marks(options.setup)]
    sentence = ""
    steps = {mark.kind for mark in csv_marks} & {MarkKind.ROD_HOLD, MarkKind.ROD_HINGES}
    stance = drill_named(options.setup.drill).stance
    if stance.telling.by_itself:
        if stance.calibration[-1] not in {mark.kind for mark in csv_marks}:
            sentence = stance.telling.by_itself
        return [*marks, *csv_marks], sentence
    stream = ImportedStream([source.recording.samples for source in sources], alignment.lines)
    if len(steps) == 2:
        used = used_steps(decoded_sensors(sources, alignment), stream, marks, csv_marks)
        return used.marks, used.sentence
    found = own_stance(decoded_sensors(sources, alignment), stream)
    sentence = found.sentence
    if steps:
        sentence = f"The marks have only {steps.pop()}; a rod calibration needs rod_hold and rod_hinges. {sentence}"
    if found.calibration is not None:
        marks.append(found.mark())
    return [*marks, *csv_marks], sentence


def _calibrated(drill: str, marks: Sequence[Mark]) -> Literal["marked", "stance", "none"]:
    """How a session with these marks is calibrated."""
    kinds = {mark.kind for mark in marks}
    if kinds & {MarkKind.ROD_HINGES, drill_named(drill).stance.calibration[-1]}:
        return "marked"
    return "stance" if MarkKind.CALIBRATION in kinds else "none"


def _facts(
    options: ImportOptions, sources: Sequence[Source], alignment: Alignment, findings: Sequence[str]
) -> dict[str, Any]:
    facts = {
        "origin_ns": 0,
        "started_at": options.started_at or _date_of(sources, alignment),
        "person": options.setup.person,
        "drill": options.setup.drill,
        "height_cm": options.setup.height_cm,
        "program_version": program_version(),
        "imported_from": [source.bundle_name for source in sources],
        "alignment": {
            "method": alignment.method,
            "uncertainty_ms": dict(zip(options.sources, alignment.uncertainty_ms, strict=True)),
        },
        "findings": list(findings),
    }
    return {key: value for key, value in facts.items() if value is not None}


def _date_of(sources: Sequence[Source], alignment: Alignment) -> str:
    """When session time was 0, by the first recording that knows it; else its date without a zone; empty for none."""
    began = [
        (source.recording, timedelta(seconds=float(line.at(source.recording.samples.time_s[:1])[0])))
        for source, line in zip(sources, alignment.lines, strict=True)
    ]
    known = [datetime.fromtimestamp(each.epoch_s, UTC) - late for each, late in began if each.epoch_s is not None]
    local = [each.local_start - late for each, late in began if each.local_start is not None]
    return next((start.isoformat(timespec="seconds") for start in (*known, *local)), "")
