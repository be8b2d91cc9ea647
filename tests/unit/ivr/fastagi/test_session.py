from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from ivr.fastagi import AgiProtocolError, AgiSession, CallerGone, Keys, PlaybackFailed
from tests.unit.ivr.conftest import Serve
from tests.unit.ivr.fake_asterisk import FakeAsterisk

_T = TypeVar("_T")
FILE = Path("/prompts/zh/some prompt")


async def outcome(
    serve: Serve, asterisk: FakeAsterisk, use: Callable[[AgiSession], Awaitable[_T]]
) -> _T:
    """What ``use`` returns or raises in a session with that Asterisk."""
    result: asyncio.Future[_T] = asyncio.get_running_loop().create_future()

    async def handler(session: AgiSession) -> None:
        try:
            result.set_result(await use(session))
        except Exception as error:  # noqa: BLE001  # whatever it is, the test gets it
            result.set_exception(error)

    await asterisk.call(await serve("inbound", handler))
    return await result


class Answers(FakeAsterisk):
    """Answers everything but leases with one given line."""

    line = "200 result=0"

    def _answer(self, words: list[str]) -> str:
        return "200 result=1" if words[0] == "SET" else self.line


def answering(line: str) -> Answers:
    asterisk = Answers()
    asterisk.line = line
    return asterisk


async def test_stream_file_gives_the_key(serve: Serve) -> None:
    asterisk = FakeAsterisk(keys={"some prompt": ["*"]})
    key = await outcome(serve, asterisk, lambda s: s.stream_file(FILE, "0*", lasts_s=4))
    assert key == "*"
    assert asterisk.commands[-1] == ["STREAM", "FILE", str(FILE), "0*"]


async def test_stream_file_to_the_end_gives_none(serve: Serve) -> None:
    assert await outcome(serve, FakeAsterisk(), lambda s: s.stream_file(FILE, lasts_s=4)) is None


async def test_a_file_that_cannot_be_played_is_told_from_a_hangup(serve: Serve) -> None:
    asterisk = FakeAsterisk(unplayable=frozenset({"some prompt"}))

    async def use(session: AgiSession) -> str | None:
        with pytest.raises(PlaybackFailed):
            await session.stream_file(FILE, lasts_s=1)
        return await session.stream_file(Path("/other"), lasts_s=1)

    assert await outcome(serve, asterisk, use) is None
    assert asterisk.played == ["/other"] or asterisk.played[-1].endswith("other")


async def test_a_hangup_ends_the_session(serve: Serve) -> None:
    asterisk = FakeAsterisk(hangs_up_at="some prompt")
    with pytest.raises(CallerGone):
        await outcome(serve, asterisk, lambda s: s.stream_file(FILE, lasts_s=1))


async def test_a_dead_channel_is_a_hangup(serve: Serve) -> None:
    refusal = answering("511 Command Not Permitted on a dead channel or intercept routine")
    with pytest.raises(CallerGone):
        await outcome(serve, refusal, lambda s: s.answer())


async def test_get_data_gives_digits_and_how_they_ended(serve: Serve) -> None:
    asterisk = FakeAsterisk(typed=[("20260001", False), ("12", True), ("", True)])

    async def use(session: AgiSession) -> list[Keys]:
        return [
            await session.get_data(FILE, lasts_s=1, digit_s=4, max_digits=20, limit_s=30)
            for _ in range(3)
        ]

    assert await outcome(serve, asterisk, use) == [
        Keys("20260001", False),
        Keys("12", True),
        Keys("", True),
    ]
    # what Asterisk may take: the prompt, the keys, a margin
    assert asterisk.leases[0] == 1 + 30 + 3


async def test_a_result_that_is_no_number_is_a_protocol_error(serve: Serve) -> None:
    with pytest.raises(AgiProtocolError, match="number"):
        await outcome(serve, answering("200 result=x"), lambda s: s.wait_for_digit(1))


async def test_a_key_code_that_is_no_key_is_a_protocol_error(serve: Serve) -> None:
    with pytest.raises(AgiProtocolError, match="no key"):
        await outcome(serve, answering("200 result=7"), lambda s: s.wait_for_digit(1))


async def test_every_waiting_command_renews_the_lease_first(serve: Serve) -> None:
    asterisk = answering("200 result=0")

    async def use(session: AgiSession) -> None:
        await session.stream_file(FILE, lasts_s=4)
        await session.wait_for_digit(5)
        await session.get_data(FILE, lasts_s=2, digit_s=1, max_digits=3, limit_s=60)
        await session.exec("Wait", "6", limit_s=6)

    await outcome(serve, asterisk, use)
    assert [words[0] for words in asterisk.commands] == [
        "SET", "STREAM", "SET", "WAIT", "SET", "GET", "SET", "EXEC",
    ]  # fmt: skip
    assert asterisk.leases == [7.0, 8.0, 9.0, 9.0]


async def test_exec_joins_arguments_and_gives_the_result(serve: Serve) -> None:
    asterisk = answering("200 result=-2")
    assert await outcome(serve, asterisk, lambda s: s.exec("NoSuch", "a", "b", limit_s=1)) == -2
    assert asterisk.commands[-1] == ["EXEC", "NoSuch", "a,b"]


async def test_hangup_and_answer_are_sent(serve: Serve) -> None:
    asterisk = answering("200 result=1")

    async def use(session: AgiSession) -> None:
        await session.answer()
        await session.hangup()

    await outcome(serve, asterisk, use)
    assert asterisk.commands == [["ANSWER"], ["HANGUP"]]


async def test_commands_of_two_tasks_do_not_mix(serve: Serve) -> None:
    asterisk = FakeAsterisk(variables={f"V{n}": f"value {n}" for n in range(20)})

    async def use(session: AgiSession) -> list[str | None]:
        return await asyncio.gather(*(session.get_variable(f"V{n}") for n in range(20)))

    assert await outcome(serve, asterisk, use) == [f"value {n}" for n in range(20)]


async def test_a_cancelled_command_spoils_the_session(serve: Serve) -> None:
    released = asyncio.Event()

    class Slow(FakeAsterisk):
        def _answer(self, words: list[str]) -> str:
            released.set()
            return "200 result=1 (late)"

    async def use(session: AgiSession) -> None:
        command = asyncio.create_task(session.get_variable("A"))
        await asyncio.sleep(0)
        command.cancel()
        await asyncio.gather(command, return_exceptions=True)
        await session.get_variable("B")

    with pytest.raises(AgiProtocolError, match="given up"):
        await outcome(serve, Slow(), use)
