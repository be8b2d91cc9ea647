"""What is a person's is masked, what is the matter's is not."""

from __future__ import annotations

from typing import Any

import pytest

from agent_gateway.privacy import masked_json


@pytest.mark.parametrize(
    ("given", "masked"),
    [
        ({"caller": "13900000001"}, {"caller": "139****0001"}),
        ({"caller": "anonymous", "dialled": "12345"}, {"caller": "anonymous", "dialled": "12345"}),
        ({"number": "20260302000001"}, {"number": "20260302000001"}),
        ({"number": "09318772182", "at": "2026-03-02T09:00:00Z"},
         {"number": "093****2182", "at": "2026-03-02T09:00:00Z"}),
        ({"turns": [{"text": "打幺三九零零零零五六七八"}]},
         {"turns": [{"text": "打幺三九****五六七八"}]}),
        ({"call_id": "hotline-1767312000.12"}, {"call_id": "hotline-1767312000.12"}),
        ([None, True, 13900000001.0, "13900000001"], [None, True, 13900000001.0, "13900000001"]),
    ],
)  # fmt: skip
def test_given_json_when_masked_then_keys_say_what_is_personal(given: Any, masked: Any) -> None:
    assert masked_json(given) == masked


def test_given_advice_when_masked_then_what_is_to_be_read_out_stays() -> None:
    tip = {"id": 1, "title": "报修", "text": "电话0931-1234567"}
    like = {"number": "20260302000001", "address": "张掖路，电话13900005678"}
    masked = masked_json({"knowledge": [tip], "duplicates": [like]})
    assert masked["knowledge"] == [tip]
    assert "13900005678" not in repr(masked)


def test_given_a_ticket_when_masked_then_name_and_number_are_gone_from_all_of_it() -> None:
    pieces = [{"turn": 0, "words": "幺三九零"}, {"turn": 1, "words": "零零零五六七八"}]
    ticket = {
        "number": "20260302000001",
        "fields": {
            "caller_name": {"value": "李小明", "evidence": [{"turn": 0, "words": "李小明"}]},
            "callback_phone": {
                "value": "13900005678", "evidence": pieces, "previous": "13900005679",
            },
            "summary": {"value": "李小明反映路灯不亮，电话13900005678", "touched_by": "agent8001"},
            "category": {"value": "urban.street_light", "evidence": [{"turn": 0, "words": "路灯"}]},
        },
        "transcript": [{"who": "caller", "text": "我叫李小明路灯不亮"}],
    }  # fmt: skip
    masked = masked_json(ticket)
    text = repr(masked)
    for personal in ("李小明", "小明", "13900005678", "13900005679", "幺三九零", "零零零五六七八"):
        assert personal not in text
    fields = masked["fields"]
    assert fields["caller_name"]["value"] == "李**"
    assert fields["summary"] == {
        "value": "李**反映路灯不亮，电话139****5678",
        "touched_by": "agent8001",
    }
    assert fields["category"] == ticket["fields"]["category"]  # type: ignore[index]
    assert masked["number"] == "20260302000001"
