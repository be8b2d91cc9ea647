from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_gateway.callers import caller_number

CITY = "0931"
_DIGITS = "0123456789"


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("13900000001", "13900000001"),
        ("013900000001", "13900000001"),
        ("+8613900000001", "13900000001"),
        ("8613900000001", "13900000001"),
        ("008613900000001", "13900000001"),
        ("<sip:+8613900000001@carrier;user=phone>", "13900000001"),
        ("093112345", "12345"),
        ("8123456", "09318123456"),
        ("09318123456", "09318123456"),
        ("9318123456", "09318123456"),
        ("+869318123456", "09318123456"),
        ("+8609318123456", "09318123456"),
        ("86100000", "093186100000"),
        ("1012345678", "01012345678"),
        ("+861012345678", "01012345678"),
        ("+862112345678", "02112345678"),
        ("4001234567", "4001234567"),
        ("+864001234567", "4001234567"),
        ("+8610086", "10086"),
        ("95588", "95588"),
        ("+14155550100", "+14155550100"),
        ("0014155550100", "+14155550100"),
        ("anonymous", ""),
        ("", ""),
        ("*#", ""),
    ],
)
def test_every_spelling_of_a_number_is_one_number(raw: str, number: str) -> None:
    assert caller_number(raw, CITY) == number


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_mobile_number_is_known_by_any_prefix(number: str) -> None:
    for prefix in ("", "0", "+86", "86", "0086", "+860"):
        assert caller_number(prefix + number, CITY) == number


@given(st.from_regex(r"0(10|2[0-9]|[3-9][1-9][0-9])[2-8][0-9]{6,7}", fullmatch=True))
def test_a_landline_is_known_by_any_prefix(number: str) -> None:
    for spelled in (number, "+86" + number, "+86" + number[1:], "0086" + number[1:]):
        assert caller_number(spelled, CITY) == number


@given(st.text(max_size=80) | st.from_regex(r"\+?0{0,3}(86)?[0-9]{0,16}", fullmatch=True))
def test_whatever_the_network_writes_the_form_is_plain_and_stays_itself(raw: str) -> None:
    number = caller_number(raw, CITY)
    assert set(number.removeprefix("+")) <= set(_DIGITS)
    assert caller_number(number, CITY) == number
