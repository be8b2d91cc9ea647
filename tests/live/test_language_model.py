"""A language model beside the rules: what it is told, what it may say, and that it may be gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from tests.live.harness.api import Api
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.talk import Conversation
from tests.unit.asr.extractor.chat_server import ChatServer, fields

NOISE, NAME_AND_NUMBER = SPEECH / "00_noise_caller.wav", SPEECH / "04_noise_caller.wav"


@pytest_asyncio.fixture(loop_scope="session")
async def model(language_model: ChatServer) -> AsyncIterator[ChatServer]:
    """The server, which finds nothing again afterwards."""
    language_model.asked.clear()
    yield language_model
    language_model.answer = language_model.nothing


async def test_given_a_model_when_a_citizen_speaks_then_its_words_are_shown_and_the_agent_s_stay(
    talk: Conversation, model: ChatServer
) -> None:
    model.says(fields(title={"value": "反映烧烤店油烟扰民"}, summary={"value": "烧烤店扰民。"}))
    await talk.caller.speak(NOISE)
    told = await talk.desk.heard(
        "prefill.changed", lambda m: "source" in m["fields"].get("title", {}), 30
    )
    assert told["fields"]["title"]["value"] == "反映烧烤店油烟扰民"
    await talk.desk.send(
        f'{{"type": "ticket.patch", "call_id": "{talk.call_id}", "fields": {{"summary": "我的"}}}}'
    )
    await talk.desk.heard("ticket.changed")
    await talk.caller.speak(NAME_AND_NUMBER)
    heard = await talk.desk.heard(
        "transcript.final", lambda m: m["speaker"] == "caller" and m["turn"] > 0, 30
    )
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    await talk.desk.heard("ticket.drafted", deadline_s=20)

    async def filled() -> bool:
        [ticket] = (await talk.desk.get(f"/api/tickets?call_id={talk.call_id}"))["tickets"]
        now = (await talk.desk.get(f"/api/tickets/{ticket['number']}"))["fields"]
        assert now["summary"]["value"] == "我的"
        return bool(now.get("title", {}).get("source") == "model")

    await until(filled, "the model's title in the draft")
    # the number that was dictated, in whatever way it was heard, has not left the house
    asked = [question["messages"][1]["content"] for question in model.asked]
    assert any("*" in one for one in asked), heard["text"]
    digits = [char for char in heard["text"] if char in "零一二三四五六七八九幺0123456789"]
    assert "".join(digits[:7]) not in "".join(asked).replace(" ", "")
    assert not any(talk.number in one for one in asked)


async def test_given_a_model_that_never_answers_when_a_citizen_speaks_then_nothing_waits_for_it(
    hotline: Hotline, talk: Conversation, admin: Api, model: ChatServer
) -> None:
    model.answer = model.never
    await talk.caller.speak(NOISE)
    loop = asyncio.get_running_loop()
    final = await talk.desk.heard("transcript.final", lambda m: m["speaker"] == "caller", 30)
    told = await talk.desk.heard("prefill.changed", deadline_s=5)
    assert told["fields"]["category"]["value"]
    assert "source" not in told["fields"]["category"]
    # the question is still open, and the page has its values
    assert told["heard_at"] - final["heard_at"] < 2.0 < loop.time()

    async def counted() -> bool:
        status, body = await admin.download("/metrics")
        return status == 200 and b'hotline_extractor_seconds_count{result="timeout"}' in body

    await until(counted, "the time-out in the metrics")
    assert "extractor.no_answer" in hotline.service_log()
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    await talk.desk.heard("ticket.drafted", deadline_s=20)
