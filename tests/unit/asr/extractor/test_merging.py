"""Who wins, rules or model."""

from __future__ import annotations

from typing import Any

from asr.extractor.merging import merged


def _guess(value: Any, confidence: float) -> dict[str, Any]:
    return {"value": value, "evidence": [], "confidence": confidence}


def _rules(**changed: dict[str, Any]) -> dict[str, Any]:
    rules = {
        "request_type": _guess("help", 0.9),
        "category": _guess("urban.noise", 0.4),
        "line": _guess("12319", 0.4),
        "department": _guess("urban_management", 0.4),
        "target": _guess(None, 0.6),
        "urgency": _guess("normal", 0.8),
        "accepted": _guess(True, 0.9),
        "title": _guess("求助", 0.4),
    }
    return rules | changed


MODEL = {
    name: {"value": value, "evidence": [], "confidence": 0.6, "source": "model"}
    for name, value in {
        "request_type": "complaint",
        "category": "housing.property_mgmt",
        "line": "12345",
        "department": "housing_bureau",
        "target": "物业",
        "title": "投诉物业",
    }.items()
}


def _values(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: one["value"] for name, one in fields.items()}


def test_given_unsure_rules_when_merged_then_the_model_fills_and_sure_rules_stay() -> None:
    values = _values(merged(_rules(), MODEL))
    assert values["category"] == "housing.property_mgmt"
    assert (values["line"], values["department"]) == ("12345", "housing_bureau")
    assert (values["target"], values["title"]) == ("物业", "投诉物业")
    assert values["request_type"] == "help"


def test_given_a_sure_category_when_merged_then_its_line_and_department_stay_with_it() -> None:
    values = _values(merged(_rules(category=_guess("urban.noise", 0.9)), MODEL))
    assert (values["category"], values["line"], values["department"]) == (
        "urban.noise",
        "12319",
        "urban_management",
    )


def test_given_a_danger_or_a_refusal_when_merged_then_the_matter_is_the_rules() -> None:
    for changed in ({"urgency": _guess("emergency", 0.9)}, {"accepted": _guess(False, 0.9)}):
        rules = _rules(**changed)
        assert _values(merged(rules, MODEL)) == _values(rules) | {"title": "投诉物业"}


def test_given_no_model_when_merged_then_the_rules() -> None:
    assert merged(_rules(), {}) == _rules()
