"""Dowel: the rod you wear.

For notebooks: ``s = dowel.analyse("x.dowel")`` with ``s.reps``, ``s.sets``, ``s.signals`` (pandas), ``s.marks``,
``s.calibration`` and ``s.plot()``, the first set's plot (``s.plot(2)`` the second's).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dowel.reports.notebook import AnalysedSession as AnalysedSession
    from dowel.reports.notebook import analyse as analyse
    from dowel.session.results import SessionResults as SessionResults

__all__ = ["AnalysedSession", "SessionResults", "analyse"]


def __getattr__(name: str) -> Any:
    # loaded when first used, so that `dowel --help` does not wait for numpy
    if name in __all__:
        from dowel.reports import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
