"""A whole hotline for one test session: own Asterisk, own service, own data, free ports."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp

from agent_gateway.service import prepare
from agent_gateway.service.preparation import FirstAccount
from agent_gateway.store import Store
from agent_gateway.supervisor import only_supervisor
from config.directory import DEFAULT_DIRECTORY
from config.numberplan import DEFAULT_PLAN
from config.settings import Secrets, Settings, load_secrets, load_settings
from telephony.asterisk.installation import Installation, find_installation
from telephony.asterisk.process import AsteriskProcess
from tests.live.harness.api import Api
from tests.live.harness.ports import free_ports

T = TypeVar("T")
ROOT = Path(__file__).parents[3]
SPEECH = ROOT / "tests" / "fixtures" / "speech"
DEPARTMENT_NUMBER = "09310000001"
# A contact with two numbers and a night duty, and one that is never open.
CONTACT_NUMBERS = "09310000011", "09310000012"
NIGHT_DUTY = "09310000019"
CONTACTS = [
    {
        "key": "water",
        "name": "供水抢修",
        "kind": "utility",
        "phone": CONTACT_NUMBERS[0],
        "numbers": [CONTACT_NUMBERS[1]],
        "fallback": {"number": NIGHT_DUTY, "name": "夜间值班"},
    },
    {
        "key": "expert",
        "name": "专家座席",
        "kind": "expert",
        "phone": "09310000013",
        "hours": {},
        "fallback": {"entry": "water"},
    },
]
MENU_LINE = "12350"
LINE_WITH_MENU = f"""
[lines.{MENU_LINE}]
mode = "dual"
menu = "example"
name = {{ zh = "带菜单的线路", en = "A line with a menu" }}
greeting = {{ zh = "您好，本次通话将被录音。", en = "This call will be recorded." }}
"""


async def until(
    question: Callable[[], Awaitable[T | None]], what: str, deadline_s: float = 20.0
) -> T:
    """The first true answer to ``question``, which is asked until the deadline.

    Raises:
        AssertionError: ``what`` did not happen in time.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline_s
    while not (answer := await question()):
        if loop.time() > end:
            raise AssertionError(f"within {deadline_s:g} s there was no {what}; last: {answer!r}")
        await asyncio.sleep(0.05)
    return answer


