"""Mandarin text to the phonemes of Kokoro-82M.

The phonemes are IPA as that voice was trained on it: one symbol for each affricate, tones as arrows
behind the vowel (→ first, ↗ second, ↓ third, ↘ fourth, nothing for the neutral one), words apart.
"""

from __future__ import annotations

import re

from pypinyin import Style, lazy_pinyin
from pypinyin.contrib.tone_convert import to_finals, to_initials
from pypinyin.seg import mmseg

from ivr.prompts.speech import english

_DIGITS = "零一二三四五六七八九"
_SPELLED_DIGITS = "零幺二三四五六七八九"
_NUMBER = re.compile(r"\d+")
_MEASURES = "位个名次件条天秒分"

_INITIALS = {
    "": "", "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l",
    "g": "k", "k": "kʰ", "h": "x", "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ",
    "r": "ɻ", "z": "ʦ", "c": "ʦʰ", "s": "s",
}  # fmt: skip
# "0" marks where the tone goes
_FINALS = {
    "a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0", "e": "ɤ0", "ei": "ei0",
    "en": "ə0n", "eng": "ə0ŋ", "er": "ɚ0", "i": "i0", "ia": "ja0", "ian": "jɛ0n", "iang": "ja0ŋ",
    "iao": "jau0", "ie": "je0", "in": "i0n", "ing": "i0ŋ", "iong": "jʊ0ŋ", "iou": "jou0",
    "o": "wo0", "ong": "ʊ0ŋ", "ou": "ou0", "u": "u0", "ua": "wa0", "uai": "wai0", "uan": "wa0n",
    "uang": "wa0ŋ", "uei": "wei0", "uen": "wə0n", "ueng": "wə0ŋ", "uo": "wo0", "v": "y0",
    "van": "ɥɛ0n", "ve": "ɥe0", "vn": "y0n",
}  # fmt: skip
_APICAL = "ɨ0"
_AFTER_APICAL = {"zh", "ch", "sh", "r", "z", "c", "s"}
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}

_PAUSES = {
    "，": ", ", "、": ", ", "。": ". ", "！": "! ", "？": "? ", "：": ": ", "；": "; ", "…": "… ",
    ",": ", ", ".": ". ", "!": "! ", "?": "? ", ":": ": ", ";": "; ", "\n": ". ",
}  # fmt: skip
_NAMED = {"*": "星号", "#": "井号", "＊": "星号", "＃": "井号", "%": "百分号", "+": "加"}
# "*号键" has the second half of the name already
_NAMED = {f"{symbol}号": name for symbol, name in _NAMED.items() if name.endswith("号")} | _NAMED
_PIECES = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z][A-Za-z']*|.", re.DOTALL)


def phonemes(text: str) -> str:
    """What the voice is given for ``text``.

    Numbers of three digits and more are spelled as telephone numbers are (12345: yāo èr sān sì wǔ),
    shorter ones are counted (10: shí); punctuation becomes pauses; Latin words are read as English.

    Raises:
        ValueError: for a character outside Chinese, Latin letters, digits and punctuation.
    """
    spoken = read_numbers(text)
    for symbol, name in _NAMED.items():
        spoken = spoken.replace(symbol, name)
    parts = [_piece(piece) for piece in _PIECES.findall(spoken)]
    return re.sub(r" +", " ", "".join(parts)).strip()


def _piece(piece: str) -> str:
    if "\u4e00" <= piece[0] <= "\u9fff":
        return _characters(piece)
    if piece[0].isascii() and piece[0].isalpha():
        return f" {english.phonemes(piece)} "
    if piece in _PAUSES:
        return _PAUSES[piece]
    if piece.isspace() or piece in "“”‘’\"'《》（）()【】-—·":
        return " "
    raise ValueError(f"the character {piece!r} cannot be spoken; write it as a word")


def _characters(characters: str) -> str:
    words = list(mmseg.seg.cut(characters))
    syllables = iter(
        lazy_pinyin(words, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
    )
    return " ".join("".join(_syllable(next(syllables)) for _ in word) for word in words)


def _syllable(pinyin: str) -> str:
    tone = pinyin[-1]
    if tone not in _TONES:
        raise ValueError(f"the character {pinyin!r} has no known reading; write another one")
    initial = to_initials(pinyin, strict=True)
    final = to_finals(pinyin[:-1], strict=True, v_to_u=False).replace("ü", "v")
    if final == "i" and initial in _AFTER_APICAL:
        vowel = _APICAL
    elif final in _FINALS:
        vowel = _FINALS[final]
    else:
        raise ValueError(f"the syllable {pinyin!r} cannot be spoken; write another character")
    return _INITIALS[initial] + vowel.replace("0", _TONES[tone])


def read_numbers(text: str) -> str:
    """Replace digits by the characters they are read as.

    Three digits and more, or a leading zero: one by one, 1 as 幺; years (2026年) one by one, 1 as
    一; else counted, 2 as 两 before a measure word.
    """
    plain = text.translate(str.maketrans("０１２３４５６７８９", "0123456789"))
    # a hyphen inside a telephone number is heard as a short pause
    plain = re.sub(r"(?<=\d)-(?=\d)", "，", plain)

    def replace(match: re.Match[str]) -> str:
        number, following = match[0], plain[match.end() : match.end() + 1]
        if len(number) == 4 and following == "年":
            return "".join(_DIGITS[int(digit)] for digit in number)
        if len(number) > 2 or (len(number) == 2 and number[0] == "0"):
            return "".join(_SPELLED_DIGITS[int(digit)] for digit in number)
        if number == "2" and following and following in _MEASURES:
            return "两"
        return _counted(int(number))

    return _NUMBER.sub(replace, plain)


def _counted(number: int) -> str:
    tens, units = divmod(number, 10)
    if not tens:
        return _DIGITS[units]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[units] if units else "")
