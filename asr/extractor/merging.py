"""Rules and model together: the model fills what the rules leave open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

UNSURE: Final = 0.6
"""The rules' confidence below which a model's value replaces theirs."""
_WORDING: Final = ("title", "summary")
# A line or department without its category would belong to another matter.
_TOGETHER: Final = ("category", "line", "department")
_BY_ITSELF: Final = ("request_type", "district", "target")


def merged(
    rules: Mapping[str, Mapping[str, Any]], model: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """The fields to show: field → {value, evidence, confidence}, and ``source`` of a model's.

    Danger, refusal, secrecy, persons, places and days are the rules' alone; in a call with a danger
    or a refusal the matter is, too. The wording is the model's whenever it has one.

    Args:
        rules: all fields.
        model: some fields; may be empty.
    """
    fields = dict(rules)
    if not model:
        return fields
    fields |= {name: model[name] for name in _WORDING if name in model}
    if _value(rules, "urgency") == "emergency" or _value(rules, "accepted") is False:
        return fields
    if "category" in model and _open(rules, "category"):
        fields |= {name: model[name] for name in _TOGETHER if name in model}
    fields |= {name: model[name] for name in _BY_ITSELF if name in model and _open(rules, name)}
    return fields


def _value(fields: Mapping[str, Mapping[str, Any]], name: str) -> Any:
    return fields.get(name, {}).get("value")


def _open(rules: Mapping[str, Mapping[str, Any]], name: str) -> bool:
    sure = rules.get(name, {}).get("confidence")
    return _value(rules, name) in (None, "") or (sure is not None and sure < UNSURE)
