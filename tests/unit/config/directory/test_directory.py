from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from config.calendar import WorkCalendar
from config.data_file import DEFAULTS
from config.directory import load_directory, route_of
from config.errors import ConfigError

BUS: dict[str, Any] = {"key": "bus", "name": "公交集团", "aliases": ["公交公司"]}
TAXI: dict[str, Any] = {"key": "taxi", "name": "出租车管理处", "categories": ["transport.taxi"]}


def write(tmp_path: Path, *departments: dict[str, Any], **more: Any) -> Path:
    file = tmp_path / "departments.json"
    file.write_text(json.dumps({"version": 1, "departments": departments, **more}))
    return file


def test_the_shipped_directory_serves_every_category_of_the_taxonomy() -> None:
    directory = load_directory(None)
    taxonomy = json.loads((DEFAULTS / "taxonomy.json").read_text(encoding="utf-8"))
    for category in taxonomy["categories"]:
        assert directory.get(category["department"]) is not None


def test_departments_are_found_by_key_category_name_and_alias(tmp_path: Path) -> None:
    directory = load_directory(write(tmp_path, BUS, TAXI))
    bus, taxi = directory.departments
    assert directory.get("taxi") is taxi
    assert directory.get("none") is None
    assert directory.for_category("transport.taxi") is taxi
    assert directory.for_category("none") is None
    assert directory.search("公交公司") == (bus,)
    assert directory.search(" 管理 ") == (taxi,)
    assert directory.search("") == (bus, taxi)
    assert directory.search("none") == ()


def test_an_exact_name_comes_first(tmp_path: Path) -> None:
    second = {"key": "exact", "name": "公交"}
    directory = load_directory(write(tmp_path, BUS, second))
    assert [item.key for item in directory.search("公交")] == ["exact", "bus"]


def test_a_toml_file_serves_as_well(tmp_path: Path) -> None:
    file = tmp_path / "d.toml"
    file.write_text(
        'version = 1\n[[departments]]\nkey = "bus"\nname = "公交"\nphone = "09311000002"'
    )
    assert load_directory(file).departments[0].phone == "09311000002"


@pytest.mark.parametrize(
    ("departments", "key", "reason"),
    [
        ([], "departments", "at least 1"),
        ([BUS, BUS], "departments.1.key", "departments.0 already"),
        ([BUS, {**TAXI, "aliases": ["公交公司"]}], "departments.1", "belongs to bus"),
        ([TAXI, {**BUS, "categories": ["transport.taxi"]}], "departments.1.categories", "taxi"),
        ([{**BUS, "phone": "12a"}], "departments.0.phone", "pattern"),
        ([{**BUS, "fax": "1"}], "departments.0.fax", "unknown key"),
        ([{"key": "bus"}], "departments.0.name", "is required"),
        ([{**BUS, "key": "../x"}], "departments.0.key", "pattern"),
    ],
)
def test_a_fault_is_named_with_key_and_reason(
    tmp_path: Path, departments: list[dict[str, Any]], key: str, reason: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_directory(write(tmp_path, *departments))
    assert caught.value.key == key
    assert reason in caught.value.reason


TAX: dict[str, Any] = {"key": "tax", "name": "税务", "kind": "sub_centre", "phone": "12366"}


@pytest.mark.parametrize(
    ("bus", "contacts", "key", "reason"),
    [
        ({"fallback": {"entry": "none"}}, [], "departments.0.fallback.entry", "no entry none"),
        ({"fallback": {"entry": "bus"}}, [], "departments.0.fallback.entry", "bus > bus"),
        (
            {"fallback": {"entry": "tax"}},
            [{**TAX, "fallback": {"entry": "bus"}}],
            "departments.0.fallback.entry",
            "bus > tax > bus",
        ),
        ({"fallback": {}}, [], "departments.0.fallback", "either entry or number"),
        ({"fallback": {"number": "110"}}, [], "departments.0", "emergency"),
        ({"phone": "119"}, [], "departments.0", "emergency"),
        ({"kind": "expert"}, [], "departments.0.kind", "contacts"),
        ({}, [{**TAX, "kind": "department"}], "contacts.0.kind", "contacts"),
        ({}, [{**TAX, "key": "bus"}], "contacts.0.key", "departments.0 already"),
        (
            {"hours": {"working_days": ["18:00-08:00"]}},
            [],
            "departments.0.hours.working_days",
            "end after it begins",
        ),
    ],
)
def test_a_directory_that_cannot_be_rung_is_refused(
    tmp_path: Path, bus: dict[str, Any], contacts: list[dict[str, Any]], key: str, reason: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_directory(write(tmp_path, BUS | bus, contacts=contacts))
    assert caught.value.key == key
    assert reason in caught.value.reason


HOLIDAY = datetime(2026, 10, 1, 9, 0)  # noqa: DTZ001 - local
MONDAY, SATURDAY = datetime(2026, 3, 2, 9, 0), datetime(2026, 3, 7, 9, 0)  # noqa: DTZ001 - local
ROUTED: dict[str, dict[str, Any]] = {
    "bus": {
        "phone": "0931001",
        "numbers": ["0931002"],
        "hours": {"working_days": ["08:30-17:30"]},
        "fallback": {"entry": "tax"},
    },
    "tax": {"fallback": {"number": "0931009", "name": "夜间值班"}},
}


@pytest.mark.parametrize(
    ("moment", "numbers", "is_open"),
    [
        (MONDAY, ["0931001", "0931002", "12366", "0931009"], True),
        (MONDAY.replace(hour=17, minute=29), ["0931001", "0931002", "12366", "0931009"], True),
        (MONDAY.replace(hour=17, minute=30), ["12366", "0931009"], False),
        (MONDAY.replace(hour=8, minute=29), ["12366", "0931009"], False),
        (SATURDAY, ["12366", "0931009"], False),
        (HOLIDAY, ["12366", "0931009"], False),
    ],
)
def test_the_numbers_of_an_entry_come_before_those_of_its_fallbacks(
    tmp_path: Path, moment: datetime, numbers: list[str], is_open: bool
) -> None:
    directory = load_directory(write(tmp_path, BUS | ROUTED["bus"], contacts=[TAX | ROUTED["tax"]]))
    route = route_of(directory, directory.departments[0], moment, WorkCalendar())
    assert [one.number for one in route.attempts] == numbers
    assert route.open is is_open
    assert route.attempts[-1].name == directory.name_of("0931009") == "夜间值班"
    assert directory.numbers == ("0931001", "0931002", "12366", "0931009")


@pytest.mark.parametrize("text", ["[]", "{", '"x"', "[" * 100_000])
def test_a_broken_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "departments.json"
    file.write_text(text)
    with pytest.raises(ConfigError):
        load_directory(file)
