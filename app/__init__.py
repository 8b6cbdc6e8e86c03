"""Dowel: the rod you wear.

For notebooks: ``s = dowel.analyse("x.dowel")`` with ``s.reps``, ``s.sets``, ``s.signals`` (pandas), ``s.marks``,
``s.calibration`` and ``s.plot()``, the first set's plot (``s.plot(2)`` the second's).
``dowel.analyse_many("folder")`` gives ``reps`` and ``sets`` of many sessions,
``dowel.validate("folder")`` holds verdicts against the truth in them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dowel.agreement.collect import validate as validate
    from dowel.agreement.study import Agreement as Agreement
    from dowel.batch.many import ManySessions as ManySessions
    from dowel.batch.many import analyse_many as analyse_many
    from dowel.reports.notebook import AnalysedSession as AnalysedSession
    from dowel.reports.notebook import analyse as analyse
    from dowel.session.results import SessionResults as SessionResults

    __version__: str

__all__ = [
    "Agreement",
    "AnalysedSession",
    "ManySessions",
    "SessionResults",
    "__version__",
    "analyse",
    "analyse_many",
    "validate",
]

_WHERE = {
    "Agreement": "dowel.agreement.study",
    "AnalysedSession": "dowel.reports.notebook",
    "ManySessions": "dowel.batch.many",
    "SessionResults": "dowel.session.results",
    "analyse": "dowel.reports.notebook",
    "analyse_many": "dowel.batch.many",
    "validate": "dowel.agreement.collect",
}


if not TYPE_CHECKING:  # a type checker that saw it would take every name for one of ours, a mistyped one too

    def __getattr__(name: str) -> Any:
        # loaded when first used, so that `dowel --help` does not wait for numpy
        from importlib import import_module

        if name == "__version__":
            return import_module("dowel.settings.version").program_version()
        if name in _WHERE:
            return getattr(import_module(_WHERE[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
