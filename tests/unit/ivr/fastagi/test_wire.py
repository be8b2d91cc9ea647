from __future__ import annotations

import contextlib
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.fastagi.errors import AgiProtocolError
from ivr.fastagi.wire import COMMAND_LIMIT, Reply, command_line, parse_reply, quote

plain_text = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))


@given(st.lists(plain_text.map(lambda text: text[:80]), max_size=4))
def test_whatever_the_arguments_one_line_comes_out_and_reads_back(arguments: list[str]) -> None:
    line = command_line("VERBOSE", *arguments)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert shlex.split(line.decode()) == ["VERBOSE", *arguments]


@given(plain_text, st.sampled_from("\r\n\0"), plain_text)
def test_line_breaks_and_nul_never_pass(before: str, evil: str, after: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        quote(before + evil + after)


def test_a_command_longer_than_asterisks_buffer_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        command_line("VERBOSE", "字" * COMMAND_LIMIT)


@given(plain_text)
def test_a_value_reads_back_whatever_it_holds(value: str) -> None:
    assert parse_reply(f"200 result=1 ({value})") == Reply(200, "1", value)


@given(st.text())
def test_any_line_gives_an_answer_or_the_protocol_error(line: str) -> None:
    with contextlib.suppress(AgiProtocolError):
        parse_reply(line)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("200 result=0", Reply(200, "0")),
        ("200 result=-1 endpos=4160", Reply(200, "-1")),
        ("200 result=48 endpos=800", Reply(200, "48")),
        ("200 result=123 (timeout)", Reply(200, "123", "timeout")),
        ("200 result= (timeout)", Reply(200, "", "timeout")),
        ("200 result=", Reply(200, "")),
        ("200 result=1 ()", Reply(200, "1", "")),
        ("100 result=0 Trying...", Reply(100, "0")),
        ("510 Invalid or unknown command", Reply(510, "", "Invalid or unknown command")),
    ],
)
def test_answers_of_asterisk(line: str, reply: Reply) -> None:
    assert parse_reply(line) == reply
