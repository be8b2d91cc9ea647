"""Title and summary in the agent's words."""

from __future__ import annotations

from asr.prefill import Prefiller
from asr.prefill.wording import LONGEST_TITLE

ROW = {
    "call_date": "2026-07-15T10:00:00+08:00",
    "dialled": "12319",
    "cli": "13800001111",
    "turns": [
        {"who": "agent", "text": "您好请讲"},
        {"who": "caller", "text": "喂你好我要反映一下城关区雁滩路十二号门口的路灯不亮"},
        {"who": "agent", "text": "几天了您贵姓"},
        {"who": "caller", "text": "我姓魏从昨天晚上就不亮了"},
        {"who": "agent", "text": "魏女士好的"},
        {"who": "caller", "text": "希望你们赶紧派个人来修一下"},
    ],
}


def test_given_a_matter_when_worded_then_title_and_summary_name_who_where_what_and_the_wish() -> (
    None
):
    worded = Prefiller().hear_all(ROW).wording
    title, summary = str(worded["title"].value), str(worded["summary"].value)
    assert title.startswith(("求助", "投诉"))
    assert "雁滩路12号" in title
    assert title.endswith("路灯照明问题")
    assert len(title) <= LONGEST_TITLE
    assert summary.startswith("来电人魏女士反映：城关区雁滩路12号门口的路灯不亮。")
    assert "2026-07-14" in summary
    assert summary.endswith("诉求：希望你们赶紧派个人来修一下。")
    assert worded["summary"].evidence[0].turn == 1
    assert 0 < worded["summary"].confidence <= 1


def test_given_nothing_of_substance_when_worded_then_no_title_and_no_summary() -> None:
    row = {**ROW, "turns": [{"who": "caller", "text": "喂你好"}, {"who": "agent", "text": "您好"}]}
    worded = Prefiller().hear_all(row).wording
    assert worded["title"].value is None
    assert worded["summary"].value is None
