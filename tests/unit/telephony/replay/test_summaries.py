"""What replay says of recorded calls: who called and answered, transfers, who hung up, why."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from telephony.replay import Replay, read_recording, replay, sentence
from tests.unit.telephony.replay.old_asterisk import text_of, wire

RECORDINGS = Path(__file__).parent / "recordings"
TRUNK, A1, A2, A3 = "PJSIP/trunk", "PJSIP/agent-8001", "PJSIP/agent-8002", "PJSIP/agent-8003"
CITIZEN = "13800001111"


def recorded(name: str) -> Replay:
    return replay(read_recording((RECORDINGS / f"{name}.ami").read_bytes()))


def told(result: Replay) -> list[dict[str, Any]]:
    return [call.to_json(timed=result.timed) for call in result.calls]


def check(call: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {key: call[key] for key in expected} == expected


ONE_CALL: dict[str, dict[str, Any]] = {
    "direct_caller_hangs_up": {
        "caller": CITIZEN, "dialled": "8001", "answered_by": A1, "disposition": "answered",
        "hung_up_by": "caller", "hung_up_party": TRUNK, "cause": 16, "transfers": [],
    },
    "direct_callee_hangs_up": {
        "answered_by": A1, "hung_up_by": "agent", "hung_up_party": A1, "disposition": "answered",
    },
    "busy": {
        "answered_by": "", "disposition": "busy", "cause": 17, "cause_text": "user busy",
        "hung_up_by": "system", "talk_seconds": None,
    },
    "reject": {"answered_by": "", "disposition": "rejected", "cause": 21},
    "no_answer": {"answered_by": "", "disposition": "no_answer", "hung_up_by": "system"},
    "caller_cancels": {"answered_by": "", "disposition": "abandoned", "hung_up_by": "caller"},
    "unallocated": {"dialled": "404", "disposition": "failed", "cause": 1, "offers": []},
    "ivr_only": {"dialled": "100", "disposition": "automated", "hung_up_by": "system"},
    "ami_hangup": {"answered_by": A1, "hung_up_by": "system", "hung_up_party": ""},
    "hold": {"answered_by": A1, "holds": 1, "hung_up_by": "caller"},
    "parallel": {"answered_by": A2, "dialled": "700", "hung_up_by": "caller"},
    "helper_legs": {"answered_by": A1, "parties": [A1, TRUNK], "transfers": []},
    "queue_second_agent_answers": {
        "caller": CITIZEN, "dialled": "12345", "line": "12345", "queue": "hotline",
        "answered_by": A2, "agent": A2, "answers": [A2], "hung_up_by": "agent",
        "hung_up_party": A2, "queue_result": "answered",
    },
    "queue_reject_then_answer": {"answered_by": A2, "agent": A2, "hung_up_by": "caller"},
    "queue_ringall": {"answered_by": A2, "queue": "all", "agent": A2},
    "queue_local_member": {"answered_by": A1, "agent": A1, "queue": "locals"},
    "queue_abandoned": {
        "answered_by": "", "agent": "", "disposition": "abandoned", "hung_up_by": "caller",
        "queue_result": "abandoned",
    },
    "queue_timeout": {
        "queue": "empty", "queue_result": "timeout", "hung_up_by": "system",
        "disposition": "no_answer",
    },
    "queue_blind_transfer": {
        "answered_by": A1, "agent": A1, "answers": [A1, A3], "hung_up_by": "third",
        "hung_up_party": A3,
        "transfers": [{"kind": "blind", "target": "8003", "by": A1, "outcome": "completed"}],
    },
    "blind_transfer_refer": {
        "answered_by": A1, "answers": [A1, A2], "hung_up_by": "caller",
        "transfers": [{"kind": "blind", "target": "8002", "by": A1, "outcome": "completed"}],
    },
    "blind_transfer_by_caller": {
        "caller": "8002", "dialled": "8001", "answers": [A1, A3], "hung_up_party": A1,
        "transfers": [{"kind": "blind", "target": "8003", "by": A2, "outcome": "completed"}],
    },
    "attended_transfer_feature": {
        "answered_by": A1, "answers": [A1, A2], "hung_up_by": "caller",
        "transfers": [{"kind": "consult", "target": "8002", "by": A1, "outcome": "completed"}],
    },
    "conference_three_way": {
        "answered_by": A1, "agent": A1, "hung_up_by": "caller", "hung_up_party": TRUNK,
        "transfers": [{"kind": "three_way", "target": A3, "by": "", "outcome": "completed"}],
    },
    "consult_then_conference": {
        "answered_by": A1, "hung_up_by": "third", "hung_up_party": A3,
        "transfers": [{"kind": "three_way", "target": A3, "by": "", "outcome": "completed"}],
    },
    "originate_click_to_call": {"caller": "8001", "dialled": "8002", "answered_by": A2},
    "originate_local": {"caller": "8001", "dialled": "8002", "answered_by": A2},
    "originate_busy": {"caller": "", "dialled": "8001", "disposition": "busy", "answered_by": ""},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ONE_CALL))
def test_given_a_recording_of_one_call_then_its_summary_is_right(name: str) -> None:
    calls = told(recorded(name))
    assert len(calls) == 1
    check(calls[0], ONE_CALL[name])
    assert calls[0]["ended_at"] is not None


def test_given_a_consultation_by_telephone_then_the_second_call_becomes_part_of_the_first() -> None:
    first, second = told(recorded("attended_transfer_refer"))
    check(
        first,
        {
            "answered_by": A1,
            "hung_up_by": "caller",
            "transfers": [{"kind": "consult", "target": "8002", "by": A1, "outcome": "completed"}],
        },
    )
    check(second, {"caller": "8001", "answered_by": A2, "joined_to": first["call_id"]})
    assert second["disposition"] == "joined"


def test_given_a_pickup_then_the_picker_has_answered() -> None:
    first, second = told(recorded("pickup"))
    check(first, {"dialled": "8001", "answered_by": A2, "hung_up_by": "caller"})
    assert second["joined_to"] == first["call_id"]


def test_given_a_parked_call_then_the_retriever_has_answered_it() -> None:
    first, second = told(recorded("park_and_retrieve"))
    check(first, {"answers": [A1, A2], "holds": 1, "hung_up_by": "caller"})
    assert second["joined_to"] == first["call_id"]


def test_given_calls_over_iax_then_both_ends_are_told() -> None:
    placed, arrived = told(recorded("iax_call"))
    check(placed, {"caller": "", "answered_by": "IAX2/self", "dialled": "8001"})
    check(arrived, {"caller": "13911112222", "channel": arrived["channel"], "answered_by": A1})
    assert arrived["channel"].startswith("IAX2/self-")


def test_given_two_calls_at_once_then_they_are_kept_apart() -> None:
    first, second = told(recorded("two_calls"))
    check(first, {"dialled": "8001", "answered_by": A1, "hung_up_by": "caller"})
    check(second, {"dialled": "8002", "answered_by": A2, "hung_up_by": "agent"})


def test_given_times_then_talking_and_waiting_are_measured() -> None:
    (call,) = told(recorded("queue_second_agent_answers"))
    assert call["wait_seconds"] == pytest.approx(4.31, abs=0.05)
    assert call["talk_seconds"] == pytest.approx(1.2, abs=0.05)
    assert call["duration_seconds"] > call["wait_seconds"] + call["talk_seconds"]


OLD: dict[str, dict[str, Any]] = {
    "sip_1_4": {"caller": "201", "dialled": "202", "answered_by": "SIP/202", "cause": 16},
    "zap_queue_1_4": {
        "caller": "5550001", "dialled": "600", "queue": "support", "answered_by": "SIP/301",
        "agent": "SIP/301", "hung_up_by": "caller", "queue_result": "answered",
    },
    "zap_abandoned_1_4": {
        "caller": "5550002", "answered_by": "", "disposition": "abandoned",
        "hung_up_by": "caller", "queue_result": "abandoned",
    },
    "sip_async_goto_1_4": {
        "caller": "201", "answers": ["SIP/202", "SIP/203"],
        "transfers": [
            {"kind": "blind", "target": "203", "by": "SIP/201", "outcome": "completed"}
        ],
    },
    "sip_blind_feature_1_4": {
        "answers": ["SIP/202", "SIP/203"], "hung_up_by": "caller",
        "transfers": [
            {"kind": "blind", "target": "203", "by": "SIP/202", "outcome": "completed"}
        ],
    },
    "sip_blind_1_8": {
        "answers": ["SIP/301", "SIP/305"], "hung_up_by": "caller",
        "transfers": [
            {"kind": "blind", "target": "305", "by": "SIP/301", "outcome": "completed"}
        ],
    },
    "iax_parallel_1_8": {
        "caller": "5550006", "answered_by": "DAHDI/3", "hung_up_by": "caller",
        "hung_up_party": "IAX2/branch",
    },
    "dahdi_busy_11": {
        "caller": "5550007", "dialled": "12345", "disposition": "busy", "cause": 17,
        "answered_by": "",
    },
    "sip_queue_11": {
        "caller": "5550008", "queue": "support", "agent": "SIP/702", "hung_up_by": "agent",
        "hung_up_party": "SIP/702",
    },
    "sccp_local_11": {
        "caller": "801", "dialled": "900", "answered_by": "SIP/901", "hung_up_by": "agent",
    },
    "originate_1_8": {
        "caller": "101", "dialled": "102", "answered_by": "", "disposition": "rejected",
    },
    "filtered_13": {
        "caller": "5550009", "answered_by": "SIP/901", "hung_up_by": "agent",
        "hung_up_basis": "left the conversation first",
    },
    "redirect_16": {
        "answers": ["PJSIP/901", "PJSIP/905"], "hung_up_by": "third",
        "transfers": [{"kind": "blind", "target": "905", "by": "", "outcome": "completed"}],
    },
    "sparse_12": {
        "caller": "100", "dialled": "300", "answers": ["PJSIP/lee", "PJSIP/max"],
        "hung_up_by": "third",
        "transfers": [
            {"kind": "blind", "target": "2000", "by": "PJSIP/lee", "outcome": "completed"}
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(OLD))
def test_given_a_stream_of_an_older_asterisk_then_its_summary_is_right(name: str) -> None:
    calls = told(replay(read_recording(wire(text_of(name)))))
    assert len(calls) == 1
    check(calls[0], OLD[name])


@pytest.mark.parametrize("announced", [True, False])
def test_given_an_attended_transfer_before_12_then_masquerade_and_names_are_followed(
    announced: bool,
) -> None:
    lines = text_of("sip_attended_1_8").splitlines()
    text = "\n".join(line for line in lines if announced or not line.startswith("Transfer"))
    first, second = told(replay(read_recording(wire(text))))
    check(
        first,
        {
            "caller": "5550004",
            "answered_by": "SIP/301",
            "hung_up_by": "third",
            "hung_up_party": "SIP/302",
            "transfers": [
                {"kind": "consult", "target": "302", "by": "SIP/301", "outcome": "completed"}
            ],
            "talk_seconds": 37.03,
        },
    )
    assert second["joined_to"] == first["call_id"]


def test_given_no_times_then_none_are_invented() -> None:
    (call,) = told(replay(read_recording(wire(text_of("sip_1_4")))))
    assert call["talk_seconds"] is None
    assert call["ended_at"] is None
    assert call["started_at"] == "2008-01-10T21:20:00+00:00"


def test_given_only_the_order_of_hangups_then_the_summary_says_it_is_a_guess() -> None:
    result = replay(read_recording(wire(text_of("sip_1_4"))))
    assert "a guess" in sentence(result.calls[0], timed=result.timed)


def test_given_a_recording_that_ends_early_then_the_call_is_in_progress() -> None:
    data = (RECORDINGS / "hold.ami").read_bytes()
    result = replay(read_recording(data[: data.index(b"Event: HangupRequest")]))
    (call,) = told(result)
    check(call, {"disposition": "in_progress", "ended_at": None, "answered_by": A1})
    assert "still in progress" in sentence(result.calls[0], timed=True)


def test_given_a_recording_that_begins_in_mid_call_then_its_end_is_told() -> None:
    data = (RECORDINGS / "direct_callee_hangs_up.ami").read_bytes()
    result = replay(read_recording(data[data.index(b"Event: BridgeEnter") :]))
    (call,) = told(result)
    check(call, {"caller": CITIZEN, "hung_up_by": "agent", "hung_up_party": A1})


@pytest.mark.parametrize("name", [p.stem for p in sorted(RECORDINGS.glob("*.ami"))])
def test_given_any_recording_then_each_call_is_one_printable_line(name: str) -> None:
    result = recorded(name)
    for call in result.calls:
        line = sentence(call, timed=result.timed)
        assert re.fullmatch(r"[^\r\n]+", line)
        assert line.startswith(call.call_id)
