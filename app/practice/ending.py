"""What a practice ends with: its verdict, its tables, its report as a page, and what to do next."""

from __future__ import annotations

from contextlib import suppress

from rich.console import Console
from rich.text import Text

from dowel.reports.page_beside import write_page
from dowel.reports.report import report_of
from dowel.reports.terminal import print_report
from dowel.session.results import SessionResults
from dowel.text.sanitise import plain


def tell_end(out: Console, results: SessionResults, *, with_page: bool) -> None:
    """Print the end of a session that is closed; ``with_page`` also writes its report beside it."""
    with suppress(OSError):
        report = report_of(results)
        print_report(out, report)
        out.print(Text(f"\n{plain(report.sentence)}", style="bold"))
        out.print(f"\nsession  {results.path}", soft_wrap=True)
        if with_page and results.rep_rows:
            out.print(f"report   {write_page(results.path)}", soft_wrap=True)
        out.print("next     dowel history (your progress), dowel replay --page (see it again)", soft_wrap=True)
