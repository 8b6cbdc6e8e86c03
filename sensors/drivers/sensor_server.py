"""Driver for SensorServer (Umer Farooq), an app that makes an Android phone's sensors a WebSocket server.

A message is the JSON text of one event: ``type``, ``timestamp`` in ns since the phone was switched on, ``values``.
Specific force in m/s2 and angular rate in rad/s come as events of their own, each sensor at its own rate.

Source (sources#sensorserver): umer0586/SensorServer, README.
"""

from __future__ import annotations

from typing import Final

from dowel.recordings.types import Notifications, Sensor
from dowel.sensors.drivers.acc_gyro_pairing import Pairing, Rows
from dowel.sensors.drivers.base import Decoded, Driver
from dowel.sensors.drivers.messages import Messages, json_object, number
from dowel.sensors.drivers.readings import FullScale

NAME: Final = "sensor_server"
TITLE: Final = "Android phone with SensorServer"
LATENCY_S: Final = 0.05  # each event is sent at once
TRIED_ON_HARDWARE: Final = False

ACCELEROMETER: Final = "android.sensor.accelerometer"
GYROSCOPE: Final = "android.sensor.gyroscope"
NS: Final = 1e-9
LATEST_NS: Final = 1 << 62


class SensorServerEvents:
    """Decoder of events; acceleration is interpolated at the gyroscope's times.

    Events of other sensors are passed over. One that is not newer than the one before it is counted and left out.
    """

    time_base = "device_time"

    def __init__(self, sensor: Sensor) -> None:
        self._full_scale = FullScale.of_phone(sensor)
        self._messages = Messages()
        self._pairing = Pairing()

    def decode(self, notifications: Notifications) -> Decoded:
        """The samples in these notifications."""
        whole, bad = self._messages.read(notifications)
        which: dict[str, list[int]] = {ACCELEROMETER: [], GYROSCOPE: []}
        time_s: dict[str, list[float]] = {ACCELEROMETER: [], GYROSCOPE: []}
        xyz: dict[str, list[tuple[float, float, float]]] = {ACCELEROMETER: [], GYROSCOPE: []}
        for index, message in whole:
            event = json_object(message)
            kind = event.get("type") if event is not None else None
            if event is None or not isinstance(kind, str):
                bad += 1
                continue
            if kind not in which:
                continue
            time_ns, values = event.get("timestamp"), event.get("values")
            if type(time_ns) is not int or abs(time_ns) > LATEST_NS or not isinstance(values, list) or len(values) != 3:
                bad += 1
                continue
            which[kind].append(index)
            time_s[kind].append(time_ns * NS)
            xyz[kind].append((number(values[0]), number(values[1]), number(values[2])))
        acc, gyr = (Rows.of(which[kind], time_s[kind], xyz[kind]) for kind in (ACCELEROMETER, GYROSCOPE))
        acc, bad_acc = acc.possible(self._full_scale.acc_m_s2)
        gyr, bad_gyr = gyr.possible(self._full_scale.gyr_rad_s)
        paired = self._pairing.take(len(notifications), gyr, acc)
        return paired.decoded(bad + bad_acc + bad_gyr + paired.repeated, self._full_scale)


DRIVER: Final = Driver(
    name=NAME,
    title=TITLE,
    decoder=SensorServerEvents,
    latency_s=LATENCY_S,
    tried_on_hardware=TRIED_ON_HARDWARE,
    note="Set SensorServer's sampling rate to fastest, keep its server running, and the screen on.",
)
