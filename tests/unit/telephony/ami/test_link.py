"""The link against a manager interface that misbehaves, beside stock panoramisk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from panoramisk.manager import Manager

from telephony.ami import (
    AmiDown,
    AmiLink,
    AmiMessage,
    AmiRefused,
    AmiTimeout,
    AmiValueError,
    Snapshot,
    actions,
)
from tests.unit.telephony.ami.fake_asterisk import FakeAsterisk, fake_asterisk, frame

NAME = "张三丰"


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; fail in words when it doesn't come."""
    try:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        pytest.fail(f"did not happen: {what}")


class Heard:
    def __init__(self) -> None:
        self.log: list[tuple[str, Any]] = []
        self.fail_on = ""

    async def message(self, message: AmiMessage, at: datetime) -> None:
        if message.event == self.fail_on:
            raise RuntimeError("a listener's fault")
        self.log.append(("event", message))

    async def snapshot(self, snapshot: Snapshot) -> None:
        self.log.append(("snapshot", snapshot))

    async def up(self) -> None:
        self.log.append(("up", None))

    async def down(self, reason: str) -> None:
        self.log.append(("down", reason))

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.log]

    def events(self, name: str) -> list[AmiMessage]:
        return [m for kind, m in self.log if kind == "event" and m.event == name]

    def reasons(self) -> list[str]:
        return [what for kind, what in self.log if kind == "down"]


@asynccontextmanager
async def linked(server: FakeAsterisk, **options: Any) -> AsyncIterator[tuple[AmiLink, Heard]]:
    heard = Heard()
    options = {"backoff_s": (0.02, 0.1), "boot_wait_s": 0.5, **options}
    link = AmiLink(
        "127.0.0.1",
        server.port,
        "hotline",
        "secret",
        on_message=heard.message,
        on_snapshot=heard.snapshot,
        on_up=heard.up,
        on_down=heard.down,
        **options,
    )
    await link.start()
    try:
        yield link, heard
    finally:
        await link.stop()


async def up(heard: Heard) -> None:
    await until(lambda: "up" in heard.kinds(), "the link comes up")


@asynccontextmanager
async def stock(server: FakeAsterisk) -> AsyncIterator[tuple[Any, list[Any]]]:
    """panoramisk as it comes."""
    events: list[Any] = []
    manager = Manager(host="127.0.0.1", port=server.port, username="hotline", secret="secret")
    manager.reconnect_timeout = 0.05  # its own setting takes whole seconds only
    manager.register_event("*", lambda _, event: events.append(event))
    manager.connect()
    await until(lambda: manager.authenticated or not server.accept_login, "stock logs in")
    try:
        yield manager, events
    finally:
        manager.connection_lost = lambda exc: None
        manager.close()
        await asyncio.sleep(0.1)


def cut_inside_name() -> list[bytes]:
    data = frame(Event="Newchannel", CallerIDName=NAME).encode()
    at = data.index(NAME.encode()) + 4
    return [data[:at], data[at:]]


class TestCharacters:
    async def test_given_stock_when_a_segment_edge_cuts_a_character_then_it_vanishes(self) -> None:
        async with fake_asterisk() as server, stock(server) as (_, events):
            await server.raw_pieces(*cut_inside_name())
            await until(lambda: any(e.event == "Newchannel" for e in events), "event arrives")
            assert [e.calleridname for e in events if e.event == "Newchannel"] != [NAME]

    async def test_given_ours_when_a_segment_edge_cuts_a_character_then_it_is_whole(self) -> None:
        async with fake_asterisk() as server, linked(server) as (_, heard):
            await up(heard)
            await server.raw_pieces(*cut_inside_name())
            await until(lambda: heard.events("Newchannel"), "event arrives")
            assert heard.events("Newchannel")[0]["CallerIDName"] == NAME

    async def test_given_bytes_that_are_no_text_when_received_then_only_they_are_replaced(
        self,
    ) -> None:
        async with fake_asterisk() as server, linked(server) as (_, heard):
            await up(heard)
            server.raw(b"Event: Newchannel\r\nCallerIDName: a\xff\xfeb\r\n\r\n")
            await until(lambda: heard.events("Newchannel"), "event arrives")
            assert heard.events("Newchannel")[0]["CallerIDName"] == "a\ufffd\ufffdb"


