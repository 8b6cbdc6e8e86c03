"""The formats that sessions are exported to."""

from __future__ import annotations

from enum import StrEnum


class ExportFormat(StrEnum):
    """What ``dowel export`` writes."""

    CSV = "csv"
    PARQUET = "parquet"
    MCAP = "mcap"
    MOTION_BIDS = "motion-bids"
