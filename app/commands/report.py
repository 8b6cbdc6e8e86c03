"""``dowel report``: the rep table of sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import click

from dowel.commands.declare import Argument, Option
from dowel.commands.newest import session_or_newest
from dowel.commands.options import DecimalOption, ExcelOption, NoCacheOption, csv_form
from dowel.commands.outputs import check_outputs, page_beside, put, say_of
from dowel.recordings.errors import InputError, UsageError
from dowel.text.sanitise import plain

if TYPE_CHECKING:
    from dowel.recordings.session_file.session_reader import Session
    from dowel.reports.letterhead import Letterhead
    from dowel.session.results import SessionResults
    from dowel.session.tables import CsvForm

    Shown = tuple[SessionResults, list[dict[str, Any]], list[str]]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Tables:
    """The rows of a session by column name, and sentences about its file."""

    path: Path
    reps: list[dict[str, Any]]
    sets: list[dict[str, Any]]
    problems: Sequence[str]


def report(
    files: Annotated[
        list[Path] | None,
        Argument(metavar="[FILE...]", help="Sessions (.dowel). Without: the newest of yours."),
    ] = None,
    csv: Annotated[
        str, Option("--csv", metavar="PATH", help="Write the rep table as CSV; - for standard output.")
    ] = "",
    sets: Annotated[
        str, Option("--sets", metavar="PATH", help="Write the set table as CSV; - for standard output.")
    ] = "",
    html: Annotated[
        str,
        Option(
            "--html",
            metavar="PATH",
            help="Write a page to look at, print and hand on: one file. Without PATH beside the session.",
        ),
    ] = "",
    json: Annotated[bool, Option("--json", help="Print each rep as a JSON object on a line of its own.")] = False,
    excel: ExcelOption = False,
    decimal: DecimalOption = None,
    as_heard: Annotated[
        bool, Option("--as-heard", help="The rows as they were made in practice, not computed again.")
    ] = False,
    no_cache: NoCacheOption = False,
    title: Annotated[str, Option(help="A title at the head of the page.")] = "",
    coach: Annotated[
        str, Option(metavar="NAME", help="Your name, at the head of the page; the config can keep it.")
    ] = "",
    comment: Annotated[str, Option(metavar="TEXT", help="What you say to it, at the head of the page.")] = "",
    logo: Annotated[
        Path | None,
        Option(metavar="FILE", help="A PNG or SVG at the head of the page; the config can keep it."),
    ] = None,
) -> None:
    """Show how each rep went: contact kept or lost, where, how deep.

    Without an option it prints a table for the terminal; --csv, --sets, --html and --json replace it.
    """
    if [csv, sets, html].count("-") + json > 1:
        raise UsageError("Standard output can hold one table: of --csv -, --sets -, --html - and --json give one.")
    files = files or [session_or_newest(None)]
    html = page_beside(html, files[0].parent / f"{files[0].stem}.html" if len(files) == 1 else None)
    check_outputs(files, {"--csv": csv, "--sets": sets, "--html": html})
    form = csv_form(excel, decimal, bool(csv or sets))
    if as_heard and (sets or html):
        what = "set table, as sets are" if sets else "page, as signals are"
        raise UsageError(f"--as-heard has no {what} not kept. Leave out {'--sets' if sets else '--html'}.")

    if not html and (title or coach or comment or logo):
        raise UsageError("--title, --coach, --comment and --logo are the head of a page. Add --html.")
    letterhead = _letterhead(title, coach, comment, logo) if html else None

    tables = bool(csv or sets or json)
    shown: list[Shown] = []
    if tables and not html and not as_heard:
        found, left_out = _each(files, lambda file: _rows_alone(file, no_cache))
    else:
        shown, left_out = _each(files, lambda file: _analysed(file, charts=bool(html), as_heard=as_heard))
        found = [_Tables(results.path, rows, results.set_dicts(), results.problems) for results, rows, _ in shown]
    if found and tables:
        _write_tables(found, csv, sets, json, form)
        for each in found:
            say_of(each.path, each.problems)
    if shown and html:
        _write_page(shown, html, letterhead)
    if not tables and not html:
        _print(shown)
    _end(left_out)


def _each(files: Sequence[Path], read: Callable[[Path], T]) -> tuple[list[T], list[str]]:
    """What is read of each file, and sentences about those that cannot be used."""
    found, left_out = [], []
    for file in files:
        try:
            found.append(read(file))
        except InputError as error:
            left_out.append(str(error))
    return found, left_out


def _rows_alone(file: Path, no_cache: bool) -> _Tables:
    """The tables of a session, from the cache where it has them."""
    from dowel.reports.session_rows import session_rows
    from dowel.session.results_cache import ResultsCache, cache_path
    from dowel.text.progress import Progress

    with Progress() as progress, ResultsCache(None if no_cache else cache_path()) as cache:
        rows = session_rows(file, cache, progress.tell)
    return _Tables(file, rows.rep_rows, rows.set_rows, rows.problems)


def _analysed(file: Path, *, charts: bool, as_heard: bool) -> Shown:
    from dowel.analysis.kept import Kept
    from dowel.recordings.session_file.session_reader import open_session
    from dowel.session.run_session import run

    with open_session(file) as session:
        results = run(session, Kept.ANGLES if charts else Kept.NOTHING)
        rows = _heard(session) if as_heard else results.rep_dicts()
        if as_heard:
            results.set_rows = []  # counted from the rows of today, not from those heard
        return results, rows, _remarks(session, results, as_heard)


def _end(left_out: Sequence[str]) -> None:
    """Name the files that could not be used, after all others were reported: the exit code of any such one."""
    for sentence in left_out[:-1]:
        click.echo(f"dowel: {plain(sentence)}", err=True)
    if left_out:
        raise InputError(left_out[-1])


def _heard(session: Session) -> list[dict[str, Any]]:
    from dowel.session.run_session import rows_as_heard

    rows = rows_as_heard(session)
    if not rows:
        raise InputError(f"{session.path} holds no rows as heard, as it was not practised live. Leave out --as-heard.")
    head = {
        "session": session.path.stem,
        "person": session.facts.get("person", ""),
        "started_at": session.facts.get("started_at", ""),
    }
    return [{**row, **head} for row in rows]


def _remarks(session: Session, results: SessionResults, as_heard: bool) -> list[str]:
    """What a reader of the terminal must know of the rows."""
    from dowel.session.run_session import rows_as_heard, verdicts_that_differ
    from dowel.settings.version import program_version

    heard = rows_as_heard(session)
    versions = sorted({str(row["program_version"]) for row in heard})
    if as_heard:
        return [f"rows as heard, made by version {', '.join(versions)}"]
    if not any(version != program_version() for version in versions):
        return []
    differing = verdicts_that_differ(heard, results.rep_rows)
    if not differing:
        return []
    return [
        f"{differing} of {len(heard)} verdicts differ from those heard in practice (version {', '.join(versions)}, "
        f"now {program_version()}); --as-heard shows the old ones"
    ]


def _write_tables(found: Sequence[_Tables], csv: str, sets: str, json: bool, form: CsvForm) -> None:
    from dowel.session.results import columns_of
    from dowel.session.tables import SET_COLUMNS, to_csv

    reps = [row for each in found for row in each.reps]
    columns = columns_of(reps)
    if csv:
        put(csv, to_csv(reps, columns, form), f"{len(reps)} rows")
    if sets:
        of_sets = [row for each in found for row in each.sets]
        put(sets, to_csv(of_sets, SET_COLUMNS, form), f"{len(of_sets)} sets")
    if json:
        from dowel.session.tables import as_json_line

        put("-", "".join(as_json_line(row, columns) + "\n" for row in reps), "")


def _letterhead(title: str, coach: str, comment: str, logo: Path | None) -> Letterhead:
    """What was given, and for the rest what the config has."""
    from dowel.reports.letterhead import Letterhead, lines
    from dowel.reports.logo import logo_uri

    usual, problems = Letterhead.usual()
    given = replace(usual, title=plain(title), coach=plain(coach) or usual.coach, comment=lines(comment))
    if logo is not None:
        return replace(given, logo=logo_uri(logo))
    for problem in problems:
        click.echo(problem, err=True)
    return given


def _write_page(shown: Sequence[Shown], path: str, letterhead: Letterhead | None) -> None:
    from dowel.reports.page import html_page, session_view

    sessions = [session_view(results, number, remarks) for number, (results, _, remarks) in enumerate(shown, start=1)]
    put(path, html_page(sessions, letterhead), f"{len(sessions)} session{'' if len(sessions) == 1 else 's'}")


def _print(shown: Sequence[Shown]) -> None:
    from dowel.reports.report import report_of
    from dowel.reports.terminal import console, print_report

    out = console()
    for results, rows, remarks in shown:
        print_report(out, report_of(results, remarks, rows))
