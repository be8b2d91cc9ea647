"""The forms in which recordings come."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from telephony.replay import NotARecording, read_recording, replay, sentence
from telephony.replay.wireform import read_wire
from tests.unit.telephony.replay.old_asterisk import text_of, wire

RECORDINGS = Path(__file__).parent / "recordings"
DATA = (RECORDINGS / "queue_second_agent_answers.ami").read_bytes()


def lines(data: bytes) -> list[str]:
    with capture_logs() as logs:
        result = replay(read_recording(data))
    # What the translator did not expect it logs and passes over; here that is a failure.
    assert [entry for entry in logs if entry["log_level"] == "error"] == []
    return [sentence(call, timed=result.timed) for call in result.calls]


def messages() -> list[dict[str, Any]]:
    return [fields for fields, _ in read_wire(DATA.decode()) if "Event" in fields]


EXPECTED = lines(DATA)


def as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def lowered() -> list[dict[str, Any]]:
    return [{k.lower(): v for k, v in message.items()} for message in messages()]


def numbers() -> list[dict[str, Any]]:
    def value(text: str) -> object:
        return None if text == "" else int(text) if text.isdigit() else text

    return [{k: value(v) for k, v in message.items()} for message in messages()]


def java_names() -> list[dict[str, Any]]:
    def camel(name: str) -> str:
        return name[0].lower() + name[1:]

    return [
        {"eventType": m["Event"] + "Event", **{camel(k): v for k, v in m.items() if k != "Event"}}
        for m in messages()
    ]


def apart() -> list[dict[str, Any]]:
    return [
        {"name": m["Event"], "data": {k: v for k, v in m.items() if k != "Event"}}
        for m in messages()
    ]


FORMS: dict[str, bytes] = {
    "LF line ends": DATA.replace(b"\r\n", b"\n"),
    "byte order mark": b"\xef\xbb\xbf" + DATA,
    "UTF-16": DATA.decode().encode("utf-16"),
    "gzip": gzip.compress(DATA),
    "banner": b"Asterisk Call Manager/5.0.2\r\n" + DATA,
    "responses": b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n" + DATA,
    "no empty lines": DATA.replace(b"\r\n\r\n", b"\r\n"),
    "several empty lines": DATA.replace(b"\r\n\r\n", b"\r\n\r\n\r\n \r\n"),
    "log lines": DATA.replace(
        b"\r\n\r\nEvent: ",
        b"\r\n\r\n[2026-11-22 20:41:04] NOTICE[123]: chan_pjsip.c: hello: world\r\nEvent: ",
    ),
    "actions of the client": DATA.replace(
        b"\r\n\r\nEvent: Newstate", b"\r\n\r\nAction: Ping\r\nActionID: 7\r\n\r\nEvent: Newstate"
    ),
    "quoted": b"\n".join(b"> " + line for line in DATA.split(b"\r\n")),
    "indented": b"\n".join(b"    " + line for line in DATA.split(b"\r\n")),
    "JSON list": as_json(messages()),
    "JSON list, indented": json.dumps(messages(), indent=2).encode(),
    "JSON, lower-case names": as_json(lowered()),
    "JSON, numbers and nulls": as_json(numbers()),
    "JSON lines": b"\n".join(as_json(m) for m in messages()),
    "JSON lines with rubbish": b"\n".join(as_json(m) + b"\nnot json {\n" for m in messages()),
    "JSON, wrapped in event": as_json([{"event": m} for m in messages()]),
    "JSON, wrapped in headers": as_json([{"headers": m, "n": 1} for m in messages()]),
    "JSON, name apart": as_json(apart()),
    "JSON, an object with events": as_json({"version": 1, "events": messages()}),
    "JSON, pairs": as_json([list(m.items()) for m in messages()]),
    "JSON, raw lines": as_json([[f"{k}: {v}" for k, v in m.items()] for m in messages()]),
    "JSON, raw text": as_json(
        [{"raw": "".join(f"{k}: {v}\r\n" for k, v in m.items())} for m in messages()]
    ),
    "JSON, torn": json.dumps([*messages(), {"Event": "Newstate"}], indent=1).encode()[:-9],
    "JSON, names as a Java library has them": as_json(java_names()),
    "Python dictionaries": "\n".join(repr(m) for m in messages()).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_given_another_form_then_the_summary_is_the_same(form: str) -> None:
    assert lines(FORMS[form]) == EXPECTED


def test_given_a_torn_gzip_file_then_what_is_there_is_read() -> None:
    packed = gzip.compress(DATA)
    assert len(lines(packed[: len(packed) * 3 // 4])) == 1


def test_given_times_beside_json_objects_then_they_are_used() -> None:
    bare = [{k: v for k, v in m.items() if k != "Timestamp"} for m in messages()]
    stamped = [{"time": f"2026-01-01T00:00:{i % 60:02d}Z", "event": m} for i, m in enumerate(bare)]
    result = replay(read_recording(as_json(stamped)))
    assert result.timed
    assert result.calls[0].started_at.isoformat().startswith("2026-01-01T00:00:")
    assert not replay(read_recording(as_json(bare))).timed


def test_given_times_before_each_line_then_they_are_used() -> None:
    text = wire(text_of("sip_1_4")).decode()
    stamped = "\n".join(
        f"2026-02-03 04:05:{i % 60:02d} {line}" if line.strip() else ""
        for i, line in enumerate(text.split("\r\n"))
    )
    result = replay(read_recording(stamped.encode()))
    assert result.timed
    assert result.calls[0].started_at.isoformat().startswith("2026-02-03T04:05:")
    assert result.calls[0].answered_by == "SIP/202"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\1\2",
        b"hello\nworld\n",
        b"{}",
        b"[]",
        b'{"a": 1}',
        b"[1, 2, 3]",
        b"\x1f\x8bxx",
        b"RIFF\x00\x00WAVEfmt ",
        b"Action: Login\r\nUsername: x\r\n\r\n",
        b"[[[[[[",
    ],
)
def test_given_something_else_then_it_is_said_to_be_no_recording(data: bytes) -> None:
    with pytest.raises(NotARecording):
        read_recording(data)


def test_given_a_later_header_of_the_same_name_then_the_first_counts() -> None:
    ((fields, _),) = read_wire("Event: UserEvent\nUniqueid: 1.1\nuniqueid: 9.9\n")
    assert fields == {"Event": "UserEvent", "Uniqueid": "1.1"}


ALL = [path.read_bytes() for path in sorted(RECORDINGS.glob("*.ami"))]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ALL), st.data())
def test_given_a_torn_and_dirty_recording_then_nothing_raises(
    data: bytes, draw: st.DataObject
) -> None:
    start = draw.draw(st.integers(0, len(data)))
    end = draw.draw(st.integers(start, len(data)))
    noise = draw.draw(st.binary(max_size=40))
    at = draw.draw(st.integers(start, end))
    try:
        lines(data[start:at] + noise + data[at:end])
    except NotARecording:
        assert b"Event: " not in data[start:at]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ALL), st.randoms(use_true_random=False))
def test_given_messages_in_any_order_then_nothing_raises(data: bytes, rng: random.Random) -> None:
    frames = data.split(b"\r\n\r\n")
    rng.shuffle(frames)
    dropped = [frame for frame in frames if rng.random() > 0.2]
    doubled = dropped + [frame for frame in dropped if rng.random() > 0.8]
    lines(b"Event: X\r\n\r\n" + b"\r\n\r\n".join(doubled))


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON_VALUES = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)
NAMES = st.sampled_from(
    [
        "Newchannel",
        "DialBegin",
        "DialEnd",
        "Dial",
        "Bridge",
        "BridgeEnter",
        "BridgeLeave",
        "Hangup",
        "Rename",
        "AttendedTransfer",
        "BlindTransfer",
        "Transfer",
        "Join",
        "Leave",
        "AgentCalled",
        "AgentConnect",
        "ParkedCall",
        "UnParkedCall",
        "Pickup",
        "CoreShowChannel",
        "Newexten",
        "CoreShowChannelsComplete",
        "ConfbridgeJoin",
        "HangupRequest",
        "Hold",
        "UserEvent",
    ]
)
HEADERS = st.sampled_from(
    [
        "Channel",
        "Uniqueid",
        "Linkedid",
        "DestChannel",
        "DestUniqueid",
        "Destination",
        "Channel1",
        "Channel2",
        "Uniqueid1",
        "Uniqueid2",
        "Newname",
        "TargetChannel",
        "ChannelState",
        "Exten",
        "BridgeUniqueid",
        "Conference",
        "Queue",
        "Timestamp",
        "OrigTransfererChannel",
        "Cause",
        "SecondTransfererChannel",
        "TransfererChannel",
        "SubEvent",
        "DialStatus",
        "ListItems",
    ]
)
CHANNELS = st.sampled_from(
    [
        "SIP/1-1",
        "SIP/2-2",
        "Local/1@a-1;1",
        "Local/1@a-1;2",
        "SIP/1-1<MASQ>",
        "SIP/2-2<ZOMBIE>",
        "AsyncGoto/SIP/1-1",
        "1.1",
        "2.2",
        "3.3",
        "",
        "4",
        "5",
        "6",
        "nan",
        "inf",
        "-",
        "/",
        ";1",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.dictionaries(HEADERS, CHANNELS | JSON_VALUES, max_size=8).flatmap(
            lambda fields: NAMES.map(lambda name: {"Event": name, **fields})
        ),
        min_size=1,
        max_size=25,
    )
)
def test_given_odd_messages_then_nothing_raises(stream: list[dict[str, Any]]) -> None:
    lines(json.dumps(stream).encode())
