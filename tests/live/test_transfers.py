"""Calls handed on: whoever answers, refuses or hangs up, the caller has somebody or music."""

from __future__ import annotations

from pathlib import Path

import pytest

from telephony.testphone import AgentBehaviour, PhoneAgent
from tests.live.harness.api import Api
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.records import ended_call
from tests.live.harness.talk import (
    AGENT_SAYS,
    CALLER_SAYS,
    DEPARTMENT,
    DRILL,
    EMERGENCY,
    HEARD,
    NOT_HEARD,
    TARGET_SAYS,
    Conversation,
    Outside,
    heard,
    say,
    sealed,
)
from tests.live.harness.trunk import Trunk


async def test_given_a_talk_when_a_department_joins_then_all_three_hear_each_other(
    talk: Conversation, outside: Outside, admin: Api, tmp_path: Path
) -> None:
    directory = await talk.desk.get("/api/directory")
    assert directory["departments"][0]["target"] == DEPARTMENT
    assert (await talk.begin("three_way"))["state"] == "three_way_ringing"
    third = await outside.department.next_call()
    await talk.state("three_way")
    await say((talk.caller, CALLER_SAYS), (talk.agent, AGENT_SAYS), (third, TARGET_SAYS))
    final = await talk.desk.heard("transcript.final", lambda m: m["speaker"] == "third", 30)
    assert final["call_id"] == talk.call_id

    # the agent leaves, the others go on; then the target hangs up and the caller waits for an agent
    await talk.order("complete")
    await talk.agent.wait_ended()
    await talk.state("handed_over")
    assert not talk.caller.is_ended
    await talk.desk.heard("agent.state", lambda m: m["state"] == "wrap_up")
    await talk.desk.state("logged_out")
    await third.hangup()
    await talk.state("returned")
    await talk.caller.hangup()
    for call in (talk.caller, third):
        await call.wait_ended()

    for listener, others in (
        (talk.caller, (AGENT_SAYS, TARGET_SAYS)),
        (talk.agent, (CALLER_SAYS, TARGET_SAYS)),
        (third, (CALLER_SAYS, AGENT_SAYS)),
    ):
        for wav in others:
            assert heard(listener, wav) > HEARD, (listener.number, wav.name)
    record = await ended_call(admin, talk.number)
    assert (record["agent"], record["disposition"]) == ("8001", "answered")
    recording = samples(await sealed(admin, talk.call_id, tmp_path))
    assert likeness(recording[:, 0], samples(CALLER_SAYS)[:, 0]) > HEARD
    assert likeness(recording[:, 1], samples(TARGET_SAYS)[:, 0]) > HEARD


async def _talk_again(talk: Conversation) -> None:
    """Caller and agent speak; what they hear is asserted at the end."""
    await say((talk.caller, CALLER_SAYS), (talk.agent, AGENT_SAYS))


async def _hang_up_and_check(talk: Conversation) -> None:
    """The caller hangs up; both have heard each other."""
    assert not talk.agent.is_ended
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    await talk.agent.wait_ended()
    assert heard(talk.caller, AGENT_SAYS) > HEARD
    assert heard(talk.agent, CALLER_SAYS) > HEARD


FAILURES = {
    "busy": AgentBehaviour(answer_after_s=0.3, refuse="busy"),
    "refused": AgentBehaviour(answer_after_s=0.3, refuse="decline"),
    "no_answer": AgentBehaviour(answer_after_s=None),
}


@pytest.mark.parametrize("kind", ["consult", "three_way"])
@pytest.mark.parametrize("reason", FAILURES)
async def test_given_a_target_that_does_not_answer_when_invited_then_caller_and_agent_go_on(
    talk: Conversation, outside: Outside, kind: str, reason: str
) -> None:
    outside.department.behaviour = FAILURES[reason]
    await talk.begin(kind)
    await talk.state("together", reason)
    await _talk_again(talk)
    await _hang_up_and_check(talk)
    states = [m["state"] for m in talk.desk.messages if m["type"] == "agent.state"]
    assert "wrap_up" not in states[: states.index("talking")]


