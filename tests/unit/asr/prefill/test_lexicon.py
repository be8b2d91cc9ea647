from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import pytest

from asr.prefill.lexicon import lexicon
from asr.prefill.urgency import danger_words
from config.errors import ConfigError


def test_given_the_embedded_lists_when_read_then_categories_have_words_and_departments() -> None:
    words = lexicon()
    assert len(words.categories) == 38
    for category in words.categories.values():
        assert category.words
        assert len(category.examples) >= 5
        assert category.department in words.departments
    assert set(words.gazetteer.districts) >= {"城关区", "兰州新区", "高新区", "经开区"}
    assert {kind.line for kind in danger_words().kinds} == {"110", "119", "120", "122"}


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the data folder that the loader reads instead of the embedded one."""
    source = Path(str(resources.files("config"))) / "defaults"
    target = tmp_path / "defaults"
    target.mkdir()
    for file in (*source.glob("prefill_*"), source / "taxonomy.json", source / "departments.json"):
        (target / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr("asr.prefill.lexicon.resources", SimpleNamespace(files=lambda _: tmp_path))
    lexicon.cache_clear()
    return target


@pytest.fixture(autouse=True)
def _fresh_lists() -> None:
    lexicon.cache_clear()


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        ("prefill_categories.toml", '["urban.noise"]', '["urban.noize"]', "urban.noise"),
        (
            "prefill_categories.toml",
            '["urban.noise"]\n',
            '["urban.noise"]\nstrong = 3\n',
            "not valid",
        ),
        ("prefill_routing.toml", '["transport.bus"]', '["transport.ship"]', "公交集团"),
        ("prefill_surnames.json", '"single": "', '"other": "', "single"),
        ("prefill_organisations.toml", '"物业|服务中心"', '"物业("', "housing.property_mgmt"),
        ("prefill_anchors.toml", 'dialogue = "请问 ', 'dialogue = "请问 鸭 ', "鸭"),
        ("taxonomy.json", '"line": "12328",', "", "categories"),
    ],
)
def test_given_a_damaged_list_when_read_then_the_error_names_file_and_entry(
    damaged: Path, file: str, old: str, new: str, key: str
) -> None:
    path = damaged / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(key)) as caught:
        lexicon()
    assert file in str(caught.value)


def test_given_a_missing_list_when_read_then_the_error_names_it(damaged: Path) -> None:
    (damaged / "prefill_gazetteer.toml").unlink()
    with pytest.raises(ConfigError, match=r"prefill_gazetteer\.toml"):
        lexicon()
