"""``hotline replay`` as it is called."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from agent_gateway.cli import app

RECORDINGS = Path(__file__).parents[1] / "telephony" / "replay" / "recordings"
FILE = RECORDINGS / "queue_blind_transfer.ami"


def run(*args: str, data: bytes | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["replay", *args], input=data)
    return result.exit_code, result.output


def test_given_a_recording_then_events_come_first_and_one_line_a_call_last() -> None:
    code, output = run(str(FILE))
    lines = output.strip().splitlines()
    assert code == 0
    assert any("CallArrived" in line for line in lines[:-1])
    assert "transferred (blind) to 8003 by PJSIP/agent-8001" in lines[-1]


def test_given_no_events_wanted_then_only_the_summaries_are_printed() -> None:
    code, output = run(str(FILE), "--no-events")
    assert code == 0
    assert len(output.strip().splitlines()) == 1


def test_given_json_wanted_then_one_object_with_events_and_calls() -> None:
    code, output = run(str(FILE), "--json")
    told = json.loads(output)
    assert code == 0
    assert told["calls"][0]["agent"] == "PJSIP/agent-8001"
    assert {event["type"] for event in told["events"]} >= {"CallArrived", "CallEnded"}


def test_given_a_dash_then_the_standard_input_is_read() -> None:
    assert run("-", "--no-events", data=FILE.read_bytes()) == run(str(FILE), "--no-events")
    assert run("--from", "-", "--no-events", data=FILE.read_bytes())[0] == 0


def test_given_a_file_that_is_not_ami_then_a_plain_sentence_and_code_2(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("hello")
    code, output = run(str(path))
    assert code == 2
    assert "is not a recorded AMI stream" in output
    assert "Traceback" not in output


def test_given_no_such_file_then_a_plain_sentence_and_code_2(tmp_path: Path) -> None:
    for name in (tmp_path / "missing", tmp_path):
        code, output = run(str(name))
        assert code == 2
        assert "cannot be read" in output
    assert run()[0] == 2


def test_given_control_characters_in_a_recording_then_none_reach_the_terminal() -> None:
    data = FILE.read_bytes().replace(b"CallerIDName: <unknown>", b"CallerIDName: \x1b[31mred\x07")
    code, output = run("-", data=data)
    assert code == 0
    assert "\x1b" not in output
    assert "\x07" not in output
