"""The dialplan decides by the clock what the number plan says, whoever is away."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from agent_gateway.service.asterisk_config import dialplan_lines
from config.numberplan import NumberPlan, day_begins, treatment
from config.settings import CitySettings, Settings
from tests.unit.config.numberplan.plans import DAYS, NUMBERS, ZONES, plans


@given(plans(), DAYS, st.sampled_from(ZONES), st.integers(-1, 86_400))
def test_given_any_plan_and_moment_then_the_dialplans_stage_is_the_plans_treatment(
    plan: NumberPlan, day: date, zone: str, into_day: int
) -> None:
    settings = Settings(city=CitySettings(timezone=zone))
    epoch = day_begins(day, settings.city.zone) + into_day
    local = datetime.fromtimestamp(epoch, UTC).astimezone(settings.city.zone).date()
    lines = {line.number: line for line in dialplan_lines(settings, plan)}
    for number in NUMBERS:
        in_force = [stage for stage in lines[number].stages if stage.begins <= epoch][-1]
        wanted = treatment(plan, number, local)
        announcement = wanted.announcement
        said = announcement.repeats * len(announcement.languages) if announcement else 0
        assert in_force.cause == wanted.cause
        assert len(in_force.announcement) == said
        assert in_force.priority == wanted.serving.priority
        if announcement:
            assert in_force.announcement[0] == f"zh/{announcement.key}"
