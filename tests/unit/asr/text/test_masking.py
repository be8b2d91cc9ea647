"""Personal numbers behind asterisks."""

import pytest

from asr.text import mask
from asr.text.masking import mask_name, mask_number


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13800005678，谢谢", "电话138****5678，谢谢"),
        ("幺三八零零零零五六七八", "幺三八****五六七八"),
        ("打0931-7660021", "打093*-***0021"),
        ("身份证62000020000315211X。", "身份证620***********211X。"),
        ("我在137路，打的12345", "我在137路，打的12345"),
        ("一百三十七路", "一百三十七路"),
        ("没有号码", "没有号码"),
    ],
)
def test_given_numbers_of_persons_when_masked_then_head_and_tail_stay(
    text: str, masked: str
) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("number", ["110", "12345", "8001", "", "anonymous", "a1234567890"])
def test_given_a_short_number_or_none_when_masked_then_it_stays(number: str) -> None:
    assert mask_number(number) == number


def test_given_a_name_when_masked_then_the_family_name_stays() -> None:
    assert [mask_name(name) for name in ("张三丰", "李四", "王", "")] == ["张**", "李*", "王", ""]
