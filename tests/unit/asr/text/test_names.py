from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.text.names import NameCorrector

NAMES = NameCorrector(["张掖路", "金城花园", "市交通运输局", "天宝街", "天堡街", "王府"])


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("在城关区张叶路金成花园小区", "在城关区张掖路金城花园小区"),
        ("是交通云输局的电话吗", "是交通运输局的电话吗"),
        ("是交通运输局的电话吗", "是交通运输局的电话吗"),
        # written as in the list already
        ("在张掖路和金城花园之间", "在张掖路和金城花园之间"),
        # two names sound like it: nobody can tell
        ("住在添宝街", "住在添宝街"),
        # too short to be sure
        ("去网府买东西", "去网府买东西"),
        ("今天天气很好", "今天天气很好"),
        ("", ""),
    ],
)
def test_given_a_heard_text_when_corrected_then_only_sure_names_change(
    heard: str, meant: str
) -> None:
    assert NAMES.corrected(heard) == meant


@given(st.text(max_size=60))
def test_given_any_text_when_corrected_then_its_length_stays_and_again_changes_nothing(
    text: str,
) -> None:
    once = NAMES.corrected(text)
    assert len(once) == len(text)
    assert NAMES.corrected(once) == once
