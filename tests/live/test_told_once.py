"""What Asterisk tells is written down once: the line, each key."""

from __future__ import annotations

import pytest

from telephony.testphone import PhoneAgent, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import MENU_LINE, Hotline
from tests.live.harness.records import agent_state, ended_call, reached, waiting


def _told(record: Message, kind: str) -> list[Message]:
    return [event["data"] for event in record["events"] if event["type"] == kind]


async def test_given_keys_in_every_stage_then_each_is_written_down_once_and_the_line_too(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    caller = "13900000041"
    call = await phone.dial(MENU_LINE, caller=caller)
    await reached(admin, caller, "ivr", prompt="greeting")
    await call.press("7")  # means nothing in the greeting, which plays on
    await reached(admin, caller, "ivr", prompt="menu")
    await call.press("0")
    await waiting(hotline, 1)
    await call.press("9")
    await reached(admin, caller, "ivr", prompt="waiting_key")
    await agents["8001"].state("ready")
    await (await telephones["8001"].next_call()).wait_answered()
    await call.press("5")
    await call.hangup()
    await call.wait_ended()

    record = await ended_call(admin, caller)
    assert [key["digit"] for key in _told(record, "KeyPressed")] == ["7", "0", "9", "5"]
    assert [step["digit"] for step in record["path"] if step["step"] == "key"] == [
        *("7", "0", "9", "5")
    ]
    lines = [(one["line"], one["sip_call_id"]) for one in _told(record, "LineIdentified")]
    assert lines == [(MENU_LINE, call.sip_call_id)]
    await agent_state(admin, "8001", "ready")


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        ({"Diversion": "<sip:093112319@carrier.invalid>;reason=unconditional"}, ["12319"]),
        # found by the service alone, after the answer
        ({"P-Called-Party-ID": "<sip:093112319@carrier.invalid>"}, ["12345", "12319"]),
    ],
)
async def test_given_a_forwarded_call_when_its_first_number_is_known_then_that_line_is_told(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    admin: Api,
    header: dict[str, str],
    lines: list[str],
) -> None:
    caller = f"1390000004{1 + len(lines)}"
    call = await phone.dial("12345", caller=caller, extra_headers=header)
    await reached(admin, caller, "ivr", prompt="greeting", detail="12319")
    await call.hangup()
    await call.wait_ended()

    record = await ended_call(admin, caller)
    told = [(one["line"], one["sip_call_id"]) for one in _told(record, "LineIdentified")]
    assert told == [(line, call.sip_call_id) for line in lines]
    assert (record["line"], record["dialled"]) == ("12319", "12345")
