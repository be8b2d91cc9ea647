from __future__ import annotations

from pathlib import Path

import pytest

from config.data_file import DEFAULTS
from config.errors import ConfigError
from config.numberplan import AnsweredLine, Mode, NumberPlan, load_number_plan
from config.settings import CitySettings

CITY = CitySettings()
MODES = DEFAULTS / "numberplan-modes.toml"
MAIN = """
version = 1
{top}
[lines.12345]
mode = "main"
name = {{ zh = "主线", en = "main" }}
greeting = {{ zh = "您好", en = "hello" }}
{main}
"""
DUAL = """
[lines.{number}]
mode = "dual"
name = {{ zh = "线", en = "line" }}
greeting = {{ zh = "您好", en = "hello" }}
{more}
"""
OTHER = """
[lines.{number}]
mode = "{mode}"
name = {{ zh = "线", en = "line" }}
{more}
"""
SAID = 'announcement = { zh = "停用", en = "closed" }\n'


def dual(number: str = "12328", more: str = "") -> str:
    return DUAL.format(number=number, more=more)


def merged(number: str, to: str) -> str:
    return OTHER.format(number=number, mode="merged", more=f'{SAID}forward_to = "{to}"')


def load(tmp_path: Path, lines: str = "", *, main: str = "", top: str = "") -> NumberPlan:
    return load_text(tmp_path, MAIN.format(main=main, top=top) + lines)


def load_text(tmp_path: Path, text: str) -> NumberPlan:
    file = tmp_path / "plan.toml"
    file.write_text(text, encoding="utf-8")
    return load_number_plan(file, CITY, {"example"})


def test_the_shipped_plan_has_the_four_lines_without_menus() -> None:
    plan = load_number_plan(None, CITY)
    assert [line.number for line in plan.answered] == ["12345", "12328", "12333", "12319"]
    for line in plan.answered:
        assert line.menu is None
        assert line.queue == "hotline"
        assert line.number in line.greeting.zh
        assert "录音" in line.greeting.zh
        assert "recorded" in line.greeting.en
    assert plan.main.priority == 10


def test_the_example_has_every_mode() -> None:
    plan = load_number_plan(MODES, CITY)
    assert {line.mode for line in plan.lines.values()} == set(Mode)


CITIES = {
    "lanzhou": (
        "0931",
        {
            Mode.DUAL: {"12328", "12333", "12319"},
            Mode.MERGED: {"96119", "12336"},
            Mode.OFFICE: {"09318772182", "09318105032"},
        },
    ),
    "dezhou": (
        "0534",
        {
            Mode.DUAL: {"12328", "12348", "12333"},
            Mode.MERGED: {"12317"},
            Mode.CANCELLED: {"12301"},
            Mode.SUB_CENTRE: {"12366", "12360", "12313"},
        },
    ),
}


@pytest.mark.parametrize("city", CITIES)
def test_the_plans_of_cities_have_the_numbers_and_modes_that_were_published(city: str) -> None:
    area_code, modes = CITIES[city]
    file = DEFAULTS / f"numberplan-{city}.toml"
    plan = load_number_plan(file, CitySettings(area_code=area_code))
    found = {
        mode: {number for number, line in plan.lines.items() if line.mode is mode} for mode in Mode
    }
    assert found == {mode: modes.get(mode, set()) for mode in Mode} | {Mode.MAIN: {"12345"}}


@pytest.mark.parametrize(
    ("number", "serving"),
    [
        ("12328", "12328"),
        ("96119", "12345"),
        ("12336", "12345"),
        ("12301", "12345"),
        ("09311000001", "12345"),
        ("12366", "12345"),
        ("unheard of", "12345"),
    ],
)
def test_whatever_is_dialled_somebody_answers(number: str, serving: str) -> None:
    line = load_number_plan(MODES, CITY).serving(number)
    assert isinstance(line, AnsweredLine)
    assert line.number == serving


def test_a_chain_of_forwards_ends_at_the_line_that_answers(tmp_path: Path) -> None:
    chain = dual() + merged("96119", "96118") + merged("96118", "12328")
    assert load(tmp_path, chain).serving("96119").number == "12328"


