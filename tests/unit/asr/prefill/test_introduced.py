"""Names that callers introduce, explain and leave short."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.prefill.parties.introduced import introduced, kind_of, kinds
from asr.prefill.parties.spelled import spellings
from asr.prefill.prefiller import Prefiller
from asr.prefill.segments import segments
from asr.prefill.text import Utterance


@pytest.fixture(scope="module")
def prefiller() -> Prefiller:
    return Prefiller(rules_only=True)


def _call(prefiller: Prefiller, *said: str) -> list[Utterance]:
    return [prefiller.read(at, "caller", text) for at, text in enumerate(said)]


@pytest.mark.parametrize(
    ("said", "name", "whole"),
    [
        ("在县城叫青禾青草的青禾苗的禾在二楼", "青禾", True),
        ("叫个云帆出行云彩的云那个倒是", "云帆出行", False),
        ("名字是泊里停泊得泊里头的里", "泊里", True),
        ("叫银砾沙石的砾他们晚上放水", "银砾", False),
    ],
)
def test_given_a_name_explained_by_characters_when_heard_then_it_ends_before_the_explanation(
    prefiller: Prefiller, said: str, name: str, whole: bool
) -> None:
    (turn,) = _call(prefiller, said)
    found = {turn.text[one.start : one.end]: one.whole for one in spellings(turn)}
    assert found.get(name) is whole


@pytest.mark.parametrize("said", ["我的车是白色的", "昨天下午的事情", "老板说的话不算"])
def test_given_words_that_explain_nothing_when_heard_then_no_spelling(
    prefiller: Prefiller, said: str
) -> None:
    (turn,) = _call(prefiller, said)
    assert not list(spellings(turn))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("招牌写着胖哥炸串最占地方", "胖哥炸串"),
        ("车身上喷着陇安快客几个大字", "陇安快客"),
        ("来了个养猪厂叫丰穗养殖两三百头猪", "丰穗养殖"),
        ("店名叫雅居坊", "雅居坊"),
    ],
)
def test_given_a_name_amid_other_words_when_introduced_then_one_cut_is_the_name(
    prefiller: Prefiller, said: str, name: str
) -> None:
    assert name in {one.name for one in introduced(_call(prefiller, said))}


@pytest.mark.parametrize("said", ["他叫我明天再来", "我给孩子打车叫人家等着", "我叫王晓晓"])
def test_given_somebody_is_called_when_heard_then_no_firm_is_introduced(
    prefiller: Prefiller, said: str
) -> None:
    assert not list(introduced(_call(prefiller, said)))


def test_given_a_kind_right_before_a_short_name_when_asked_then_it_is_that_kind(
    prefiller: Prefiller,
) -> None:
    turns = _call(prefiller, "我在饭馆打工", "银滩路上一个火锅店叫炉火")
    start = turns[1].text.index("炉火")
    assert kind_of(kinds(turns), 1, start, None) == "火锅店"


def test_given_no_word_for_the_business_when_asked_then_no_kind(prefiller: Prefiller) -> None:
    turns = _call(prefiller, "那个地方叫炉火")
    assert kind_of(kinds(turns), 0, 5, None) == ""


def test_given_a_text_when_cut_into_words_then_nothing_is_lost_and_unknown_names_stay_apart() -> (
    None
):
    text = "木语森居的家具坏了AT52"
    words = segments(text)
    assert "".join(one.word for one in words) == text
    assert [one.word for one in words[:4]] == ["木", "语", "森", "居"]
    assert all(text[one.start : one.end] == one.word for one in words)


@settings(deadline=None)  # the first one loads the dictionary
@given(st.text(max_size=40))
def test_given_any_text_when_cut_into_words_then_every_character_is_in_one_of_them(
    text: str,
) -> None:
    words = segments(text)
    assert "".join(one.word for one in words) == text
    assert all(one.kind and text[one.start : one.end] == one.word for one in words)
