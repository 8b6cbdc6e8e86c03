"""``dowel validate``: verdicts held against a real rod."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import click

from dowel.commands.declare import Argument, Option
from dowel.commands.options import DecimalOption, ExcelOption, csv_form
from dowel.commands.outputs import check_outputs, put
from dowel.recordings.errors import UsageError


def validate(
    places: Annotated[
        list[Path] | None,
        Argument(metavar="DIR|FILE...", help="Sessions with truth, and folders of them."),
    ] = None,
    csv: Annotated[str, Option("--csv", metavar="PATH", help="Write the figures as CSV; - for standard output.")] = "",
    json: Annotated[
        str, Option("--json", metavar="PATH", help="Write everything as JSON; - for standard output.")
    ] = "",
    html: Annotated[
        str, Option("--html", metavar="PATH", help="Write a page to look at, print and hand on: one file.")
    ] = "",
    excel: ExcelOption = False,
    decimal: DecimalOption = None,
    false_alarms: Annotated[
        float | None,
        Option(
            metavar="SHARE",
            least=0,
            most=0.5,
            help="Choose limits so that at most this share of kept reps is told as lost, 0 to 0.5. Without: the "
            "largest sum of sensitivity and specificity.",
        ),
    ] = None,
    contact_gap_mm: Annotated[
        float | None,
        Option(metavar="MM", help="The gap at which the rod's contacts open, for millimetres per degree."),
    ] = None,
    by_place: Annotated[
        bool,
        Option("--by-place", help="Each folder is the set of another place, with people of its own: how they differ."),
    ] = False,
    write_limits: Annotated[
        bool,
        Option("--write-limits", help="Keep each person's supported limits for their next sessions."),
    ] = False,
    plan: Annotated[
        bool, Option("--plan", help="Say how exact a study of --people and --reps would be, and do nothing else.")
    ] = False,
    people: Annotated[int, Option(metavar="N", least=1, most=1000, help="With --plan: how many people.")] = 12,
    reps: Annotated[int, Option(metavar="N", least=2, most=1000, help="With --plan: reps of each.")] = 30,
) -> None:
    """Show how well verdicts agree with a real rod.

    And which limits that supports. Takes sessions in which somebody told when the rod left the back, and changes
    nothing in them.
    """
    if plan:
        if places:
            raise UsageError("--plan is of a study that is still to come: leave out the sessions.")
        from dowel.agreement.study_size import plan_of, plan_words

        for sentence in plan_words(plan_of(people, reps)):
            click.echo(sentence)
        return
    if not places:
        raise UsageError("Give sessions with truth, or folders of them: dowel validate DIR. Or plan a study: --plan.")
    if [csv, json, html].count("-") > 1:
        raise UsageError("Standard output can hold one thing: of --csv -, --json - and --html - give one.")
    if contact_gap_mm is not None and not 0.0 < contact_gap_mm <= 100.0:
        raise UsageError(f"--contact-gap-mm {contact_gap_mm:g} is no gap in millimetres, as in 5.")
    if by_place and write_limits:
        raise UsageError("--write-limits keeps limits of people here: leave out --by-place, and give their sessions.")
    form = csv_form(excel, decimal, bool(csv))
    outputs = {"--csv": csv, "--json": json, "--html": html}
    check_outputs(places, outputs)

    from dowel.agreement.collect import sessions_with_truth
    from dowel.agreement.personal_limits import kept_for_persons
    from dowel.agreement.study import study_of
    from dowel.agreement.supported_limits import Rule
    from dowel.agreement.tables import AGREEMENT_COLUMNS, agreement_json, agreement_rows
    from dowel.session.tables import to_csv
    from dowel.text.wording import counted

    rule = Rule(false_alarms)
    sessions, left_out = sessions_with_truth(places, by_place=by_place)
    study = study_of(sessions, rule=rule, contact_gap_mm=math.nan if contact_gap_mm is None else contact_gap_mm)
    if write_limits:
        for sentence in kept_for_persons(study):
            click.echo(sentence, err=True)
    for sentence in left_out:
        click.echo(f"Left out: {sentence}", err=True)
    if csv:
        rows = list(agreement_rows(study))
        put(csv, to_csv(rows, AGREEMENT_COLUMNS, form), counted(len(rows), "row"))
    if json:
        put(json, agreement_json(study), counted(len(sessions), "session"))
    if html:
        from dowel.agreement.page import study_page

        put(html, study_page(study, left_out), counted(len(sessions), "session"))
    if not any(outputs.values()):
        from dowel.agreement.terminal import print_study
        from dowel.reports.terminal import console

        print_study(console(), study)
