"""Calls whose records are kept in PostgreSQL, which is stopped and started while they go on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from agent_gateway.service import prepare
from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone, heard_sounds
from tests.browser.chromium import chromium
from tests.browser.seat import Seat
from tests.databases.server import PASSWORD, PostgresServer
from tests.live.harness.hotline import ROOT, Hotline, until
from tests.live.harness.records import ended_call
from tests.live.harness.talk import AGENT_SAYS, CALLER_SAYS
from tests.live.harness.words import alike, said_in

CALLER_TEXT, AGENT_TEXT = said_in(CALLER_SAYS.name), said_in(AGENT_SAYS.name)


async def words(hotline: Hotline, call_id: str) -> dict[str, str]:
    """What each side said, by the transcript that was kept."""
    async with hotline.api("agent8001") as agent:
        turns = (await agent.get(f"/api/calls/{call_id}/transcript"))["turns"]
    return {
        who: "".join(turn["text"] for turn in turns if turn["speaker"] == who)
        for who in ("caller", "agent")
    }


async def test_given_postgresql_when_a_citizen_calls_then_page_ticket_record_and_recording_exist(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, tmp_path: Path
) -> None:
    telephone.behaviour = AgentBehaviour(answer_after_s=None)
    account = hotline.accounts["agent8001"]
    async with chromium(ROOT / "var" / "browser") as browser:
        seat = Seat(await browser.new_page(viewport={"width": 1366, "height": 900}), tmp_path)
        await seat.open(hotline.settings)
        await seat.log_in(account.username, account.password)
        await seat.be("就绪", "就绪")
        call = await phone.dial("093112328", caller="13900000311", keys=[(0.3, "0")])
        ringing = await telephone.next_call()
        await ringing.answer()
        await seat.shows("#state", "通话中")
        await call.speak(CALLER_SAYS)
        await seat.hears("caller", CALLER_TEXT)
        await ringing.speak(AGENT_SAYS)
        await seat.hears("agent", AGENT_TEXT)
        await seat.enter("caller_name", "李四")
        await call.hangup()
        await call.wait_ended()
        await seat.shows("#state", "就绪")
        assert not seat.complaints

    async with hotline.api("admin") as admin, hotline.api("agent8001") as agent:
        record = await ended_call(admin, "13900000311")
        call_id = record["call_id"]
        assert (record["line"], record["disposition"], record["agent"]) == (
            "12328",
            "answered",
            "8001",
        )
        status, recording = await agent.download(f"/api/recordings/{call_id}")
        (one,) = (await agent.get(f"/api/tickets?call_id={call_id}"))["tickets"]
        ticket = await agent.get(f"/api/tickets/{one['number']}")
        await agent.state("logged_out")
    assert ticket["fields"]["caller_name"]["value"] == "李四"
    assert ticket["fields"]["district"]["value"] == "城关区"
    said = await words(hotline, call_id)
    assert alike(said["caller"], CALLER_TEXT) > 0.5
    assert alike(said["agent"], AGENT_TEXT) > 0.5
    entry = await hotline.store.calls.recording(call_id)
    assert entry is not None
    assert (status, hashlib.sha256(recording).hexdigest()) == (200, entry.sha256)
    assert "PostgreSQL" in await hotline.command("doctor", "--json")


@pytest.mark.parametrize("outage", ["stopped", "frozen"])
async def test_given_a_call_when_the_server_is_away_for_a_while_then_nothing_of_the_record_is_lost(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, server: PostgresServer, outage: str
) -> None:
    callers = {"stopped": ("13900000312", "13900000313"), "frozen": ("13900000315", "13900000316")}
    first_caller, second_caller = callers[outage]
    spool = hotline.data_dir / "spool" / "journal"
    async with hotline.api("agent8001") as agent:
        await agent.watch()
        await agent.state("ready")
        call = await phone.dial("12345", caller=first_caller, keys=[(0.3, "0")])
        ringing = await telephone.next_call()
        await ringing.wait_answered()
        await call.speak(CALLER_SAYS)
        await agent.heard("transcript.final", lambda m: m["speaker"] == "caller", 30)

        server.stop() if outage == "stopped" else server.freeze()
        # the conversation goes on, is heard, and ends
        await ringing.speak(AGENT_SAYS)
        await agent.heard("transcript.final", lambda m: m["speaker"] == "agent", 30)
        assert not call.is_ended
        assert not ringing.is_ended
        await call.hangup()
        await call.wait_ended()
        await ringing.wait_ended()
        await agent.heard("call.ended")

        # and the next citizen is greeted, queued and answered without any database
        second = await phone.dial("12333", caller=second_caller)
        other = await telephone.next_call(40)
        await other.wait_answered()
        await other.speak(AGENT_SAYS)
        await second.hangup()
        await second.wait_ended()
        assert heard_sounds(second.heard), "the caller heard nothing"

        await until(lambda: spooled(spool), "events on the disk", 40)
        server.start() if outage == "stopped" else server.thaw()
        await until(hotline.is_healthy, "healthy service", 40)
        async with hotline.api("admin") as admin:
            first_record = await ended_call(admin, first_caller)
            second_record = await ended_call(admin, second_caller)
        await until(lambda: drafted(hotline, first_record["call_id"]), "draft of the first", 40)
        await until(lambda: drafted(hotline, second_record["call_id"]), "draft of the second", 40)
        await agent.state("logged_out")
    assert [
        (record["line"], record["disposition"], record["agent"], record["recovered"])
        for record in (first_record, second_record)
    ] == [("12345", "answered", "8001", False), ("12333", "answered", "8001", False)]
    assert first_record["talk_seconds"] > 5
    assert (first_record["hung_up_by"], first_record["cause"]) == ("caller", 16)
    said = await words(hotline, first_record["call_id"])
    assert alike(said["caller"], CALLER_TEXT) > 0.5
    assert alike(said["agent"], AGENT_TEXT) > 0.5
    kept = [row.type for row in await hotline.store.events.of_call(first_record["call_id"])]
    assert kept[0] == "CallArrived"
    assert {"CallAnswered", "TranscriptFinal", "CallEnded", "RecordingSealed"} <= set(kept)
    assert not await spooled(spool)
    assert PASSWORD not in hotline.service_log()


async def spooled(spool: Path) -> bool:
    """Whether events wait on the disk."""
    return bool(list(spool.glob("*.jsonl")))


async def drafted(hotline: Hotline, call_id: str) -> bool:
    """Whether the call's ticket is there, filled."""
    ticket = await hotline.store.tickets.of_call(call_id)
    return ticket is not None and ticket.call_ended_at is not None


