"""One call's AGI session: typed commands, each with a deadline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import structlog

from ivr.fastagi.errors import AgiProtocolError, AgiRefused, CallerGone
from ivr.fastagi.library import CheckedRequest
from ivr.fastagi.wire import Reply, command_line

log = structlog.get_logger(__name__)

# Asterisk answers commands that do not play or wait at once; a slow machine gets this long.
QUICK_S = 5.0
# Between the end of a playing command and the next lease; if the service freezes, the caller hears
# this much silence before Asterisk goes on without it.
LEASE_MARGIN_S = 3.0
# Our own deadline for a playing command is later than the lease, so that Asterisk's comes first.
ANSWER_MARGIN_S = LEASE_MARGIN_S + 2.0
DIGITS = "0123456789*#"


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys collected by :meth:`AgiSession.get_data`; ``timed_out`` when no # ended them."""

    digits: str
    timed_out: bool


class PlaybackFailed(AgiRefused):
    """Asterisk could not play the file; the caller is still there."""


class AgiSession:
    """The commands which the service gives for one channel.

    Every command raises :class:`CallerGone` when Asterisk ended the session,
    :class:`AgiProtocolError` when the other side fails or does not answer in time, and ValueError
    for arguments with line breaks. After CallerGone or a protocol error nothing more is sent.
    """

    def __init__(self, request: CheckedRequest) -> None:
        self._request = request
        headers = request.headers
        self.channel = headers.get("agi_channel", "")
        self.call_id = headers.get("agi_uniqueid", "")
        self.caller = _known(headers.get("agi_callerid", ""))
        self.extension = headers.get("agi_extension", "")
        self.script = headers.get("agi_network_script", "")
        self.headers = dict(headers)
        self.log = log.bind(call_id=self.call_id, script=self.script)

    async def lease(self, seconds: float) -> None:
        """Let Asterisk go on without the service if nothing renews this within ``seconds``.

        The absolute time-out of the channel takes it to extension T of the dialplan.
        """
        await self.set_variable("TIMEOUT(absolute)", f"{seconds:.1f}")

    async def answer(self) -> None:
        """Answer the channel."""
        await self._run(QUICK_S, "ANSWER")

    async def hangup(self) -> None:
        """Hang the channel up."""
        await self._run(QUICK_S, "HANGUP")

    async def stream_file(
        self, path: Path, escape_digits: str = "", *, lasts_s: float
    ) -> str | None:
        """Play a file; the lease is renewed for it.

        Args:
            path: absolute, without extension.
            escape_digits: keys that end the playing.
            lasts_s: the file's duration in seconds.

        Returns:
            The key that ended the playing, or None when it was played to its end.

        Raises:
            PlaybackFailed: the file cannot be played; the caller is still there.
        """
        await self.lease(lasts_s + LEASE_MARGIN_S)
        result = await self._run(lasts_s + ANSWER_MARGIN_S, "STREAM FILE", str(path), escape_digits)
        if result.number < 0:
            await self._caller_still_there()
            raise PlaybackFailed(f"Asterisk cannot play {path}")
        return _digit(result.number)

    async def wait_for_digit(self, seconds: float) -> str | None:
        """One key within ``seconds``, or None; the lease is renewed for it."""
        await self.lease(seconds + LEASE_MARGIN_S)
        milliseconds = str(round(seconds * 1000))
        result = await self._run(seconds + ANSWER_MARGIN_S, "WAIT FOR DIGIT", milliseconds)
        if result.number < 0:
            await self._caller_still_there()
            raise AgiRefused("WAIT FOR DIGIT failed")
        return _digit(result.number)

    async def get_data(
        self, path: Path, *, lasts_s: float, digit_s: float, max_digits: int, limit_s: float
    ) -> Keys:
        """Play a file and collect keys until #, ``max_digits``, or ``digit_s`` without a key.

        Args:
            path: absolute, without extension.
            lasts_s: the file's duration in seconds.
            digit_s: longest pause before a key, seconds.
            max_digits: of the number that is asked for.
            limit_s: seconds for the keys in all; a slower caller is taken on by the dialplan.
        """
        limit = lasts_s + min(limit_s, digit_s * (max_digits + 1))
        await self.lease(limit + LEASE_MARGIN_S)
        result = await self._run(
            limit + ANSWER_MARGIN_S,
            "GET DATA",
            str(path),
            str(round(digit_s * 1000)),
            str(max_digits),
        )
        if result.result.startswith("-"):
            await self._caller_still_there()
            raise PlaybackFailed(f"Asterisk cannot play {path}")
        digits = "".join(key for key in result.result if key in DIGITS)
        return Keys(digits, timed_out=result.data == "timeout")

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable or a dialplan function."""
        await self._run(QUICK_S, "SET VARIABLE", name, value)

    async def get_variable(self, name: str) -> str | None:
        """A channel variable's or dialplan function's value; None when it is not set."""
        reply = await self._run(QUICK_S, "GET VARIABLE", name)
        return reply.data if reply.number == 1 else None

    async def exec(self, application: str, *arguments: str, limit_s: float) -> int:
        """Run a dialplan application; the lease is renewed for it.

        Args:
            application: its name.
            arguments: joined by commas, so a comma inside one divides it.
            limit_s: seconds it may take.

        Returns:
            The application's result; -2 when there is no such application.
        """
        await self.lease(limit_s + LEASE_MARGIN_S)
        reply = await self._run(limit_s + ANSWER_MARGIN_S, "EXEC", application, ",".join(arguments))
        if reply.number == -1:
            await self._caller_still_there()
        return reply.number

    async def _caller_still_there(self) -> None:
        """-1 means hung up or failed alike; a channel that is up tells the two apart."""
        try:
            up = (await self._run(QUICK_S, "CHANNEL STATUS")).number >= 0
        except AgiRefused:
            up = False
        if not up:
            gone = CallerGone("the caller hung up")
            self._request.give_up(gone)
            raise gone

    async def _run(self, limit_s: float, verb: str, *arguments: str) -> Reply:
        return await self._request.send_command(command_line(verb, *arguments), limit_s)


def _known(value: str) -> str:
    return "" if value == "unknown" else value


def _digit(code: int) -> str | None:
    if code == 0:
        return None
    if chr(code) in DIGITS + "ABCD":
        return chr(code)
    raise AgiProtocolError(f"no key has the code {code}")
