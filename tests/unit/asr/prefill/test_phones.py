from __future__ import annotations

import pytest

from asr.prefill.numerals import digit_runs, spelled, value_of
from tests.unit.asr.prefill.conftest import Fill

ASKED = "a 您的电话是"


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("幺三六三九三三个八零五", "13639388805"),
        ("幺 三 六 零 九", "13609"),
        ("零九三幺七六六八四二幺", "09317668421"),
        ("幺八九两个零五五", "1890055"),
        ("幺三八嗯九三四", "138934"),
    ],
)
def test_given_dictated_digits_when_scanned_then_they_are_unrolled(said: str, digits: str) -> None:
    assert [run.digits for run in digit_runs(said.replace(" ", ""))] == [digits]


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("十八", 18),
        ("三十", 30),
        ("一百三十一", 131),
        ("一百零五", 105),
        ("一百三", 130),
        ("幺三七", 137),
    ],
)
def test_given_a_numeral_when_valued_then_it_is_the_number(numeral: str, value: int) -> None:
    assert value_of(numeral) == value


def test_given_a_house_number_said_digit_by_digit_when_spelled_then_zeros_stay() -> None:
    assert spelled("零零七") == "007"
    assert spelled("三十八") == "38"


def test_given_a_plain_number_when_dictated_and_read_back_then_it_is_the_callback(
    fill: Fill,
) -> None:
    guess = fill(ASKED, "c 幺三九零零零零二二二二", "a 幺三九零零零零二二二二对吗")
    assert guess["callback_phone"].value == "13900002222"
    assert guess["callback_phone"].confidence > 0.9


@pytest.mark.parametrize(
    "correction",
    [
        "c 哎呀错了是幺三九零零零零三三三三",
        "c 不对后头是三三三三",
        "c 最后四位是三三三三不是二二二二",
        "c 等一下不对是三三三三三三三三末尾是这个",
    ],
)
def test_given_a_correction_when_dictated_then_the_last_version_counts(
    fill: Fill, correction: str
) -> None:
    fields = fill(ASKED, "c 幺三九零零零零二二二二", "a 好", correction)
    assert fields["callback_phone"].value == "13900003333"


def test_given_pieces_over_several_turns_when_echoed_then_they_are_joined(fill: Fill) -> None:
    fields = fill(
        "a 电话留哪个", "c 幺八七九四", "a 嗯", "c 二幺五三", "a 二幺五三继续", "c 零六没了"
    )
    assert fields["callback_phone"].value == "18794215306"


def test_given_a_piece_that_begins_with_the_last_one_when_dictated_then_it_counts_once(
    fill: Fill,
) -> None:
    fields = fill(
        "a 电话留哪个",
        "c 你记幺三九零零",
        "c 一二",
        "c 七七四你念一遍",
        "a 幺三九零零一二七七四",
        "c 还少一位后头是七七四九",
    )
    assert fields["callback_phone"].value == "13900127749"


@pytest.mark.parametrize(
    "lines",
    [
        ("a 来电显示尾号是幺幺幺幺用这个可以吗", "c 行没问题"),
        (ASKED, "c 幺三八零零零零幺幺幺幺"),
        ("a 报一下工单编号", "c 工单号二零二六一一零四零零三七二"),
        ("a 您好三一七号话务员", "c 你好我打九五五九八没人接"),
        ("c 骗子电话是幺三九零零零零二二二二",),
    ],
)
def test_given_other_digits_when_read_then_there_is_no_callback_number(
    fill: Fill, lines: tuple[str, ...]
) -> None:
    assert fill(*lines)["callback_phone"].value is None


@pytest.mark.parametrize(
    "dictated",
    [
        "c 幺三九零零零零二五七幺五七幺",
        "c 不好意思说快了是幺三九零零零零二五七幺七幺",
        "c 幺三九零零零零二五七幺幺三九零零零零二五七幺",
    ],
)
def test_given_the_end_said_twice_in_one_breath_when_dictated_then_it_counts_once(
    fill: Fill, dictated: str
) -> None:
    guess = fill(ASKED, "c 幺三九零零零零二五幺七", "a 幺三九零零零零二五幺七", dictated)
    assert guess["callback_phone"].value == "13900002571"


def test_given_a_flat_before_when_a_number_is_dictated_in_pieces_then_the_flat_is_no_part_of_it(
    fill: Fill,
) -> None:
    guess = fill(
        "c 十一号楼一单元幺八零二",
        "a 留一个联系方式",
        "c 打我爱人的幺五三幺零幺零",
        "a 您接着说",
        "c 零零零零",
    )
    assert guess["callback_phone"].value == "15310100000"


def test_given_a_misheard_digit_when_the_agents_read_back_is_agreed_to_then_that_counts(
    fill: Fill,
) -> None:
    dictated = (ASKED, "c 幺三九零零零零二五七幺", "a 给您重复一下幺三九零零零零二五七七")
    assert fill(*dictated, "c 对的")["callback_phone"].value == "13900002577"
    assert fill(*dictated, "c 不对是七幺")["callback_phone"].value == "13900002571"


def test_given_a_missing_digit_when_added_with_the_whole_number_then_the_whole_counts(
    fill: Fill,
) -> None:
    fields = fill(
        "c 路灯不亮",
        "a 您的电话",
        "c 手机幺三八九三二幺四六九",
        "a 幺三八九三二幺四六九您数一下好像少一位",
        "c 哦最后还有个七幺三八九三二幺四六九七",
        "a 好的",
    )
    assert fields["callback_phone"].value == "13893214697"


def test_given_somebody_elses_number_when_the_agent_is_to_note_it_then_its_pieces_are_joined(
    fill: Fill,
) -> None:
    fields = fill(
        "c 路灯不亮我这个块停机了你记我工友的他姓陶幺五六",
        "a 幺五六您说",
        "c 三九零九",
        "a 三九零九",
        "c 七七零二",
        "a 好的",
    )
    assert fields["callback_phone"].value == "15639097702"


def test_given_digits_heard_as_words_when_read_back_and_agreed_then_the_read_back_counts(
    fill: Fill,
) -> None:
    fields = fill(
        "c 路灯不亮",
        "a 电话就留这个吗",
        "c 留我爱人的吧我手不方便幺三就医九零四八八三六",
        "a 我重复一下幺三九幺九零四八八三六",
        "c 对",
    )
    assert fields["callback_phone"].value == "13919048836"
