import pytest

from asr.recogniser.scoring import character_errors


@pytest.mark.parametrize(
    ("wanted", "heard", "errors"),
    [
        ("我要投诉，谢谢。", "我要投诉谢谢", 0),
        ("电话一一九", "电话119", 0),
        ("油烟太大", "由烟太大", 1),
        ("好的", "", 2),
        ("", "多出来", 3),
        ("请不要挂机", "不要挂机吧", 2),
    ],
)
def test_given_two_texts_when_compared_then_the_edits_between_them(
    wanted: str, heard: str, errors: int
) -> None:
    assert character_errors(wanted, heard)[0] == errors
