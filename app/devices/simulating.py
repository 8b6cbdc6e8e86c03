"""What ``--simulate`` needs: a simulated world in place of the computer's Bluetooth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from dowel.recordings.types import Placement
from dowel.sensors.simulated.imu import TRIMMED, Chip
from dowel.session.setup import SessionSetup
from dowel.settings.extras import check_extra

if TYPE_CHECKING:
    from dowel.sensors.simulated.person.plan import Piece
    from dowel.sensors.simulated.world import World

T = TypeVar("T")


@asynccontextmanager
async def simulated_world(
    *,
    placements: Sequence[Placement] = (Placement.UPPER_BACK, Placement.SACRUM),
    chip: Chip = TRIMMED,
    seed: int = 1,
    set_pieces: Sequence[Piece] | None = None,
) -> AsyncIterator[World]:
    """A world that is switched on inside: a lifter with a sensor with such a chip at each placement.

    ``set_pieces`` is what he does as a set. Raises ``UsageError`` where the extra for it is not installed.
    """
    check_extra("simulate", "Simulated sensors")
    from dowel.sensors.simulated.world import World, Worn

    worn = [Worn(placement, chip=chip) for placement in placements]
    world = World(worn, seed=seed, set_pieces=set_pieces)
    await world.start()
    try:
        yield world
    finally:
        await world.close()


def set_of(setup: SessionSetup, seed: int = 1) -> tuple[Piece, ...]:
    """The set that the simulated lifter does with this drill, wall and way of lifting."""
    from dowel.sensors.simulated.person.drill_sets import usual_set

    return usual_set(setup.drill, lifted_from=setup.lifted_from, wall_cm=setup.wall_cm, seed=seed)


def run_radio(main: Coroutine[Any, Any, T], *, simulate: bool) -> T:
    """Run a command's work: in real time, or with simulated sensors as fast as it can be computed."""
    if not simulate:
        return asyncio.run(main)
    from dowel.sensors.simulated import virtual_time

    return virtual_time.run(main)


def run_live(main: Coroutine[Any, Any, T], *, simulate: bool) -> T:
    """Run a practice in real time; simulated sensors wait for a computer that is late."""
    if not simulate:
        return asyncio.run(main)
    from dowel.sensors.simulated import virtual_time

    return virtual_time.run_patiently(main)
