"""From session files to the study: each analysed, those without truth named and left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dowel.agreement.observations import Observed, observed
from dowel.agreement.study import Agreement, study_of
from dowel.agreement.supported_limits import Rule
from dowel.analysis.kept import Kept
from dowel.history.load_sessions import newest_first, session_files
from dowel.recordings.errors import InputError, UsageError
from dowel.recordings.session_file.session_reader import open_session
from dowel.session.run_session import run


def validate(
    *places: str | Path,
    false_alarms: float | None = None,
    contact_gap_mm: float = float("nan"),
    by_place: bool = False,
) -> Agreement:
    """Hold the verdicts of sessions against the truth that is recorded in them.

    Parameters
    ----------
    *places
        Session files, and folders of them.
    false_alarms
        Choose limits so that at most this share of kept reps is told as lost; None for the largest sum of sensitivity
        and specificity.
    contact_gap_mm
        The gap at which the contacts of the rod open, for millimetres per degree.
    by_place
        Each folder is the set of a place of its own, with people of its own, whatever their codes.

    Returns
    -------
    Agreement
        Everything that was found.

    Raises
    ------
    InputError
        Where no session holds truth, or a folder has none.
    UsageError
        Where none is named, or ``false_alarms`` is no share from 0 to 0.5.
    """
    rule = Rule(false_alarms)
    sessions, _ = sessions_with_truth([Path(each) for each in places], by_place=by_place)
    return study_of(sessions, rule=rule, contact_gap_mm=contact_gap_mm)


def sessions_with_truth(places: Sequence[Path], *, by_place: bool = False) -> tuple[list[Observed], list[str]]:
    """The sessions of these files and folders that hold truth, and sentences about those that were left out.

    Raises ``InputError`` where there is none, and ``by_place`` where there are no two folders; ``UsageError`` where
    nothing is named.
    """
    if not places:
        raise UsageError("Give sessions with truth, or folders of them.")
    found: dict[Path, Observed] = {}
    left_out: list[str] = []
    names = _names_of(places) if by_place else {}
    files = {file: place for place in places for file in (session_files(place) if place.is_dir() else [place])}
    of_session: dict[str, Path] = {}
    without = 0
    for file in sorted(files, key=newest_first):
        try:
            with open_session(file) as session:
                results = run(session, Kept.ANGLES)
        except InputError as error:
            left_out.append(str(error))
            continue
        whole = of_session.setdefault(str(results.facts.get("identity") or file), file)
        one = observed(results)
        if whole != file:
            left_out.append(f"{file} is the session in {whole} again, which counts in its place.")
        elif one.truth.told:
            found[file] = one.at(names[files[file]]) if names else one
        else:
            without += 1
    if without:
        left_out.append(f"{without} of {len(files)} sessions hold no truth: nobody told when the rod left the back.")
    if not found:
        raise InputError(
            f"{left_out[0]} Record some with dowel practice --truth, or give truth rows in the marks of an import."
        )
    return [found[file] for file in files if file in found], left_out


def _names_of(places: Sequence[Path]) -> dict[Path, str]:
    """What each folder is called: by its own name, or by its whole path where two have the same."""
    folders = list(dict.fromkeys(places))
    if len(folders) < 2 or not all(place.is_dir() for place in folders):
        raise InputError("Places are told apart by their folders: give two or more, each with one place's sessions.")
    own = [place.resolve().name for place in folders]
    return {
        place: name if own.count(name) == 1 else str(place.resolve()) for place, name in zip(folders, own, strict=True)
    }
