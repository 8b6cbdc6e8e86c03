"""What links to sensors have in common: a storm of notifications, and what is none."""

from __future__ import annotations

from dowel.recordings.types import Placement
from dowel.sensors.links import NS_PER_S, LinkChange, LinkPolicy, WatchedLink


def test_what_a_computer_that_hung_gets_at_once_is_no_storm() -> None:
    """A burst may bring what would have come while nothing was heard, and no more."""
    heard: list[int] = []
    told: list[LinkChange] = []
    policy = LinkPolicy(storm_notifications_per_s=200)
    link = WatchedLink(Placement.SACRUM, lambda: 0, lambda at_ns, _: heard.append(at_ns), told.append, policy)

    def arrive(count: int, at_s: float) -> None:
        for number in range(count):
            link._notified(round(at_s * NS_PER_S) + 1000 * number, b"")

    for second in range(1, 6):
        arrive(100, float(second))
    arrive(3_000, 35.0)  # 30 s without a word
    assert (len(heard), link.status.dropped, told) == (3_500, 0, [])
    arrive(300, 36.5)
    assert (len(heard), link.status.dropped) == (3_700, 100)
    assert [change.kind for change in told] == ["storm"]