class TestReconnecting:
    async def test_given_stock_when_the_connection_is_lost_then_the_action_is_sent_again(
        self,
    ) -> None:
        async with fake_asterisk() as server, stock(server) as (manager, _):
            server.silent_actions.add("Originate")
            future = manager.send_action({"Action": "Originate", "Channel": "PJSIP/1"})
            await until(lambda: server.actions("Originate"), "the action arrives")
            server.drop()
            await until(lambda: len(server.actions("Originate")) == 2, "the call is placed again")
            future.cancel()

    async def test_given_ours_when_the_connection_is_lost_then_pending_actions_fail_once(
        self,
    ) -> None:
        async with fake_asterisk() as server, linked(server) as (link, heard):
            await up(heard)
            server.silent_actions.add("Originate")
            call = asyncio.create_task(
                link.action(actions.originate("PJSIP/1", application="Echo"), timeout_s=30)
            )
            await until(lambda: server.actions("Originate"), "the action arrives")
            server.drop()
            with pytest.raises(AmiDown):
                await call
            await until(lambda: heard.kinds().count("up") == 2, "the link comes up again")
            await link.action(actions.ping())
            assert len(server.actions("Originate")) == 1

    async def test_given_no_connection_when_an_action_is_sent_then_it_is_refused_at_once(
        self,
    ) -> None:
        async with fake_asterisk() as server, linked(server) as (link, heard):
            await up(heard)
            await server.close()
            await until(lambda: not link.up, "the loss is noticed")
            with pytest.raises(AmiDown, match="not connected"):
                await link.action({"Action": "Hangup", "Channel": "PJSIP/1"})
            await server.listen()
            await until(lambda: heard.kinds().count("up") == 2, "the link comes up again")
            assert server.actions("Hangup") == []

    async def test_given_a_reconnect_when_up_again_then_snapshot_precedes_up_each_time(
        self,
    ) -> None:
        async with fake_asterisk() as server, linked(server) as (_, heard):
            await up(heard)
            server.drop()
            await until(lambda: heard.kinds().count("up") == 2, "the link comes up again")
            kinds = [k for k in heard.kinds() if k != "event"]
            assert kinds == ["snapshot", "up", "down", "snapshot", "up"]

    async def test_given_a_new_event_when_a_snapshot_is_being_taken_then_it_comes_after_it(
        self,
    ) -> None:
        async with fake_asterisk() as server:
            server.channels = [
                frame(Event="CoreShowChannel", ActionID="@ID@", Channel="PJSIP/a-1", Uniqueid="1.1")
            ]

            async def hang_up_meanwhile() -> None:
                server.event(Event="Hangup", Channel="PJSIP/a-1", Uniqueid="1.1")

            server.before_list = hang_up_meanwhile
            async with linked(server) as (_, heard):
                await until(lambda: heard.events("Hangup"), "the hang-up is delivered")
                kinds = heard.kinds()
                assert kinds.index("snapshot") < kinds.index("event")
                snapshot = heard.log[kinds.index("snapshot")][1]
                assert [c["Channel"] for c in snapshot.channels if "Channel" in c] == ["PJSIP/a-1"]


class TestFrozen:
    async def test_given_stock_when_asterisk_freezes_then_nothing_is_noticed(self) -> None:
        async with fake_asterisk() as server, stock(server) as (manager, _):
            server.silent_actions |= {"Ping"}
            manager.pinger.cancel()
            manager.ping_interval = 0.01
            manager.ping()
            await until(lambda: len(server.actions("Ping")) > 10, "ten pings unanswered")
            assert manager.authenticated
            assert manager._connected
            assert server.connections == 1
            manager.pinger.cancel()

    async def test_given_ours_when_a_ping_is_not_answered_then_the_link_drops_and_reconnects(
        self,
    ) -> None:
        async with fake_asterisk() as server:
            options = {"ping_interval_s": 0.02, "ping_deadline_s": 0.1}
            async with linked(server, **options) as (_, heard):
                await up(heard)
                server.silent_actions |= {"Ping"}
                await until(lambda: heard.reasons(), "the freeze is noticed")
                server.silent_actions.clear()
                await until(lambda: heard.kinds().count("up") >= 2, "the link comes up again")
                assert "did not answer a ping" in heard.reasons()[0]


class TestLogin:
    async def test_given_stock_when_the_login_is_refused_then_it_only_says_false(self) -> None:
        async with fake_asterisk() as server:
            server.accept_login = False
            async with stock(server) as (manager, _):
                await until(lambda: server.actions("Login"), "login is tried")
                assert manager.authenticated is False

    async def test_given_ours_when_the_login_is_refused_then_down_says_why_and_it_retries(
        self,
    ) -> None:
        async with fake_asterisk() as server:
            server.accept_login = False
            async with linked(server) as (link, heard):
                await until(lambda: len(server.actions("Login")) >= 2, "it tries again")
                assert heard.kinds() == ["down"]
                assert "authentication refused" in heard.reasons()[0]
                assert "authentication refused" in link.down_reason
                assert "secret" not in heard.reasons()[0].replace("name and secret", "")
                with pytest.raises(AmiDown, match="authentication refused"):
                    await link.action(actions.ping())
                server.accept_login = True
                await up(heard)

    async def test_given_an_asterisk_that_never_says_fully_booted_then_the_link_comes_up(
        self,
    ) -> None:
        async with fake_asterisk() as server:
            server.booted = False
            async with linked(server, boot_wait_s=0.05) as (_, heard):
                await up(heard)


