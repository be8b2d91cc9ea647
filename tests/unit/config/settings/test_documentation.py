from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from config.data_file import DEFAULTS
from config.settings import Settings, load_settings

FILE = DEFAULTS / "hotline.toml"
TEXT = FILE.read_text(encoding="utf-8")


def every_key(model: type[BaseModel], values: dict[str, Any], section: str) -> Iterator[Any]:
    for name in model.model_fields:
        if isinstance(values[name], dict):
            field: Any = model.model_fields[name].annotation
            yield from every_key(field, values[name], name)
        else:
            yield pytest.param(section, name, values[name], id=f"{section}.{name}".strip("."))


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HOTLINE_"):
            monkeypatch.delenv(name)


def defaults() -> dict[str, Any]:
    values = Settings.model_construct().model_dump(mode="json")
    return {**values, "install_dir": "var", "data_dir": "var/data"}


KEYS = list(every_key(Settings, defaults(), ""))


def lines_of(section: str) -> list[str]:
    """The lines of one section of the file; "" is what stands before the first."""
    current, lines = "", []
    for line in TEXT.splitlines():
        heading = re.fullmatch(r"\[([a-z_]+)\]", line)
        if heading:
            current = heading[1]
        elif current == section:
            lines.append(line)
    return lines


@pytest.mark.parametrize(("section", "key", "default"), KEYS)
def test_every_key_is_in_the_file_with_its_default(section: str, key: str, default: Any) -> None:
    if default is None:
        assert any(re.match(rf"# {key} = ", line) for line in lines_of(section))
        return
    values = tomllib.loads(TEXT)
    table = values[section] if section else values
    assert table[key] == default


@pytest.mark.parametrize(("section", "key", "default"), KEYS)
def test_every_key_is_explained(section: str, key: str, default: Any) -> None:
    lines = lines_of(section)
    at = next(n for n, line in enumerate(lines) if re.match(rf"(# )?{key} = ", line))
    # neighbours such as host and port may share the explanation above the first of them
    while at and re.match(r"[a-z_]+ = ", lines[at - 1]):
        at -= 1
    assert at
    assert lines[at - 1].startswith("# ")
    assert not re.match(r"# [a-z_]+ = ", lines[at - 1])


def test_the_file_itself_is_valid_and_changes_nothing() -> None:
    assert load_settings(FILE) == Settings()
