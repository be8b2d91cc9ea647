from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigError
from config.menus import Menus, ToPerson, load_menus

PROMPT = 'prompt = { zh = "请按键", en = "press" }\n'


def menu(key: str, keys: str, *, entry: bool = True, more: str = "") -> str:
    return (
        f"[menus.{key}]\nentry = {str(entry).lower()}\n{PROMPT}{more}\n[menus.{key}.keys]\n{keys}\n"
    )


def load(tmp_path: Path, text: str) -> Menus:
    file = tmp_path / "menus.toml"
    file.write_text("version = 1\n" + text, encoding="utf-8")
    return load_menus(file)


def test_the_shipped_example_is_an_entry_menu() -> None:
    assert load_menus(None).entries == {"example"}


def test_zero_is_a_person_without_being_written(tmp_path: Path) -> None:
    menus = load(tmp_path, menu("a", '1 = { action = "repeat" }'))
    assert isinstance(menus.menus["a"].keys["0"], ToPerson)


def test_no_menus_at_all_are_fine(tmp_path: Path) -> None:
    assert load(tmp_path, "").entries == frozenset()


def test_prompts_are_named_by_menu_key_and_text(tmp_path: Path) -> None:
    told = '{ action = "info", text = { zh = "说明", en = "%s" } }'
    keys = "\n".join(f'"{key}" = {told % "told"}' for key in "1*#")
    example = load(tmp_path, menu("a-b", keys)).menus["a-b"]
    names = [example.prompt_key, *(example.info_prompt_key(key) for key in "1*#")]
    assert [name.rpartition("_")[0] for name in names] == [
        "menu-a-b",
        "menu-a-b-1",
        "menu-a-b-star",
        "menu-a-b-hash",
    ]
    # whoever is in the old menu must not hear the new one's words
    changed = load(tmp_path, menu("a-b", keys.replace("told", "sung"))).menus["a-b"]
    assert changed.prompt_key == example.prompt_key
    assert changed.info_prompt_key("1") != example.info_prompt_key("1")
    with pytest.raises(KeyError):
        example.info_prompt_key("0")


SUB = '{} = {{ action = "submenu", menu = "{}" }}'


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (menu("a", '0 = { action = "repeat" }'), "menus.a.keys", "key 0 is always a person"),
        (menu("a", SUB.format(1, "b")), "menus.a.keys.1.menu", "no menu 'b'"),
        (menu("a", SUB.format(1, "a")), "menus.a.keys.1.menu", "circle (a > a)"),
        (
            menu("a", SUB.format(1, "b")) + menu("b", SUB.format(2, "a"), entry=False),
            "menus.b.keys.2.menu",
            "circle (a > b > a)",
        ),
        (menu("a", "") + menu("b", "", entry=False), "menus.b", "no menu leads here"),
        (
            menu("a", SUB.format(1, "b"), entry=False) + menu("b", SUB.format(1, "a"), entry=False),
            "menus.b.keys.1.menu",
            "circle",
        ),
        (
            menu("a", SUB.format(1, "b"))
            + menu("b", SUB.format(1, "c"), entry=False)
            + menu("c", SUB.format(1, "d"), entry=False)
            + menu("d", "", entry=False),
            "menus.d",
            "level 4",
        ),
        (menu("a", '1 = { action = "back" }'), "menus.a.keys.1", "nothing to go back to"),
        (menu("a", '1 = { action = "dance" }'), "menus.a.keys.1", "tag"),
        (menu("a", '12 = { action = "repeat" }'), "menus.a.keys.12.[key]", "'0'"),
        (menu("a", '1 = { action = "language" }'), "menus.a.keys.1.language", "is required"),
        (menu("a", '1 = { action = "info" }'), "menus.a.keys.1.text", "is required"),
        (menu("a", "", more="timeout_s = 0"), "menus.a.timeout_s", "greater than"),
        (menu("a", "", more="retries = 99"), "menus.a.retries", "less than"),
        (menu("a", "", more="colour = 1"), "menus.a.colour", "unknown key"),
        (menu("a", "", more='key = "b"'), "menus.a.key", "table's name"),
        (menu("A", ""), "menus.A.key", "pattern"),
        ("menus = 1", "menus", "one table per menu"),
        ("[menus]\na = 1", "menus.a", "must be a table"),
    ],
)
def test_a_fault_is_named_with_key_and_reason(
    tmp_path: Path, text: str, key: str, reason: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert caught.value.file == tmp_path / "menus.toml"
    assert caught.value.key == key
    assert reason in caught.value.reason
