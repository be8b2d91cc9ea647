"""While the caller speaks: the alarm, what is known of the matter, what a supervisor should see."""

from __future__ import annotations

from datetime import UTC, datetime

from agent_gateway.store import Knowledge
from tests.live.harness.api import Api
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.talk import Conversation


async def test_given_a_caller_who_speaks_of_a_fire_when_heard_then_the_agent_is_alarmed(
    talk: Conversation, hotline: Hotline, admin: Api
) -> None:
    entry = Knowledge(title="火灾自救", text="低姿、湿毛巾、不乘电梯。", keywords=("着火",))
    await hotline.store.knowledge.add(entry, by="admin", at=datetime.now(UTC))

    await talk.caller.speak(SPEECH / "10_fire_caller.wav")
    alarm = await talk.desk.heard("call.alarm", deadline_s=30)
    assert (alarm["call_id"], alarm["line"]) == (talk.call_id, "119")
    assert alarm["words"]
    advice = await talk.desk.heard("call.advice", lambda m: bool(m["knowledge"]), 15)
    assert advice["knowledge"][0]["title"] == "火灾自救"
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    await talk.desk.heard("ticket.drafted", deadline_s=20)

    record = await talk.desk.get(f"/api/calls/{talk.call_id}")
    assert [step["line"] for step in record["path"] if step["step"] == "alarm"] == ["119"]
    turns = (await talk.desk.get(f"/api/calls/{talk.call_id}/transcript"))["turns"]
    assert turns[0]["readable"].endswith(("。", "！", "？"))


async def test_given_an_agent_who_greets_nobody_when_the_call_goes_on_then_a_supervisor_is_told(
    talk: Conversation, admin: Api
) -> None:
    await admin.watch()
    for name in ("01_noise_agent.wav", "11_fire_agent.wav"):
        await talk.agent.speak(SPEECH / name)
        await talk.desk.heard("transcript.final", lambda m: m["speaker"] == "agent", 30)
    hint = await admin.heard("call.quality", deadline_s=15)
    assert (hint["call_id"], hint["rule"]) == (talk.call_id, "greeting")
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    await talk.desk.heard("ticket.drafted", deadline_s=20)

    async def kept() -> bool:
        hints = (await admin.get(f"/api/calls/{talk.call_id}/quality"))["hints"]
        return hint["rule"] in [one["rule"] for one in hints]

    await until(kept, "the hint in the record")
