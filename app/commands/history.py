"""``dowel history``: many sessions, and the way through the method."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from dowel.commands.declare import Argument, Option
from dowel.commands.options import DecimalOption, ExcelOption, NoCacheOption, RulesOption, csv_form
from dowel.commands.outputs import check_outputs, page_beside, put
from dowel.recordings.errors import UsageError

if TYPE_CHECKING:
    from dowel.history.load_sessions import Folder
    from dowel.history.person import PersonHistory
    from dowel.reports.letterhead import Letterhead
    from dowel.session.tables import CsvForm
    from dowel.settings.rules import Rules


def history(
    folder: Annotated[
        Path | None,
        Argument(metavar="[DIR]", help="The folder with the sessions (.dowel). Without: that of your practices."),
    ] = None,
    person: Annotated[
        str | None, Option("--person", metavar="CODE", help='Only this person; "" for those without a code.')
    ] = None,
    csv: Annotated[
        str, Option("--csv", metavar="PATH", help="Write a table of the sessions as CSV; - for standard output.")
    ] = "",
    html: Annotated[
        str,
        Option(
            "--html",
            metavar="PATH",
            help="Write a page to look at, print and hand on: one file. Without PATH into the folder.",
        ),
    ] = "",
    compare: Annotated[
        tuple[str, str] | None,
        Option(
            "--compare",
            metavar="A B",
            help="Two sessions by name, two days (2026-05-04) or weeks (2026-W19), or first and last: the weeks.",
        ),
    ] = None,
    reports: Annotated[
        bool,
        Option("--reports", help="Write the reports that are missing or older than their sessions; --html links them."),
    ] = False,
    excel: ExcelOption = False,
    decimal: DecimalOption = None,
    rules: RulesOption = None,
    no_cache: NoCacheOption = False,
    show_rules: Annotated[
        bool, Option("--show-rules", help="Print the rules in force with their reasons, and do nothing else.")
    ] = False,
) -> None:
    """Show progress over sessions, and what to do next.

    Where each person is in the method, what passing the next stage takes, and when it was back to the stick.
    Without an option it prints this for the terminal; --csv and --html replace it.
    """
    if [csv, html].count("-") > 1:
        raise UsageError("Standard output can hold one thing: of --csv - and --html - give one.")
    if compare and csv:
        raise UsageError("--compare has no table as CSV. Leave out --csv, or --compare.")
    if show_rules and (csv or html or compare or reports or person is not None):
        raise UsageError("--show-rules prints the rules and nothing else. Leave out the other options.")
    if folder is None and not show_rules:
        from dowel.practice.recording_place import sessions_folder

        folder = sessions_folder()
    html = page_beside(
        html, folder / ("comparison.html" if compare else "history.html") if folder is not None else None
    )
    form = csv_form(excel, decimal, bool(csv))
    check_outputs([], {"--csv": csv, "--html": html})
    if rules is not None and str(rules) in (csv, html):
        raise UsageError(f"{rules} holds your rules and would be overwritten. Give another name.")

    from dowel.settings.rules import read_rules, rules_text

    in_force = read_rules(rules)
    if show_rules:
        put("-", rules_text(in_force), "")
    elif folder is not None:
        from dowel.history.load_sessions import read_folder
        from dowel.history.person import persons_of
        from dowel.session.results_cache import ResultsCache, cache_path

        found = read_folder(folder, ResultsCache(None if no_cache else cache_path()))
        persons = persons_of(found.sessions, in_force, person)
        if reports:
            _write_reports(persons)
        if compare:
            _compare(persons, compare, html, found.left_out)
        else:
            _tell(found, persons, csv, html, in_force, form)


def _write_reports(persons: list[PersonHistory]) -> None:
    from dowel.history.report_links import write_reports
    from dowel.text.wording import counted

    written = sum(write_reports((*one.sessions, *one.undated)) for one in persons)
    click.echo(f"{counted(written, 'report')} written beside the sessions.", err=True)


def _compare(persons: list[PersonHistory], sides: tuple[str, str], html: str, left_out: Sequence[str]) -> None:
    from dowel.history.comparison import compare
    from dowel.history.comparison_output import comparison_page, print_comparison
    from dowel.reports.terminal import console

    found = compare(persons, *sides)
    if html:
        put(html, comparison_page(found, left_out, _letterhead()), f"{found.first.name} and {found.second.name}")
    else:
        print_comparison(console(), found, left_out)


def _letterhead() -> Letterhead:
    """That of the config; what is wrong with it is said."""
    from dowel.reports.letterhead import Letterhead

    letterhead, problems = Letterhead.usual()
    for problem in problems:
        click.echo(problem, err=True)
    return letterhead


def _tell(found: Folder, persons: list[PersonHistory], csv: str, html: str, rules: Rules, form: CsvForm) -> None:
    from dowel.text.wording import counted

    if csv:
        _write_table(persons, rules, csv, form)
    if html:
        from dowel.history.page import history_page
        from dowel.history.report_links import report_links

        beside = found.path if html == "-" else Path(html).parent
        links = report_links(found.sessions, beside.resolve())
        put(html, history_page(persons, rules, found.left_out, links, _letterhead()), counted(len(persons), "person"))
    if csv or html:
        for sentence in found.left_out:
            click.echo(f"Left out: {sentence}", err=True)
        return
    from dowel.history.terminal import print_history
    from dowel.reports.terminal import console

    print_history(console(), persons, rules, found.left_out)


def _write_table(persons: list[PersonHistory], rules: Rules, path: str, form: CsvForm) -> None:
    from dowel.history.table import HISTORY_COLUMNS, history_row
    from dowel.session.tables import to_csv

    rows = [history_row(each, rules) for one in persons for each in one.groups]
    put(path, to_csv(rows, HISTORY_COLUMNS, form), f"{len(rows)} rows")
