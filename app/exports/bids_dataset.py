"""Sessions as a Motion-BIDS data set, which tools of other labs read, and which can be shared (exports#motion-bids)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dowel.analysis.kept import Kept
from dowel.exports.anonymous import shifted_date
from dowel.exports.bids_recording import write_recording
from dowel.exports.bids_tables import write_json, write_tsv
from dowel.recordings.session_file.schema import SUFFIX
from dowel.recordings.session_file.session_reader import Session
from dowel.session.run_session import run
from dowel.settings.version import program_version

BIDS_VERSION: Final = "1.9.0"
"""The first with motion; every later one holds all that is in it."""
ANONYMOUS_DAY: Final = "1925-01-01"
"""BIDS wants a day by which everybody sees that it is not the day."""

_README: Final = """\
# {name}

Hip hinges and other drills, recorded by inertial sensors on the back and analysed by Dowel {version}.

Each sensor is a tracking system of its own, as each has its own clock: its samples before any filter, with their time
in the channel of type LATENCY. The tracking system `dowel` holds what was computed of them at 100 Hz. All times, also
the onsets of events, count from the beginning of the session.

Events are reps with their verdicts, sets, lost contacts and calibration steps; `rod_off` and `rod_watched` are what
somebody, or a switch, told of a real rod on the back. No study on people stands behind the limits in degrees.
"""
_SOURCES: Final = """
`sourcedata` holds the sessions themselves, without names, addresses and notes and on another day: `dowel report` and
`dowel validate` read them.
"""


class BidsExporter:
    """Takes session after session; people get the order in which they come."""

    def __init__(self, name: str, *, anonymous: bool) -> None:
        self._name, self._anonymous = name, anonymous
        self._labels: dict[str, str] = {}
        self._sessions: dict[str, int] = {}
        self._participants: dict[str, dict[str, Any]] = {}

    def add(self, session: Session, folder: Path) -> None:
        """Write a session of its person."""
        results = run(session, Kept.ATTITUDES)
        subject = self._subject(str(session.facts.get("person") or "").strip())
        number = self._sessions.get(subject, 0) + 1
        prefix = f"sub-{subject}_ses-{number:02d}"
        ours = folder / f"sub-{subject}" / f"ses-{number:02d}"
        files = write_recording(session, results, ours / "motion", prefix)
        started_at = str(session.facts.get("started_at") or "")
        began = shifted_date(started_at, ANONYMOUS_DAY if self._anonymous else started_at[:10])
        rows = [{"filename": f"motion/{file}", "acq_time": began or None} for file in files]
        write_tsv(ours / f"{prefix}_scans.tsv", ("filename", "acq_time"), rows)
        if self._anonymous:
            from dowel.exports.anonymous_file import write_anonymous

            source = folder / "sourcedata" / f"sub-{subject}" / f"ses-{number:02d}"
            source.mkdir(parents=True)
            write_anonymous(session, source / f"{prefix}{SUFFIX}")
        self._sessions[subject] = number
        height_cm = session.facts.get("height_cm")
        self._participants.setdefault(subject, {"participant_id": f"sub-{subject}"})
        if height_cm is not None:
            self._participants[subject]["height_cm"] = height_cm

    def _subject(self, person: str) -> str:
        """The label of a person: the letters and digits of the code, no two alike."""
        if person not in self._labels:
            plain = "".join(letter for letter in person if letter.isascii() and letter.isalnum()) or "unknown"
            label, number = plain, 1
            while label in self._labels.values():
                number += 1
                label = f"{plain}x{number}"
            self._labels[person] = label
        return self._labels[person]

    def finish(self, folder: Path) -> None:
        """What is of the whole set."""
        description: Mapping[str, Any] = {
            "Name": self._name,
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "raw",
            "GeneratedBy": [{"Name": "Dowel", "Version": program_version()}],
        }
        write_json(folder / "dataset_description.json", description)
        write_tsv(folder / "participants.tsv", ("participant_id", "height_cm"), list(self._participants.values()))
        height = {"Description": "Body height, as it was given.", "Units": "cm"}
        write_json(folder / "participants.json", {"height_cm": height})
        readme = _README.format(name=self._name, version=program_version())
        (folder / "README.md").write_text(readme + (_SOURCES if self._anonymous else ""), encoding="utf-8")
