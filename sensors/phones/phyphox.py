"""The link to phyphox: its experiment is started, and what is new is asked for many times a second."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import httpx

from dowel.recordings.errors import LinkError
from dowel.sensors.drivers import phyphox
from dowel.sensors.drivers.messages import MESSAGE_BYTES, json_object
from dowel.sensors.links import NS_PER_S
from dowel.sensors.phones.link import ANSWER_S, PhoneLink

POLL_S: Final = 1.0 / 15.0
"""10 to 20 a second is what the app bears (sources#phyphox); each poll adds half of this to the age of a sample."""
LONGEST_PAUSE_S: Final = 1.0
"""Between two tries when it does not answer: it is wanted back within the set (sources#network-patience)."""
CLOSED_OFTEN: Final = 3
"""Connections closed in a row; a fade of the network closes one (sources#network-patience)."""
STALE_S: Final = 1.0
"""Measuring, but nothing new: the times may have begun again, so the last ones are asked for again
(sources#network-patience)."""

_OPEN: Final = (
    "Open phyphox on the phone, with an experiment that has accelerometer and gyroscope, choose Allow remote access in "
    "its menu, and have phone and computer in the same network."
)
_KEEP: Final = "Bring phyphox back to the front, leave the screen on, and keep the phone in the network."


class PhyphoxLink(PhoneLink):
    """A phone with phyphox; parameters as of ``PhoneLink``, the address as ``http://HOST:PORT`` in ``url``."""

    driver = phyphox.DRIVER

    def __init__(self, *arguments: Any, url: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # A phone is in the same network, so no proxy is asked, and nobody is followed elsewhere. It speaks plain HTTP:
        # to load the certificates of all authorities would hold up the event loop for 40 ms and check nothing.
        self._client = httpx.AsyncClient(
            base_url=url, timeout=ANSWER_S, trust_env=False, follow_redirects=False, verify=False
        )
        self._buffers: dict[str, list[str]] = {}
        self._title = ""
        self._after_s: dict[str, float] = {}
        self._session: str | None = None
        self._fresh_ns = 0
        self._closed = 0

    async def _reach(self) -> None:
        await self._read_config()
        if not await self._command("start"):
            raise LinkError(f"phyphox at {self.address} does not start the experiment. Tap its play button, try again.")
        self._fresh_ns = self._clock_ns()
        self._start(self._poll())

    async def _release(self) -> None:
        await self._client.aclose()

    def _advice(self) -> str:
        return _KEEP if self._begun else _OPEN

    def _name(self) -> str:
        return self._title

    def _learn(self, messages: Any) -> tuple[dict[str, Any], str]:  # noqa: ARG002
        return dict(self._buffers), ""

    def begin(self) -> None:
        """From now on notifications are handed on. What was measured before is not asked for."""
        self._after_s = {}
        super().begin()

    # --- questions

    async def _get(self, path: str) -> bytes:
        """The body of an answer. Raises ``LinkError``."""
        try:
            async with asyncio.timeout(ANSWER_S), self._client.stream("GET", path) as response:
                body = b""
                async for part in response.aiter_raw():  # compressed it would be no answer of the app
                    body += part
                    if len(body) > MESSAGE_BYTES:
                        raise LinkError(f"phyphox at {self.address} sends too much at once. Clear its data.")
        except (httpx.RemoteProtocolError, httpx.ReadError) as error:
            self._closed += 1
            if self._closed >= CLOSED_OFTEN:
                raise LinkError(
                    f"phyphox at {self.address} closes the connection when it is asked for what is new. Update the "
                    "app: version 1.1.6 has this fault."
                ) from error
            raise LinkError(f"phyphox at {self.address} closed the connection. {self._advice()}") from error
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise LinkError(f"phyphox does not answer at {self.address}. {self._advice()}") from error
        self._closed = 0
        if response.status_code != httpx.codes.OK:
            raise LinkError(f"{self.address} answers {response.status_code}, not as phyphox does. {self._advice()}")
        return body

    async def _command(self, command: str) -> bool:
        told = json_object(await self._get(f"/control?cmd={command}"))
        return told is not None and told.get("result") is True

    async def _read_config(self) -> None:
        config = await self._get("/config")
        buffers = phyphox.buffers_of(config)
        if buffers is None:
            raise LinkError(f"What answers at {self.address} is not phyphox. {self._advice()}")
        missing = [source for setting, source in phyphox.SOURCES.items() if setting not in buffers]
        if missing:
            raise LinkError(
                f"The experiment in phyphox has no {' and no '.join(missing)}. Make a simple experiment (the + button) "
                "with accelerometer (with gravity) and gyroscope, open it, and choose Allow remote access in its menu."
            )
        if self._buffers and buffers != self._buffers:
            raise LinkError(
                f"The {self._where} phone shows another experiment now. Open the one that this session began with."
            )
        self._buffers = buffers
        title = (json_object(config) or {}).get("title")
        self._title = title if isinstance(title, str) else ""

    # --- what is new, again and again

    async def _poll(self) -> None:
        now_s = asyncio.get_running_loop().time
        next_s, pause_s = now_s(), POLL_S
        while True:
            try:
                await self._ask()
                pause_s = POLL_S
            except Exception as error:  # whatever it is: the phone is wanted back
                self._trouble = str(error) if isinstance(error, LinkError) else f"{self._advice()} ({error!r})"
                next_s, pause_s = now_s(), min(2.0 * pause_s, LONGEST_PAUSE_S)
            next_s = max(next_s + pause_s, now_s())
            await asyncio.sleep(next_s - now_s())

    async def _ask(self) -> None:
        if self._clock_ns() - self._fresh_ns > STALE_S * NS_PER_S:
            self._after_s, self._fresh_ns = {}, self._clock_ns()
        known = self._after_s.keys() >= self._buffers.keys()
        body = await self._get(phyphox.query(self._buffers, self._after_s if known else {}))
        arrival_ns = self._clock_ns()
        answer = phyphox.read(body, self._buffers)
        if answer is None:
            raise LinkError(f"What answers at {self.address} is not phyphox. {self._advice()}")
        if not answer.measuring:
            self._trouble = f"phyphox on the {self._where} phone was paused. Leave it running."
            await self._command("start")
        if self._session not in (None, answer.session):
            self._after_s = {}
            self._session = None
            self._note(f"The experiment on the {self._where} phone was opened again. Leave it running.")
            await self._read_config()
            return
        self._session = answer.session
        if not known:
            self._begin_after(body)
            return
        newest_s = {setting: float(rows[:, 0].max()) for setting, rows in answer.rows.items() if len(rows)}
        if any(newest_s[setting] != self._after_s[setting] for setting in newest_s):
            self._fresh_ns = arrival_ns
            self._after_s |= newest_s
            self._take(arrival_ns, body)

    def _begin_after(self, body: bytes) -> None:
        """Ask for what comes after the last times that there are now."""
        for setting, names in self._buffers.items():
            last_s = phyphox.last_time_s(body, names[0])
            if last_s is not None:
                self._after_s[setting] = last_s