@pytest.mark.parametrize("outage", ["stopped", "frozen"])
async def test_given_no_server_when_the_hotline_starts_again_then_calls_are_taken_all_the_same(
    hotline: Hotline, phone: TestPhone, telephone: PhoneAgent, server: PostgresServer, outage: str
) -> None:
    number = {"stopped": "13900000314", "frozen": "13900000317"}[outage]
    async with hotline.api("agent8001") as agent:
        await agent.state("ready")
    hotline.kill_service()
    await hotline.asterisk.stop()
    server.stop() if outage == "stopped" else server.freeze()

    prepared = await prepare(hotline.settings, hotline.secrets)
    assert prepared.database_away
    await hotline.asterisk.start()
    hotline.launch_service()
    call = await phone.dial("12345", caller=number)
    await call.wait_for("hears")

    server.start() if outage == "stopped" else server.thaw()
    await until(hotline.is_healthy, "healthy service", 60)
    async with hotline.api("agent8001") as agent:
        await agent.state("ready")
        await (await telephone.next_call(40)).wait_answered()
        await call.hangup()
        await call.wait_ended()
        async with hotline.api("admin") as admin:
            record = await ended_call(admin, number)
        await agent.state("logged_out")
    assert (record["line"], record["disposition"], record["recovered"]) == (
        "12345",
        "answered",
        False,
    )
