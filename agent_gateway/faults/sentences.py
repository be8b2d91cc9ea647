"""What is wrong with a field of the input, in Chinese: pydantic knows it in English only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import PydanticCustomError

_FAULT: Final = "fault"
_PROBLEMS: Final = {
    "missing": "必填",
    "extra_forbidden": "没有这一项",
    "string_type": "应为文字",
    "string_too_short": "不能为空，至少 {min_length} 个字",
    "string_too_long": "过长，最多 {max_length} 个字",
    "string_pattern_mismatch": "格式不正确",
    "too_long": "过多，最多 {max_length} 项",
    "literal_error": "请从列出的选项中选择",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "date_from_datetime_parsing": "日期无效",
    "date_parsing": "日期无效",
    "date_type": "日期无效",
    "datetime_from_date_parsing": "日期或时间无效",
    "datetime_parsing": "日期或时间无效",
    "datetime_type": "日期或时间无效",
    "timezone_aware": "时间须带时区",
    "json_invalid": "不是有效的 JSON",
}
_OTHER: Final = "内容有误"


def problem_zh(kind: str, context: Mapping[str, Any]) -> str:
    """The Chinese sentence.

    Args:
        kind: pydantic's type of the error.
        context: what pydantic tells about it.
    """
    if kind == _FAULT:
        return str(context["zh"])
    return _PROBLEMS.get(kind, _OTHER).format_map(context)


def fault(zh: str, en: str) -> PydanticCustomError:
    """For a validator to raise: a fault of the field, in both languages."""
    return PydanticCustomError(_FAULT, "{en}", {"en": en, "zh": zh})