@pytest.mark.parametrize("reason", FAILURES)
async def test_given_a_blind_transfer_when_the_target_fails_then_the_next_agent_gets_the_caller(
    talk: Conversation,
    outside: Outside,
    agents: dict[str, Api],
    telephones: dict[str, PhoneAgent],
    reason: str,
) -> None:
    await agents["8002"].state("ready")
    await talk.desk.state("break")
    outside.department.behaviour = FAILURES[reason]
    await talk.begin("blind")
    await talk.agent.wait_ended()
    await talk.state("returned", reason)
    second = await telephones["8002"].next_call()
    await second.wait_answered()
    await second.speak(AGENT_SAYS)
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    assert heard(talk.caller, AGENT_SAYS) > HEARD


async def test_given_a_blind_transfer_when_the_target_answers_then_caller_and_target_talk(
    talk: Conversation, outside: Outside
) -> None:
    await talk.begin("blind")
    third = await outside.department.next_call()
    await talk.state("handed_over")
    await talk.agent.wait_ended()
    await say((talk.caller, CALLER_SAYS), (third, TARGET_SAYS))
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    await third.wait_ended()
    assert heard(talk.caller, TARGET_SAYS) > HEARD
    assert heard(third, CALLER_SAYS) > HEARD


async def test_given_a_consultation_when_merged_and_the_agent_leaves_then_two_go_on(
    talk: Conversation, outside: Outside
) -> None:
    await talk.begin("consult")
    third = await outside.department.next_call()
    await talk.state("consulting")
    # the caller hears music and nothing of the consultation
    await say((talk.agent, AGENT_SAYS), (third, TARGET_SAYS))
    assert (await talk.order("merge"))["state"] == "three_way"
    await talk.caller.speak(CALLER_SAYS)
    await talk.agent.hangup()
    await talk.state("handed_over")
    await third.speak(SPEECH / "06_bus_agent.wav")
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent, third):
        await call.wait_ended()
    assert heard(third, AGENT_SAYS) > HEARD
    assert heard(talk.agent, TARGET_SAYS) > HEARD
    assert heard(talk.agent, CALLER_SAYS) > HEARD
    assert heard(talk.caller, TARGET_SAYS) < NOT_HEARD
    assert heard(talk.caller, AGENT_SAYS) < NOT_HEARD
    assert heard(talk.caller, SPEECH / "06_bus_agent.wav") > HEARD


async def test_given_a_consultation_when_completed_then_the_agent_is_free_and_two_go_on(
    talk: Conversation, outside: Outside, admin: Api
) -> None:
    await talk.begin("consult")
    third = await outside.department.next_call()
    await talk.state("consulting")
    await talk.order("complete")
    await talk.agent.wait_ended()
    await third.speak(TARGET_SAYS)
    await third.hangup()
    # the target hung up first: the caller is not left alone
    await talk.state("returned", "target hung up")
    assert not talk.caller.is_ended
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    assert heard(talk.caller, TARGET_SAYS) > HEARD
    record = await ended_call(admin, talk.number)
    moved = [s for s in record["path"] if s["step"] == "transferred"]
    assert [(s["kind"], s["outcome"]) for s in moved] == [
        ("consult", "started"),
        ("consult", "completed"),
    ]


@pytest.mark.parametrize("kind", ["consult", "three_way"])
@pytest.mark.parametrize("answered", [True, False])
async def test_given_a_transfer_when_aborted_then_caller_and_agent_go_on(
    talk: Conversation, outside: Outside, kind: str, answered: bool
) -> None:
    outside.department.behaviour = AgentBehaviour(answer_after_s=0.1 if answered else None)
    await talk.begin(kind)
    third = await outside.department.next_call()
    if answered:
        await talk.state("consulting" if kind == "consult" else "three_way")
    assert (await talk.order("abort"))["state"] == "together"
    await third.wait_ended()
    await _talk_again(talk)
    await _hang_up_and_check(talk)


