"""The operator's commands against the running hotline."""

from __future__ import annotations

import json

from telephony.testphone import PhoneAgent
from tests.live.harness.hotline import SPEECH, Hotline
from tests.live.harness.words import alike, said_in


async def test_given_nobody_at_the_desks_when_hotline_call_plays_both_sides_then_the_whole_story(
    hotline: Hotline, telephones: dict[str, PhoneAgent]
) -> None:
    del telephones  # only for its check that nothing is left behind
    if "agent8009" not in hotline.accounts:
        await hotline.command("user", "add", "agent8009", "--extension", "8009", "--json")
    story = json.loads(
        await hotline.command(
            *("call", "12333", "--json", "--caller", "13900000071", "--key", "0.5:0"),
            *("--agent", "8009", "--agent-speak", f"0.5:{SPEECH / '09_social_agent.wav'}"),
            *("--speak", f"9:{SPEECH / '08_social_caller.wav'}", "--hangup-after", "20"),
        )
    )
    assert story["ok"], story["failure"]
    assert story["disposition"] == "answered"
    assert story["ticket"]
    assert story["recording"]
    said = {turn["speaker"]: turn["text"] for turn in story["transcript"]}
    for who, file in (("caller", "08_social_caller.wav"), ("agent", "09_social_agent.wav")):
        assert alike(said[who], said_in(file)) > 0.5, said


async def test_given_a_running_hotline_then_doctor_finds_nothing_wrong(hotline: Hotline) -> None:
    report = json.loads(await hotline.command("doctor", "--json"))
    failed = [finding for finding in report["findings"] if finding["status"] == "fail"]
    assert not failed
    assert report["well"]


async def test_given_recordings_of_the_day_then_the_archive_verifies(hotline: Hotline) -> None:
    report = json.loads(await hotline.command("recordings", "verify", "--json"))
    assert report["faults"] == [], report
    assert report["recordings"] > 0, report
