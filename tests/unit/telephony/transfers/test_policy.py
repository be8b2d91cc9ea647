"""Who may dial what: here and in the dialplan, by the same settings."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.calendar import OpeningHours, WorkCalendar
from config.directory import Department, Directory, Fallback
from config.settings import OutboundSettings
from telephony.transfers import DialRole, OutboundPolicy, TargetError, TargetKind, Targets

POLICY = OutboundPolicy(frozenset({"09310000001"}), ("0931000XXXX", "12315"), ("0.",))
AGENT, SUPERVISOR = DialRole.AGENT, DialRole.SUPERVISOR
DIRECTORY = Directory(
    version=1,
    departments=(
        Department(key="bus", name="公交集团", phone="09310000001", numbers=("09310000002",)),
        Department(key="silent", name="无号码部门"),
    ),
)
SETTINGS = OutboundSettings(
    trunks=("192.0.2.1", "192.0.2.2:5080"), agent_numbers=("12315",), drill_number="0931999"
)
TARGETS = Targets(SETTINGS, DIRECTORY, ("hotline",))


@pytest.mark.parametrize(
    ("role", "number", "allowed"),
    [
        (AGENT, "09310000001", True),
        (AGENT, "09310001234", True),
        (AGENT, "0931000123", False),
        (AGENT, "093100012345", False),
        (AGENT, "12315", True),
        (AGENT, "123150", False),
        (AGENT, "02100000000", False),
        (SUPERVISOR, "02100000000", True),
        (SUPERVISOR, "0", False),
        (SUPERVISOR, "13900000000", False),
        (SUPERVISOR, "0021１", False),
        (SUPERVISOR, "00;1", False),
    ],
)
def test_given_a_role_when_it_dials_then_only_what_is_listed_is_allowed(
    role: DialRole, number: str, allowed: bool
) -> None:
    assert POLICY.allows(role, number) is allowed


@given(st.text(max_size=30))
def test_given_any_text_when_dialled_then_what_is_allowed_is_plain_digits(text: str) -> None:
    for role in DialRole:
        if OutboundPolicy(supervisor=("XX.",), agent=("XX.",)).allows(role, text):
            assert text.isascii()
            assert text.isdigit()


@given(st.text(alphabet="0123456789", max_size=26))
def test_given_no_patterns_when_any_number_is_dialled_then_it_is_refused(number: str) -> None:
    assert not any(OutboundPolicy().allows(role, number) for role in DialRole)


def test_given_a_department_when_looked_up_then_its_first_number_is_dialled() -> None:
    target = TARGETS.find("department:bus", AGENT, ())
    assert (target.kind, target.number, target.context) == (
        TargetKind.DEPARTMENT,
        "09310000001",
        "out-agent",
    )
    assert TARGETS.find("number:09310000002", SUPERVISOR, ()).context == "out-supervisor"


@pytest.mark.parametrize(
    "wish",
    [
        *("department:none", "department:silent", "number:110", "number:13900000000"),
        *("agent:9999", "queue:none", "bus", "", "number:", "number:09310000001,x"),
    ],
)
def test_given_a_wish_that_means_nothing_when_looked_up_then_it_is_refused(wish: str) -> None:
    with pytest.raises(TargetError):
        TARGETS.find(wish, SUPERVISOR, ("8001",))


def test_given_opening_hours_when_closed_then_the_fallback_is_rung_and_the_agent_told() -> None:
    hours = OpeningHours(working_days=("08:30-17:30",))
    directory = Directory(
        version=1,
        departments=(
            Department(
                key="bus",
                name="公交集团",
                phone="09310000001",
                numbers=("09310000002",),
                hours=hours,
                fallback=Fallback(number="09310000009", name="夜间值班"),
            ),
            Department(key="shut", name="无值班", phone="09310000003", hours=hours),
        ),
    )
    clock = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - local
    targets = Targets(SETTINGS, directory, (), now=lambda: clock)
    target = targets.find("department:bus", AGENT, ())
    assert (target.number, target.notice) == ("09310000001", "")
    rung = [target.number]
    while following := target.following():
        target = following
        rung.append(target.number)
    assert rung == ["09310000001", "09310000002", "09310000009"]
    assert (target.name, target.context) == ("夜间值班", "out-agent")

    clock = datetime(2026, 3, 2, 20, 0)  # noqa: DTZ001 - local
    target = targets.find("department:bus", AGENT, ())
    assert (target.number, target.notice, target.others) == ("09310000009", "outside_hours", ())
    with pytest.raises(TargetError, match="closed"):
        targets.find("department:shut", AGENT, ())
    with pytest.raises(TargetError):
        targets.find("contact:bus", AGENT, ())


def test_given_another_directory_when_taken_over_then_its_numbers_may_be_dialled() -> None:
    targets = Targets(SETTINGS, DIRECTORY, ())
    other = Directory(
        version=1, departments=(Department(key="new", name="新部门", phone="09310000077"),)
    )
    targets.use(SETTINGS, other, WorkCalendar())
    assert targets.find("department:new", AGENT, ()).number == "09310000077"
    with pytest.raises(TargetError):
        targets.find("number:09310000001", AGENT, ())


def test_given_an_emergency_line_when_looked_up_then_a_drill_rings_another_number() -> None:
    assert TARGETS.emergency("119", drill=False).number == "119"
    drill = TARGETS.emergency("119", drill=True)
    assert (drill.number, drill.name, drill.drill) == ("0931999", "119", True)
    with pytest.raises(TargetError):
        TARGETS.emergency("12345", drill=False)


def test_given_no_trunk_when_something_outside_is_wanted_then_the_reason_is_said() -> None:
    targets = Targets(OutboundSettings(), DIRECTORY, ("hotline",))
    assert targets.emergency_lines == ()
    with pytest.raises(TargetError, match="trunk"):
        targets.find("department:bus", AGENT, ())
    with pytest.raises(TargetError, match="trunk"):
        targets.emergency("110", drill=False)
    assert targets.find("agent:8002", AGENT, ("8002",)).context == "out-seat"


@pytest.mark.parametrize("pattern", ["0931;X", "X", "_0931", "0931..", "0931\n", "N1", ".0"])
def test_given_a_pattern_that_could_become_dialplan_when_set_then_it_is_refused(
    pattern: str,
) -> None:
    with pytest.raises(ValueError, match="agent_numbers"):
        OutboundSettings(agent_numbers=(pattern,))


@pytest.mark.parametrize("header", ["Via", "X Location", "X-", "X-a:b", "X-a\n", "X-a)", "Contact"])
def test_given_a_header_that_is_not_the_carriers_own_when_set_then_it_is_refused(
    header: str,
) -> None:
    with pytest.raises(ValueError, match="location_header"):
        OutboundSettings(location_header=header)


@pytest.mark.parametrize("host", ["a b", "host;x", "host:", "host,1", "-x", "a\n"])
def test_given_a_host_that_could_become_configuration_when_set_then_it_is_refused(
    host: str,
) -> None:
    with pytest.raises(ValueError, match="trunks"):
        OutboundSettings(trunks=(host,))
