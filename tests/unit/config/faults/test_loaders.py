"""No fault of a configuration file lacks its Chinese sentence."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic_core import core_schema

from config.data_file import read_data
from config.errors import ConfigError
from config.faults import problem_zh
from config.faults.sentences import _PROBLEMS

ROOT = Path(__file__).parents[4]
PACKAGES = ("config", "telephony", "ivr", "asr", "agent_gateway")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TRANSLATING = ("problem_zh", "syntax_zh", "unreadable_zh")
# faults of Python objects, never of text, TOML or JSON that a model of ours reads
OF_OBJECTS = re.compile(
    r"(bytes|callable|complex|counter|decimal|default_factory|deque|ellipsis|fraction|frozen_d"
    r"|frozen_f|frozen_i|get_attribute|is_|iteration|missing_|multiple_arg|named_tuple|needs_python"
    r"|no_such|ordered|recursion|set_item|unexpected|uuid|arguments|dataclass_exact|assertion|value"
    r")"
)


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a name in the packages, with its place."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == name
                ):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def words(node: ast.expr) -> str:
    """The constant pieces of a string."""
    pieces = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
    return "".join(one for one in pieces if isinstance(one, str))


def translates(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "reason_zh"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in TRANSLATING
    return bool(CHINESE.search(words(node)))


def test_given_the_loaders_then_whatever_they_refuse_is_said_in_chinese_too() -> None:
    found = list(calls("ConfigError"))
    assert len(found) > 70
    for place, call in found:
        english, chinese = call.args[2:]
        assert not CHINESE.search(words(english)), place
        assert translates(chinese), place


def test_given_the_validators_then_whatever_they_refuse_is_said_in_chinese_too() -> None:
    found = [(place, call) for place, call in calls("fault") if len(call.args) == 2]
    assert len(found) > 15
    for place, call in found:
        chinese, english = call.args
        assert CHINESE.search(words(chinese)), place
        assert not CHINESE.search(words(english)), place
    # what pydantic would take over as it is
    plain = [place for place, _ in calls("ValueError") if place.startswith("config/")]
    assert [place for place in plain if not place.startswith("config/versions/")] == []


def test_given_pydantic_then_every_fault_of_text_has_its_sentence() -> None:
    kinds = set(get_args(core_schema.ErrorType))
    of_text = {kind for kind in kinds if not OF_OBJECTS.match(kind)}
    assert of_text - set(_PROBLEMS) == set()


def test_given_sentences_with_values_then_pydantic_tells_these_values() -> None:
    context = {
        name: "x" for template in _PROBLEMS.values() for name in re.findall(r"\{(\w+)\}", template)
    }
    for kind in _PROBLEMS:
        assert CHINESE.search(problem_zh(kind, context)), kind


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.toml", "[web]\nport = = 1\n", "不是有效的 TOML：第 2 行第 8 列有误"),
        ("a.toml", "x = [1,", "不是有效的 TOML：文件末尾有误"),
        ("a.json", '{"a": }', "不是有效的 JSON：第 1 行第 7 列有误"),
        ("a.json", "[" * 100_000, "嵌套过深"),
        ("a.json", json.dumps([1]), "应为一张由键组成的表"),
    ],
)
def test_given_a_file_that_is_no_such_file_then_its_place_is_told(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_data(file)
    assert refused.value.message_zh == f"{file}: {told}"


def test_given_no_file_when_read_then_that_is_told(tmp_path: Path) -> None:
    for file, told in ((tmp_path / "none", "没有这个文件"), (tmp_path, "是文件夹")):
        with pytest.raises(ConfigError) as refused:
            read_data(file)
        assert refused.value.reason_zh == f"无法读取：{told}"
    latin = tmp_path / "a.toml"
    latin.write_bytes("name = 'é'".encode("latin-1"))
    with pytest.raises(ConfigError) as refused:
        read_data(latin)
    assert refused.value.reason_zh == "不是 UTF-8 文本"
