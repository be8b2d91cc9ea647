"""The real Asterisk and a service that does nothing but answer."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent_gateway.supervisor import ServiceProcess, Supervisor
from agent_gateway.supervisor import supervisor as module
from config.settings import Settings, load_settings
from telephony.asterisk.installation import Installation, find_installation
from telephony.asterisk.process import AsteriskProcess
from tests.unit.telephony.asterisk.bare_asterisk import bare_asterisk

pytestmark = pytest.mark.live
HERE = "tests.unit.agent_gateway.supervisor"


@pytest.fixture(scope="module")
def installation() -> Installation:
    return find_installation(load_settings())


@pytest.fixture
async def settings(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Settings]:
    with bare_asterisk(installation) as made:
        monkeypatch.setenv("FAKE_PORT", str(made.web.port))
        yield made
        await AsteriskProcess(installation, made).stop(graceful_s=0.5)


class Running:
    """A supervisor in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def told(self, key: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(40):
            while line := await self.process.stdout.readline():
                values: dict[str, Any] = json.loads(line)
                if key in values:
                    return values
        raise AssertionError(f"the supervisor ended without telling {key!r}")

    async def ended(self) -> int:
        async with asyncio.timeout(40):
            return await self.process.wait()


@asynccontextmanager
async def supervised(settings: Settings) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"{HERE}.supervised", settings.model_dump_json()),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def exists(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def until(condition: Callable[[], bool], deadline_s: float = 20) -> None:
    async with asyncio.timeout(deadline_s):
        while not condition():
            await asyncio.sleep(0.02)


async def test_given_both_run_when_asked_to_stop_then_no_process_is_left(
    settings: Settings,
) -> None:
    async with supervised(settings) as running:
        ready = await running.told("ready")
        assert exists(ready["service"])
        assert exists(ready["asterisk"])

        running.process.send_signal(signal.SIGTERM)

        assert await running.ended() == 0
    assert not exists(ready["service"])
    assert not exists(ready["asterisk"])


async def test_given_the_supervisor_is_killed_when_started_again_then_asterisk_had_carried_on(
    settings: Settings,
) -> None:
    async with supervised(settings) as running:
        first = await running.told("ready")
        running.process.kill()
        await running.ended()
        await until(lambda: not exists(first["service"]))
    assert exists(first["asterisk"])

    async with supervised(settings) as running:
        second = await running.told("ready")
        assert second["adopted"]
        assert second["asterisk"] == first["asterisk"]
        running.process.send_signal(signal.SIGINT)
        assert await running.ended() == 0
    assert not exists(first["asterisk"])


async def test_given_the_service_is_killed_when_restarted_then_asterisk_was_not_touched(
    settings: Settings,
) -> None:
    async with supervised(settings) as running:
        ready = await running.told("ready")
        os.kill(ready["service"], signal.SIGKILL)
        assert "restarting" in (await running.told("said"))["said"]
        again = ServiceProcess("unused", settings.web.host, settings.web.port, None)
        async with asyncio.timeout(20):
            while not await again.answers():
                await asyncio.sleep(0.02)
        assert exists(ready["asterisk"])
        running.process.send_signal(signal.SIGTERM)
        assert await running.ended() == 0
    assert not await again.answers()


async def test_given_asterisk_is_killed_when_noticed_then_a_new_one_is_started(
    installation: Installation, settings: Settings
) -> None:
    async with supervised(settings) as running:
        ready = await running.told("ready")
        os.kill(ready["asterisk"], signal.SIGKILL)
        asterisk = AsteriskProcess(installation, settings)
        await until(lambda: asterisk.pid not in (None, ready["asterisk"]))
        assert exists(ready["service"])
        await asterisk.start()  # returns when it is booted
        running.process.send_signal(signal.SIGTERM)
        assert await running.ended() == 0
    assert not asterisk.is_alive


async def test_given_the_service_cannot_start_when_run_then_its_words_are_shown_and_nothing_is_left(
    installation: Installation, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MODE", "dies")
    async with supervised(settings) as running:
        while "my last words" not in (await running.told("said"))["said"]:
            pass
        assert await running.ended() == 1
    assert not AsteriskProcess(installation, settings).is_alive


async def test_given_the_service_cannot_start_when_asterisk_ran_before_then_it_is_left_running(
    installation: Installation, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asterisk = AsteriskProcess(installation, settings)
    await asterisk.start()
    monkeypatch.setenv("FAKE_MODE", "dies")
    async with supervised(settings) as running:
        assert await running.ended() == 1
    assert asterisk.is_alive
    await asterisk.stop()


async def test_given_the_service_is_frozen_when_noticed_then_it_is_replaced(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEALTH_EVERY_S", 0.05)
    monkeypatch.setattr("agent_gateway.supervisor.service_process.HEALTH_DEADLINE_S", 0.2)
    service = ServiceProcess(f"{HERE}.fake_service", "127.0.0.1", settings.web.port, None)
    ready = asyncio.Event()
    supervisor = Supervisor(None, service, say=lambda _: None, on_ready=ready.set)
    running = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(20):
        await ready.wait()
    first = service.pid
    assert first is not None
    monkeypatch.setattr(module, "START_DEADLINE_S", 0.0)

    os.kill(first, signal.SIGSTOP)

    await until(lambda: service.pid not in (None, first))
    monkeypatch.setattr(module, "START_DEADLINE_S", 60.0)
    await service.ready(20)
    supervisor.request_stop()
    assert await running == 0
    assert service.pid is None


async def test_given_it_is_starting_when_asked_to_stop_then_it_stops_at_once(
    settings: Settings,
) -> None:
    async with supervised(settings) as running:
        await running.told("said")  # "Starting Asterisk"
        running.process.send_signal(signal.SIGINT)
        assert await running.ended() == 0
    assert not exists_any(settings)


def exists_any(settings: Settings) -> bool:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(settings.asterisk_dir) in words:
                return True
    return False
