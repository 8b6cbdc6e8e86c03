"""A phone with phyphox and remote access, simulated. Source: sources#phyphox, from the apps' own sources.

Left out: countdown and timed runs, other sensors, and the export.
"""

from __future__ import annotations

import json
import math
from array import array
from typing import Any, Final, Literal

import numpy as np

from tests.simulated_devices.phones.http_server import Answer, HttpServer
from tests.simulated_devices.phones.phone import Handset, Platform, single

# A simple experiment's buffers, in the order time, x, y, z.
_BUFFERS: Final[dict[Platform, dict[str, tuple[str, str, str, str]]]] = {
    "android": {
        "accelerometer": ("acc_time", "accX", "accY", "accZ"),
        "gyroscope": ("gyr_time", "gyrX", "gyrY", "gyrZ"),
    },
    "ios": {
        "accelerometer": ("acc_time", "accX", "accY", "accZ"),
        "gyroscope": ("gyro_time", "gyroX", "gyroY", "gyroZ"),
    },
}
_SENSORS: Final[dict[str, Literal["acc", "gyr"]]] = {"accelerometer": "acc", "gyroscope": "gyr"}
_DIGITS: Final = 8  # that Android prints: the app's format 0.#######E0


class Phyphox:
    """One phone, with an experiment of these sensors open; it measures from the first start on.

    ``closes_on_thresholds``: as version 1.1.6 does.
    """

    def __init__(
        self,
        handset: Handset,
        platform: Platform = "android",
        *,
        sources: tuple[str, ...] = ("accelerometer", "gyroscope"),
        closes_on_thresholds: bool = False,
        delay_s: float = 0.003,
    ) -> None:
        self.platform = platform
        self.measuring = False
        self.port = 0
        self.closes_on_thresholds = closes_on_thresholds
        self.server = HttpServer(self._answer, delay_s)
        self._handset = handset
        self._phone = handset.switched_on()
        self._names = {source: _BUFFERS[platform][source] for source in sources}
        self._sessions = 0
        self.open_experiment()

    @property
    def address(self) -> str:
        """What the app shows."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Allow remote access."""
        self.port = await self.server.start(self.port)

    async def close(self) -> None:
        """Allow it no more."""
        await self.server.close()

    def go_to_background(self) -> None:
        """Another app comes in front, or the screen locks: nothing is measured, and questions get no answer."""
        self.server.asleep = True

    def come_to_front(self) -> None:
        """As before."""
        self._phone.skip()
        self.server.asleep = False

    def open_experiment(self) -> None:
        """The experiment is opened, or opened anew: nothing is measured yet, and the session is another one."""
        self._sessions += 1
        self._session = f"{self._sessions:06x}"
        self.measuring = False
        self.clear()

    def clear(self) -> None:
        """Forget everything measured; time begins anew, and everything is sent once."""
        self._phone.skip()
        self._zero_s: float | None = None
        # arrays, because each of many questions looks through all that was measured
        self._data = {name: array("d") for names in self._names.values() for name in names}
        self._full_once = self.measuring

    # --- inside

    def _answer(self, path: str, pairs: list[tuple[str, str | None]]) -> Answer:
        self._measure()
        if path == "/config":
            return 200, json.dumps(self._config()).encode()
        if path == "/control":
            return 200, json.dumps({"result": self._control(dict(pairs).get("cmd"))}).encode()
        if path == "/get":
            if self.closes_on_thresholds and any(value not in (None, "full") for _, value in pairs):
                return None
            return 200, self._get(pairs)
        return 404, b"{}"

    def _control(self, command: str | None) -> bool:
        if command == "start":
            if not self.measuring:
                self._phone.skip()
            self.measuring = True
        elif command == "stop":
            self.measuring = False
        elif command == "clear":
            self.clear()
        else:
            return False
        return True

    def _measure(self) -> None:
        """Fill the buffers with what has been measured since."""
        if not self.measuring:
            self._phone.skip()
            return
        for source, names in self._names.items():
            readings = self._phone.measure(_SENSORS[source])
            if not len(readings.time_s):
                continue
            clock_s = self._phone.clock_s(readings.time_s)
            if self._zero_s is None:
                self._zero_s = float(clock_s[0])
            for at_s, row in zip(clock_s - self._zero_s, single(readings.values), strict=True):
                for name, value in zip(names, [float(at_s), *row], strict=True):
                    self._data[name].append(value)

    def _config(self) -> dict[str, Any]:
        inputs = [
            {"source": source, "outputs": [{"x": x}, {"y": y}, {"z": z}, {"t": time}]}
            for source, (time, x, y, z) in self._names.items()
        ]
        return {
            "crc32": "a1b2c3d4",
            "title": "Back",
            "localTitle": "Back",
            "category": "Simple",
            "localCategory": "Simple",
            "buffers": [{"name": name, "size": 0} for name in self._data],
            "inputs": inputs,
            "export": [{"set": "Raw", "sources": [{"label": name, "buffer": name} for name in self._data]}],
        }

    def _get(self, pairs: list[tuple[str, str | None]]) -> bytes:
        buffers = []
        full, self._full_once = self._full_once, False
        for name, value in pairs:
            if name not in self._data:
                continue
            if value is None:
                mode, found = "single", self._data[name][-1:].tolist()
            elif value == "full" or full:
                mode, found = "full", self._data[name].tolist()
            else:
                threshold, _, reference = value.partition("|")
                above = np.asarray(self._data[reference or name]) > self._nudged(float(threshold))
                mode, found = "partial", np.asarray(self._data[name])[above].tolist()
            values = ",".join(map(self._printed, found))
            buffers.append(f'"{name}":{{"size":0,"updateMode":"{mode}","buffer":[{values}]}}')
        status = {"session": self._session, "measuring": self.measuring, "timedRun": False, "countDown": 0}
        return f'{{"buffer":{{{",".join(buffers)}}},"status":{json.dumps(status)}}}'.encode()

    def _nudged(self, threshold: float) -> float:
        """Android lifts a threshold by the last digit that it prints."""
        if self.platform == "ios" or threshold <= 0.0:
            return threshold
        return threshold + 10.0 ** (math.floor(math.log10(threshold)) - _DIGITS + 1)

    def _printed(self, value: float) -> str:
        if not math.isfinite(value):
            return "null"
        return f"{value:.{_DIGITS - 1}E}" if self.platform == "android" else repr(value)