@pytest.mark.parametrize("kind", ["consult", "three_way"])
async def test_given_a_target_in_the_call_when_it_hangs_up_then_caller_and_agent_go_on(
    talk: Conversation, outside: Outside, kind: str
) -> None:
    await talk.begin(kind)
    third = await outside.department.next_call()
    await talk.state("consulting" if kind == "consult" else "three_way")
    await third.hangup()
    await talk.state("together", "target hung up")
    await _talk_again(talk)
    await _hang_up_and_check(talk)


@pytest.mark.parametrize("answered", [True, False])
async def test_given_a_consultation_when_the_caller_hangs_up_then_everybody_is_released(
    talk: Conversation, outside: Outside, answered: bool
) -> None:
    outside.department.behaviour = AgentBehaviour(answer_after_s=0.1 if answered else None)
    await talk.begin("consult")
    third = await outside.department.next_call()
    if answered:
        await talk.state("consulting")
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent, third):
        await call.wait_ended(10)
    await talk.desk.heard("agent.state", lambda m: m["state"] == "wrap_up")


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("kind", ["consult", "three_way"])
async def test_given_a_transfer_when_the_agents_telephone_dies_then_the_caller_gets_the_target(
    talk: Conversation, outside: Outside, kind: str, answered: bool
) -> None:
    outside.department.behaviour = AgentBehaviour(answer_after_s=0.1 if answered else 2.0)
    await talk.begin(kind)
    third = await outside.department.next_call()
    if answered:
        await talk.state("consulting" if kind == "consult" else "three_way")
    else:
        await talk.state(f"{kind}_ringing")
    await talk.agent.hangup()
    await talk.state("handed_over")
    await say((talk.caller, CALLER_SAYS), (third, TARGET_SAYS))
    await talk.caller.hangup()
    for call in (talk.caller, third):
        await call.wait_ended()
    assert heard(third, CALLER_SAYS) > HEARD
    assert heard(talk.caller, TARGET_SAYS) > HEARD


@pytest.mark.parametrize("first_works", [True, False])
async def test_given_an_emergency_when_the_button_is_pressed_then_the_line_joins_by_a_trunk(
    talk: Conversation, outside: Outside, admin: Api, first_trunk: Trunk, first_works: bool
) -> None:
    first_trunk.works = first_works
    await talk.order("emergency", line=EMERGENCY)
    third = await outside.emergency.next_call()
    await talk.state("three_way")
    await say((talk.caller, CALLER_SAYS), (third, TARGET_SAYS))
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent, third):
        await call.wait_ended()
    assert third.caller == talk.number
    assert heard(third, CALLER_SAYS) > HEARD
    assert heard(talk.caller, TARGET_SAYS) > HEARD
    record = await ended_call(admin, talk.number)
    steps = [
        (one["data"]["via"], one["data"]["step"])
        for one in record["events"]
        if one["type"] == "TransferTarget"
    ]
    via = "carrier-1" if first_works else "carrier-2"
    assert steps[-2:] == [(via, "dialling"), (via, "answered")]
    # a dead trunk is tried unless it is known to be dead by now
    assert steps[:-2] in ([], [("carrier-1", "dialling"), ("carrier-1", "unreachable")])
    assert all(one["at"] for one in record["events"])


async def test_given_a_dead_first_trunk_when_a_department_is_dialled_then_the_second_is_taken(
    talk: Conversation, outside: Outside, first_trunk: Trunk
) -> None:
    first_trunk.works = False
    await talk.begin("three_way")
    third = await outside.department.next_call()
    await talk.state("three_way", "carrier-2")
    await talk.caller.hangup()
    await third.wait_ended()


async def test_given_a_drill_when_ordered_then_the_drill_number_is_rung_and_marked(
    talk: Conversation, outside: Outside
) -> None:
    await talk.order("emergency", line=EMERGENCY, drill=True)
    await (await outside.drill.next_call()).wait_answered()
    said = await talk.state("three_way")
    assert (said["drill"], said["target"], said["name"]) == (True, DRILL, EMERGENCY)
    assert not outside.emergency.calls
    await talk.caller.hangup()
    await talk.caller.wait_ended()


