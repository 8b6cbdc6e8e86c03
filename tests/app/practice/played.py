"""A simulated session played into a live one, in virtual time and without a radio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from dowel.practice.live_session import LiveSession
from dowel.sensors.simulated import Simulation
from dowel.sensors.simulated.virtual_time import clock_ns, run

FACTS = {"started_at": "2026-01-01T00:00:00+00:00"}


def play(
    simulation: Simulation, path: Path, prepare: Callable[[LiveSession], object], extra_s: float = 1.0
) -> LiveSession:
    """Play it whole; ``prepare`` is given the session before the first notification. Returns it finished."""

    async def main() -> LiveSession:
        loop = asyncio.get_running_loop()
        live = LiveSession(path, simulation.session_sensors(), FACTS, lambda: clock_ns(loop))
        kept = prepare(live)
        for index, each in enumerate(simulation.sensors):
            size = each.delivery.payload_bytes
            for number, at_ns in enumerate(each.delivery.arrival_ns.tolist()):
                payload = each.delivery.payload[number * size : (number + 1) * size]
                arrival_ns = live.origin_ns + at_ns
                loop.call_at(1e-9 * arrival_ns, live.notify, index, arrival_ns, payload)
        await asyncio.sleep(simulation.duration_s + extra_s)
        live.finish()
        del kept
        return live

    return run(main())
