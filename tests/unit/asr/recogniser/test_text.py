import pytest

from asr.recogniser.text import is_echo, is_looped, is_phantom, join_chinese


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("我 要 投诉 烧烤 店", "我要投诉烧烤店"),
        ("请问 您 贵姓 ， 电话 是 多少 ？", "请问您贵姓，电话是多少？"),
        (" 我 要 找 12345 热线 ", "我要找 12345 热线"),
        ("안녕 하세요", "안녕 하세요"),
        ("hello world", "hello world"),
    ],
)
def test_given_spaces_between_chinese_words_when_joined_then_only_those_go(
    written: str, wanted: str
) -> None:
    assert join_chinese(written) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "。。。",
        "字幕by索兰娅",
        "由 Amara.org 社区提供的字幕",
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "谢谢观看",
        "谢谢大家收看",
        "我会我会我会我会我会我会我会我会",
    ],
)
def test_given_what_whisper_writes_for_silence_when_judged_then_a_phantom(text: str) -> None:
    assert is_phantom(text)


@pytest.mark.parametrize(
    "text",
    [
        "谢谢",
        "谢谢你们的帮助",
        "喂喂喂，听得到吗？",
        "对对对对对",
        "我的电话是13888888888",
        "我要投诉短视频里的字幕",
        "我订阅的牛奶没有送到",
    ],
)
def test_given_what_callers_say_when_judged_then_no_phantom(text: str) -> None:
    assert not is_phantom(text)


def test_given_one_sentence_twice_when_judged_then_a_loop() -> None:
    assert is_looped("请问车牌号您记得吗？请问车牌号您记得吗？")
    assert not is_looped("好的好的")


def test_given_only_hot_words_when_judged_then_an_echo() -> None:
    words = ["城关区", "张掖路", "张掖"]
    assert is_echo("城关区，张掖路。", words)
    assert not is_echo("我在城关区张掖路", words)
    assert not is_echo("张掖路", words)
