"""A real Asterisk with the project's dialplan, and an IVR that each test starts in its own way."""

from __future__ import annotations

import asyncio
import tempfile
import wave
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest

from agent_gateway.service.asterisk_config import render_input
from config.menus import load_menus
from config.numberplan import DEFAULT_PLAN, DialledNumbers, load_number_plan
from config.settings import Settings, load_secrets
from ivr.fastagi import AgiServer, Handler
from ivr.inbound import InboundHandler, Routing, ScreeningHandler, Standing
from ivr.prompts import PromptLibrary
from ivr.selfservice import TicketState, TicketStatus
from ivr.waiting import WaitingKeyHandler
from telephony.asterisk.installation import find_installation
from telephony.asterisk.process import AsteriskProcess
from telephony.asterisk.rendering import render_asterisk_config
from telephony.events import Event, EventBus
from tests.live.harness.ports import free_ports
from tests.live.harness.sipp import SippRun, run_sipp

ROOT = Path(__file__).parents[3]
GREETING_S = 2.5
LINES = ("12345", "12328", "12319")
OFFICE, DESK = "12366", "12313"
WITH_HOURS = f"""
[lines.{OFFICE}]
mode = "dual"
priority = 30
name = {{ zh = "有工作时间的线路", en = "A line with hours" }}
greeting = {{ zh = "您好，本次通话将被录音。", en = "This call will be recorded." }}
hours = {{ working_days = ["09:00-12:00", "14:00-17:30"] }}
[lines.{OFFICE}.closed]
priority = 3
greeting = {{ zh = "现在是非工作时间。", en = "We are closed." }}
[lines.{DESK}]
mode = "sub_centre"
name = {{ zh = "分中心", en = "A centre" }}
hours = {{ working_days = ["09:00-17:30"] }}
[lines.{DESK}.closed]
then = "message"
greeting = {{ zh = "请留言。", en = "Leave a message." }}
"""
LONG_GREETING, LONG_GREETING_S = "12333", 60.0
SHORT = (
    "voicemail-ask",
    "voicemail-noted",
    "already-waiting",
    "english-selected",
    "ticket-latest",
    "ticket-status-handling",
)


@pytest.fixture(scope="module")
def exchange() -> Iterator[tuple[AsteriskProcess, Settings]]:
    """Asterisk in a folder of its own, with tones for prompts."""
    # short on purpose: the path of Asterisk's control socket has a limit
    with tempfile.TemporaryDirectory(prefix="hl-ivr-", dir="/tmp") as folder:
        yield from _running(Path(folder))


def _running(data_dir: Path) -> Iterator[tuple[AsteriskProcess, Settings]]:
    ports = free_ports()
    plan = data_dir / "numberplan.toml"
    plan.write_text(DEFAULT_PLAN.read_text(encoding="utf-8") + WITH_HOURS, encoding="utf-8")
    settings = Settings.model_validate(
        {
            "install_dir": ROOT / "var",
            "data_dir": data_dir,
            "number_plan": plan,
            "asterisk": {
                "sip_port": ports.sip,
                "ami_port": ports.ami,
                "rtp_start": ports.rtp_start,
                "rtp_end": ports.rtp_start + 199,
            },
            "agi": {"port": ports.agi},
            "softphone": {"port": ports.softphone},
        }
    )
    for language in ("zh", "en"):
        folder = settings.prompts_dir / language
        folder.mkdir(parents=True)
        for line in LINES:
            _tone(folder / f"greeting-{line}.wav", GREETING_S)
        _tone(folder / f"greeting-{OFFICE}.wav", 0.3)
        for line in (OFFICE, DESK):
            _tone(folder / f"closed-{line}.wav", 0.3)
        _tone(folder / f"greeting-{LONG_GREETING}.wav", LONG_GREETING_S)
        for key in (*SHORT, *(f"digit-{digit}" for digit in range(10))):
            _tone(folder / f"{key}.wav", 0.3)
    installation = find_installation(settings)
    render_asterisk_config(render_input(settings, load_secrets(data_dir), installation, ()))
    process = AsteriskProcess(installation, settings)
    try:
        asyncio.run(process.start())
        yield process, settings
    finally:
        asyncio.run(process.stop(graceful_s=0.5))


def _tone(file: Path, seconds: float) -> None:
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"\x00\x10\x00\xf0" * int(seconds * 4000))


