"""Cleaning what an engine wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PUNCTUATION: Final = "\u3000-\u303f\uff00-\uffef"
_SPACE_IN_CHINESE: Final = re.compile(f"(?<=[{_HAN}{_PUNCTUATION}])\\s+(?=[{_HAN}{_PUNCTUATION}])")
_NOT_A_WORD: Final = re.compile(r"[\W_]+")

# What Whisper writes for silence and noise: it was trained on subtitles of films and broadcasts.
_SUBTITLE_PHANTOMS: Final = re.compile(
    r"字幕(by|由|提供|志愿|製作|制作|组)|amara|点赞.{0,8}(订阅|转发|打赏)|"
    r"(明镜与点点|栏目)|^(谢谢|感谢)(您的|大家的?|你的?)?(观看|收看|收听)|^(请)?(不吝)?点赞|^下期再见$|"
    r"^(优优独播|由.{0,12}提供字幕)",
    re.IGNORECASE,
)
_REPEATED: Final = re.compile(r"(.{1,12}?)\1{4,}")


def join_chinese(text: str) -> str:
    """Without the spaces that engines put between Chinese words; others stay."""
    return _SPACE_IN_CHINESE.sub("", text).strip()


def bare(text: str) -> str:
    """Letters, digits and characters only."""
    return _NOT_A_WORD.sub("", text)


def is_looped(text: str) -> bool:
    """Whether the decoder fell into a loop and wrote one phrase over and over.

    A telephone number may repeat a digit, and a caller in distress a word; a loop fills the text.
    """
    words = bare(text)
    doubled = (
        len(words) >= 12 and len(words) % 2 == 0 and words.startswith(words[len(words) // 2 :])
    )
    return doubled or _runs_on(words)


def is_phantom(text: str) -> bool:
    """Whether the text is one that Whisper writes when nobody speaks.

    Either a subtitle credit, nothing but punctuation, or one phrase over and over.
    """
    words = bare(text)
    return not words or bool(_SUBTITLE_PHANTOMS.search(words)) or _runs_on(words)


def _runs_on(words: str) -> bool:
    repeated = _REPEATED.search(words)
    if repeated is None or repeated[1].isdigit():
        return False
    return len(repeated[0]) > max(8, len(words) // 2)


def is_echo(text: str, hot_words: Sequence[str]) -> bool:
    """Whether the text only repeats two or more of the hot words, as Whisper does on noise."""
    rest = bare(text)
    found = 0
    for word in sorted({bare(word) for word in hot_words} - {""}, key=len, reverse=True):
        if word in rest:
            found += 1
            rest = rest.replace(word, "")
    return found >= 2 and not rest
