"""How deep Hypothesis looks: the same examples in every run, and many more, new each time, at night.

``python -m tests.nightly`` takes the profile ``nightly``. Every number of examples in the tests is that of every run.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings

EVERY_RUN, NIGHTLY = "every_run", "nightly"
USUAL = 100
"""Examples of a test that names no number."""
AT_NIGHT = 20 * USUAL

# No deadlines: how long an example takes says how busy the machine is. The same examples each time: a run that fails
# can be run again, and one that passes was not lucky.
settings.register_profile(EVERY_RUN, deadline=None, derandomize=True, max_examples=USUAL)
settings.register_profile(NIGHTLY, deadline=None, derandomize=False, print_blob=True, max_examples=AT_NIGHT)


def at_night() -> bool:
    """Whether this is a run at night: for what a sample of stands for in every run."""
    return settings().max_examples > USUAL


def examples(number: int, *, by_night: int | None = None, **more: Any) -> settings:
    """So many examples in every run; at night as many times as many as a test without a number has.

    ``by_night``: so many times as many of these, where each costs so much that every run makes do with fewer.
    """
    of = by_night if by_night is not None and at_night() else number
    return settings(max_examples=of * settings().max_examples // USUAL, **more)
