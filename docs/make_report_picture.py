"""Makes docs/report.svg, the picture in the README, from a real run: ``python docs/make_report_picture.py``.

The session is that of ``dowel demo``; the picture is the report that it ends with.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from dowel.practice.cueing import CueMode
from dowel.practice.demonstration import demonstrate
from dowel.practice.wanted import Wanted
from dowel.terminal import print_report

PICTURE: Final = Path(__file__).with_name("report.svg")
WIDTH: Final = 80
STARTED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)


def report() -> Console:
    """A console that has recorded the report."""
    console = Console(
        record=True,
        file=io.StringIO(),
        width=WIDTH,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
        markup=False,
        emoji=False,
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "demo.dowel")
        wanted = Wanted("dowel_hinge", path, CueMode.LIVE, simulated=True)
        done = demonstrate(wanted, Console(file=io.StringIO()), started_at=STARTED_AT, real_time=False)
        assert done is not None
        results = done.results
        print_report(console, results, results.rep_dicts(), ())
    return console


def main() -> None:
    """Write the picture; it loads nothing from the network, so its font is the reader's own."""
    svg = report().export_svg(title="dowel report demo.dowel", unique_id="report")
    PICTURE.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")
    print(f"Written: {PICTURE.name}")


if __name__ == "__main__":
    main()
