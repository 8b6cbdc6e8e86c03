"""The face for notebooks: ``dowel.analyse(path)``, with the tables for pandas and the plots for matplotlib."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dowel.analysis.column_type import Column
from dowel.analysis.kept import Kept
from dowel.recordings.session_file.session_reader import open_session
from dowel.session.experiment import Experiment
from dowel.session.following import follow
from dowel.session.results import SessionResults, columns_of
from dowel.session.signal_table import signal_columns
from dowel.session.tables import SET_COLUMNS, SIGNAL_COLUMNS, frame_of
from dowel.settings.version import program_version
from dowel.text.sanitise import plain
from dowel.text.wording import VERDICTS, clock, counted, words

if TYPE_CHECKING:
    import pandas as pd

    from dowel.reports.set_plot import SetFigure


class AnalysedSession(SessionResults):
    """A session as a notebook looks at it, made by :func:`analyse`.

    ``reps``, ``sets`` and ``signals`` are pandas tables with the columns of the docs' page of tables (units in their
    names and in ``attrs["units"]``), ``plot()`` draws a set, a rep, or all reps over each other. ``marks`` is what was
    marked, ``calibration`` what was in force at the end, ``problems`` sentences about the file; ``parameters`` says in
    words what was given to the analysis, empty for the program's own; all else is that of
    :class:`~dowel.session.results.SessionResults`.
    """

    parameters: str = ""

    @property
    def reps(self) -> pd.DataFrame:
        """The rep table: a row per bend. With given parameters a last column ``parameters`` says which."""
        rows = self.rep_dicts()
        return self._frame(rows, columns_of(rows))

    @property
    def sets(self) -> pd.DataFrame:
        """The set table: a row per set. With given parameters a last column ``parameters`` says which."""
        return self._frame(self.set_dicts(), SET_COLUMNS)

    @property
    def signals(self) -> pd.DataFrame:
        """Leans, deviation, side bend and twist in degrees at 100 Hz; empty where nothing was analysed."""
        import pandas as pd

        table = pd.DataFrame(signal_columns(self))
        table.attrs = self._attrs(SIGNAL_COLUMNS, list(table.columns))
        return table

    def plot(
        self,
        number: int | None = None,
        *,
        rep: int | None = None,
        percent: bool = False,
        beside: AnalysedSession | None = None,
    ) -> SetFigure:
        """Leans and deviation of a set over time, of one rep, or of all reps over each other.

        Parameters
        ----------
        number
            The set's number, from 1; without it the first set's, or the whole session's where there is no set. With
            ``percent`` or ``beside``: all sets.
        rep
            One rep of that set, by its number.
        percent
            All reps over each other, from 0 to 100 % of each.
        beside
            Another session, whose reps are drawn beside these in the same way.

        Returns
        -------
        SetFigure
            A matplotlib figure that a notebook shows by itself, without pyplot.

        Raises
        ------
        InputError
            For a set or rep that is not there, or where the points were not kept.
        """
        # matplotlib takes long to load: only who plots waits for it
        if percent or beside is not None:
            from dowel.reports.reps_plot import plot_reps

            shown = [self] if beside is None else [self, beside]
            return plot_reps([(each, each.parameters) for each in shown], number)
        from dowel.reports.set_plot import plot_set

        return plot_set(self, number, rep)

    def __repr__(self) -> str:
        return "\n".join(self._told())

    def _repr_html_(self) -> str:
        first, *others = (escape(line) for line in self._told())
        counted_rows = [
            f"<tr><td>{row['set']}</td><td>{row['reps']}</td>"
            + "".join(f"<td>{row[verdict]}</td>" for verdict in VERDICTS)
            + f"<td>{escape(words(str(row['worst_contact'])))}</td></tr>"
            for row in self.set_dicts()
        ]
        head = "".join(f"<th>{name}</th>" for name in ("set", "reps", *map(words, VERDICTS), "worst"))
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(counted_rows)}</tbody></table>"
        return f"<div><b>{first}</b><br>{'<br>'.join(others)}{table if counted_rows else ''}</div>"

    def _told(self) -> tuple[str, str, str]:
        """The session in three lines."""
        drill = words(str(self.facts.get("drill", "")))
        began = str(self.facts.get("started_at", ""))[:16].replace("T", " ")
        head = [each for each in (plain(self.path.name), drill, began, clock(self.analysed_until_s)) if each]
        rows = self.rep_rows
        verdicts = [f"{count} {words(v)}" for v in VERDICTS if (count := sum(row.verdict == v for row in rows))]
        bends = counted(len(rows), "bend")
        sensors = ", ".join(sensor.placement.words for sensor in self.sensors)
        calibration = "not calibrated" if self.calibration is None else f"{self.calibration.basis} calibration"
        given = self.parameters or "the program's own"
        return (
            "  ".join(head),
            f"{bends} in {counted(len(self.set_rows), 'set')}: {', '.join(verdicts)}" if rows else "no bends",
            f"{calibration}; {sensors}; dowel {program_version()}, parameters: {given}",
        )

    def _frame(self, rows: list[dict[str, Any]], columns: Sequence[Column]) -> pd.DataFrame:
        table = frame_of(rows, columns)
        if self.parameters:
            table["parameters"] = self.parameters
        table.attrs = self._attrs(columns, [column.name for column in columns])
        return table

    def _attrs(self, columns: Sequence[Column], there: Sequence[str]) -> dict[Hashable | None, Any]:
        """What a table keeps beside its columns."""
        return {
            "units": {column.name: column.unit for column in columns if column.unit and column.name in there},
            "program_version": program_version(),
            "parameters": self.parameters,
        }


def analyse(
    path: str | Path,
    *,
    keep_all: bool = True,
    limits: Mapping[str, float] | None = None,
    hold_s: float | None = None,
    settings: Sequence[object] = (),
) -> AnalysedSession:
    """Analyse a session file.

    Parameters
    ----------
    path
        The session (``.dowel``).
    keep_all
        Whether every grid point is kept, for ``signals`` and ``plot``; tables alone do without and need less memory.
    limits
        Limits in degrees in place of those of the program and the session: ``rounding``, ``arching``, ``head``.
    hold_s
        For how long a limit must be passed, in place of the drill's hold.
    settings
        Parameters of the algorithms in place of their defaults, such as ``MovementRule(hinge_lean_deg=40.0)``: the
        classes are in the docs' page of parameters.

    Returns
    -------
    AnalysedSession
        Its tables, signals and plots. Its ``parameters``, and a column of that name in its tables, say what was given.

    Raises
    ------
    InputError
        Where the file is no session or cannot be used.
    UsageError
        For limits, a hold or settings that cannot be.
    """
    experiment = Experiment.of(limits, hold_s, settings)
    with open_session(Path(path)) as session, experiment.in_force():
        session.marks = experiment.marks_for(session)
        results = AnalysedSession.of(session)
        results.parameters = experiment.words
        for _ in follow(session, results, Kept.ATTITUDES if keep_all else Kept.NOTHING):
            pass
    return results
