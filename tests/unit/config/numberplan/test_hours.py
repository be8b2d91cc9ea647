"""Lines that differ by time: what is refused, and what the preview says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from config.calendar import LAST_YEAR
from config.errors import ConfigError
from config.numberplan import NumberPlan, load_number_plan
from config.numberplan.preview import preview
from config.settings import CitySettings

CITY = CitySettings()
MAIN = """
version = 1
[lines.12345]
mode = "main"
name = { zh = "热线", en = "Hotline" }
greeting = { zh = "您好", en = "Hello" }
"""
OFFICE = """
[lines.12328]
mode = "dual"
name = { zh = "线路", en = "Line" }
greeting = { zh = "您好", en = "Hello" }
hours = { working_days = ["09:00-17:30"] }
[lines.12328.closed]
queue = "night"
priority = 3
greeting = { zh = "下班", en = "Closed" }
[lines.96119]
mode = "merged"
name = { zh = "旧号", en = "Old" }
announcement = { zh = "并入", en = "Merged" }
then = "forward"
forward_to = "12328"
[lines.12366]
mode = "sub_centre"
name = { zh = "分中心", en = "Centre" }
hours = { working_days = ["09:00-17:30"], saturday = ["10:00-12:00"] }
[lines.12366.closed]
then = "message"
greeting = { zh = "请留言", en = "Leave a message" }
"""


def plan_of(text: str, folder: Path) -> NumberPlan:
    file = folder / "plan.toml"
    file.write_text(text, encoding="utf-8")
    return load_number_plan(file, CITY)


def said(plan: NumberPlan, number: str, at: str) -> list[tuple[str, str]]:
    moment = datetime.fromisoformat(at).replace(tzinfo=CITY.zone)
    seen = preview(plan, CITY, number, moment)
    steps = [step for step in seen.steps if step.kind not in ("answer", "announce")]
    return [(step.kind, step.detail or step.prompt) for step in steps]


OPEN = [("hours", "open"), ("greet", "zh/greeting-12328"), ("queue", "hotline")]
CLOSED = [("hours", "closed"), ("greet", "zh/closed-12328"), ("queue", "night")]


@pytest.mark.parametrize(
    ("at", "steps"),
    [
        ("2026-11-23T10:00", OPEN),
        ("2026-11-23T18:00", CLOSED),
        ("2026-11-22T10:00", CLOSED),
        ("2026-10-10T10:00", OPEN),  # a Saturday that is worked for the national holiday
        ("2026-10-05T10:00", CLOSED),  # a Monday of the holiday
    ],
)
def test_given_hours_when_previewed_then_the_calendar_decides(
    tmp_path: Path, at: str, steps: list[tuple[str, str]]
) -> None:
    plan = plan_of(MAIN + OFFICE, tmp_path)
    assert said(plan, "12328", at) == steps
    # who is forwarded to a line gets what its callers get
    assert said(plan, "96119", at) == steps


def test_given_a_sub_centre_with_hours_then_a_message_outside_them(tmp_path: Path) -> None:
    plan = plan_of(MAIN + OFFICE, tmp_path)
    assert said(plan, "12366", "2026-11-21T11:00") == [
        ("hours", "open"),
        ("greet", "zh/greeting-12345"),
        ("queue", "hotline"),
    ]
    kinds = [kind for kind, _ in said(plan, "12366", "2026-11-21T12:00")]
    assert kinds == ["hours", "greet", "message"]


def test_given_a_year_nobody_knows_when_previewed_then_it_says_so(tmp_path: Path) -> None:
    plan = plan_of(MAIN + OFFICE, tmp_path)
    moment = datetime(LAST_YEAR + 1, 10, 1, 10, tzinfo=CITY.zone)
    sentences = [step.sentence for step in preview(plan, CITY, "12328", moment).steps]
    assert any("not known yet" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (MAIN + 'hours = { working_days = ["09:00-17:00"] }\n', "24 hours"),
        (MAIN + OFFICE.replace("[lines.12328.closed]", "[lines.12328.closing]"), "unknown key"),
        (MAIN + OFFICE.partition("[lines.12328.closed]")[0], "go together"),
        (MAIN + OFFICE.replace("09:00-17:30", "17:30-09:00", 1), "must end after it begins"),
        (MAIN + OFFICE.replace('queue = "night"', 'menu = "night"'), "no entry menu"),
        (
            MAIN + OFFICE.replace('mode = "sub_centre"', 'mode = "cancelled"'),
            "a cancelled number has no hours",
        ),
    ],
)
def test_given_wrong_hours_then_refused(tmp_path: Path, lines: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        plan_of(lines, tmp_path)
