"""How the pages become a site: ``sphinx-build -W -n docs SOMEWHERE`` after ``pip install -e ".[docs]"``.

GitHub shows the same pages; what only a site can do (including the files of the root, running the guide, the API
reference from the docstrings) stands in pages that no other page needs.
"""

from __future__ import annotations

import os
import re
import sysconfig
from dataclasses import fields, is_dataclass
from typing import Any, Final

from sphinx.application import Sphinx

from dowel.settings.version import program_version

project = "Dowel"
version = release = program_version()
copyright = "the authors of Dowel, MIT licence"

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc"]
root_doc = "index"
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "Dowel"
html_copy_source = False

myst_heading_anchors = 3  # as far down as the pages are linked into; GitHub makes the same anchors
myst_enable_extensions = ["colon_fence"]

# The guide is run in a temporary folder each time, so that what it shows is what the program does.
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300  # s; the demo takes 10 s of a core
os.environ["PATH"] = sysconfig.get_path("scripts") + os.pathsep + os.environ["PATH"]  # its `dowel` is the installed one

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# What a docstring of the reference must have, as numpydoc calls it: sections that it knows in their order, every
# parameter with what it is, the summary a sentence. Types stand in the signature, a result often in the summary.
numpydoc_validation_checks = {"GL06", "GL07", "GL08", "SS01", "SS03", "PR01", "PR02", "PR03", "PR07", "RT03", "YD01"}
# Rows list their columns, enumerations their words; the others are made by the program, never by whoever uses them.
numpydoc_validation_exclude = {
    r"\.(Rep|SetSummary)$",
    r"\.(Placement|MarkKind|LinkState|Contact|Kept)$",
    r"\.(SessionResults|AnalysedSession|Session|Now|Setting|Link|Decoder)$",
}

# Types of other packages, which are named but not linked: no address is fetched when the site is built.
nitpick_ignore_regex = [(r"py:.*", r"(?!dowel).*")]
# What the program itself makes its objects of, and no part of the reference.
nitpick_ignore = [
    ("py:class", "dowel.analysis.stances.base.Stance"),
    ("py:class", "dowel.recordings.session_file.session_blocks.StoredBlocks"),
    ("py:class", "dowel.analysis.pipeline.Pipeline"),
    ("py:class", "dowel.recordings.grid_points.GridPoints"),
]

CITATION: Final = re.compile(r"\b(sources|design|tables)#([a-z0-9-]+)")


def link_citations(_app: Sphinx, what: str, _name: str, thing: object, _options: Any, lines: list[str]) -> None:
    """``sources#clap`` in a docstring becomes a link to that entry, and the columns of a row are listed."""
    lines[:] = [CITATION.sub(r"`\1: \2 <../\1.html#\2>`__", line) for line in lines]
    if what == "class" and isinstance(thing, type) and is_dataclass(thing):
        columns = [(field.name, *field.metadata["column"]) for field in fields(thing) if "column" in field.metadata]
        lines += [
            "",
            *(f"* ``{name}``{f' ({unit})' if unit else ''}: {meaning}" for name, unit, _, meaning in columns),
            "",
        ]


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    app.connect("autodoc-process-docstring", link_citations)