class OneTicket:
    """Every caller has a ticket in work."""

    async def latest_for_caller(self, caller: str) -> TicketStatus | None:
        return TicketStatus("205", TicketState.HANDLING)

    async def by_number(
        self, number: str, caller: str, last_digits: str = ""
    ) -> TicketStatus | None:
        return None


class FourthInLine:
    """Every caller's last place was the fourth."""

    def last_position(self, call_id: str) -> int | None:
        return 4


class Strangers:
    """Every caller is as everybody."""

    def of(self, caller: str) -> Standing:
        del caller
        return Standing()


@dataclass
class Ivr:
    """The service's side, and eyes on Asterisk.

    Attributes:
        events: all that the IVR told.
    """

    asterisk: AsteriskProcess
    settings: Settings
    bus: EventBus = field(default_factory=EventBus)
    server: AgiServer | None = None

    async def start(self, inbound: Handler | None = None, at: str = "") -> None:
        """Serve the scripts that a call needs until somebody answers.

        Args:
            inbound: replaces the real handler of the first.
            at: the city's time, e.g. ``2026-10-10T10:00``; now if left out.
        """
        menus = load_menus(None)
        plan = load_number_plan(self.settings.number_plan, self.settings.city, menus.entries)
        city = self.settings.city
        routing = Routing(plan, DialledNumbers(plan, city), menus, city.zone)
        if at:
            moment = datetime.fromisoformat(at).replace(tzinfo=city.zone)
            routing = replace(routing, now=lambda: moment)
        prompts = PromptLibrary(self.settings.prompts_dir)
        self.server = AgiServer(self.settings.agi.host, self.settings.agi.port)
        real = InboundHandler(routing, prompts, self.bus, OneTicket())
        self.server.route("screening", ScreeningHandler(Strangers()))
        self.server.route("inbound", inbound or real)
        waiting = WaitingKeyHandler(prompts, self.bus, FourthInLine(), OneTicket())
        self.server.route("waiting-key", waiting)
        await self.server.start()

    async def stop(self) -> None:
        """Be gone, as a killed service is: nothing listens and every connection is closed."""
        if self.server is not None:
            await self.server.stop()

    async def call(self, scenario: str, number: str, hold_ms: int, **keys: str) -> SippRun:
        """One call to its end."""
        sip = (self.settings.asterisk.sip_bind, self.settings.asterisk.sip_port)
        return await run_sipp(
            self.asterisk.installation, scenario, sip, number, hold_ms=hold_ms, keys=keys
        )

    async def end(self, call: asyncio.Task[SippRun]) -> None:
        """Hang up from Asterisk's side and see the caller gone."""
        await self.asterisk.command("channel request hangup all")
        await call

    async def waiting(self) -> dict[str, str]:
        """The channel variables of the caller, once they wait in the queue."""
        async with asyncio.timeout(20):
            while True:
                channels = await self.asterisk.command("core show channels concise")
                for line in channels.splitlines():
                    name, _, _, _, _, application, *_ = line.split("!")
                    if application == "Queue":
                        return await self._variables(name)
                await asyncio.sleep(0.05)

    async def account_code(self) -> str:
        """The account code of the one caller."""
        shown = await self.asterisk.command("core show channels concise")
        return next(line.split("!")[8] for line in shown.splitlines() if "!" in line)

    async def _variables(self, channel: str) -> dict[str, str]:
        shown = await self.asterisk.command(f"core show channel {channel}")
        pairs = (line.strip().split("=", 1) for line in shown.splitlines() if "=" in line)
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


@pytest.fixture
async def ivr(exchange: tuple[AsteriskProcess, Settings]) -> AsyncIterator[Ivr]:
    """An IVR that is not started yet; afterwards no call is left over."""
    running = Ivr(*exchange)
    yield running
    await running.stop()
    async with asyncio.timeout(20):
        while "!" in await running.asterisk.command("core show channels concise"):
            await asyncio.sleep(0.05)


@pytest.fixture
def events(ivr: Ivr) -> list[Event]:
    """What the IVR tells, in order, filled as it happens."""
    heard: list[Event] = []
    publish = ivr.bus.publish

    def note(event: Event) -> None:
        heard.append(event)
        publish(event)

    ivr.bus.publish = note  # type: ignore[method-assign]  # a wire-tap for the test
    return heard
