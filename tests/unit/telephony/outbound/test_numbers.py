from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.outbound import national_number


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("13900000001", "13900000001"),
        ("013900000001", "013900000001"),
        ("+8613900000001", "13900000001"),
        ("008613900000001", "13900000001"),
        ("8613900000001", "13900000001"),
        ("093188880001", "093188880001"),
        ("+8693188880001", "093188880001"),
        ("01088880001", "01088880001"),
        ("+861088880001", "01088880001"),
        ("88880001", "88880001"),
        ("8888001", "8888001"),
    ],
)
def test_given_a_citizens_number_then_it_is_dialled_in_the_national_form(
    number: str, dialled: str
) -> None:
    assert national_number(number) == dialled


@pytest.mark.parametrize(
    "number",
    [
        "", "110", "119", "120", "122", "12345", "95599", "9608888", "4008000000", "16812345",
        "093116812345", "0014155550100", "+14155550100", "+8512345678", "12900000001", "sip:x",
        "1390000000", "139000000011", "１３９００００００００１", "anonymous", "13900000001\n",
        "13900000001,1", "${SHELL(id)}",
    ],
)  # fmt: skip
def test_given_any_other_number_then_it_is_none(number: str) -> None:
    if number.strip() != number:
        assert national_number(number) in (None, number.strip())
    else:
        assert national_number(number) is None


@given(st.text(max_size=30))
def test_given_any_text_then_only_plain_digits_come_out(text: str) -> None:
    number = national_number(text)
    assert number is None or (number.isascii() and number.isdigit() and 7 <= len(number) <= 12)
