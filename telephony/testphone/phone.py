"""Telephones for tests: a second small Asterisk that calls the hotline and is called by it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from telephony.asterisk.installation import Installation
from telephony.background import Tasks
from telephony.testphone.agent import AgentBehaviour, PhoneAgent
from telephony.testphone.call import PhoneCall, check_keys
from telephony.testphone.configuration import AGENTS_FILE, agent_section
from telephony.testphone.control import LOST, Message, PhoneError
from telephony.testphone.exchange import Exchange
from telephony.testphone.sound import telephone_wav

_NUMBER = re.compile(r"[+0-9A-Za-z*#._-]{1,64}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_UNREGISTER_DEADLINE_S = 2.0
_PASSWORD = re.compile(r"[A-Za-z0-9._~+/=-]{1,128}")


class TestPhone:
    """Any number of telephones: callers that dial, agents that register and are rung.

    A real SIP and RTP stack of its own (the same Asterisk program, another process, a folder that
    is removed afterwards). Use it as ``async with TestPhone(...) as phone``.

    Args:
        installation: which Asterisk.
        hotline_address: SIP host and port of the hotline.
        codec: ``alaw`` or ``ulaw``.
        sip_port: UDP port at which the telephones are reached; any free one when not given.
    """

    __test__ = False  # not a test, whatever pytest thinks of the name

    def __init__(
        self,
        installation: Installation,
        hotline_address: tuple[str, int],
        *,
        codec: str = "alaw",
        sip_port: int | None = None,
    ) -> None:
        self._exchange = Exchange(installation, hotline_address, codec, self._take, sip_port)
        self._calls: dict[str, PhoneCall] = {}
        self._agents: dict[str, PhoneAgent] = {}
        self._numbers = count(1)
        self._tasks = Tasks("telephones")
        self._agents_lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Start.

        Raises:
            PhoneError: the telephones' Asterisk does not start.
        """
        await self._exchange.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up everything, end the process and remove its folder."""
        try:
            await self._hang_up_all()
            await self._unregister()
        finally:
            await self._tasks.stop()
            self._close_calls("the telephones were switched off")
            await self._exchange.stop()

    async def dial(
        self,
        number: str,
        *,
        caller: str = "13900000001",
        from_name: str | None = None,
        speak: Sequence[tuple[float, Path]] = (),
        keys: Sequence[tuple[float, str]] = (),
        max_s: float = 60.0,
        answer_only: bool = False,
        extra_headers: Mapping[str, str] | None = None,
    ) -> PhoneCall:
        """Call the hotline; return as soon as the call is on its way.

        Args:
            number: user part of the request URI.
            caller: user part of From.
            from_name: display name of From.
            speak: sound files to say, each a number of seconds after the answer.
            keys: keys to press, each a number of seconds after the answer.
            max_s: seconds after which the telephone hangs up, answered or not.
            answer_only: hang up as soon as the call is answered.
            extra_headers: further SIP headers of the INVITE, e.g. ``Diversion``.

        Raises:
            ValueError: a number, key or header cannot be sent.
            PhoneError: a sound file cannot be used, or the telephones' Asterisk is gone.
        """
        if not (_NUMBER.fullmatch(number) and _NUMBER.fullmatch(caller)):
            raise ValueError(f"not a number: {number!r} or {caller!r}")
        headers = dict(extra_headers or {})
        if odd := [name for name in headers if not _HEADER.fullmatch(name)]:
            raise ValueError(f"not a SIP header's name: {odd[0]!r}")
        for _, pressed in keys:
            check_keys(pressed)
        for _, wav in speak:  # now rather than in the middle of the call
            await asyncio.to_thread(telephone_wav, wav, self._exchange.plan.speech)
        call = self._new_call(f"call-{next(self._numbers)}-{secrets.token_hex(4)}", number, caller)
        call.begin("dialled", number)
        host, port = self._exchange.hotline
        name = (from_name or "").replace("\\", "\\\\").replace('"', '\\"')
        try:
            await self._exchange.control.send(
                "Originate",
                {
                    "Channel": f"PJSIP/hotline/sip:{number}@{host}:{port}",
                    "ChannelId": call.unique_id,
                    "Context": "voice",
                    "Exten": "idle",
                    "Priority": "1",
                    "Async": "true",
                    "Timeout": str(int(max_s * 1000) + 5000),
                    "CallerID": f'"{name}" <{caller}>' if name else f"<{caller}>",
                },
                {f"PJSIP_HEADER(add,{header})": text for header, text in headers.items()},
            )
        except PhoneError:
            del self._calls[call.unique_id]
            raise
        call.do(call.hangup_by(max_s))
        if answer_only:
            call.do(call.hangup_at(0))
        for seconds, wav in speak:
            call.do(call.speak_at(seconds, wav))
        for seconds, key in keys:
            call.do(call.press_at(seconds, key))
        return call

    def lose_power(self) -> None:
        """All telephones are dead at once, without a word to anybody."""
        self._exchange.kill()

    async def add_agent(
        self,
        username: str,
        password: str,
        behaviour: AgentBehaviour | None = None,
        *,
        deadline_s: float = 10.0,
    ) -> PhoneAgent:
        """Connect an agent's telephone; return when it is registered at the hotline.

        Args:
            username: name of the hotline's endpoint, e.g. ``agent-8001``.
            password: its SIP password.
            behaviour: what it does with calls; answers at once unless given.
            deadline_s: for the registration.

        Raises:
            ValueError: name or password have signs that cannot be used.
            PhoneError: the hotline refuses the registration or does not answer.
        """
        if not (_NUMBER.fullmatch(username) and _PASSWORD.fullmatch(password)):
            raise ValueError(f"name or password of {username!r} have unusable signs")
        if username in self._agents or username == "hotline":
            raise ValueError(f"there is a telephone {username} already")
        agent = PhoneAgent(username, behaviour or AgentBehaviour())
        self._agents[username] = agent
        section = agent_section(username, password, self._exchange.plan)
        async with self._agents_lock:
            file = self._exchange.plan.home / "etc" / AGENTS_FILE
            await asyncio.to_thread(_append, file, section)
            await self._exchange.control.send(
                "ModuleLoad", {"LoadType": "reload", "Module": "res_pjsip.so"}
            )
        try:
            async with asyncio.timeout(deadline_s):
                status = await agent.wait_registration()
        except TimeoutError as error:
            raise PhoneError(f"{username}: no answer to the registration") from error
        if status != "Registered":
            raise PhoneError(f"{username}: the hotline says {status} to the registration")
        return agent

    def add_number(self, number: str, behaviour: AgentBehaviour | None = None) -> PhoneAgent:
        """Connect a telephone of the public network, reached by what the hotline dials there.

        Raises:
            ValueError: the number has unusable signs, or is there already.
        """
        if not _NUMBER.fullmatch(number) or number in self._agents or number == "hotline":
            raise ValueError(f"not a number that can be added: {number!r}")
        self._agents[number] = PhoneAgent(number, behaviour or AgentBehaviour())
        return self._agents[number]

    def _new_call(self, unique_id: str, number: str, caller: str) -> PhoneCall:
        plan = self._exchange.plan
        call = PhoneCall(
            self._exchange.control,
            number=number,
            caller=caller,
            unique_id=unique_id,
            heard=plan.heard / f"{unique_id}.wav",
            speech_folder=plan.speech,
        )
        self._calls[unique_id] = call
        return call

    def _take(self, event: Message) -> None:
        name = event.get("Event", "")
        unique_id = event.get("DestUniqueid") or event.get("Uniqueid", "")
        if name == LOST["Event"]:
            self._close_calls("the telephones' Asterisk is gone")
        elif name == "Newchannel":
            self._channel_made(event, unique_id)
        elif name == "Registry":
            self._registered(event)
        elif name == "OriginateResponse" and event.get("Response") == "Failure":
            # with a channel, the channel's own end says why
            if (call := self._calls.get(unique_id)) and not call.channel:
                call.close(0, "no channel could be made")
        elif call := self._calls.get(unique_id):
            call.take(event)

    def _channel_made(self, event: Message, unique_id: str) -> None:
        call = self._calls.get(unique_id)
        if call is None:
            agent = self._agents.get(event.get("Exten", ""))
            if agent is None:
                return
            call = self._new_call(unique_id, agent.username, event.get("CallerIDNum", ""))
            call.begin("rings", call.caller)
            agent.ring(call)
        call.channel = event["Channel"]
        self._tasks.start(self._adopt(call))

    async def _adopt(self, call: PhoneCall) -> None:
        with contextlib.suppress(PhoneError):  # over before it began; its end speaks for itself
            await call.adopt()
            if agent := self._agents.get(call.number):
                agent.behave(call)

    def _registered(self, event: Message) -> None:
        match = re.search(r"sip:([^@]+)@", event.get("Username", ""))
        if agent := self._agents.get(match.group(1) if match else ""):
            agent.registration(event.get("Status", ""))

    async def _hang_up_all(self) -> None:
        open_calls = [call for call in self._calls.values() if not call.is_ended]
        with contextlib.suppress(TimeoutError):
            await asyncio.gather(*(call.hangup() for call in open_calls))
            await asyncio.gather(*(call.wait_ended(3.0) for call in open_calls))

    async def _unregister(self) -> None:
        """Leave the hotline no contact that nobody answers at."""
        registered = [agent for agent in self._agents.values() if agent.is_registered]
        if registered:
            with contextlib.suppress(PhoneError, TimeoutError):
                await self._exchange.control.send("PJSIPUnregister", {"Registration": "*all"})
                async with asyncio.timeout(_UNREGISTER_DEADLINE_S):
                    for agent in registered:
                        await agent.wait_registration()

    def _close_calls(self, reason: str) -> None:
        for call in self._calls.values():
            call.close(0, reason)


def _append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as lines:
        lines.write(text)
