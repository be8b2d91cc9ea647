"""What an emergency line is told of the place: plain for people, harmless for a header."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.transfers.place import LONGEST, header_value, plain_place


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        (("城关区", "张掖路100号"), "城关区 张掖路100号"),
        (("城关区", "城关区张掖路100号"), "城关区张掖路100号"),
        (("城关区张掖路", "张掖路"), "城关区张掖路"),
        (("", "  "), ""),
        (("东岗\r\nVia: x", ""), "东岗 Via: x"),
        (("a\u202eb\u2028c\x00d",), "a b c d"),
    ],
)
def test_given_what_a_ticket_says_when_put_together_then_it_is_one_plain_line(
    parts: tuple[str, ...], place: str
) -> None:
    assert plain_place(*parts) == place


@given(st.lists(st.text(), max_size=3), st.sampled_from(["X-Location", "User-to-User"]))
def test_given_any_text_when_made_a_header_then_it_cannot_become_anything_else(
    parts: list[str], header: str
) -> None:
    place = plain_place(*parts)
    assert len(place) <= LONGEST
    assert place == "" or place.isprintable()
    value = header_value(header, place)
    assert re.fullmatch(r"[A-Za-z0-9%._~-]*", value)
    # a line of AMI holds 1024 bytes
    assert len(value) < 1000
    back = bytes.fromhex(value).decode() if header == "User-to-User" else unquote(value)
    assert back == place
