"""A client of nothing but bleak: ``python -m tests.bluez.listener ADDRESS CHARACTERISTIC [COUNT]``.

It connects to the device and prints every notification, as hex after the word ``got``. After so many it disconnects
and ends (without COUNT never). When the link is lost it finds the device again. Whatever else goes wrong is its last
line.
"""

from __future__ import annotations

import asyncio
import sys

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError

SCAN_S = 5.0  # a simulated device that advertises is found within 0.2 s


async def listen(address: str, characteristic: str, wanted: int) -> None:
    while wanted > 0:
        device = await BleakScanner.find_device_by_address(address, timeout=SCAN_S)
        if device is None:
            print("not found", flush=True)
            return
        wanted -= await over_one_link(device, characteristic, wanted)
    print("ended", flush=True)


async def over_one_link(device: BLEDevice, characteristic: str, wanted: int) -> int:
    """Connect and listen; how many notifications came before there were enough or the link was lost."""
    over = asyncio.Event()
    heard = 0

    def got(_: object, value: bytearray) -> None:
        nonlocal heard
        heard += 1
        print("got", value.hex(), flush=True)
        if heard >= wanted:
            over.set()

    client = BleakClient(device, disconnected_callback=lambda _: over.set())
    await client.connect()
    print("connected", flush=True)
    await client.start_notify(characteristic, got)
    await over.wait()
    if not client.is_connected:
        print("lost", flush=True)
    await client.disconnect()
    return heard


def main() -> None:
    address, characteristic, *count = sys.argv[1:]
    try:
        asyncio.run(listen(address, characteristic, int(count[0]) if count else sys.maxsize))
    except (BleakError, OSError, TimeoutError) as error:
        print(repr(error), flush=True)


if __name__ == "__main__":
    main()
