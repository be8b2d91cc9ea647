"""The independent observer beside stock pyst2."""

from __future__ import annotations

import asyncio
import io
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from telephony.ami import AmiDown, AmiError, AmiLoginRefused, AmiTimeout, AmiValueError, actions
from telephony.ami.observer import AmiObserver
from tests.unit.telephony.ami.fake_asterisk import FakeAsterisk, fake_asterisk, frame


def observer(server: FakeAsterisk, timeout_s: float = 5.0) -> AmiObserver:
    return AmiObserver("127.0.0.1", server.port, "hotline", "secret", timeout_s=timeout_s)


async def run(call: Callable[[], Any]) -> Any:
    """Blocking calls away from the loop that serves them."""
    return await asyncio.to_thread(call)


def pyst_threads() -> list[str]:
    return [
        t.name
        for t in threading.enumerate()
        if "message_loop" in t.name or "event_dispatch" in t.name or "pyst2" in t.name
    ] + [t.name for t in threading.enumerate() if t.name == "ami-observer"]


def test_given_stock_when_a_ping_follows_a_redirect_then_it_carries_its_headers() -> None:
    wire = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from asterisk.manager import Manager

        manager = Manager()
        manager.close = lambda: None  # or it warns when it is collected
        manager._sock = wire
        manager._connected.set()
        for _ in range(2):
            manager._response_queue.put("an answer")
        try:
            manager.send_action(Action="Redirect", Channel="SIP/1", Exten="110", ActionID="a")
            wire.seek(0)
            wire.truncate()
            manager.send_action(Action="Ping", ActionID="b")
        finally:
            Manager.send_action.__defaults__[0].clear()
            manager._connected.clear()
    assert b"Action: Ping" in wire.getvalue()
    assert b"Exten: 110" in wire.getvalue()


async def test_given_ours_when_a_ping_follows_a_redirect_then_it_carries_only_its_own() -> None:
    def talk() -> None:
        with observer(server) as seen:
            seen.action(actions.redirect("SIP/1", context="c", exten="110"))
            seen.ping()

    async with fake_asterisk() as server:
        await run(talk)
        assert set(server.actions("Ping")[0]) == {"action", "actionid"}


async def test_given_stock_when_a_message_has_a_channel_variable_then_parsing_fails() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from asterisk.manager import ManagerMsg
    with pytest.raises(AttributeError):
        ManagerMsg(["Event: Newstate\r\n", "ChanVariable: a=b\r\n"])


async def test_given_ours_when_a_message_has_a_channel_variable_then_the_list_is_complete() -> None:
    async with fake_asterisk() as server:
        server.channels = [
            frame(Event="CoreShowChannel", ActionID="@ID@", Channel="PJSIP/a-1", ChanVariable="a=b")
        ]

        def talk() -> list[dict[str, str]]:
            with observer(server) as seen:
                return seen.channels()

        rows = await run(talk)
        assert [row["Channel"] for row in rows] == ["PJSIP/a-1"]


async def test_given_lists_when_asked_one_after_the_other_then_each_is_its_own() -> None:
    async with fake_asterisk() as server:
        server.channels = [frame(Event="CoreShowChannel", ActionID="@ID@", Channel="PJSIP/a-1")]
        server.queue_entries = [frame(Event="QueueMember", ActionID="@ID@", Name="x")]

        def talk() -> list[list[str]]:
            with observer(server) as seen:
                answers = [seen.channels(), seen.queue("hotline"), seen.channels()]
            return [[row["Event"] for row in rows] for rows in answers]

        assert await run(talk) == [["CoreShowChannel"], ["QueueMember"], ["CoreShowChannel"]]


@pytest.mark.parametrize("value", ["x\r\nAction: Command", "x\ny", "x\0"])
async def test_given_a_line_break_in_a_value_then_nothing_is_sent(value: str) -> None:
    def talk() -> None:
        with observer(server) as seen:
            seen.action(actions.setvar("X", value))

    async with fake_asterisk() as server:
        with pytest.raises(AmiValueError):
            await run(talk)
        assert server.actions("Setvar") == []


async def test_given_a_refused_login_then_the_error_says_so_and_no_thread_is_left() -> None:
    async with fake_asterisk() as server:
        server.accept_login = False
        with pytest.raises(AmiLoginRefused, match="authentication refused"):
            await run(lambda: observer(server))
        assert pyst_threads() == []


async def test_given_a_refused_action_then_asterisks_words_are_kept() -> None:
    def talk() -> None:
        with observer(server) as seen:
            seen.action(actions.queue_status("nowhere"))

    async with fake_asterisk() as server:
        server.answers["QueueStatus"] = lambda h: frame(
            Response="Error", ActionID=h["actionid"], Message="No such queue"
        )
        with pytest.raises(AmiError, match="No such queue"):
            await run(talk)


async def test_given_no_answer_then_it_times_out_and_no_thread_is_left() -> None:
    def talk() -> None:
        with observer(server, timeout_s=0.3) as seen:
            seen.ping()

    async with fake_asterisk() as server:
        server.silent_actions.add("Ping")
        with pytest.raises(AmiTimeout, match="Ping"):
            await run(talk)
        assert pyst_threads() == []


async def test_given_nobody_listening_then_it_is_down() -> None:
    async with fake_asterisk() as server:
        port = server.port
    with pytest.raises(AmiDown):
        await run(lambda: AmiObserver("127.0.0.1", port, "u", "p", timeout_s=1))


async def test_given_a_closed_observer_then_no_thread_is_left() -> None:
    def talk() -> None:
        with observer(server) as seen:
            seen.ping()

    async with fake_asterisk() as server:
        await run(talk)
        assert pyst_threads() == []
