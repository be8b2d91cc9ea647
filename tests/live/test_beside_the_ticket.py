"""While the caller speaks: the alarm, what is known of the matter, what a supervisor should see."""

from __future__ import annotations

import asyncio
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from agent_gateway.store import Knowledge
from telephony.testphone import PhoneAgent, TestPhone
from tests.live.harness.api import Api
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.talk import Conversation, fresh

# 着火了 is over so long after the first sound of 10_fire_caller.wav.
FIRE_SAID_S = 2.74
LOUD = 300
WAGES = SPEECH / "13_wages_caller.wav"


def spoken(wav: Path) -> bytes:
    """What the file says, without the silence around it."""
    with wave.open(str(wav)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > LOUD)
    return sound[loud[0] : loud[-1]].tobytes()


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


async def test_given_a_caller_who_does_not_pause_when_a_danger_is_named_then_the_alarm_is_first(
    talk: Conversation, tmp_path: Path
) -> None:
    breathless = tmp_path / "breathless.wav"
    with wave.open(str(breathless), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        for name in ("10_fire_caller.wav", "12_light_caller.wav", "13_wages_caller.wav"):
            file.writeframes(spoken(SPEECH / name))
    speaking = asyncio.create_task(talk.caller.speak(breathless))
    began = asyncio.get_running_loop().time()
    alarm = await talk.desk.heard("call.alarm", deadline_s=30)
    await speaking
    final = await talk.desk.heard("transcript.final", lambda m: m["speaker"] == "caller", 60)
    assert alarm["line"] == "119"
    assert alarm["heard_at"] < final["heard_at"]
    print(f"alarm {alarm['heard_at'] - began - FIRE_SAID_S:.2f} s after the words")
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    await talk.desk.heard("ticket.drafted", deadline_s=60)


async def test_given_a_caller_with_an_open_ticket_when_they_call_again_then_it_and_valid_knowledge(
    talk: Conversation,
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    admin: Api,
) -> None:
    today, day = datetime.now(hotline.settings.city.zone).date(), timedelta(days=1)
    times = {
        "本周办法": (today - day, today + day),
        "旧办法": (None, today - day),
        "新办法": (today + day, None),
    }
    entries = [
        await admin.post(
            "/api/knowledge",
            title=title,
            text="拖欠工资由劳动监察受理。",
            keywords=["拖欠工资"],
            valid_from=first_day and first_day.isoformat(),
            valid_until=last_day and last_day.isoformat(),
        )
        for title, (first_day, last_day) in times.items()
    ]
    try:
        await talk.caller.speak(WAGES)
        advice = await talk.desk.heard("call.advice", lambda m: bool(m["knowledge"]), 30)
        assert [tip["title"] for tip in advice["knowledge"]] == ["本周办法"]
    finally:
        for entry in entries:
            path, read = f"/api/knowledge/{entry['id']}", {"read": entry["updated_at"]}
            assert await admin.status("DELETE", path, params=read) == 200
    # other callers may have told of the like before
    assert not any("caller" in ticket["reasons"] for ticket in advice["duplicates"])
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    first = (await talk.desk.heard("ticket.drafted", deadline_s=60))["ticket"]

    talk.desk.messages.clear()
    fresh(telephones["8001"])
    again = await phone.dial("12345", caller=talk.number, keys=[(0.3, "0")])
    await (await telephones["8001"].next_call()).wait_answered()
    await again.speak(WAGES)
    advice = await talk.desk.heard("call.advice", lambda m: bool(m["duplicates"]), 30)
    like = next(one for one in advice["duplicates"] if one["number"] == first["number"])
    assert {"caller", "category"} <= set(like["reasons"])
    # an entry that was taken away is not advised any more
    assert "本周办法" not in [tip["title"] for tip in advice["knowledge"]]
    await again.hangup()
    await again.wait_ended()
    await talk.desk.heard("ticket.drafted", deadline_s=60)


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
