"""A hotline of a few lines of dialplan, in a real Asterisk, for telephones to call."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from telephony.asterisk.installation import Installation
from telephony.testphone.configuration import MODULES, free_port
from telephony.testphone.control import Control, Message

_MORE_MODULES = (
    "app_echo",
    "app_dial",
    "app_read",
    "bridge_simple",
    "res_pjsip_registrar",
    "res_pjsip_endpoint_identifier_user",
)
AGENT_PASSWORD = "first-password"

_DIALPLAN = """[general]
static=yes
[from-trunk]
exten => 1000,1,Answer()
 same => n,Echo()
exten => 1001,1,Answer()
 same => n,Wait(0.5)
 same => n,Playback({tone})
 same => n,Wait(0.5)
 same => n,Hangup()
exten => 1002,1,Progress()
 same => n,Playback({tone},noanswer)
 same => n,Hangup(1)
exten => 1003,1,Hangup(17)
exten => 1004,1,Hangup(21)
exten => 1005,1,Ringing()
 same => n,Wait(60)
exten => 1006,1,Answer()
 same => n,Read(KEYS,,6,,1,4)
 same => n,UserEvent(Keys,Keys: ${{KEYS}})
 same => n,Hangup()
exten => 1007,1,Set(FROM=Number: ${{CALLERID(num)}},Name: ${{CALLERID(name)}})
 same => n,Set(SIP=CallId: ${{CHANNEL(pjsip,call-id)}},Codec: ${{CHANNEL(audioreadformat)}})
 same => n,UserEvent(Seen,Diversion: ${{PJSIP_HEADER(read,Diversion)}},${{FROM}},${{SIP}})
 same => n,Wait(0.5)
 same => n,Hangup(17)
exten => _2XXX,1,Dial(PJSIP/agent-8${{EXTEN:1}},5)
 same => n,Hangup(${{HANGUPCAUSE}})
"""

_PJSIP = """[global]
type=global
endpoint_identifier_order=username,ip
[udp]
type=transport
protocol=udp
bind=127.0.0.1:{port}
[trunk]
type=endpoint
context=from-trunk
identify_by=ip
disallow=all
allow=alaw,ulaw
direct_media=no
trust_id_inbound=yes
[trunk]
type=identify
endpoint=trunk
match=127.0.0.1
"""

_AGENT = """[{name}]
type=endpoint
context=nowhere
identify_by=username
disallow=all
allow=alaw,ulaw
direct_media=no
auth={name}
aors={name}
[{name}]
type=auth
auth_type=userpass
username={name}
password={password}
[{name}]
type=aor
max_contacts=1
"""


@dataclass
class StandIn:
    """The running stand-in."""

    port: int
    home: Path
    control: Control | None = None
    events: list[Message] = field(default_factory=list)
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def take(self, event: Message) -> None:
        self.events.append(event)
        self._grown.set()
        self._grown = asyncio.Event()

    async def user_event(self, name: str, fits: Callable[[Message], bool] = bool) -> Message:
        async with asyncio.timeout(10):
            while True:
                for event in self.events:
                    if event.get("UserEvent") == name and fits(event):
                        return event
                await self._grown.wait()

    async def hang_up(self) -> None:
        """End what a dead telephone has left: nobody tells Asterisk that it is gone."""
        assert self.control is not None
        await self.control.send("Hangup", {"Channel": "/.*/"})
        await self.channels_gone()

    async def channels_gone(self) -> None:
        def open_channels() -> set[str]:
            made = {e["Uniqueid"] for e in self.events if e["Event"] == "Newchannel"}
            return made - {e["Uniqueid"] for e in self.events if e["Event"] == "Hangup"}

        async with asyncio.timeout(10):
            while open_channels():
                await self._grown.wait()


def _write(home: Path, port: int, ami: int, tone: Path, installation: Installation) -> None:
    for name in ("etc", "run", "log", "spool", "db"):
        (home / name).mkdir(parents=True)
    modules = "".join(f"load={name}.so\n" for name in (*MODULES, *_MORE_MODULES))
    agents = "".join(
        _AGENT.format(name=f"agent-800{number}", password=AGENT_PASSWORD) for number in range(1, 5)
    )
    files = {
        "asterisk.conf": f"""[directories]
astetcdir => {home}/etc
astmoddir => {installation.modules_dir}
astvarlibdir => {home}/db
astdbdir => {home}/db
astkeydir => {home}/db
astdatadir => {installation.data_dir}
astagidir => {home}/db
astspooldir => {home}/spool
astrundir => {home}/run
astlogdir => {home}/log
""",
        "modules.conf": f"[modules]\nautoload=no\n{modules}",
        "pjsip.conf": _PJSIP.format(port=port) + agents,
        "extensions.conf": _DIALPLAN.format(tone=tone.with_suffix("")),
        "manager.conf": f"""[general]
enabled=yes
bindaddr=127.0.0.1
port={ami}
[eyes]
secret=eyes
read=system,call,user,dtmf
write=call
""",
        "rtp.conf": "[general]\nrtpstart=40000\nrtpend=42000\n",
        "logger.conf": "[logfiles]\nmessages.log => notice,warning,error\n",
    }
    for name, text in files.items():
        (home / "etc" / name).write_text(text)


@asynccontextmanager
async def stand_in(home: Path, tone: Path, installation: Installation) -> AsyncIterator[StandIn]:
    port, ami = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
    hotline = StandIn(port, home)
    await asyncio.to_thread(_write, home, port, ami, tone, installation)
    process = await asyncio.create_subprocess_exec(
        *installation.asterisk_argv,
        *("-f", "-C", str(home / "etc" / "asterisk.conf")),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=installation.environment(),
    )
    try:
        async with asyncio.timeout(20):
            while hotline.control is None:
                assert process.returncode is None, (home / "log" / "messages.log").read_text()
                with contextlib.suppress(OSError):
                    hotline.control = await Control.connect(
                        "127.0.0.1", ami, "eyes", "eyes", hotline.take
                    )
                await asyncio.sleep(0.02)
        yield hotline
    finally:
        if hotline.control is not None:
            await hotline.control.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()