class Hotline:
    """Asterisk and the service of one installation, each of which can be killed and started.

    As ``async with`` it is started, and stopped and removed at the end.

    Attributes:
        accounts: the first accounts by user name, with their passwords.
        environment: of the service and the commands, besides that of the tests.
        started_in_s: how long the last :meth:`start` took on this machine.
    """

    def __init__(self, data_dir: Path, settings: Settings, config_file: Path) -> None:
        self.settings = settings
        self.config_file = config_file
        self.data_dir = data_dir
        self.secrets: Secrets = load_secrets(data_dir)
        self.installation: Installation = find_installation(settings)
        self.asterisk = AsteriskProcess(self.installation, settings)
        self.accounts: dict[str, FirstAccount] = {}
        self.environment: dict[str, str] = {}
        self.started_in_s = 0.0
        self.store = Store(settings.database_url)
        self._service: subprocess.Popen[bytes] | None = None
        self._supervising = contextlib.ExitStack()

    @classmethod
    def make(cls, **sections: dict[str, Any]) -> Hotline:
        """A hotline in a new folder, not running; ``sections`` go into its ``hotline.toml``."""
        # short on purpose: the path of Asterisk's control socket has a limit
        data_dir = Path(tempfile.mkdtemp(prefix="hl-", dir="/tmp"))
        ports = free_ports()
        values: dict[str, dict[str, Any]] = {
            "asterisk": {
                "sip_port": ports.sip,
                "ami_port": ports.ami,
                "rtp_start": ports.rtp_start,
                "rtp_end": ports.rtp_start + 199,
            },
            "agi": {"port": ports.agi},
            "audiosocket": {"port": ports.audiosocket},
            "web": {"port": ports.web},
            "softphone": {"port": ports.softphone},
            "agents": {"ring_seconds": 4, "wrap_up_seconds": 1},
        }
        for name, section in sections.items():
            values.setdefault(name, {}).update(section)
        plan = data_dir / "numberplan.toml"
        plan.write_text(DEFAULT_PLAN.read_text(encoding="utf-8") + LINE_WITH_MENU, encoding="utf-8")
        directory = data_dir / "departments.json"
        known = json.loads(DEFAULT_DIRECTORY.read_text(encoding="utf-8"))
        known["departments"][0] |= {"phone": DEPARTMENT_NUMBER}
        known["contacts"] += CONTACTS
        directory.write_text(json.dumps(known), encoding="utf-8")
        file = data_dir / "hotline.toml"
        top = {
            "install_dir": str(ROOT / "var"),
            "data_dir": str(data_dir),
            "number_plan": str(plan),
            "directory": str(directory),
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in top.items()]
        for name, section in values.items():
            lines.append(f"[{name}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in section.items()]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return cls(data_dir, load_settings(file), file)

    def add_lines(self, lines: str) -> None:
        """Add lines to its number plan, for the next preparation."""
        with (self.data_dir / "numberplan.toml").open("a", encoding="utf-8") as plan:
            plan.write(lines)

    def add_tables(self, tables: str) -> None:
        """Add tables to its ``hotline.toml``, before it is started."""
        with self.config_file.open("a", encoding="utf-8") as file:
            file.write(tables)
        self.settings = load_settings(self.config_file)

    @property
    def sip(self) -> tuple[str, int]:
        """Where the trunk and the telephones find it."""
        return self.settings.asterisk.sip_bind, self.settings.asterisk.sip_port

    @property
    def trunks(self) -> tuple[int, int]:
        """Ports of the two trunks for calls to the outside."""
        first, second = (int(one.rpartition(":")[2]) for one in self.settings.outbound.trunks)
        return first, second

    @property
    def web(self) -> str:
        """Base URL of the API."""
        return f"http://{self.settings.web.host}:{self.settings.web.port}"

    @property
    def service_pid(self) -> int | None:
        """Process id of the service; None while it does not run."""
        if self._service is None or self._service.poll() is not None:
            return None
        return self._service.pid

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.stop()

    def api(self, username: str) -> Api:
        """One of the first accounts, to be logged in by ``async with``."""
        return Api(self.web, username, self.accounts[username].password)

    async def start(self) -> None:
        """Prepare everything and start both; returns when the service is healthy."""
        began = time.monotonic()
        # this harness plays the supervisor's part
        self._supervising.enter_context(only_supervisor(self.data_dir))
        prepared = await prepare(self.settings, self.secrets)
        self.accounts |= {account.username: account for account in prepared.accounts}
        await self.asterisk.start()
        await self.start_service()
        self.started_in_s = time.monotonic() - began

    async def start_service(self) -> None:
        """Start the service; returns when it is healthy."""
        self.launch_service()
        await until(self.is_healthy, f"healthy service\n{self.service_log()[-3000:]}", 60)

    def launch_service(self) -> None:
        """Start the service, however well it may be."""
        log = (self.data_dir / "service.log").open("ab")
        self._service = subprocess.Popen(
            [sys.executable, "-m", "agent_gateway.service"],
            cwd=ROOT,
            env=os.environ | self.environment | {"HOTLINE_CONFIG": str(self.config_file)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()

    async def is_healthy(self) -> bool:
        """Whether ``/healthz`` says so; the service must not have ended."""
        assert self._service is not None
        if self._service.poll() is not None:
            raise AssertionError(f"the service ended: {self.service_log()[-3000:]}")
        return await self.serves()

    async def serves(self) -> bool:
        """Whether somebody answers on its port and is healthy."""
        try:
            async with (
                aiohttp.ClientSession() as http,
                http.get(f"{self.web}/healthz", timeout=aiohttp.ClientTimeout(2)) as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def kill_service(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End (or with SIGSTOP freeze, with SIGCONT thaw) the service."""
        assert self._service is not None
        self._service.send_signal(how)
        if how in (signal.SIGKILL, signal.SIGTERM):
            self._service.wait(15)

    @contextlib.asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """Neither service nor supervisor while the block lasts, as for an operator's work.

        Asterisk goes on. Afterwards the settings of then count.
        """
        self.kill_service(signal.SIGTERM)
        self._supervising.close()
        await self.store.close()
        yield
        self.store = Store(self.settings.database_url)
        self._supervising.enter_context(only_supervisor(self.data_dir))
        await self.start_service()

    def service_log(self) -> str:
        """All that the service has said."""
        with contextlib.suppress(OSError):
            return (self.data_dir / "service.log").read_text(errors="replace")
        return ""

    def asterisk_log(self) -> str:
        """Asterisk's warnings and errors."""
        with contextlib.suppress(OSError):
            return (self.settings.asterisk_dir / "log" / "messages.log").read_text("utf-8")
        return ""

    async def command(self, *words: str) -> str:
        """Output of ``hotline WORDS…`` with this installation's settings; it must succeed."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from agent_gateway.cli import main; main()", *words),
            cwd=ROOT,
            env=os.environ | self.environment | {"HOTLINE_CONFIG": str(self.config_file)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complaints = await process.communicate()
        assert process.returncode == 0, said.decode() + complaints.decode()
        return said.decode()

    async def reaches(self, trunk: int) -> bool:
        """Whether the trunk (1 or 2) answered when Asterisk last asked."""
        said = await self.asterisk.command("pjsip show contacts")
        return any(f" carrier-{trunk}/" in line and " Avail " in line for line in said.splitlines())

    async def channels(self) -> list[str]:
        """The channels Asterisk has now."""
        said = await self.asterisk.command("core show channels concise")
        return [line.split("!")[0] for line in said.splitlines() if "!" in line]

    async def idle(self) -> bool:
        """Whether Asterisk has no channel left."""
        return not await self.channels()

    async def stop(self) -> None:
        """Stop both and remove the folder."""
        await self.store.close()
        if self._service is not None and self._service.poll() is None:
            self._service.send_signal(signal.SIGCONT)
            self.kill_service(signal.SIGTERM)
        await self.asterisk.stop()
        self._supervising.close()
        if not os.environ.get("HOTLINE_KEEP_TEST_DATA"):
            await asyncio.to_thread(shutil.rmtree, self.data_dir, ignore_errors=True)
