"""Makes docs/report.svg, the picture in the README, from a real run: ``python docs/make_report_picture.py``.

The session is that of ``dowel demo``; the picture is what ``dowel report`` prints for it.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from dowel.commands.demo import simulation
from dowel.results import analyse
from dowel.terminal import print_report

PICTURE: Final = Path(__file__).with_name("report.svg")
WIDTH: Final = 80


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
        simulation().write(path)
        results = analyse(path, keep_all=False)
        print_report(console, results, results.rep_dicts(), ())
    return console


def main() -> None:
    """Write the picture; it loads nothing from the network, so its font is the reader's own."""
    svg = report().export_svg(title="dowel report demo.dowel", unique_id="report")
    PICTURE.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")
    print(f"Written: {PICTURE.name}")


if __name__ == "__main__":
    main()
