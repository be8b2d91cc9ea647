"""What is wrong with a value, in Chinese: pydantic, tomllib and json know it in English only."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import PydanticCustomError

_FAULT: Final = "fault"
_PROBLEMS: Final = {
    "missing": "必填",
    "extra_forbidden": "没有这一项",
    "invalid_key": "键应为文字",
    "none_required": "应为空值",
    "string_type": "应为文字",
    "string_unicode": "应为文字",
    "string_too_short": "不能为空，至少 {min_length} 个字",
    "string_too_long": "过长，最多 {max_length} 个字",
    "string_pattern_mismatch": "格式不正确",
    "string_not_ascii": "只能用英文字母、数字和符号",
    "too_short": "过少，至少 {min_length} 项",
    "too_long": "过多，最多 {max_length} 项",
    "list_type": "应为列表",
    "tuple_type": "应为列表",
    "set_type": "应为列表",
    "frozen_set_type": "应为列表",
    "iterable_type": "应为列表",
    "dict_type": "应为表",
    "mapping_type": "应为表",
    "model_type": "应为表",
    "model_attributes_type": "应为表",
    "dataclass_type": "应为表",
    "union_tag_not_found": "必须写明 {discriminator}",
    "union_tag_invalid": "{discriminator} 不能为“{tag}”，可用：{expected_tags}",
    "literal_error": "应为 {expected}",
    "enum": "应为 {expected}",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "数字过大",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "multiple_of": "应为 {multiple_of} 的倍数",
    "date_from_datetime_parsing": "日期无效",
    "date_from_datetime_inexact": "只写日期，不写时间",
    "date_parsing": "日期无效",
    "date_type": "日期无效",
    "date_past": "应早于今天",
    "date_future": "应晚于今天",
    "time_type": "时间无效",
    "time_parsing": "时间无效",
    "time_delta_type": "时长无效",
    "time_delta_parsing": "时长无效",
    "datetime_from_date_parsing": "日期或时间无效",
    "datetime_parsing": "日期或时间无效",
    "datetime_type": "日期或时间无效",
    "datetime_object_invalid": "日期或时间无效",
    "datetime_past": "时间应已过去",
    "datetime_future": "时间应在将来",
    "timezone_aware": "时间须带时区",
    "timezone_naive": "时间不带时区",
    "timezone_offset": "时区不对",
    "url_type": "应为网址",
    "url_parsing": "网址无效",
    "url_syntax_violation": "网址无效",
    "url_too_long": "网址过长，最多 {max_length} 个字符",
    "url_scheme": "网址应以 {expected_schemes} 开头",
    "json_invalid": "不是有效的 JSON",
    "json_type": "不是有效的 JSON",
    # pydantic's own types raise these
    "path_type": "应为文件路径",
    "ip_v4_network": "应为 IPv4 地址或网段，如 192.0.2.0/24",
    "ip_v6_network": "应为 IPv6 地址或网段，如 2001:db8::/32",
}
_OTHER: Final = "内容有误"
_UNREADABLE: Final = {
    errno.ENOENT: "没有这个文件",
    errno.EACCES: "没有读取的权限",
    errno.EPERM: "没有读取的权限",
    errno.EISDIR: "是文件夹",
    errno.EIO: "磁盘读取出错",
}


def problem_zh(kind: str, context: Mapping[str, Any]) -> str:
    """The Chinese sentence.

    Args:
        kind: pydantic's type of the error.
        context: what pydantic tells about it.
    """
    if kind == _FAULT:
        return str(context["zh"])
    values = dict(context)
    if "expected" in values:
        # 'a', 'b' or 'c'
        values["expected"] = str(values["expected"]).replace(", ", "、").replace(" or ", " 或 ")
    return _PROBLEMS.get(kind, _OTHER).format_map(values)


def fault(zh: str, en: str) -> PydanticCustomError:
    """For a validator to raise: a fault of the field, in both languages."""
    return PydanticCustomError(_FAULT, "{en}", {"en": en, "zh": zh})


def unreadable_zh(error: OSError) -> str:
    """Why a file cannot be read."""
    return f"无法读取：{_UNREADABLE.get(error.errno or 0, error.strerror)}"


def syntax_zh(error: Exception) -> str:
    """Where TOML or JSON stops being such."""
    if isinstance(error, json.JSONDecodeError):
        return f"不是有效的 JSON：第 {error.lineno} 行第 {error.colno} 列有误"
    if isinstance(error, RecursionError):
        return "嵌套过深"
    place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    where = f"第 {place[1]} 行第 {place[2]} 列" if place else "文件末尾"
    return f"不是有效的 TOML：{where}有误"
