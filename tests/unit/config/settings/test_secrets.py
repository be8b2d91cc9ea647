from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.settings import load_secrets


def test_given_none_then_made_once_for_the_owner_only(tmp_path: Path) -> None:
    first = load_secrets(tmp_path / "data")
    file = tmp_path / "data" / "secrets.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_secrets(tmp_path / "data") == first
    assert len(set(asdict(first).values())) == len(asdict(first))
    assert [path.name for path in file.parent.iterdir()] == ["secrets.json"]


def test_given_two_installations_then_different_secrets(tmp_path: Path) -> None:
    assert load_secrets(tmp_path / "a") != load_secrets(tmp_path / "b")


def test_given_a_file_open_to_others_then_refused_with_the_cure(tmp_path: Path) -> None:
    load_secrets(tmp_path)
    (tmp_path / "secrets.json").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_secrets(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", json.dumps({"surprise": "x"})])
def test_given_a_damaged_file_then_refused_with_the_cure(tmp_path: Path, text: str) -> None:
    load_secrets(tmp_path)
    (tmp_path / "secrets.json").write_text(text)
    with pytest.raises(ConfigError, match="damaged"):
        load_secrets(tmp_path)


def test_secrets_need_no_quoting(tmp_path: Path) -> None:
    for value in asdict(load_secrets(tmp_path)).values():
        assert value.replace("-", "").replace("_", "").isalnum()
