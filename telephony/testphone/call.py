"""One call as a telephone sees and hears it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from datetime import datetime
from pathlib import Path

from telephony.recordings import has_writer
from telephony.testphone.control import Control, Message, PhoneError
from telephony.testphone.sound import telephone_wav
from telephony.testphone.timeline import PhoneEvent, Timeline

KEYS = frozenset("0123456789*#ABCD")
KEY_MS = 120

VACANT, NORMAL, BUSY, REFUSED = 1, 16, 17, 21  # causes of Q.850
_REFUSALS = {VACANT: "vacant", BUSY: "busy", REFUSED: "decline"}

# DialState of AMI -> what happens on the line (RFC 3261: 100, 180, 183)
_PROGRESS = {"PROCEEDING": "trying", "RINGING": "ringing", "PROGRESS": "early media"}
# Heard: louder than 256 of 32768 on average; nothing heard: 500 ms below it.
_TALK_DETECT = "500,256"


class CallFailedError(PhoneError):
    """The call ended before what was waited for happened."""


class PhoneCall:
    """A call that a telephone makes or receives.

    Args:
        control: of the telephones' Asterisk.
        number: who is called.
        caller: who calls.
        unique_id: the channel's Uniqueid.
        heard: where to write what is heard.
        speech_folder: where converted speech is kept.

    Attributes:
        channel: Asterisk's name for this end of the call; "" while there is none.
        sip_call_id: Call-ID of RFC 3261; "" until the call is on its way (and it may stay so when
            the call is refused in the very first milliseconds).
        cause: Q.850 cause of the end, 0 while the call lasts or when there is none.
        cause_text: its name.
        sip_status: SIP status with which the call was refused, e.g. 486; 0 when it was not.
        heard: WAV file (8 kHz mono 16-bit) of all that the telephone heard, early media included;
            complete once :meth:`wait_ended` has returned, gone when the telephones are.
    """

    def __init__(
        self,
        control: Control,
        *,
        number: str,
        caller: str,
        unique_id: str,
        heard: Path,
        speech_folder: Path,
    ) -> None:
        self.number = number
        self.caller = caller
        self.unique_id = unique_id
        self.heard = heard
        self.sip_call_id = ""
        self.cause = 0
        self.cause_text = ""
        self.sip_status = 0
        self._control = control
        self._speech_folder = speech_folder
        self.channel = ""
        self._timeline = Timeline()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def events(self) -> Sequence[PhoneEvent]:
        """The timeline so far."""
        return tuple(self._timeline.events)

    @property
    def began_at(self) -> datetime:
        """When the call began (UTC); the events' seconds count from here."""
        return self._timeline.began_at

    @property
    def elapsed_s(self) -> float:
        """Seconds since the call began."""
        return self._timeline.elapsed_s

    @property
    def is_answered(self) -> bool:
        """Whether it has been answered (it may have ended since)."""
        return self._timeline.has("answered")

    @property
    def is_ended(self) -> bool:
        """Whether it is over."""
        return self._timeline.has("ended")

    async def wait_for(self, kind: str, deadline_s: float = 30.0) -> None:
        """Return when an event of a kind (see :class:`PhoneEvent`) is on the timeline.

        Raises:
            CallFailedError: the call ended without it.
            TimeoutError: neither happened in time.
        """
        async with asyncio.timeout(deadline_s):
            await self._timeline.wait(lambda: self._timeline.has(kind) or self.is_ended)
        if not self._timeline.has(kind):
            raise CallFailedError(f"the call to {self.number} ended before {kind!r}: {self.end}")

    async def wait_answered(self, deadline_s: float = 30.0) -> None:
        """Return when the call is answered.

        Raises:
            CallFailedError: it ended without an answer.
            TimeoutError: neither happened in time.
        """
        await self.wait_for("answered", deadline_s)

    async def wait_ended(self, deadline_s: float = 60.0) -> None:
        """Return when the call is over and ``heard`` is complete.

        Raises:
            TimeoutError: it was still going on.
        """
        async with asyncio.timeout(deadline_s):
            await self._timeline.wait(lambda: self.is_ended)
            while await asyncio.to_thread(_is_being_written, self.heard):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.02)

    @property
    def end(self) -> str:
        """How the call ended, for people; "" while it lasts."""
        if not self.is_ended:
            return ""
        status = f"SIP {self.sip_status}, " if self.sip_status else ""
        return f"{status}cause {self.cause} ({self.cause_text or 'unknown'})"

    async def press(self, keys: str) -> None:
        """Press keys (0-9, *, #, A-D), one after the other, as RFC 4733 telephone events.

        Raises:
            ValueError: something else is in ``keys``.
            PhoneError: the call is over.
        """
        check_keys(keys)
        for key in keys:
            self._timeline.note("key", key)
            await self._act("PlayDTMF", Digit=key, Duration=str(KEY_MS))
            # two events without a pause between them may be taken for one
            await asyncio.sleep(2 * KEY_MS / 1000)

    async def speak(self, wav: Path) -> None:
        """Say a sound file of any common format and rate; return when it is said or the call over.

        Interrupts what the telephone was saying.

        Raises:
            PhoneError: the call is over, or the file cannot be used.
        """
        speech = await asyncio.to_thread(telephone_wav, wav, self._speech_folder)
        spoken = self._spoken()
        self._timeline.note("speaks", wav.name)
        await self._act("Setvar", Variable="PHONE_SPEECH", Value=str(speech.with_suffix("")))
        await self._go("speak")
        await self._timeline.wait(lambda: self._spoken() > spoken or self.is_ended)

    async def hold(self) -> None:
        """Put the other side on hold (``a=sendonly``, RFC 6337 clause 5.3).

        Whatever the telephone does next takes it back.

        Raises:
            PhoneError: the call is over.
        """
        self._timeline.note("holds")
        await self._go("hold")

    async def take_back(self) -> None:
        """End the hold.

        Raises:
            PhoneError: the call is over.
        """
        self._timeline.note("takes back")
        await self._go("idle")

    async def answer(self) -> None:
        """Answer a call that rings here.

        Raises:
            PhoneError: the call is over.
        """
        await self._go("answer")

    async def refuse(self, cause: int = BUSY) -> None:
        """Do not take a call that rings here: ``BUSY`` (SIP 486), ``REFUSED`` or ``VACANT`` (404).

        Raises:
            PhoneError: the call is over.
        """
        await self._go(_REFUSALS[cause])

    async def hangup(self) -> None:
        """End the call; nothing happens if it is over already."""
        if not self.is_ended:
            with contextlib.suppress(PhoneError):
                await self._act("Hangup", Cause=str(NORMAL))

    def do(self, work: Coroutine[None, None, None]) -> None:
        """Let something happen in the background; it is dropped when the call ends."""

        async def quietly() -> None:
            try:
                await work
            except PhoneError as error:
                if not self.is_ended:
                    self._timeline.note("trouble", str(error))

        task = asyncio.create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def after_answer(self, seconds: float) -> None:
        """Return a number of seconds after the answer; never, if there is none."""
        await self._timeline.wait(lambda: self.is_answered)
        answered = next(event.at_s for event in self.events if event.kind == "answered")
        await asyncio.sleep(answered + seconds - self._timeline.elapsed_s)

    async def speak_at(self, seconds: float, wav: Path) -> None:
        """Speak a number of seconds after the answer."""
        await self.after_answer(seconds)
        await self.speak(wav)

    async def press_at(self, seconds: float, keys: str) -> None:
        """Press keys a number of seconds after the answer."""
        await self.after_answer(seconds)
        await self.press(keys)

    async def hangup_at(self, seconds: float) -> None:
        """Hang up a number of seconds after the answer."""
        await self.after_answer(seconds)
        await self.hangup()

    async def hangup_by(self, seconds: float) -> None:
        """Hang up a number of seconds from now, answered or not."""
        await asyncio.sleep(seconds)
        await self.hangup()

    def begin(self, kind: str, detail: str) -> None:
        """Note how the call began."""
        self._timeline.note(kind, detail)

    async def adopt(self) -> None:
        """Take over the channel that Asterisk made for this call: record it, learn its Call-ID.

        Raises:
            PhoneError: the call is over.
        """
        await self._act("MixMonitor", File="", Options=f"r({self.heard})")
        await self._act("Setvar", Variable="TALK_DETECT(set)", Value=_TALK_DETECT)
        # there is a moment in which the channel is there and its SIP dialogue not yet
        while not self.sip_call_id:
            answer = await self._act("Getvar", Variable="CHANNEL(pjsip,call-id)")
            self.sip_call_id = answer.get("Value", "")
            await asyncio.sleep(0.005)

    def take(self, event: Message) -> None:
        """Take in an AMI event about this call's channel."""
        match event["Event"]:
            case "DialState":
                if kind := _PROGRESS.get(event.get("DialStatus", "")):
                    self._timeline.note(kind)
            case "Newstate":
                if event.get("ChannelState") == "6" and not self.is_answered:
                    self._timeline.note("answered")
            case "ChannelTalkingStart":
                self._timeline.note("hears")
            case "ChannelTalkingStop":
                self._timeline.note("hears nothing")
            case "UserEvent":
                self._timeline.note("spoken", self._last("speaks"))
            case "Hangup":
                tech = event.get("TechCause", "")
                status = "".join(sign for sign in tech if sign.isdigit())
                self.sip_status = int(status or 0)
                self.close(int(event.get("Cause") or 0), event.get("Cause-txt", ""))

    def close(self, cause: int, text: str) -> None:
        """The call is over."""
        if self.is_ended:
            return
        self.cause, self.cause_text = cause, text
        self._timeline.note("ended", self.cause_text)
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    def _spoken(self) -> int:
        return sum(event.kind == "spoken" for event in self.events)

    def _last(self, kind: str) -> str:
        return next((e.detail for e in reversed(self.events) if e.kind == kind), "")

    async def _go(self, extension: str) -> None:
        await self._act("Redirect", Context="voice", Exten=extension, Priority="1")

    async def _act(self, action: str, **fields: str) -> Message:
        if not self.channel or self.is_ended:
            raise PhoneError(f"{action}: the call to {self.number} is {self.end or 'not begun'}")
        return await self._control.send(action, {"Channel": self.channel, **fields})


def check_keys(keys: str) -> None:
    """Raise ValueError unless all are keys of a telephone: 0-9, *, #, A-D."""
    if not KEYS.issuperset(keys):
        raise ValueError(f"not keys of a telephone: {keys!r}")


def _is_being_written(file: Path) -> bool:
    return file.exists() and bool(has_writer(file))
