"""What of a transcript leaves the house."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.extractor.redaction import HIDDEN, redacted
from asr.prefill.citing import Said

OTHER = st.text(max_size=20)
DIGITS = "零一二三四五六七八九幺0123456789"


def _sent(text: str, *known: str) -> str:
    [turn] = redacted([Said("caller", 0, text)], known)
    return turn.text


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("电话是一三九一九三二八八零六", "一三九一九三二八八零六"),
        ("幺 三 九 幺 九 三 二 八 八 零 六 这个", "幺三九八零六"),
        ("一三九一九三，后面是二八八零六", "一三九二八八零六"),
        ("尾号两个零三个八", "两零三八"),
        ("打13919328806找我", "13919328806"),
        ("身份证62010219900101123X", "62010219900101123X"),
        ("车牌是甘A一二三四五", "甘A一二三四五"),
        ("车牌甘A 12B45", "甘A12B45"),
        ("我姓王", "王"),
        ("我叫李小明", "李小明"),
        ("我 姓 温度 的 温 温 慧", "温度慧"),
        ("叫石来福", "石来福"),
        ("好的王女士", "王"),
        ("邮箱 xiao.ming@example.cn", "xiao.ming@example.cn"),
        ("金城花园三号楼二单元五零二室", "三二五零二"),
        ("张掖路十二号", "十二"),
    ],
)
def test_given_a_person_s_data_when_sent_then_none_of_it_is_left(text: str, personal: str) -> None:
    sent = _sent(text)
    assert len(sent) == len(text)
    assert not set(personal) & set(sent), sent


@pytest.mark.parametrize(
    "text",
    [
        "城关区张掖路金城花园小区东门对面的烧烤店油烟太大",
        "老板拖欠了三个月工资两万块",
        "三月十二号停的水",
        "我给你们打过两次电话都没人管",
    ],
)
def test_given_the_matter_when_sent_then_it_is_whole(text: str) -> None:
    assert _sent(text) == text


def test_given_an_answer_to_the_question_for_a_name_when_sent_then_it_is_hidden() -> None:
    said = [
        Said("agent", 0, "您 怎么 称呼"),
        Said("caller", 0, "庞建中"),
        Said("agent", 1, "好的庞建中先生"),
        Said("caller", 1, "金城花园停电了"),
    ]
    sent = [one.text for one in redacted(said)]
    assert not any(set("庞建中") & set(one) for one in sent)
    assert sent[3] == "金城花园停电了"


def test_given_a_known_name_when_said_again_by_anybody_then_it_is_hidden_everywhere() -> None:
    said = [Said("caller", 0, "诸葛孔明"), Said("agent", 0, "好的诸葛孔明您请讲")]
    sent = redacted(said, ["诸葛孔明", ""])
    assert [one.text for one in sent] == [HIDDEN * 4, f"好的{HIDDEN * 4}您请讲"]
    assert [(one.speaker, one.turn) for one in sent] == [("caller", 0), ("agent", 0)]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=DIGITS, min_size=7, max_size=18), OTHER, OTHER)
def test_given_any_number_in_any_text_when_sent_then_it_is_gone_and_positions_stay(
    number: str, before: str, after: str
) -> None:
    text = f"{before}电话{number}吧{after}"
    sent = _sent(text)
    assert len(sent) == len(text)
    assert number not in sent
    assert not re.search(rf"[{DIGITS}]{{3}}", sent)
