"""What a person judged by eye, beside the program, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dowel.session.human_verdicts import Agreement, otherwise
from dowel.text.wording import NAMED_LOST, counted, words


def agreement_words(agreement: Agreement) -> str:
    """How the verdicts of a person and of the program agree; empty where a person gave none."""
    if not agreement.judged:
        return ""
    told = [f"By eye {counted(agreement.judged, 'rep')} {'was' if agreement.judged == 1 else 'were'} judged"]
    if agreement.both:
        told.append(f"{agreement.alike} of {agreement.both} as the program did")
    if agreement.missed:
        told.append(f"{agreement.missed} lost by eye alone")
    if agreement.told:
        told.append(f"{agreement.told} lost to the program alone")
    if agreement.unsaid:
        told.append(f"{agreement.unsaid} judged by one of the two alone")
    return f"{told[0]}{': ' if told[1:] else ''}{', '.join(told[1:])}."


def by_eye_sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    """How the verdicts that a person gave agree with the program's; empty where none was given."""
    agreement = Agreement.of(rows)
    if not agreement.judged:
        return ""
    same = f": {agreement.alike} of {agreement.both} as the program did" if agreement.both else ""
    other = [f"{_name(row)} is {words(row['human_verdict'])}, not {words(row['verdict'])}" for row in otherwise(rows)]
    named = f" ({'; '.join(other[:NAMED_LOST])}{'; ...' if len(other) > NAMED_LOST else ''})" if other else ""
    return (
        f"By eye {counted(agreement.judged, 'bend')} {'was' if agreement.judged == 1 else 'were'} judged{same}{named}."
    )


def _name(row: Mapping[str, Any]) -> str:
    if row["rep"] is None:
        return f"the {words(str(row['kind']))}"
    return f"rep {row['rep']:.0f}" + (f" of set {row['set']:.0f}" if row["set"] is not None else "")
