"""Faults of the input are told in Chinese, too."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from agent_gateway.http.errors import details_of
from config.faults import fault


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=2, max_length=4, pattern=r"^\w*$")] = "ab"
    words: list[str] = Field(default_factory=list, max_length=1)
    kind: Literal["a", "b"] = "a"
    count: Annotated[int, Field(ge=1, le=9)] = 1
    day: date | None = None
    at: AwareDatetime | None = None

    @field_validator("title")
    @classmethod
    def _not(cls, title: str) -> str:
        if title == "bad":
            raise fault("不能用这个标题", "not this title")
        return title


@pytest.mark.parametrize(
    ("values", "field", "told"),
    [
        ({"title": ""}, "title", "不能为空，至少 2 个字"),
        ({"title": "abcde"}, "title", "过长，最多 4 个字"),
        ({"title": "a b"}, "title", "格式不正确"),
        ({"title": "bad"}, "title", "不能用这个标题"),
        ({"words": ["a", "b"]}, "words", "过多，最多 1 项"),
        ({"words": [1]}, "words.0", "应为文字"),
        ({"kind": "c"}, "kind", "应为 'a' 或 'b'"),
        ({"count": "x"}, "count", "应为整数"),
        ({"count": 1.5}, "count", "应为整数"),
        ({"count": 0}, "count", "不能小于 1"),
        ({"count": 10}, "count", "不能大于 9"),
        ({"day": "2026-02-30"}, "day", "日期无效"),
        ({"at": "tomorrow"}, "at", "日期或时间无效"),
        ({"at": "2026-01-01T00:00:00"}, "at", "时间须带时区"),
        ({"other": 1}, "other", "没有这一项"),
    ],
)
def test_given_a_fault_when_told_then_in_both_languages_at_its_field(
    values: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Model.model_validate(values)
    [detail] = details_of(list(refused.value.errors(include_url=False, include_input=False)))
    assert (detail.field, detail.problem_zh) == (field, told)
    assert detail.problem
    assert detail.problem.isascii()


def test_given_a_fault_without_words_of_its_own_when_told_then_a_general_sentence() -> None:
    class Odd(BaseModel):
        value: bytes = Field(max_length=1)

    with pytest.raises(ValidationError) as refused:
        Odd.model_validate({"value": b"ab"})
    [detail] = details_of(list(refused.value.errors(include_url=False, include_input=False)))
    assert detail.problem_zh == "内容有误"
