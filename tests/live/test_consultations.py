"""What agent and target say while the caller hears music is kept, and who heard whom is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.live.harness.api import Api, Message
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import DEPARTMENT_NUMBER, Hotline, until
from tests.live.harness.records import record_of
from tests.live.harness.talk import (
    AGENT_SAYS,
    CALLER_SAYS,
    HEARD,
    NOT_HEARD,
    TARGET_SAYS,
    Conversation,
    Outside,
    say,
    sealed,
)


async def _complete(admin: Api, number: str) -> Message:
    async def there() -> Message | None:
        record = await record_of(admin, number)
        done = record and record["ended_at"] and record["has_recording"] and record["parts"]
        return record if done else None

    record = await until(there, "record with a consultation", 30)
    assert record is not None
    return record


def _like(sound: np.ndarray, wav: Path) -> float:
    return likeness(sound, samples(wav)[:, 0])


async def test_given_a_consultation_when_the_call_is_over_then_it_is_a_part_of_the_recording(
    hotline: Hotline, talk: Conversation, outside: Outside, admin: Api, tmp_path: Path
) -> None:
    await talk.agent.speak(CALLER_SAYS)
    await talk.begin("consult")
    third = await outside.department.next_call()
    await talk.state("consulting")
    await say((talk.agent, AGENT_SAYS), (third, TARGET_SAYS))
    await talk.order("merge")
    await talk.caller.speak(CALLER_SAYS)
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent, third):
        await call.wait_ended()

    record = await _complete(admin, talk.number)
    [part] = record["parts"]
    status, body = await admin.download(f"/api/recordings/{talk.call_id}?part={part['part']}")
    assert status == 200
    file = tmp_path / "part.flac"
    file.write_bytes(body)
    consultation = samples(file)
    assert _like(consultation[:, 0], AGENT_SAYS) > HEARD
    assert _like(consultation[:, 1], TARGET_SAYS) > HEARD
    assert _like(consultation[:, 1], CALLER_SAYS) < NOT_HEARD
    # the call's own recording is what the caller said and heard
    whole = samples(await sealed(admin, talk.call_id, tmp_path))
    assert _like(whole[:, 0], CALLER_SAYS) > HEARD
    assert _like(whole[:, 1], TARGET_SAYS) < NOT_HEARD
    # nothing is left behind, and no call was made of the part
    assert await until(lambda: _spool_is_empty(hotline), "empty spool")
    assert await admin.status("GET", f"/api/calls/{talk.call_id}-{part['part']}") == 404

    heard = [(one["party"], one["heard"]) for one in record["hearing"]]
    assert [others for party, others in heard if party == "caller"] == [
        ["8001"],
        ["music"],
        sorted(["8001", DEPARTMENT_NUMBER]),
    ]
    assert [others for party, others in heard if party == DEPARTMENT_NUMBER] == [
        ["8001"],
        sorted(["8001", "caller"]),
    ]
    assert all(one["until"] for one in record["hearing"])


async def _spool_is_empty(hotline: Hotline) -> bool:
    return not list(hotline.settings.recording_spool.glob("*.sln"))


async def test_given_two_consultations_and_a_dead_agent_when_over_then_both_are_kept(
    talk: Conversation, outside: Outside, admin: Api
) -> None:
    await talk.begin("consult")
    third = await outside.department.next_call()
    await talk.state("consulting")
    await third.speak(TARGET_SAYS)
    await talk.order("abort")
    await third.wait_ended()
    talk.desk.messages.clear()
    await talk.begin("consult")
    third = await outside.department.next_call()
    await talk.state("consulting")
    await third.speak(TARGET_SAYS)
    await talk.agent.hangup()
    await talk.state("handed_over")
    await talk.caller.hangup()
    for call in (talk.caller, third):
        await call.wait_ended()
    record = await _complete(admin, talk.number)
    assert len(record["parts"]) == 2
    assert all(one["duration_ms"] > 1000 for one in record["parts"])
