"""The line of a call: told when it becomes known and when it changes, and not again."""

from __future__ import annotations

from datetime import UTC, datetime

from telephony.calls import Translator
from telephony.events import Event, IvrStep, LineIdentified

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CALLER = {
    "Channel": "PJSIP/trunk-00000001",
    "Uniqueid": "1750000000.1",
    "Linkedid": "1750000000.1",
    "CallerIDNum": "13900000001",
    "ChannelState": "4",
    "Exten": "12345",
}


def told(*messages: dict[str, str]) -> list[tuple[str, str]]:
    """Line and SIP Call-ID of each LineIdentified after a call has come in."""
    translator = Translator(lenient=False)
    events: list[Event] = []
    for message in ({"Event": "Newchannel"}, *messages):
        events += translator.feed({**CALLER, **message}, at=AT)
    return [(e.line, e.sip_call_id) for e in events if isinstance(e, LineIdentified)]


def announced(line: str, sip_call_id: str, account: str = "") -> dict[str, str]:
    return {
        "Event": "UserEvent",
        "UserEvent": "HotlineCall",
        "Line": line,
        "SipCallId": sip_call_id,
        "AccountCode": account,
    }


def account(line: str) -> dict[str, str]:
    return {"Event": "NewAccountCode", "AccountCode": line, "OldAccountCode": ""}


def test_given_the_dialplans_announcement_when_the_account_code_follows_then_told_once() -> None:
    said = told(
        announced("12328", "abc@carrier"),
        account("12328"),
        {"Event": "Newstate", "ChannelState": "6", "AccountCode": "12328"},
        account("12328"),
    )
    assert said == [("12328", "abc@carrier")]


def test_given_a_known_line_when_the_account_code_changes_then_told_with_the_same_call_id() -> None:
    said = told(
        announced("12345", "abc@carrier"),
        account("12345"),
        account("12319"),
        {"Event": "Newstate", "ChannelState": "6", "AccountCode": "12319"},
    )
    assert said == [("12345", "abc@carrier"), ("12319", "abc@carrier")]


def test_given_no_announcement_when_the_account_code_is_set_then_the_line_is_known() -> None:
    assert told(account("12333"), account("12333")) == [("12333", "")]


def test_given_a_channel_without_sip_then_told_once_all_the_same() -> None:
    assert told(announced("12345", ""), account("12345")) == [("12345", "")]


def test_given_a_step_of_the_dialplan_then_it_is_on_the_callers_way() -> None:
    translator = Translator(lenient=False)
    step = {"Event": "UserEvent", "UserEvent": "HotlineStep", "Step": "vacant", "Detail": "12301"}
    events: list[Event] = []
    for message in ({"Event": "Newchannel"}, step, {**step, "Step": ""}):
        events += translator.feed({**CALLER, **message}, at=AT)
    steps = [event for event in events if isinstance(event, IvrStep)]
    assert [(one.step, one.detail) for one in steps] == [("vacant", "12301")]
