"""Stages: what is refused, what is in force when, and what a caller then gets."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.data_file import DEFAULTS
from config.errors import ConfigError
from config.numberplan import (
    MergedLine,
    NumberPlan,
    day_begins,
    load_number_plan,
    treatment,
    treatments,
)
from config.numberplan.preview import preview
from config.settings import CitySettings
from tests.unit.config.numberplan.plans import DAYS, NUMBERS, ZONES, plans
from tests.unit.config.numberplan.test_plan import MODES, SAID, dual, load, merged

CITY = CitySettings()
MERGED = f'mode = "merged"\n{SAID}forward_to = "12345"\n'


def staged(*stages: str, more: str = "") -> str:
    """12328 as a dual line with stages."""
    return dual(more=more) + "".join(f"[[lines.12328.stages]]\n{stage}\n" for stage in stages)


@pytest.mark.parametrize(
    ("lines", "key", "reason"),
    [
        (staged(MERGED), "lines.12328.stages.0.from", "is required"),
        (
            staged(f"from = 2026-12-01\n{MERGED}", f"from = 2026-12-01\n{MERGED}"),
            "lines.12328.stages.1.from",
            "not after",
        ),
        (
            staged(f"from = 2026-12-02\n{MERGED}", f"from = 2026-12-01\n{MERGED}"),
            "lines.12328.stages.1.from",
            "not after",
        ),
        (
            staged(
                f"from = 2026-12-01\nuntil = 2027-01-31\n{MERGED}",
                'from = 2027-01-31\nmode = "cancelled"',
            ),
            "lines.12328.stages.1.from",
            "overlap",
        ),
        (
            staged(
                f"from = 2026-12-01\nto = 2027-01-31\n{MERGED}",
                'from = 2027-01-31\nmode = "cancelled"',
            ),
            "lines.12328.stages.1.from",
            "overlap",
        ),
        (
            staged(
                f"from = 2026-12-01\nto = 2027-01-30\n{MERGED}",
                'from = 2027-02-01\nmode = "cancelled"',
            ),
            "lines.12328.stages.1.from",
            "gap",
        ),
        (staged(f"from = 2026-12-01\nto = 2027-01-30\n{MERGED}"), "lines.12328.stages.0.to", "gap"),
        (dual(more="to = 2026-01-01"), "lines.12328.to", "gap"),
        (dual(more="from = 2026-01-01"), "lines.12328.from", "belongs into a stage"),
        (
            staged(f"from = 2026-12-01\nto = 2026-11-01\n{MERGED}"),
            "lines.12328.stages.0.to",
            "before",
        ),
        (
            staged(f"from = 2026-12-01\nsince = 2026-12-01\n{MERGED}"),
            "lines.12328.stages.0.since",
            "leave it out",
        ),
        (
            staged(f"from = 2026-12-01\nuntil = 2026-11-01\n{MERGED}"),
            "lines.12328.stages.0",
            "until must not be before from",
        ),
        (staged(f'from = "soon"\n{MERGED}'), "lines.12328.stages.0.from", "date"),
        (
            staged(f'from = 2026-12-01\naliases = ["1"]\n{MERGED}'),
            "lines.12328.stages.0.aliases",
            "belongs to the line",
        ),
        (
            staged(f'from = 2026-12-01\nnumber = "110"\n{MERGED}'),
            "lines.12328.stages.0.number",
            "belongs to the line",
        ),
        (
            staged('from = 2026-12-01\nmode = "main"\ngreeting = { zh = "a", en = "b" }'),
            "lines.12328.stages.0.mode",
            "main line stays",
        ),
        (
            staged(f'from = 2026-12-01\nmode = "merged"\n{SAID}forward_to = "99999"'),
            "lines.12328.stages (from 2026-12-01).forward_to",
            "not a line",
        ),
        # 96119 goes to 12328, which is answered until it is merged into 96119
        (
            merged("96119", "12328")
            + staged(f'from = 2026-12-01\nmode = "merged"\n{SAID}forward_to = "96119"'),
            "lines.12328.stages (from 2026-12-01).forward_to",
            "circle",
        ),
        # answered today, cancelled later, while 96119 still goes there
        (
            merged("96119", "12328") + staged('from = 2026-12-01\nmode = "cancelled"'),
            "lines.96119.forward_to",
            "nobody answers",
        ),
        (dual(more="stages = 3"), "lines.12328.stages", "must be tables"),
        (
            dual() + '[[lines.12328.stages]]\nfrom = 2026-12-01\nmode = "dual"\nmenu = "nowhere"\n'
            'greeting = { zh = "a", en = "b" }\n',
            "lines.12328.stages (from 2026-12-01).menu",
            "no entry menu",
        ),
    ],
)
def test_given_a_schedule_that_could_lose_a_caller_then_it_is_refused(
    tmp_path: Path, lines: str, key: str, reason: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, lines)
    assert caught.value.key == key
    assert reason in caught.value.reason


def test_given_a_stage_when_its_day_begins_in_the_city_then_it_is_in_force(tmp_path: Path) -> None:
    plan = load(tmp_path, staged(f"from = 2026-12-01\nuntil = 2026-12-31\n{MERGED}"))
    midnight = datetime(2026, 12, 1, tzinfo=CITY.zone).astimezone(UTC)
    assert plan.at(midnight - timedelta(seconds=1), CITY.zone).lines["12328"].mode == "dual"
    line = plan.at(midnight, CITY.zone).lines["12328"]
    assert isinstance(line, MergedLine)
    assert line.name.zh == "线"
    assert [day for day, _ in treatments(plan, "12328")] == [
        None,
        date(2026, 12, 1),
        date(2027, 1, 1),
    ]
    assert treatment(plan, "12328", date(2027, 1, 1)).cause == 1


@pytest.mark.parametrize(
    ("number", "day", "announced", "cause", "served"),
    [
        ("12328", "2026-06-01", 0, None, "12328"),
        ("96119", "2025-12-31", 0, None, "12345"),
        ("96119", "2026-01-01", 1, None, "12345"),
        ("96119", "2026-12-31", 1, None, "12345"),
        ("96119", "2027-01-01", 0, 1, "12345"),
        ("12336", "2026-06-01", 2, 1, "12345"),
        ("12301", "2026-06-01", 0, 1, "12345"),
        ("09311000001", "2026-06-01", 1, None, "12345"),
        ("12366", "2026-06-01", 0, None, "12345"),
    ],
)
def test_given_each_mode_then_its_callers_get_what_it_says(
    number: str, day: str, announced: int, cause: int | None, served: str
) -> None:
    treated = treatment(load_number_plan(MODES, CITY), number, date.fromisoformat(day))
    assert (treated.announcement.repeats if treated.announcement else 0) == announced
    assert (treated.cause, treated.serving.number) == (cause, served)


@given(plans(), DAYS)
def test_given_any_plan_and_day_then_the_history_of_treatments_agrees_with_that_day(
    plan: NumberPlan, day: date
) -> None:
    for number in NUMBERS:
        history = treatments(plan, number)
        days = [begins for begins, _ in history]
        assert days[0] is None
        assert days[1:] == sorted(set(days[1:]), key=lambda one: one or date.min)
        in_force = [got for begins, got in history if begins is None or begins <= day][-1]
        assert in_force == treatment(plan, number, day)
        assert all(a[1] != b[1] for a, b in itertools.pairwise(history))


@given(plans(), DAYS, st.sampled_from(ZONES), st.sampled_from(["{}", "0931{}", "+86931{}", "86{}"]))
def test_given_any_plan_when_previewed_then_the_call_ends_where_the_treatment_says(
    plan: NumberPlan, day: date, zone: str, spelling: str
) -> None:
    city = CitySettings(timezone=zone)
    at = datetime.fromtimestamp(day_begins(day, city.zone), UTC)
    for number in NUMBERS:
        seen = preview(plan, city, spelling.format(number), at)
        treated = treatment(plan, number, at.astimezone(city.zone).date())
        kinds = [step.kind for step in seen.steps]
        announcement = treated.announcement
        said = announcement.repeats * len(announcement.languages) if announcement else 0
        assert (seen.line, seen.known) == (number, True)
        assert (
            kinds.count("announce")
            == said
            == next((i for i, kind in enumerate(kinds) if kind != "announce"), 0)
        )
        end = ["answer", "greet", "queue"] if treated.cause is None else ["release"]
        if treated.hand_on:
            end = ["ring"] if treated.hand_on.release else ["ring", *end]
        assert kinds[said:] == end


@given(st.sampled_from(ZONES), st.integers(1_322_700_000, 1_546_200_000), DAYS)
def test_given_any_zone_then_a_moment_is_of_a_day_or_later_when_that_day_has_begun(
    zone: str, moment: int, day: date
) -> None:
    where = ZoneInfo(zone)
    begun = day_begins(day, where)
    for edge in (moment, begun - 1, begun):
        local = datetime.fromtimestamp(edge, UTC).astimezone(where).date()
        assert (local >= day) == (edge >= begun)


def test_given_the_example_of_every_mode_then_it_can_be_scheduled_too(tmp_path: Path) -> None:
    text = (DEFAULTS / "numberplan-modes.toml").read_text(encoding="utf-8")
    file = tmp_path / "plan.toml"
    file.write_text(text + '[[lines.12301.stages]]\nfrom = 2030-01-01\nmode = "office"\n', "utf-8")
    plan = load_number_plan(file, CITY)
    assert treatment(plan, "12301", date(2030, 1, 1)).cause is None
