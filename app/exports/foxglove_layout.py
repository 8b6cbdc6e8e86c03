"""A layout for Foxglove that shows what is in our MCAP files: leans, deviation and limits, poses, reps, marks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from dowel.exports.mcap_schemas import UPRIGHT, signal_line
from dowel.recordings.types import Placement

LAYOUT: Final = "dowel.foxglove.json"
"""The file's name; Foxglove takes it with *Import from file*."""


def foxglove_layout(placements: Sequence[Placement]) -> str:
    """The layout, as JSON, for sessions with sensors at these places."""
    line = signal_line(placements)
    panels: dict[str, Any] = {
        "Plot!leans": _plot("Leans (deg)", [f"{place}_lean_deg" for place in line.leans]),
        "Plot!deviation": _plot(
            "Deviation and limits (deg)", [*line.deviations, *(f"limit_{reason}_deg" for reason in line.reasons)]
        ),
        "3D!segments": {
            "foxglovePanelTitle": "Segments",
            "topics": {f"/orientation/{place}": {"visible": True, "type": "axis"} for place in placements},
            "followTf": UPRIGHT,
            "followMode": "follow-none",
        },
        "Table!reps": {"foxglovePanelTitle": "Reps", "topicPath": "/reps"},
        "RawMessages!marks": {"foxglovePanelTitle": "Marks", "topicPath": "/marks"},
    }
    below = _split("row", "3D!segments", _split("row", "Table!reps", "RawMessages!marks", 70), 35)
    layout = {
        "configById": panels,
        "globalVariables": {},
        "userNodes": {},
        "playbackConfig": {"speed": 1},
        "layout": _split("column", _split("column", "Plot!leans", "Plot!deviation", 50), below, 65),
    }
    return json.dumps(layout, indent=2) + "\n"


def _plot(title: str, fields: Sequence[str]) -> dict[str, Any]:
    paths = [
        {"value": f"/signals.{name}", "label": name, "enabled": True, "timestampMethod": "receiveTime"}
        for name in fields
    ]
    return {"foxglovePanelTitle": title, "paths": paths, "xAxisVal": "timestamp", "showLegend": True, "isSynced": True}


def _split(direction: str, first: Any, second: Any, percent: int) -> dict[str, Any]:
    return {"direction": direction, "first": first, "second": second, "splitPercentage": percent}
