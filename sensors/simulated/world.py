"""All that ``--simulate`` stands for: a lifter, his sensors, and the air between them and the computer.

world = World(default_worn())
await world.start()
...  # world.radio is a radio like any other
world.lifter.do("set")
await world.close()
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dowel.recordings.types import Placement
from dowel.sensors.ble.radio import Radio
from dowel.sensors.simulated.air import Adapter, Air, Station
from dowel.sensors.simulated.imu import TRIMMED, Chip
from dowel.sensors.simulated.peripherals.base import Peripheral
from dowel.sensors.simulated.peripherals.witmotion import WitMotion
from dowel.sensors.simulated.person.plan import Person, Piece
from dowel.sensors.simulated.person.wearer import Wearer

# How wrong the clocks of the sensors are, in turn, so that no two go alike. A device that sends no time is paced
# by its chip: WitMotions run 0.5-1.1 % slow (sources#witmotion), and the others are given the same. The rest have a
# quartz.
_CHIP_ERRORS: Final = (-0.008, -0.006)
_QUARTZ_ERRORS: Final = (50e-6, -30e-6)


@dataclass(frozen=True)
class Worn:
    """A sensor on the lifter.

    - ``device``: the kind of sensor. ``address``: static random; one is given if None.
    - ``name``: as advertised; None is the family's usual one.
    - ``clock_error``: the share by which its clock runs fast; None is a usual one.
    - ``rssi_dbm``: how strongly it is heard.
    - ``options``: more for the peripheral; ``station``: more for the station, such as ``mtu``.
    """

    placement: Placement
    device: type[Peripheral] = WitMotion
    address: str | None = None
    name: str | None = None
    clock_error: float | None = None
    chip: Chip = TRIMMED
    rssi_dbm: float = -60.0
    options: Mapping[str, Any] = field(default_factory=dict)
    station: Mapping[str, Any] = field(default_factory=dict)


def default_worn() -> tuple[Worn, Worn]:
    """The two sensors of the drill."""
    return Worn(Placement.UPPER_BACK), Worn(Placement.SACRUM)


class World:
    """A lifter with sensors on, and a computer with Bluetooth. Make and use it in one running event loop.

    Parameters
    ----------
    worn
        The sensors, at most one at a place.
    seed
        Everything random comes from it.
    interval_ms, retransmission_share
        Of the air.
    set_pieces, soft_tissue_deg, person, keep_s
        Of the lifter.
    clock_ns
        The radio's arrival clock; without it the event loop's.

    Attributes
    ----------
    ``radio``, ``lifter``, ``stations`` (by placement), ``adapter``, ``air``: everything that can be told to do
    something, or to fail.

    """

    def __init__(
        self,
        worn: Sequence[Worn],
        *,
        seed: int = 1,
        interval_ms: float = 30.0,
        retransmission_share: float = 0.08,
        set_pieces: Sequence[Piece] | None = None,
        soft_tissue_deg: float = 3.0,
        person: Person | None = None,
        keep_s: float | None = None,
        clock_ns: Callable[[], int] | None = None,
    ) -> None:
        self._seed = seed
        self._worn = {each.placement: each for each in worn}
        if len(self._worn) < len(worn):
            raise ValueError("two sensors at one place")
        self.lifter = Wearer(
            self._worn,
            clock=asyncio.get_running_loop().time,
            seed=seed,
            set_pieces=set_pieces,
            soft_tissue_deg=soft_tissue_deg,
            person=person,
            keep_s=keep_s,
        )
        self.air = Air(interval_ms=interval_ms, retransmission_share=retransmission_share, seed=seed)
        self.adapter = Adapter(self.air)
        self.radio: Radio = self.adapter.radio(clock_ns)
        self.stations = {
            each.placement: Station(
                self.air,
                self.new_device(each.placement),
                each.address or f"F0:00:00:00:01:{number:02X}",
                rssi_dbm=each.rssi_dbm,
                **each.station,
            )
            for number, each in enumerate(worn, start=1)
        }

    async def start(self) -> None:
        """Switch on the sensors, which advertise from now on, and the computer's Bluetooth."""
        for station in self.stations.values():
            await station.power_on()
        await self.adapter.power_on()

    async def close(self) -> None:
        """End it in order; whoever is connected is disconnected."""
        await self.adapter.close()
        for station in self.stations.values():
            await station.power_off()

    def new_device(self, placement: Placement) -> Peripheral:
        """The device at this place as it comes out of power-off, for ``Station.power_on``: its clock begins again."""
        worn, number = self._worn[placement], list(self._worn).index(placement)
        usual_errors = _CHIP_ERRORS if worn.device.paced_by_chip else _QUARTZ_ERRORS
        return worn.device(
            self.lifter.feel(placement),
            name=worn.name,
            chip=worn.chip,
            seed=100 * self._seed + number,
            clock_error=usual_errors[number % 2] if worn.clock_error is None else worn.clock_error,
            **worn.options,
        )