class TestInjection:
    async def test_given_stock_when_a_value_has_line_breaks_then_a_second_action_is_sent(
        self,
    ) -> None:
        async with fake_asterisk() as server, stock(server) as (manager, _):
            value = "a\r\n\r\nAction: Command\r\nCommand: core show version"
            future = manager.send_action({"Action": "Setvar", "Variable": "X", "Value": value})
            await until(lambda: server.actions("Command"), "the injected command arrives")
            future.cancel()

    @pytest.mark.parametrize("value", ["a\r\n\r\nAction: Command", "a\nX: y", "a\rX: y", "a\0b"])
    async def test_given_ours_when_a_value_has_line_breaks_then_nothing_is_sent(
        self, value: str
    ) -> None:
        async with fake_asterisk() as server, linked(server) as (link, heard):
            await up(heard)
            with pytest.raises(AmiValueError, match="line break"):
                await link.action(actions.setvar("X", value, "PJSIP/1"))
            with pytest.raises(AmiValueError):
                await link.action({"Action": "Setvar", f"X: y\r\n{value}": "v"})
            await link.action(actions.ping())
            assert server.actions("Setvar") == []

    async def test_given_a_comma_in_a_variable_then_nothing_is_sent(self) -> None:
        with pytest.raises(AmiValueError, match="comma"):
            actions.originate("PJSIP/1", application="Echo", variables={"A": "1,PWN=2"})
        with pytest.raises(AmiValueError, match="variable's name"):
            actions.originate("PJSIP/1", application="Echo", variables={"A=1,B": "2"})
        async with fake_asterisk() as server, linked(server) as (link, heard):
            await up(heard)
            with pytest.raises(AmiValueError, match="comma"):
                await link.action({"Action": "Originate", "Variable": ["A=1", "B=2,C=3"]})
            assert server.actions("Originate") == []


class TestAnswers:
    async def test_given_stock_when_a_member_is_added_then_it_waits_for_ever(self) -> None:
        async with fake_asterisk() as server, stock(server) as (manager, _):
            server.answers["QueueAdd"] = lambda h: frame(
                Response="Success", ActionID=h["actionid"], Message="Added interface to queue"
            )
            future = manager.send_action({"Action": "QueueAdd", "Queue": "hotline"})
            pong = manager.send_action({"Action": "Ping"})
            await pong
            assert not future.done()
            future.cancel()

    async def test_given_ours_when_a_member_is_added_then_the_answer_is_one_response(self) -> None:
        async with fake_asterisk() as server, linked(server) as (link, heard):
            await up(heard)
            server.answers["QueueAdd"] = lambda h: frame(
                Response="Success", ActionID=h["actionid"], Message="Added interface to queue"
            )
            answer = await link.action(actions.queue_add("hotline", "PJSIP/agent-8001"))
            assert answer.message == "Added interface to queue"
            assert answer.events() == []

    async def test_given_an_originate_when_the_call_fails_then_the_answer_holds_both_messages(
        self,
    ) -> None:
        async with fake_asterisk() as server, linked(server) as (link, heard):
            await up(heard)
            server.answers["Originate"] = lambda h: (
                frame(
                    Response="Success",
                    ActionID=h["actionid"],
                    Message="Originate successfully queued",
                )
                + frame(
                    Event="OriginateResponse",
                    ActionID=h["actionid"],
                    Response="Failure",
                    Reason="5",
                )
            )
            answer = await link.action(
                actions.originate("PJSIP/1", context="conf", exten="100", variables={"A": "1"})
            )
            assert not answer.succeeded
            assert answer.events("originateresponse")[0]["Reason"] == "5"
            await until(lambda: heard.events("OriginateResponse"), "listeners hear it as well")

    async def test_given_a_list_when_asked_then_all_items_and_none_of_them_is_news(self) -> None:
        async with fake_asterisk() as server, linked(server) as (link, heard):
            await up(heard)
            server.queue_entries = [
                frame(Event="QueueMember", ActionID="@ID@", Queue="hotline", Name=str(i))
                for i in range(3)
            ]
            answer = await link.action({"Action": "QueueStatus"})
            assert [m["Name"] for m in answer.events("QueueMember")] == ["0", "1", "2"]
            await link.action(actions.ping())
            assert heard.events("QueueMember") == []

    async def test_given_a_refusal_then_the_error_holds_asterisks_words(self) -> None:
        async with fake_asterisk() as server, linked(server) as (link, heard):
            await up(heard)
            server.answers["Redirect"] = lambda h: frame(
                Response="Error", ActionID=h["actionid"], Message="Channel does not exist"
            )
            with pytest.raises(AmiRefused, match="Channel does not exist") as caught:
                await link.action(actions.redirect("PJSIP/1", context="conf", exten="1"))
            assert caught.value.response.message == "Channel does not exist"

    async def test_given_no_answer_then_the_action_times_out_and_is_forgotten(self) -> None:
        async with fake_asterisk() as server, linked(server) as (link, heard):
            await up(heard)
            server.silent_actions.add("Command")
            with pytest.raises(AmiTimeout, match="did not answer Command"):
                await link.action(actions.command("core show version"), timeout_s=0.05)
            await link.action(actions.ping())

    @pytest.mark.parametrize(
        "reply",
        [
            "Response: Success\r\nMessage: Command output follows\r\nActionID: {0}\r\n"
            "Output: one\r\nOutput: two: x\r\n\r\n",
            "Response: Follows\r\nPrivilege: Command\r\nActionID: {0}\r\n"
            "one\ntwo: x\n--END COMMAND--\r\n\r\n",
        ],
    )
    async def test_given_a_command_then_its_output_is_given_in_old_and_new_style(
        self, reply: str
    ) -> None:
        async with fake_asterisk() as server, linked(server) as (link, heard):
            await up(heard)
            server.answers["Command"] = lambda h: reply.format(h["actionid"])
            answer = await link.action(actions.command("x"))
            assert answer.output == ("one", "two: x")


