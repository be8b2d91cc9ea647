"""Which names a text may mean, and when a second hearing counts."""

from __future__ import annotations

import pytest

from asr.prefill.lexicon import lexicon
from asr.recogniser.hot_words import MOST, HotWords, is_better

NAMES = HotWords(["张掖路", "西关什字", "劳务公司", "社保卡", "火车站", "雁滩", "市路灯管理处"])


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("在城关区张耶路东门", ("张掖路",)),
        ("再习惯闪自战", ("西关什字",)),
        ("我在老五公司干了三个月", ("劳务公司",)),
        ("我找是路灯管理出", ("市路灯管理处",)),
        # written rightly already
        ("在张掖路", ()),
        # two syllables of three: every road would be meant
        ("在张家路", ()),
        ("他在掌管路边的摊位", ()),
        # too short to be told from common words
        ("眼滩", ()),
        ("", ()),
    ],
)
def test_given_a_text_when_compared_then_the_names_that_it_sounds_like(
    heard: str, meant: tuple[str, ...]
) -> None:
    assert NAMES.meant(heard) == meant


def test_given_many_names_when_compared_then_few() -> None:
    names = HotWords(lexicon().gazetteer.places)
    text = "天水陪路平凉录庆阳卢嘉峪关洗路段家谈路五泉男路皋兰鹿酒泉露雁滩炉"
    assert len(names.meant(text)) <= MOST


@pytest.mark.parametrize(
    ("first", "second", "better"),
    [
        ("在城关区张耶路,东门", "在城关区张掖路东门", True),
        # the names alone: what Whisper makes of noise
        ("嗯", "张掖路", False),
        ("我想问一下退休金什么时候发", "张掖路", False),
        # nothing new
        ("在张掖路", "在张掖路。", False),
        ("我的手机丢了", "我的手机丢啦", False),
    ],
)
def test_given_two_hearings_when_compared_then_the_second_counts_only_with_a_name_and_alike(
    first: str, second: str, better: bool
) -> None:
    assert is_better(first, second, ("张掖路",)) is better


def test_given_a_name_heard_rightly_when_the_second_hearing_loses_it_then_the_first_stays() -> None:
    names = HotWords(["城关区", "张掖路"])
    first, second = "在城关区张耶路东门", "在城官区张掖路东门"
    assert names.written(first) == ("城关区",)
    assert is_better(first, second, names.meant(first))
    assert not is_better(first, second, names.meant(first), names.written(first))
