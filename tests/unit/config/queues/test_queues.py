"""Which queues there are, who sits in them, and where callers overflow to."""

from __future__ import annotations

from typing import Any

import pytest

from config.errors import ConfigError
from config.menus import load_menus
from config.numberplan import NumberPlan, load_number_plan
from config.numberplan.models import Closed, Text
from config.queues import QueuePlan, load_queues
from config.settings import Settings


def plan(settings: Settings) -> NumberPlan:
    return load_number_plan(None, settings.city, load_menus(None).entries)


def queues(*tables: dict[str, Any]) -> QueuePlan:
    settings = Settings.model_validate({"queues": tables})
    return load_queues(settings, plan(settings))


def test_given_no_tables_then_the_default_queue_keeps_its_callers() -> None:
    found = queues()
    assert found.names == ("hotline",)
    assert found.queues[0].overflow_s == 0
    assert found.levels({}) == {"hotline": 1}


def test_given_a_queue_for_the_night_then_it_is_there() -> None:
    settings = Settings()
    by_day = plan(settings)
    closed = Closed(greeting=Text(zh="夜间", en="At night"), queue="night")
    main = by_day.main.model_copy(update={"closed": closed})
    by_night = by_day.model_copy(update={"lines": {**by_day.lines, main.number: main}})
    assert load_queues(settings, by_night).names == ("hotline", "night")


def test_given_a_skill_then_only_who_has_it_sits_there() -> None:
    found = queues({"name": "english", "title": "英语", "language": "en"})
    assert found.default == "hotline"
    assert found.levels({}) == {"hotline": 1}
    assert found.levels({"english": 2}) == {"english": 2}
    assert found.of_languages == {"en": "english"}
    assert (found.by_name["english"].title, found.by_name["english"].common) == ("英语", False)


def test_given_skills_of_queues_that_are_gone_then_nobody_sits_in_no_queue() -> None:
    assert queues().levels({"gone": 1}) == {"hotline": 1}
    assert queues().levels({"gone": 1, "hotline": 3}) == {"hotline": 3}


def test_given_no_word_of_overflow_then_a_skill_overflows_to_the_default_queue() -> None:
    english = queues({"name": "english"}).by_name["english"]
    assert (english.overflow_s, english.overflow_to) == (60, "hotline")
    assert english.overflow_priority is None


def test_given_the_default_queue_with_an_overflow_then_its_callers_go_on() -> None:
    found = queues(
        {"name": "hotline", "overflow_seconds": 90, "overflow_to": "backup"},
        {"name": "backup", "overflow_priority": 50},
    )
    assert [(q.name, q.overflow_to, q.overflow_priority) for q in found.queues] == [
        ("hotline", "backup", None),
        ("backup", "hotline", 50),
    ]


@pytest.mark.parametrize(
    ("tables", "what"),
    [
        ([{"name": "a"}, {"name": "a"}], "twice"),
        ([{"name": "a", "overflow_to": "b"}], "no queue b"),
        ([{"name": "a", "overflow_to": "a"}], "itself"),
        ([{"name": "a", "overflow_seconds": 0}], "keep its callers"),
        ([{"name": "a", "language": "en"}, {"name": "b", "language": "en"}], "wait in a"),
    ],
)
def test_given_tables_that_lose_callers_then_refused(
    tables: list[dict[str, Any]], what: str
) -> None:
    with pytest.raises(ConfigError, match=what):
        queues(*tables)
