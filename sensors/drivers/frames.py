"""Many notifications as rows of bytes, for drivers whose frames have a fixed length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dowel.recordings.types import IntArray, Notifications

ByteArray = NDArray[np.uint8]


def frames_of_length(notifications: Notifications, size: int) -> tuple[IntArray, ByteArray]:
    """Which notifications (k,) have exactly ``size`` bytes, and these bytes (k, size)."""
    length = notifications.length
    payload = np.frombuffer(notifications.payload, np.uint8)
    if (length == size).all():
        return np.arange(len(length)), payload.reshape(-1, size)
    which: IntArray = np.flatnonzero(length == size)
    starts = (np.cumsum(length) - length)[which]
    rows: ByteArray = payload[starts[:, None] + np.arange(size)]
    return which, rows
