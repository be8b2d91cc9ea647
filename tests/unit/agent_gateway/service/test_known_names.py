"""Which names the engine of a line is told of."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agent_gateway.service.recognisers import KnownNames
from config.settings import AsrSettings, Settings


def names(*hot_words: str) -> KnownNames:
    return KnownNames(Settings(asr=AsrSettings(names=("金城花园",), hot_words=hot_words)))


def test_given_all_lines_and_one_s_own_words_when_asked_then_the_own_come_first() -> None:
    known = names("all", "12328=西关什字，公交集团")
    assert known.for_line("12328")[:3] == ("西关什字", "公交集团", "金城花园")
    assert known.for_line("12345")[0] == "金城花园"
    # departments and the gazetteer
    assert "张掖路" in known.for_line("12345")
    assert "市路灯管理处" in known.for_line("12345")


def test_given_single_lines_when_another_is_asked_for_then_none() -> None:
    known = names("12328=西关什字")
    assert known.for_line("12328")[0] == "西关什字"
    assert known.for_line("12345") == ()
    assert known.for_line("") == ()
    assert names().for_line("12345") == ()


def test_given_a_line_s_own_words_when_a_text_is_corrected_then_they_count_too() -> None:
    assert names("12328=劳务公司").corrector().corrected("我在老五公司") == "我在劳务公司"


@pytest.mark.parametrize("entry", ["西关什字", "12328:西关", "12328=", "12=西关", "12328=a\nb"])
def test_given_an_entry_that_is_none_when_read_then_refused(entry: str) -> None:
    with pytest.raises(ValidationError):
        AsrSettings(hot_words=(entry,))
