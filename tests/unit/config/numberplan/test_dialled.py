from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.data_file import DEFAULTS
from config.numberplan import (
    EMERGENCY_NUMBERS,
    DialledEvidence,
    DialledNumbers,
    dialled_digits,
    dialled_patterns,
    load_number_plan,
)
from config.settings import CitySettings

CITY = CitySettings()
PLAN = load_number_plan(DEFAULTS / "numberplan-modes.toml", CITY)
NUMBERS = DialledNumbers(PLAN, CITY)
PATTERNS = dialled_patterns(PLAN, CITY)


@pytest.mark.parametrize(
    "raw",
    [
        "12328",
        "0931-12328",
        "093112328",
        "931 12328",
        "93112328",
        "+8693112328",
        "+86 931 12328",
        "+86-0931-12328",
        "86931 12328",
        "8693112328",
        "008693112328",
        "(0931) 12328",
        "0931.12328",
        "１２３２８",
        "＋８６９３１１２３２８",
        "1795112328",
        "17951093112328",
        "sip:12328@10.0.0.1",
        "sips:093112328@ims.example;user=phone",
        "SIP:+8693112328@ims.example;user=phone;cause=404",
        "sip:%2B8693112328@ims.example",
        "sip:12328;phone-context=+86931@ims.example;user=phone",
        "sip:12328;phone-context=ims.example@ims.example;user=phone",
        "tel:12328;phone-context=+86931",
        "tel:+86-931-12328",
        '"交通, 热线" <sip:12328@ims.example>;tag=1',
        "<tel:+8693112328>",
        "  12328  ",
        "12328;isub=1",
    ],
)
def test_given_any_spelling_then_the_line_is_found(raw: str) -> None:
    dialled = NUMBERS.identify(raw)
    assert (dialled.line.number, dialled.known) == ("12328", True)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "+",
        "s",
        "anonymous",
        "sip:alice@example",
        "sip:alice12328@example",
        "1232",
        "123288",
        "01012328",
        "+861012328",
        "110",
        "0931110",
        "sip:@",
        "<",
        ";;;",
        "%zz",
        "9" * 5000,
    ],
)
def test_given_anything_else_then_the_main_line_marked_unknown(raw: str) -> None:
    dialled = NUMBERS.identify(raw)
    assert (dialled.line.number, dialled.known, dialled.source) == ("12345", False, "default")


def test_given_a_pilot_number_or_a_landline_then_its_line() -> None:
    assert NUMBERS.identify("+869311000000").line.number == "12345"
    assert NUMBERS.identify("1000001").line.number == "09311000001"
    assert NUMBERS.identify("tel:1000001;phone-context=+86931").line.number == "09311000001"


def test_every_listed_spelling_is_plain_unique_and_found() -> None:
    spellings = [spelling for spelling, _ in PATTERNS]
    assert len(set(spellings)) == len(spellings)
    for spelling, number in PATTERNS:
        assert spelling.removeprefix("+").isdecimal()
        assert NUMBERS.identify(spelling).line.number == number


def test_no_listed_spelling_is_an_emergency_number() -> None:
    assert EMERGENCY_NUMBERS.isdisjoint(spelling for spelling, _ in PATTERNS)


marks = st.sampled_from(["", " ", "-", ".", "(", ")", " - "])


@given(st.sampled_from(PATTERNS), st.data())
def test_marks_full_width_and_uri_dress_change_nothing(
    pattern: tuple[str, str], data: st.DataObject
) -> None:
    spelling, number = pattern
    written = "".join(
        data.draw(marks) + (data.draw(st.sampled_from([c, chr(ord(c) + 0xFEE0)]))) for c in spelling
    )
    dress = data.draw(
        st.sampled_from(
            ["{}", "tel:{}", "sip:{}@host", "sips:{};user=phone@h:5061;a=b", "<sip:{}@h>;tag=1"]
        )
    )
    assert NUMBERS.identify(dress.format(written)).line.number == number


@given(st.text())
def test_whatever_was_dialled_there_is_a_line(raw: str) -> None:
    dialled = NUMBERS.identify(raw)
    assert dialled.known == ((dialled.digits, dialled.line.number) in PATTERNS)
    assert dialled_digits(raw).removeprefix("+").strip("0123456789") == ""


def evidence(**values: object) -> DialledEvidence:
    return DialledEvidence(**{"request": "12345", **values})  # type: ignore[arg-type]  # short form


@pytest.mark.parametrize(
    ("given_evidence", "number", "source"),
    [
        (evidence(), "12345", "request"),
        (evidence(to="<sip:12333x@h>", called_party="<sip:0931-12328@h>"), "12328", "called-party"),
        (evidence(to='"x" <sip:12328@h>'), "12328", "to"),
        (evidence(diversion=("<sip:12328@h>;reason=unconditional",)), "12328", "diversion"),
        # newest first: the last registered one is what was dialled
        (
            evidence(diversion=("<sip:96119@h>;counter=2", "<tel:+8693112328>;counter=1")),
            "12328",
            "diversion",
        ),
        (evidence(diversion=("<sip:96119@h>, <sip:12328@h>",)), "12328", "diversion"),
        (evidence(diversion=('"a, <b>" <sip:12328@h>;x="1,2"',)), "12328", "diversion"),
        # an unknown redirecting number does not hide a registered one
        (evidence(diversion=("<sip:12328@h>", "<sip:09315550000@h>")), "12328", "diversion"),
        (evidence(diversion=("<sip:09315550000@h>",)), "12345", "request"),
        (
            evidence(history_info=("<sip:12345@h>;index=1.1, <sip:12328@h>;index=1",)),
            "12328",
            "history-info",
        ),
        (
            evidence(history_info=("<sip:12328@h>", "<sip:12345@h>;index=1")),
            "12328",
            "history-info",
        ),
        (
            evidence(diversion=("<sip:96119@h>",), history_info=("<sip:12328@h>;index=1",)),
            "96119",
            "diversion",
        ),
        (evidence(request="nobody", to="also nobody"), "12345", "default"),
        (evidence(diversion=('"', "<", ">>", ",,,", "\\")), "12345", "request"),
    ],
)
def test_given_redirection_then_the_number_dialled_first(
    given_evidence: DialledEvidence, number: str, source: str
) -> None:
    dialled = NUMBERS.original(given_evidence)
    assert (dialled.line.number, dialled.source) == (number, source)


@given(st.lists(st.text(), max_size=5), st.lists(st.text(), max_size=5), st.text())
def test_no_header_breaks_it(diversion: list[str], history: list[str], request: str) -> None:
    given_evidence = DialledEvidence(
        request=request, diversion=tuple(diversion), history_info=tuple(history)
    )
    assert NUMBERS.original(given_evidence).line.number in PLAN.lines


@given(st.text(alphabet=';="<>,index.0123456789', max_size=200))
def test_no_history_index_breaks_it(header: str) -> None:
    assert NUMBERS.original(DialledEvidence(history_info=(header,))).line.number in PLAN.lines