@pytest.mark.parametrize(
    ("top", "main", "lines", "key", "reason"),
    [
        ("", "colour = 1", "", "lines.12345.colour", "unknown key"),
        ("colour = 1", "", "", "colour", "unknown key"),
        ("", "priority = 101", "", "lines.12345.priority", "less than or equal to 100"),
        ("", "priority = -1", "", "lines.12345.priority", "greater than or equal to 0"),
        ("", 'priority = "high"', "", "lines.12345.priority", "integer"),
        ("", 'queue = "a,b"', "", "lines.12345.queue", "pattern"),
        ("", 'language = "fr"', "", "lines.12345.language", "'zh' or 'en'"),
        ("", 'number = "12345"', "", "lines.12345.number", "table's name"),
        ("", 'menu = "nowhere"', "", "lines.12345.menu", "no entry menu 'nowhere'; there are: ex"),
        ("", "", dual().replace("greeting", "# greeting"), "lines.12328.greeting", "is required"),
        ("", "", dual().replace("dual", "main"), "lines.12328.mode", "12345 is the main line"),
        ("", "", dual().replace("dual", "double"), "lines.12328", "tag"),
        ("", "", dual("12a28"), "lines.12a28.number", "pattern"),
        ("", "", dual("110"), "lines.110", "emergency"),
        ("", "", dual("122"), "lines.122", "emergency"),
        ("", "", dual("0931119"), "lines.0931119", "emergency"),
        ("", 'aliases = ["120"]', "", "lines.12345.aliases", "emergency"),
        ("", "", dual("093112345"), "lines.093112345", "is also line 12345"),
        ("", 'aliases = ["12328"]', dual(), "lines.12328", "is also line 12345"),
        ("", 'aliases = ["093112345"]', "", "lines.12345.aliases", "already"),
        ("", 'aliases = ["09311000000", "9311000000"]', "", "lines.12345.aliases", "already"),
        ('carrier_prefixes = ["12"]', "", dual("345"), "lines.345", "12345 is also line 12345"),
        ('carrier_prefixes = ["x"]', "", "", "carrier_prefixes.0", "pattern"),
        ("", "", merged("96119", "99999"), "lines.96119.forward_to", "not a line"),
        ("", "", merged("96119", "96119"), "lines.96119.forward_to", "circle"),
        (
            "",
            "",
            merged("96119", "96118") + merged("96118", "96119"),
            "lines.96118.forward_to",
            "96119 > 96118 > 96119",
        ),
        (
            "",
            "",
            merged("96119", "12301") + OTHER.format(number="12301", mode="cancelled", more=""),
            "lines.96119.forward_to",
            "nobody answers",
        ),
        (
            "",
            "",
            OTHER.format(number="96119", mode="merged", more=SAID),
            "lines.96119",
            "forward_to is needed",
        ),
        (
            "",
            "",
            merged("96119", "12345") + "since = 2026-02-01\nuntil = 2026-01-01",
            "lines.96119",
            "until must not be before since",
        ),
        (
            "",
            "",
            OTHER.format(number="12366", mode="sub_centre", more='greeting = "x"'),
            "lines.12366.greeting",
            "unknown key",
        ),
    ],
)
def test_a_fault_is_named_with_key_and_reason(
    tmp_path: Path, top: str, main: str, lines: str, key: str, reason: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, lines, main=main, top=top)
    assert caught.value.file == tmp_path / "plan.toml"
    assert caught.value.key == key
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is required"),
        ("version = 1\nlines = 3", "is required"),
        ("version = 1\n[lines]\n12345 = 1", "must be a table"),
        ("version = 1" + DUAL.format(number="12328", more=""), "no line has mode"),
        ("version = 1" + dual() + dual(), "twice"),
        ("nonsense", "is not valid"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        load_text(tmp_path, text)


def test_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="version"):
        load_text(tmp_path, MAIN.format(main="", top="").replace("version = 1", "version = 2"))


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_number_plan(tmp_path / "none.toml", CITY)
    (tmp_path / "plan.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_number_plan(tmp_path / "plan.toml", CITY)
