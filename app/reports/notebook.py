"""The face for notebooks: ``dowel.analyse(path)``, with the tables for pandas and the plots for matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dowel.analysis.column_metadata import Column
from dowel.recordings.session_file.session_reader import open_session
from dowel.session.following import follow
from dowel.session.results import SessionResults, columns_of
from dowel.session.signal_table import signal_columns
from dowel.session.tables import SET_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from dowel.reports.set_plot import SetFigure


class AnalysedSession(SessionResults):
    """A session as a notebook looks at it, made by :func:`analyse`.

    ``reps``, ``sets`` and ``signals`` are pandas tables with the columns of the docs' page of tables (units in their
    names), ``plot()`` draws a set. ``marks`` is what was marked, ``calibration`` what was in force at the end,
    ``problems`` sentences about the file; all else is that of :class:`~dowel.session.results.SessionResults`.
    """

    @property
    def reps(self) -> pd.DataFrame:
        """The rep table: a row per bend."""
        rows = self.rep_dicts()
        return _frame(rows, columns_of(rows))

    @property
    def sets(self) -> pd.DataFrame:
        """The set table: a row per set."""
        return _frame(self.set_dicts(), SET_COLUMNS)

    @property
    def signals(self) -> pd.DataFrame:
        """Leans, deviation, side bend and twist in degrees at 100 Hz; empty where nothing was analysed."""
        import pandas as pd

        return pd.DataFrame(signal_columns(self))

    def plot(self, number: int | None = None) -> SetFigure:
        """A set's leans and deviation over time.

        Parameters
        ----------
        number
            The set's number, from 1; without it the first set's, or the whole session's where there is no set.

        Returns
        -------
        SetFigure
            A matplotlib figure that a notebook shows by itself, without pyplot.

        Raises
        ------
        InputError
            For a set that is not there, or where the points were not kept.
        """
        from dowel.reports.set_plot import plot_set  # matplotlib takes long to load: only who plots waits for it

        return plot_set(self, number)


def analyse(path: str | Path, *, keep_all: bool = True) -> AnalysedSession:
    """Analyse a session file.

    Parameters
    ----------
    path
        The session (``.dowel``).
    keep_all
        Whether every grid point is kept, for ``signals`` and ``plot``; tables alone do without and need less memory.

    Returns
    -------
    AnalysedSession
        Its tables, signals and plots.

    Raises
    ------
    InputError
        Where the file is no session or cannot be used.
    """
    with open_session(Path(path)) as session:
        results = AnalysedSession.of(session)
        for _ in follow(session, results, keep_all=keep_all):
            pass
    return results


def _frame(rows: list[dict[str, Any]], columns: Sequence[Column]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=[column.name for column in columns])
