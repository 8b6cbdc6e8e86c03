"""The page as part of a session: it is told what everybody is told, sounds cues, and passes on what people do."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

from dowel.cues.cue import Cue
from dowel.cues.cue_settings import Choices
from dowel.display.actions import perform
from dowel.display.display import Display
from dowel.display.display_state import Board
from dowel.display.player import Player, play
from dowel.recordings.errors import UsageError
from dowel.recordings.types import Mark, MarkKind, Placement
from dowel.sensors.phones.pushed import DeviceMotionLink
from dowel.settings.cue_mode import CueMode
from dowel.settings.extras import check_extra
from dowel.settings.preferences import with_choice
from dowel.text.sanitise import plain
from dowel.web.access import INVITATION_S, Access, Role
from dowel.web.certificate import Certificate, certificate_for
from dowel.web.feed import Feed
from dowel.web.frames import Around, Frames, timeline_of
from dowel.web.helpers import LOOK_S, Helpers
from dowel.web.network import addresses
from dowel.web.routes import Routes
from dowel.web.sensor_phones import SensorPhones
from dowel.web.server import Place, local_place, network_place, serving

if TYPE_CHECKING:
    from dowel.analysis.events import Event
    from dowel.display.actions import Controls
    from dowel.display.view import Ending, Instruction, Shown


class Page(Display):
    """The live page of one session, as everybody else sees it: a display, an output for cues, and a desk for requests.

    ``board`` is what it shows. ``local`` is where this computer reaches it, ``network`` where other devices do, once
    that door is open, by that ``certificate``; ``stack`` closes the doors. ``replay``: there is nobody who could be
    told to do anything. ``big``: its addresses open it large.
    """

    def __init__(
        self,
        board: Board,
        local: Place,
        clock_ns: Callable[[], int],
        stack: AsyncExitStack,
        *,
        replay: bool,
        big: bool,
    ) -> None:
        self.board = board
        self.access = Access()
        self.feed = Feed(Frames(board, self._around))
        self.local = local
        self.network: Place | None = None
        self._opening, self._reporting = asyncio.Lock(), asyncio.Lock()
        self.certificate: Certificate | None = None
        self.clock_ns = clock_ns
        self._stack = stack
        self._controls: Controls | None = None
        self._replay = replay
        self._look = "&big" if big else ""
        self._choices: Choices | None = None
        self._mode: Callable[[], CueMode | None] = lambda: None
        self._player: Player | None = None
        self._told = 0
        self._ending: Ending | None = None
        self.ended_here = False
        self._phones = SensorPhones(self.access, self._made)
        self._helpers = Helpers(clock_ns)
        self._looking: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """What to open on this computer."""
        return f"{self.local.url}/?token={self.access.screen_token}{self._look}"

    def one_address(self) -> str:
        """The same, good for one browser: other users of this computer can read what a program is started with."""
        return f"{self.local.url}/?token={self.access.invite(Role.SCREEN)}{self._look}"

    @cached_property
    def device_address(self) -> str:
        """The same for one other device; empty without a network."""
        if self.network is None:
            return ""
        return f"{self.network.url}/?token={self.access.invite(Role.SCREEN)}{self._look}"

    @cached_property
    def helper_addresses(self) -> tuple[str, ...]:
        """What a helper who watches a real rod opens, once: on this computer, and on another device."""
        places = [place for place in (self.local, self.network) if place is not None]
        return tuple(f"{place.url}/helper?token={self.access.invite(Role.HELPER)}" for place in places)

    def other_addresses(self, *, truth: bool) -> tuple[tuple[str, str], ...]:
        """What a terminal keeps in sight besides the page's address, until people have come in; with their names."""
        told = [("helper", address) for address in self.helper_addresses] if truth else []
        if self.certificate is not None:
            told += [("phone", self.device_address), ("SHA-256", self.certificate.fingerprint)]
        return tuple(told)

    def sentences(self) -> list[str]:
        """Where the page is, for those who cannot see it: each address whole, on a line of its own."""
        told = ["The page, on this computer:", self.address]
        if self.certificate is not None:
            told += [
                f"On one other device, within {INVITATION_S / 60:.0f} minutes:",
                self.device_address,
                f"There the browser warns once. The certificate's SHA-256 fingerprint: {self.certificate.fingerprint}",
            ]
        return told

    def _around(self) -> Around:
        return Around(
            self._replay,
            self._player,
            self._told,
            self._cues(self._choices) if self._choices is not None else None,
            can_invite=self.network is not None,
            invitation=self._phones.invitation(),
            ending=self._ending,
        )

    def _cues(self, choices: Choices) -> dict[str, Any]:
        told = asdict(choices.cues)
        told["mode"] = str(choices.cues.mode or "")
        return {**told, "in_force": str(self._mode() or ""), "revision": choices.revision}

    # --- what a practice tells ---

    def begin(self, shown: Shown) -> None:
        """The session runs from here on."""
        controls = self._controls = shown.controls
        if controls is not None:
            self.use_choices(controls.choices, lambda: controls.cue_mode)
            self._helpers.begin(controls.tell_truth)

    def use_choices(self, choices: Choices, mode: Callable[[], CueMode | None]) -> None:
        """Which cues there are, and when they sound, None before a session; the page may choose others."""
        self._choices, self._mode = choices, mode
        self.feed.changed()

    def say(self, sentence: str) -> None:  # noqa: ARG002
        """News: the board has them."""
        self.feed.changed()

    def warn(self, sentence: str) -> None:  # noqa: ARG002
        """A warning."""
        self.feed.changed()

    def ask(self, sentence: str) -> None:  # noqa: ARG002
        """What the person is to do."""
        self.feed.changed()

    def instruct(self, instruction: Instruction) -> None:  # noqa: ARG002
        """The calibration says what to do now."""
        self.feed.changed()

    def hear(self, marks: Sequence[Mark], events: Sequence[Event]) -> None:
        """What the analysis said."""
        if events or any(mark.kind is not MarkKind.TICK for mark in marks):
            self.feed.changed()

    # --- cues ---

    def sound(self, cue: Cue) -> None:
        """A cue, to be heard wherever somebody has switched the sound on."""
        self.feed.cue(**asdict(cue))

    def tone(self, level: float | None) -> None:
        """The steady tone."""
        self.feed.tone(level)

    def hush(self) -> None:
        """The page speaks no word while it is told that a calibration is under way."""
        self.feed.changed()

    # --- what the page asks ---

    def act(self, name: str, *, text: str, load_kg: float, wall_cm: float, at_s: float) -> None:
        """Something that a person does."""
        if self._controls is None:
            raise UsageError("There is no practice to act on yet.")
        perform(self._controls, name, text=text, load_kg=load_kg, wall_cm=wall_cm, at_s=at_s)
        self.ended_here = self.ended_here or name == "stop"

    def use_player(self, player: Player) -> None:
        """What leads the replay from here on."""
        self._player = player
        self._told += 1
        self.feed.move()

    def play(self, action: str, to_s: float, session: str) -> None:
        """Lead the replay."""
        play(self._led(), action, to_s=to_s, session=session)

    def timeline(self) -> Mapping[str, Any]:
        """What happens when in the session that is told again."""
        return timeline_of(self._led())

    def _led(self) -> Player:
        if self._player is None:
            raise UsageError("This is not a replay." if not self._replay else "The session is still being read.")
        return self._player

    def choose_cues(self, choice: Mapping[str, Any]) -> int:
        """Other cues from now on, and in the practices to come; the revision of the choices that has them."""
        if self._choices is None:
            raise UsageError("There are no cues to choose here.")
        self._choices.use(with_choice(self._choices.cues, choice))
        return self._choices.revision

    def invite(self, role: Role, placement: Placement | None) -> Mapping[str, Any]:
        """An address for another device, good once, with its QR code."""
        if role is Role.SENSOR and placement not in self._phones:
            raise UsageError("No phone is expected as a sensor there.")
        return self._made(role, placement)[1]

    def _made(self, role: Role, placement: Placement | None) -> tuple[str, dict[str, Any]]:
        """A token and what it is shown as."""
        if self.network is None or self.certificate is None:
            raise UsageError("Other devices cannot reach this page: it is served to this computer alone.")
        import segno

        token = self.access.invite(role, placement)
        url = f"{self.network.url}{'/phone' if role is Role.SENSOR else '/'}?token={token}"
        return token, {
            "url": url,
            "qr": segno.make(url, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff"),
            "fingerprint": self.certificate.fingerprint,
            "minutes": INVITATION_S / 60,
        }

    async def report(self) -> str:
        """The report of the session so far, made by a process of its own: here it would hold up the samples."""
        shown = self.board.shown
        if shown is None:
            raise UsageError("There is no session to report on yet.")
        # -P: nothing that lies in the folder of the practice is taken for a module
        command = [sys.executable, "-P", "-m", "dowel", "report", str(shown.results.path), "--html", "-"]
        async with self._reporting:  # one at a time, however often it is asked for: the session needs the processor
            made = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
            page, problem = await made.communicate()
        if made.returncode:
            raise UsageError(plain(problem.decode(errors="replace")) or "The report could not be made.")
        return page.decode()

    # --- doors ---

    async def open_local(self) -> None:
        """Serve the page to this computer."""
        await self._open(self.local)

    async def open_network(self, host: str) -> None:
        """Serve the page to the network too, at this address of this computer. Raises ``UsageError``."""
        async with self._opening:  # one door, however many ask for it at once
            if self.network is not None:
                return
            check_extra("phone", "Other devices")
            place = network_place(host)
            names = [name.strip("[]") for name in place.door.hosts]
            certificate = await asyncio.to_thread(certificate_for, names)  # which takes longer than a frame
            await self._open(place, certificate.path)
            self.network, self.certificate = place, certificate
        self.feed.changed()

    async def open_to_phones(self, host: str) -> None:
        """The same, asked for by the page: at one of the addresses that it was told."""
        if host not in await asyncio.to_thread(addresses):  # a name server may be asked
            raise UsageError("That is not one of this computer's network addresses.")
        await self.open_network(host)

    def addresses(self) -> Sequence[str]:
        """Where the page could be served to the network."""
        check_extra("phone", "Other devices")
        return addresses()

    async def _open(self, place: Place, certificate: Path | None = None) -> None:
        app = Routes(self.feed, self, self.access, place.door).app
        await self._stack.enter_async_context(serving(place, app, certificate))

    # --- phones that are sensors ---

    def invite_phone(self, link: DeviceMotionLink) -> str:
        """Await the phone that is to feed this link; the address that it is to open. Raises ``UsageError``."""
        address = self._phones.expect(link)
        self.feed.changed()
        return address

    def phone_moved(self, placement: Placement, body: bytes, arrival_ns: int) -> Mapping[str, Any]:
        """A batch of movement from the phone at a placement; what the phone is told."""
        return self._phones.moved(placement, body, arrival_ns)

    # --- helpers who watch the rod ---

    def helper_sentences(self) -> list[str]:
        """Where a helper who watches a real rod opens the page with the three areas."""
        places = ("On this computer, in another window", "On another device")
        told = zip(places, self.helper_addresses, strict=False)
        return [line for where, at in told for line in (f"For the helper who watches the rod. {where}, once:", at)]

    def helper_told(self, number: int, sent: Mapping[str, Any], arrival_ns: int) -> Mapping[str, Any]:
        """What a helper who watches the rod pressed; what the helper's page is told."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_after_helpers())
            self._stack.callback(self._looking.cancel)
        return self._helpers.told(f"helper {number}", sent, arrival_ns)

    async def _look_after_helpers(self) -> None:
        """Give up helpers that went silent: from the first one on, for as long as the page is open."""
        while True:
            await asyncio.sleep(LOOK_S)
            self._helpers.look()

    # --- the end ---

    def tell_end(self, ending: Ending) -> None:
        """The practice is over, and this is how it went."""
        self._ending = ending
        self.feed.tone(None)
        self.feed.changed()

    async def part(self) -> None:
        """End the streams, and wait until the phones have been told that the practice is over, so that they stop."""
        self.feed.end()
        self._helpers.end()
        await self._phones.part()


@asynccontextmanager
async def open_page(
    board: Board, *, host: str, clock_ns: Callable[[], int], replay: bool = False, big: bool = False
) -> AsyncIterator[Page]:
    """Inside, the page is served: to this computer, and with ``host`` to its network. Raises ``UsageError``."""
    async with AsyncExitStack() as stack:
        page = Page(board, local_place(), clock_ns, stack, replay=replay, big=big)
        board.page_address = page.address
        await run_in_threadpool(bool)  # loads what serves a stream too: in 40 ms now, or while sensors send
        await page.open_local()
        if host:
            await page.open_network(host)
        try:
            yield page
        finally:
            await page.part()
