"""A caller who is handed on, and on again, in one call: all words have their speaker."""

from __future__ import annotations

from pathlib import Path

from telephony.testphone import PhoneAgent
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import SPEECH, until
from tests.live.harness.talk import CALLER_SAYS, TARGET_SAYS, Conversation, Outside, say
from tests.live.harness.words import alike, said_in

CALLER_SAYS_AGAIN, CALLER_ENDS = SPEECH / "04_noise_caller.wav", SPEECH / "12_light_caller.wav"
SECOND_SAYS, LAST_SAYS = SPEECH / "09_social_agent.wav", SPEECH / "11_fire_agent.wav"
CONSULTED = SPEECH / "01_noise_agent.wav"
SAID: tuple[tuple[str, Path], ...] = (
    ("agent", CONSULTED),
    ("caller", CALLER_SAYS),
    ("third", TARGET_SAYS),
    ("agent", SECOND_SAYS),
    ("caller", CALLER_SAYS_AGAIN),
    ("agent", LAST_SAYS),
    ("caller", CALLER_ENDS),
)


def words_of(turns: list[Message], speaker: str) -> str:
    return "".join(turn["text"] for turn in turns if turn["speaker"] == speaker)


async def test_given_a_caller_handed_on_three_times_when_they_speak_then_all_words_are_told_apart(
    talk: Conversation,
    outside: Outside,
    agents: dict[str, Api],
    telephones: dict[str, PhoneAgent],
    admin: Api,
) -> None:
    # to a department, which the agent has asked first
    await talk.begin("consult")
    third = await outside.department.next_call()
    await talk.state("consulting")
    await talk.agent.speak(CONSULTED)
    await talk.order("complete")
    await talk.state("handed_over")
    await talk.agent.wait_ended()
    await say((talk.caller, CALLER_SAYS), (third, TARGET_SAYS))

    # back to the queue, to another agent
    await agents["8002"].state("ready")
    await third.hangup()
    second = await telephones["8002"].next_call()
    await second.wait_answered()
    await say((second, SECOND_SAYS), (talk.caller, CALLER_SAYS_AGAIN))

    # and blindly to a third agent, who is the first
    await agents["8002"].post(
        f"/api/calls/{talk.call_id}/transfer", kind="blind", target="agent:8001"
    )
    last = await telephones["8001"].next_call()
    await last.wait_answered()
    await second.wait_ended()
    await say((last, LAST_SAYS), (talk.caller, CALLER_ENDS))
    await talk.caller.hangup()
    await talk.caller.wait_ended()

    texts = {
        speaker: "".join(said_in(wav.name) for who, wav in SAID if who == speaker)
        for speaker in ("caller", "agent", "third")
    }

    async def complete() -> list[Message] | None:
        turns: list[Message] = (await admin.get(f"/api/calls/{talk.call_id}/transcript"))["turns"]
        enough = all(alike(words_of(turns, who), text) > 0.5 for who, text in texts.items())
        return turns if enough else None

    turns = await until(complete, "the words of all three", 60)
    assert turns is not None
    # in the order in which they were said, each piece by its own speaker
    speakers = [turn["speaker"] for turn in turns]
    changes = [one for at, one in enumerate(speakers) if at == 0 or speakers[at - 1] != one]
    assert changes == [who for who, _ in SAID], turns
    numbered = [(turn["speaker"], turn["turn"]) for turn in turns]
    assert len(set(numbered)) == len(numbered)