class TestBadInput:
    async def test_given_a_frame_without_end_then_the_link_reconnects(self) -> None:
        async with fake_asterisk() as server, linked(server) as (_, heard):
            await up(heard)
            server.raw(b"Event: X\r\n" + b"Y: " + b"z" * (2 << 20))
            await until(lambda: heard.kinds().count("up") == 2, "the link comes up again")

    async def test_given_malformed_lines_then_the_good_ones_count(self) -> None:
        async with fake_asterisk() as server, linked(server) as (_, heard):
            await up(heard)
            server.raw(
                b"garbage\r\n\r\n\r\n\r\n: x\r\n"
                b"Event: Newstate\r\nno colon\r\nChannel: a: b\r\n\r\n"
            )
            await until(lambda: heard.events("Newstate"), "event arrives")
            assert heard.events("Newstate")[0]["Channel"] == "a: b"

    async def test_given_a_repeated_header_then_the_first_counts_and_all_are_kept(self) -> None:
        async with fake_asterisk() as server, linked(server) as (_, heard):
            await up(heard)
            server.raw(b"Event: UserEvent\r\nUniqueid: 1.1\r\nuniqueid: 9.9\r\n\r\n")
            await until(lambda: heard.events("UserEvent"), "event arrives")
            message = heard.events("UserEvent")[0]
            assert message["UNIQUEID"] == "1.1"
            assert message.all("Uniqueid") == ("1.1", "9.9")

    async def test_given_a_listener_that_raises_then_the_next_message_is_delivered(self) -> None:
        async with fake_asterisk() as server, linked(server) as (_, heard):
            await up(heard)
            heard.fail_on = "Bad"
            server.event(Event="Bad")
            server.event(Event="Good")
            await until(lambda: heard.events("Good"), "the next event arrives")


class TestOrder:
    async def test_given_stock_when_a_handler_waits_then_later_events_overtake_it(self) -> None:
        seen: list[str] = []

        async def handler(_: Any, event: Any) -> None:
            if event.n == "0":
                await asyncio.sleep(0.05)
            seen.append(event.n)

        async with fake_asterisk() as server, stock(server) as (manager, _):
            manager.register_event("N", handler)
            for i in range(3):
                server.event(Event="N", n=str(i))
            await until(lambda: len(seen) == 3, "all handled")
            assert seen == ["1", "2", "0"]

    async def test_given_ours_when_a_listener_waits_then_the_order_is_kept(self) -> None:
        async with fake_asterisk() as server, linked(server) as (link, heard):
            await up(heard)
            slow = heard.message

            async def message(message: AmiMessage, at: datetime) -> None:
                if message.get("n") == "0":
                    await asyncio.sleep(0.05)
                await slow(message, at)

            link._delivery._on_message = message
            for i in range(50):
                server.event(Event="N", n=str(i))
            await until(lambda: len(heard.events("N")) == 50, "all arrive")
            assert [m["n"] for m in heard.events("N")] == [str(i) for i in range(50)]


async def test_given_a_stopped_link_then_no_task_is_left() -> None:
    async with fake_asterisk() as server:
        async with linked(server) as (_, heard):
            await up(heard)
        await until(lambda: not server._writers, "the connection is closed")
        names = [task.get_name() for task in asyncio.all_tasks()]
        assert [name for name in names if name.startswith("ami-")] == []