async def test_given_numbers_outside_the_policy_when_dialled_then_nobody_is_rung(
    hotline: Hotline, talk: Conversation, outside: Outside
) -> None:
    for target in ("number:13800000000", "number:110", "number:09310009999;", "queue:none"):
        status = await talk.desk.status(
            "POST",
            f"/api/calls/{talk.call_id}/transfer",
            json={"kind": "three_way", "target": target},
        )
        assert status == 403, target
    said = await hotline.asterisk.command("dialplan show 13800000000@out-agent")
    assert "no existence of 13800000000@out-agent" in said
    await _talk_again(talk)
    await _hang_up_and_check(talk)


async def test_given_another_agent_when_the_call_is_handed_over_then_it_is_that_agents_call(
    talk: Conversation, agents: dict[str, Api], telephones: dict[str, PhoneAgent]
) -> None:
    await talk.begin("consult", "agent:8002")
    second = await telephones["8002"].next_call()
    await talk.state("consulting")
    await talk.order("complete")
    await talk.agent.wait_ended()
    await agents["8002"].heard("agent.state", lambda m: m["state"] == "talking")
    await say((second, AGENT_SAYS), (talk.caller, CALLER_SAYS))
    await second.hangup()
    await talk.caller.wait_ended(10)
    assert heard(talk.caller, AGENT_SAYS) > HEARD
    assert heard(second, CALLER_SAYS) > HEARD


async def test_given_a_consultation_when_the_service_dies_then_the_caller_is_looked_after(
    hotline: Hotline, talk: Conversation, outside: Outside, admin: Api
) -> None:
    await talk.begin("consult")
    third = await outside.department.next_call()
    await talk.state("consulting")
    hotline.kill_service()
    try:
        await talk.agent.hangup()
        await talk.agent.wait_ended()

        async def met() -> bool:
            said = await hotline.asterisk.command(f"confbridge list {talk.call_id}")
            return len([line for line in said.splitlines() if "/" in line]) == 2

        await until(met, "caller and target in the room", 15)
        await say((talk.caller, CALLER_SAYS), (third, TARGET_SAYS))
        await talk.caller.hangup()
        for call in (talk.caller, third):
            await call.wait_ended()
    finally:
        await hotline.start_service()
    assert heard(third, CALLER_SAYS) > HEARD
    assert heard(talk.caller, TARGET_SAYS) > HEARD


async def test_given_a_consultation_when_the_service_comes_back_then_it_can_be_merged(
    hotline: Hotline, talk: Conversation, outside: Outside
) -> None:
    await talk.begin("consult")
    third = await outside.department.next_call()
    await talk.state("consulting")
    hotline.kill_service()
    await hotline.start_service()
    async with hotline.api("admin") as admin:

        async def merged() -> bool:
            return await admin.status("POST", f"/api/calls/{talk.call_id}/merge") == 200

        await until(merged, "merge after the restart")
    await say((talk.caller, CALLER_SAYS), (third, TARGET_SAYS))
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent, third):
        await call.wait_ended()
    assert heard(third, CALLER_SAYS) > HEARD
    assert heard(talk.agent, CALLER_SAYS) > HEARD
    assert heard(talk.caller, TARGET_SAYS) > HEARD


async def test_given_no_service_when_the_agent_presses_the_emergency_key_then_the_line_joins(
    hotline: Hotline, talk: Conversation, outside: Outside
) -> None:
    hotline.kill_service()
    try:
        await talk.agent.press(f"*{EMERGENCY}")
        third = await outside.emergency.next_call()
        await third.wait_answered()
        await say((talk.caller, CALLER_SAYS), (talk.agent, AGENT_SAYS), (third, TARGET_SAYS))
        await talk.caller.hangup()
        for call in (talk.caller, talk.agent, third):
            await call.wait_ended(10)
    finally:
        await hotline.start_service()
    assert third.caller == talk.number
    for listener, wavs in (
        (third, (CALLER_SAYS, AGENT_SAYS)),
        (talk.caller, (AGENT_SAYS, TARGET_SAYS)),
        (talk.agent, (CALLER_SAYS, TARGET_SAYS)),
    ):
        for wav in wavs:
            assert heard(listener, wav) > HEARD, (listener.number, wav.name)
