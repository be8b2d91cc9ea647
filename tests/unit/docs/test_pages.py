"""The pages tell the truth as far as a program can see."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from agent_gateway.live import messages

PROJECT = Path(__file__).parents[3]
PAGES = sorted(
    [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")], key=lambda page: page.as_posix()
)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_given_a_page_then_what_it_links_to_is_there(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


def test_given_the_settings_then_the_page_has_every_key_with_its_default() -> None:
    rows = dict(_rows(PROJECT / "docs" / "configuration.md"))

    assert rows == dict(_defaults(PROJECT / "config" / "defaults" / "hotline.toml"))


def test_given_the_decisions_then_the_list_has_each_of_them() -> None:
    folder = PROJECT / "docs" / "adr"
    listed = set(_LINK.findall((folder / "README.md").read_text(encoding="utf-8")))

    assert listed == {file.name for file in folder.glob("0*.md")}


def _rows(page: Path) -> Iterator[tuple[str, str]]:
    section = ""
    row = re.compile(r"^\| (?:\*\*\[(\w+)\]\*\* )?`(\w+)` \| (?:`(.*?)`|–) \|", re.MULTILINE)
    for begun, key, default in row.findall(page.read_text(encoding="utf-8")):
        section = begun or section
        yield f"{section}.{key}".lstrip("."), default


def _defaults(file: Path) -> Iterator[tuple[str, str]]:
    text = file.read_text(encoding="utf-8")
    # keys without a default are there as examples in comments
    unset = {
        f"{_section_at(text, found.start())}.{found[1]}".lstrip(".")
        for found in re.finditer(r"^# (\w+) = ", text, re.MULTILINE)
    }
    values = tomllib.loads(text)
    for key in unset:
        yield key, ""
    for name, value in values.items():
        if isinstance(value, dict):
            for key, inner in value.items():
                yield f"{name}.{key}", _written(inner)
        else:
            yield name, _written(value)


def _section_at(text: str, position: int) -> str:
    sections = re.findall(r"^\[(\w+)\]", text[:position], re.MULTILINE)
    return sections[-1] if sections else ""


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def test_given_the_websocket_page_then_it_has_every_type_of_message() -> None:
    page = (PROJECT / "docs" / "websocket.md").read_text(encoding="utf-8")
    told = set(re.findall(r"[`\"]([a-z]+(?:\.[a-z_]+)?)[`\"]", page))

    assert _message_types() <= told


def _message_types() -> set[str]:
    kinds = [one for one in vars(messages).values() if isinstance(one, type)]
    literals: list[Any] = [
        kind.model_fields["type"].annotation
        for kind in kinds
        if issubclass(kind, BaseModel) and "type" in kind.model_fields
    ]
    found = {name for literal in literals for name in get_args(literal)}
    assert "call.offered" in found
    return found
