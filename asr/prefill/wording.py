"""Title and summary of a ticket, as an agent would word them: from the fields and key sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from asr.prefill.model import FieldGuess
from asr.prefill.text import Utterance
from asr.text import readable

LONGEST_TITLE: Final = 40
LONGEST_SENTENCE: Final = 80
KEY_SENTENCES: Final = 2

_KIND: Final = {
    "consultation": "咨询",
    "help": "求助",
    "complaint": "投诉",
    "report": "举报",
    "suggestion": "建议",
    "praise": "表扬",
}
_WISH: Final = re.compile(
    r"(?:我(?:们)?(?:就)?(?:希望|想让|想请|要求|建议|就想)|希望|要求|能不能|请你们|麻烦你们|给我(?:们)?(?:退|赔|修|换|解决)|"
    r"赶紧|尽快|管一管|来(?:个)?人|派(?:个)?人)"
)
_REFUSED: Final = "（不予受理事项）"
# How callers open, which is no part of the matter.
_OPENING: Final = re.compile(
    r"^(?:喂|你好啊?|您好啊?|同志|师傅|嗯+|哎+|啊|那个|这个|就是说?|我(?:给|跟)你(?:们)?说(?:一?下)?|我(?:想|要)?(?:反映|反应)(?:一下|个事情?|一个事情?|个情况)?|"
    r"我(?:想|要)?问(?:你们|您|个事)?(?:一下)?|我(?:想|要)?咨询(?:一下|个事)?|我(?:想|要)投诉(?:一下)?|我想举报(?:一个事|一下)?)+"
)
_NOTHING_SAID: Final = re.compile(r"^(?:喂|你好|您好|嗯|对|好|是|没有|行|谢谢|再见|哎)*$")


def wording(
    turns: Sequence[Utterance], fields: Mapping[str, FieldGuess], category_name: str
) -> dict[str, FieldGuess]:
    """``title`` and ``summary``; values None while nothing of substance was said.

    Args:
        turns: so far.
        fields: guessed from them.
        category_name: of the guessed category, for people.
    """
    keys = _key_sentences(turns, fields["category"])
    if not keys:
        nothing = FieldGuess(None)
        return {"title": nothing, "summary": nothing}
    sure = min(fields["category"].confidence, fields["request_type"].confidence)
    spots = [turn.evidence(0, len(turn.text)) for turn in keys]
    return {
        "title": FieldGuess(_title(fields, category_name), spots[:1], round(0.9 * sure, 3)),
        "summary": FieldGuess(_summary(turns, fields, keys), spots, round(0.9 * sure, 3)),
    }


def _title(fields: Mapping[str, FieldGuess], category_name: str) -> str:
    what = _KIND[_text(fields, "request_type") or "help"]
    place, target = _place(fields), _text(fields, "target")
    target = target.removeprefix(_text(fields, "district"))
    about = place if target in place else place + target
    matter = _REFUSED if fields["accepted"].value is False else f"{category_name}问题"
    return f"{what}{about}{matter}"[:LONGEST_TITLE]


def _summary(
    turns: Sequence[Utterance], fields: Mapping[str, FieldGuess], keys: Sequence[Utterance]
) -> str:
    who = _text(fields, "caller_name")
    title = _text(fields, "caller_title")
    person = f"{who if len(who) == 1 or not title else who[:1]}{title}" if who else title
    verb = {"consultation": "咨询", "praise": "表扬", "suggestion": "建议", "report": "举报"}.get(
        _text(fields, "request_type"), "反映"
    )
    facts = [one for one in (_text(fields, "occurred_on"), _place(fields)) if one]
    said = "".join(_sentence(turn) for turn in keys)
    parts = [f"来电人{person}{verb}：{said}"]
    if facts:
        parts.append(f"时间地点：{'，'.join(facts)}。")
    if target := _text(fields, "target"):
        parts.append(f"涉及：{target}。")
    wish = _wish(turns, keys)
    if wish is not None:
        parts.append(f"诉求：{_sentence(wish)}")
    return "".join(parts)


def _key_sentences(turns: Sequence[Utterance], category: FieldGuess) -> list[Utterance]:
    """The caller's sentences that told the category, else the first of substance; in order."""
    spoken = [one for one in turns if one.is_caller and not _NOTHING_SAID.match(one.text)]
    telling = {spot.turn for spot in category.evidence}
    keys = [one for one in spoken if one.index in telling and len(one.text) >= 6]
    if not keys:
        keys = [one for one in spoken if len(one.text) >= 6]
    return keys[:KEY_SENTENCES]


def _wish(turns: Sequence[Utterance], told: Sequence[Utterance]) -> Utterance | None:
    """The last sentence in which the caller says what should be done."""
    wishes = [one for one in turns if one.is_caller and _WISH.search(one.text) and one not in told]
    return wishes[-1] if wishes else None


def _sentence(turn: Utterance) -> str:
    said = _OPENING.sub("", turn.text) or turn.text
    return readable(said[:LONGEST_SENTENCE])


def _place(fields: Mapping[str, FieldGuess]) -> str:
    district, address = _text(fields, "district"), _text(fields, "address")
    return address if district and address.startswith(district) else district + address


def _text(fields: Mapping[str, FieldGuess], name: str) -> str:
    value = fields[name].value
    return value if isinstance(value, str) else ""
