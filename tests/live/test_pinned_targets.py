"""A leader on duty and a topic of the day, on every desk for their time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from telephony.testphone import PhoneAgent
from tests.live.harness.api import Api, Message
from tests.live.harness.records import ended_call
from tests.live.harness.talk import (
    CALLER_SAYS,
    DEPARTMENT,
    HEARD,
    TARGET_SAYS,
    Conversation,
    Outside,
    heard,
    say,
)


def _span(seconds: float) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "starts_at": (now - timedelta(seconds=1)).isoformat(),
        "ends_at": (now + timedelta(seconds=seconds)).isoformat(),
    }


async def _pinned(desk: Api, number: int) -> Message:
    """Wait until the desk is told of it."""
    message = await desk.heard(
        "targets.pinned", lambda m: any(one["id"] == number for one in m["pinned"])
    )
    found: Message = next(one for one in message["pinned"] if one["id"] == number)
    return found


async def test_given_a_leader_on_duty_when_consulted_and_merged_then_the_call_is_in_the_session(
    talk: Conversation, telephones: dict[str, PhoneAgent], agents: dict[str, Api], admin: Api
) -> None:
    session = await admin.post(
        "/api/pinned-targets",
        kind="leader",
        title="王局长",
        note="民生热点",
        target="agent:8002",
        **_span(600),
    )
    number = session["pinned"]["id"]
    try:
        shown = await _pinned(talk.desk, number)
        assert (shown["kind"], shown["title"]) == ("leader", "王局长")
        await _pinned(agents["8002"], number)
        view = await talk.begin("consult", shown["target"])
        assert view["name"] == "王局长"
        leader = await telephones["8002"].next_call()
        await talk.state("consulting")
        await talk.order("merge")
        await say((leader, TARGET_SAYS), (talk.caller, CALLER_SAYS))
        await talk.order("complete")
        await talk.agent.wait_ended()
        await leader.hangup()
        await talk.caller.wait_ended(10)
        assert heard(talk.caller, TARGET_SAYS) > HEARD
        assert heard(leader, CALLER_SAYS) > HEARD
    finally:
        await admin.post(f"/api/pinned-targets/{number}/withdraw")
    await talk.desk.heard("targets.pinned", lambda m: not m["pinned"])
    await ended_call(admin, talk.number)
    listed = await admin.get(f"/api/pinned-targets/{number}/calls")
    assert [
        (one["call_id"], one["by"], one["transfer"], one["caller"]) for one in listed["calls"]
    ] == [(talk.call_id, "8001", "consult", talk.number)]


async def test_given_a_topic_when_used_and_its_time_is_over_then_it_was_counted_and_is_gone(
    talk: Conversation, outside: Outside, admin: Api
) -> None:
    topic = await admin.post(
        "/api/pinned-targets",
        kind="topic",
        title="东岗路水管爆裂",
        keywords=["停水"],
        target=DEPARTMENT,
        transfer="blind",
        **_span(6),
    )
    number = topic["pinned"]["id"]
    shown = await _pinned(talk.desk, number)
    await talk.begin(shown["transfer"], shown["target"])
    third = await outside.department.next_call()
    await talk.state("handed_over")
    await talk.caller.hangup()
    await third.wait_ended()
    await talk.desk.heard("targets.pinned", lambda m: not m["pinned"])
    status = await talk.desk.status(
        "POST",
        f"/api/calls/{talk.call_id}/transfer",
        json={"kind": "blind", "target": shown["target"]},
    )
    assert status == 403
    records = (await admin.get("/api/pinned-targets/all"))["pinned"]
    assert [one["uses"] for one in records if one["pinned"]["id"] == number] == [1]
