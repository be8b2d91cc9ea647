"""What a recogniser wrote, as people read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.text import readable
from asr.text.figures import written_figures
from asr.text.punctuation import punctuated


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("电话幺三八零零零零五六七八", "电话13800005678"),
        ("幺三九两个零三个八五六七", "13900888567"),
        ("零九三幺七六六零零二幺", "09317660021"),
        ("一百三十七路公交车", "137路公交车"),
        ("三月十五号上午九点半", "3月15号上午9点半"),
        ("十二点零五分", "12点05分"),
        ("二零二六年三月", "2026年3月"),
        ("甘A幺二三四五", "甘A12345"),
        ("甘A七七D二三", "甘A77D23"),
        ("身份证六二零零零零二零零零零三幺五二幺幺X", "身份证62000020000315211X"),
        ("五百五十号", "550号"),
        ("一百零八号一楼", "108号一楼"),
        ("花了三千八", "花了3800"),
        ("欠我们十四万", "欠我们14万"),
        ("转了六万二", "转了6.2万"),
        ("百分之二十", "20%"),
        ("您好一二三四五", "您好12345"),
        ("三楼五单元六零二室", "三楼五单元602室"),
    ],
)
def test_given_a_spoken_figure_when_written_then_in_digits(said: str, written: str) -> None:
    assert written_figures(said) == written


@pytest.mark.parametrize(
    "said",
    [
        "两三天",
        "一点儿也不好",
        "十来个人",
        "十几块",
        "百十来户",
        "万一停了",
        "第一次",
        "星期三",
        "一个礼拜",
        "五六盏",
        "四五十天",
        "七上八下",
        "南关十字",
        "十分着急",
        "千万要保密",
    ],
)
def test_given_a_manner_of_speaking_when_written_then_it_stays(said: str) -> None:
    assert written_figures(said) == said


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("您好请问您贵姓", "您好，请问您贵姓？"),
        ("已经申请了是吗", "已经申请了是吗？"),
        ("打不通但是他们不管", "打不通，但是他们不管。"),
        ("站上等了十个人呢", "站上等了十个人呢。"),
        ("这车几点来呢", "这车几点来呢？"),
        ("我不知道是谁", "我不知道是谁。"),
        ("没有", "没有。"),
        ("已经有了，标点。", "已经有了，标点。"),
        ("快来人啊,楼下着火了", "快来人啊，楼下着火了。"),
        ("好的,请问您在哪个小区?", "好的，请问您在哪个小区？"),
        ("안녕 하세요", "안녕 하세요"),
        ("", ""),
    ],
)
def test_given_words_in_one_breath_when_punctuated_then_marks_where_sure(
    said: str, written: str
) -> None:
    assert punctuated(said) == written


def test_given_blanks_between_words_when_made_readable_then_figures_and_marks() -> None:
    heard = "我 姓 魏 电话 是 幺 三 八 零 零 零 零 五 六 七 八"
    assert readable(heard) == "我姓魏电话是13800005678。"


@given(st.text(max_size=200))
def test_given_any_text_when_made_readable_then_never_an_error(text: str) -> None:
    assert isinstance(readable(text), str)


@given(st.text(alphabet="零幺一二两三四五六七八九十百千万亿个点年月号甘A第", max_size=24))
def test_given_any_heap_of_numerals_when_written_then_never_an_error(text: str) -> None:
    assert isinstance(written_figures(text), str)
