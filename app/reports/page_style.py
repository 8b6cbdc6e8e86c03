"""What all pages that are written as one file share: the look, the symbols, and how templates are filled."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup


@cache
def template(name: str, package: str = "dowel.reports") -> Template:
    """A template of a package; it may import ``parts.html`` of this one. Everything filled in is escaped."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(resource),
    )
    return environment.from_string(resource(name, package))


def stylesheet() -> Markup:
    """The look of the pages."""
    return Markup(resource("page.css"))


def resource(name: str, package: str = "dowel.reports") -> str:
    """A text file that is installed with a package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")
