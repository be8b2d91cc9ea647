"""The caller's name and how the caller is addressed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from asr.prefill.lexicon import Surnames
from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.sounds import syllables
from asr.prefill.text import Utterance

_ASKS_NAME = re.compile(
    r"贵姓|怎么称呼|称呼您|姓名|您姓|尊姓|您的名字|叫什么名字|您叫什么|名字方便|全名|您是哪位|贵[性型]|怎么称|姓甚么|姓什么|留个姓"
)
_KNOWN = re.compile(r"(?:您)?(?:知道|清楚|记得)")
"""Whoever is asked whether he knows a name is not asked for his own."""
_ABOUT_OTHERS = re.compile(
    r"母亲|父亲|孩子|师傅|司机|公司|店|厂|学校|机构|对方|他|她|健身房|小区|楼盘|平台|老板"
)
_TITLE = re.compile(r"先生|女士")
_ADDRESSES = re.compile(r"(?:好的?|好得|行|那|嗯|谢谢|感谢|请问|得|对|是)*([一-鿿]{1,3}?)")
_NO_ADDRESS = re.compile("[理谅]解$|来[电访]$|[您你]好$")
_NO_SURNAME = "位个的得老您各两这那小大本他她男女好和及"
_OTHER_PERSON = re.compile(
    r"(?:师傅|老板|司机|经理|主任|老师|医生|大夫|护士|班长|队长|书记|会计|他|她|有个|有一个|个|那个人|对方|邻居|人|爸|妈|媳妇|老公|丈夫|弟弟|哥|姐|妹|儿子|女儿|娃|孩子|爷爷|奶奶|牌上写的|写着|上写|工头|教练|校长|站长|村长|主管)$"
)
_LEAD = re.compile(
    r"^(?:嗯|啊|呃|哦|噢|愿意|那个|就是|我是|我叫|叫|名字叫|我|哎|喂|对|好|行|您好|你好|是)+"
)
_STOP = re.compile(
    r"^(?:电话|[手首][机击]|号码|我|就|这|那|用|男|女[的儿]|嗯|啊|呃|吧|呢|住|的|是|今年|你|打|也|他|她|家里|家住|在|不|对|没|"
    r"联系|叫|姓|哦|个|了|吗|别的|快点|快来|来电|来访|行吗|好吧|好了|可以|先登|先这|先不|记|留|写|七十|六十|八十|还|哎|给|"
    r"请|有事|有啥|要不|要是|说|因为|所以|从|老汉|老头|旁边|字|加个|加我|跟|和|或|只|身份|本人|幺|一[三五八七九]|零|1|0|大爷|大妈|"
    r"奶奶|师傅|女士|先生|同志|么|噢|哈|呀|那|诶|唉|咱|谢谢|麻烦|随便|不用|退休|村|社|单位|到时|都|很|什么|复姓|三个|两个|念[得的做成]|念.(?=$)|信号|上头|下头|底下|草字头|左边|右边|广字|骗|加一|位)"
)
_AROUND_NAMES = re.compile(
    r"免贵姓|我姓|我叫|我是|姓名|贵姓|电话|手机|号码|联系|师傅|老板|司机|孩子|保密|不方便"
)
_MISHEARD = re.compile(
    r"(?:^|(?<=免贵)|(?<=我))[性型](?=[一-鿿])(?!性?[别质格能情为的啊吧了动啦嘛号])"
)
"""性 or 型 where a name is told: 姓 misheard."""
_REFUSES = re.compile(r"不方便|不留|匿名|不想说|不说了|不用登记|不要登记|保密|不能说|不告诉|群众")


class _Found(NamedTuple):
    name: str
    turn: int
    evidence: Evidence
    weight: int


def caller_name(turns: Sequence[Utterance], surnames: Surnames) -> FieldGuess:
    """Full name, or the surname alone when only that was given."""
    found: list[_Found] = []
    for position, turn in enumerate(turns):
        if turn.is_caller:
            previous = turns[position - 1] if position else None
            asked = previous is not None and not previous.is_caller and _asks_name(previous.text)
            found.extend(_in_caller_turn(turn, asked, surnames))
    called = _addressed(turns, surnames)
    addressed = [surnames.of(one.name) for one in called]
    sounds = {syllables(surname) for surname in addressed}
    if not found and called:
        return _as_addressed(called[0], turns, surnames)
    if not found:
        refused = any(turn.is_caller and _REFUSES.search(turn.text) for turn in turns)
        return FieldGuess(None, [], 0.8 if refused else 0.6)
    best = max(
        found,
        key=lambda one: (
            syllables(surnames.of(one.name)) in sounds,
            one.weight,
            len(one.name) > 1,
            one.turn,
            one.evidence.start,
        ),
    )
    for one in called:
        surname = surnames.of(one.name)
        if len(one.name) > len(surname) and syllables(surnames.of(best.name)) == syllables(surname):
            return FieldGuess(one.name, [best.evidence, one.evidence], 0.95)
    name = best.name
    if not _spelt(surnames.of(name), turns):
        name = _mend(name, addressed, surnames)
    surname = surnames.of(name)
    agreed = surname in addressed
    same = [one for one in found if surnames.of(one.name) == surname]
    if len(name) == len(surname):
        same += _full_names_of(surname, turns, surnames)
        same += _said_again(surname, turns, best.turn)
    longest = max(same, key=lambda one: len(one.name), default=best)
    if len(longest.name) > len(name):
        name, best = longest.name, longest
    evidence = list(dict.fromkeys([best.evidence]))
    return FieldGuess(name, evidence, 0.95 if agreed else 0.8)


def _full_names_of(surname: str, turns: Sequence[Utterance], surnames: Surnames) -> list[_Found]:
    """Full names said after 叫 by a caller whose surname is already known."""
    found: list[_Found] = []
    for position, turn in enumerate(turns):
        text = _as_named(turn) if turn.is_caller else ""
        if position and re.search(
            r"(?:爷|奶|母亲|父亲|孩子|老人|他|她|妈|爸).{0,3}叫", turns[position - 1].text
        ):
            continue
        for match in re.finditer(rf"叫(?={re.escape(surname)})", text):
            if _OTHER_PERSON.search(text[: match.start()]):
                continue
            given = _given_name(text, match.end() + len(surname))
            end = match.end() + len(surname) + len(given)
            found.append(_Found(surname + given, turn.index, turn.evidence(match.start(), end), 3))
    return found


def _said_again(surname: str, turns: Sequence[Utterance], since: int) -> list[_Found]:
    """Full names that follow the explanation of the surname: 我姓籍 籍贯的籍 籍桂芝."""
    found: list[_Found] = []
    for turn in turns:
        if not turn.is_caller or not since <= turn.index <= since + 3:
            continue
        text = _as_named(turn)
        for match in re.finditer(re.escape(surname), text):
            before, start = text[: match.start()], match.end()
            if before and not before.endswith((surname, "的", "得", "念", "字", "旁", "个", "是")):
                continue
            given = _given_name(text, start)
            rest = text[start + len(given) :]
            # 仝人工仝 explains the surname, 扈晓丹扈三娘的扈 goes on to
            explains = rest == surname
            whole = not rest or rest.startswith(surname) or _STOP.match(rest)
            if (
                len(given) == 2
                and given[1] not in "得地"
                and whole
                and not explains
                and not rest.startswith(("的", "得", "那", "字", "这"))
            ):
                spot = turn.evidence(match.start(), start + len(given))
                found.append(_Found(surname + given, turn.index, spot, 2))
    return found


def _asks_name(text: str) -> bool:
    found = list(_ASKS_NAME.finditer(text))
    if not found or _KNOWN.match(text, found[-1].end()):
        return False
    return not _ABOUT_OTHERS.search(text[max(0, found[-1].start() - 6) : found[-1].start()])


def _as_named(turn: Utterance) -> str:
    """The turn as heard, only the words around a name repaired: names are no known phrases."""
    out = list(turn.heard)
    for match in _AROUND_NAMES.finditer(turn.text):
        out[match.start() : match.end()] = match.group()
    return _MISHEARD.sub("姓", "".join(out))


def _in_caller_turn(turn: Utterance, asked: bool, surnames: Surnames) -> list[_Found]:
    text = _as_named(turn)
    found: list[_Found] = []
    for match in re.finditer(r"姓", text):
        start = match.start()
        before = text[:start]
        if text[start + 1 : start + 2] in ("", "名"):
            continue
        if before.endswith(("不是", "不对不是")):
            continue
        own = before.endswith(("我", "免贵", "本人", "我是", "我也", "贵"))
        if not own and (_OTHER_PERSON.search(before) or not (asked or start <= 3)):
            continue
        if own and re.search(r"(?:他|她|老板)(?:跟|和)?我$", before):
            continue
        # 不说姓啥: no name
        if text[start + 1 : start + 2] in "啥什":
            continue
        name, end = _after_surname(text, start + 1, surnames)
        if name:
            found.append(_Found(name, turn.index, turn.evidence(start, end), 3 if own else 2))
    for match in re.finditer(r"(?:我叫|我名字叫|本人叫|我的名字叫|名字是|我名叫|名字叫)", text):
        if re.search(r"(?:给|让|叫)$", text[: match.start()]):
            continue
        name, end = _full_name_at(text, match.end(), surnames)
        if name and len(name) > 1:
            found.append(_Found(name, turn.index, turn.evidence(match.start(), end), 3))
    if asked and not found:
        found.extend(_bare_answer(turn, surnames))
    if not found:
        nick = re.search(
            r"(?:叫我|我是|我就是|喊我|称呼我)(?:老|小)([一-鿿])(?:就行|吧|好了|$|就)", text
        )
        if nick and surnames.is_single(nick.group(1)):
            spot = turn.evidence(nick.start(), nick.end())
            found.append(_Found(nick.group(1), turn.index, spot, 2))
    return found


def _bare_answer(turn: Utterance, surnames: Surnames) -> list[_Found]:
    """The answer to "怎么称呼": a name with nothing around it."""
    text = _as_named(turn)
    lead = _LEAD.match(text)
    start = lead.end() if lead else 0
    explained, end = _explained(text, start, surnames)
    if explained:
        whole = _told_with_its_explanation(text, start, end, explained, surnames)
        end = max(end, start + len(whole))
        return [_Found(whole or explained, turn.index, turn.evidence(start, end), 2)]
    twice = re.match(
        r"([一-鿿])[一-鿿]{1,3}?(?:的|字|那个)?\1(?:$|嗯|电话|手机|可不|不是|啊|吧)", text[start:]
    )
    if twice and surnames.known(twice[1]):
        return [_Found(twice[1], turn.index, turn.evidence(start, start + twice.end()), 2)]
    apart = re.match(r"([一-鿿])[一-鿿]{2}\1(\1[一-鿿]{1,2})(?:$|电话|手机)", text[start:])
    if apart and surnames.known(apart[1]):  # 章立早章章学义
        spot = turn.evidence(start, start + apart.end(2))
        return [_Found(apart[2], turn.index, spot, 2)]
    around = re.fullmatch(r"([一-鿿])[一-鿿]{2,9}\1", text[start:])
    if around and surnames.known(around[1]) and re.search("[旁字头底]", around.group()):
        return [_Found(around[1], turn.index, turn.evidence(start, start + 1), 2)]
    alone = re.fullmatch(r"([一-鿿])(?:女士|先生|吧|嗯|(?:不|我|你|电话|手机|就).*)?", text[start:])
    if alone and surnames.known(alone[1]) and alone[1] not in "好行对是嗯有能都和平时安那":
        return [_Found(alone[1], turn.index, turn.evidence(start, start + 1), 1)]
    name, end = _full_name_at(text, start, surnames)
    said = bool(lead and lead.group().endswith("叫"))
    if name and not said and not surnames.is_single(name[0]) and name[:2] not in surnames.compound:
        return []
    if not name or len(name) < 2:
        single = text[start:]
        if len(single) == 1 and surnames.is_single(single):
            return [_Found(single, turn.index, turn.evidence(start, start + 1), 1)]
        return []
    if _REFUSES.search(text) or re.match(r"^(?:方便|不|没|我|这|还|先)", text[start:]):
        return []
    return [_Found(name, turn.index, turn.evidence(start, end), 1)]


def _told_with_its_explanation(
    text: str, start: int, end: int, explained: str, surnames: Surnames
) -> str:
    """A full name before or after an explanation: 边建国一边的边, 吉祥的吉吉怀山; "" if none."""
    word = re.match(r"([一-鿿]{2,3})[一-鿿]{2}(?:的|得)", text[start:])
    if (
        word
        and (surnames.is_single(word[1][0]) or word[1][0] == explained)
        and word[1][1] != word[1][0]
        and word.end() < end - start
    ):
        return word[1]
    if text.startswith(explained, end):
        full, _ = _full_name_at(text, end, surnames)
        return full if len(full) > len(explained) else ""
    return ""


def _explained(text: str, start: int, surnames: Surnames) -> tuple[str, int]:
    """A surname by its explanation: 木子李, 单人旁的何, 高尚的尚, 革字旁那个靳."""
    for explanation, surname in surnames.explained.items():
        if text.startswith(explanation, start):
            end = start + len(explanation)
            rest = re.match(r"(?:的|那个|哪个)*", text[end:])
            end += rest.end() if rest else 0
            if text[end : end + 1] == surname or syllables(text[end : end + 1]) == syllables(
                surname
            ):
                end += 1
            return surname, end
    match = re.match(r"([一-鿿]{1,5}?)(?:的|得|地|那个|哪个)+([一-鿿])", text[start:])
    if match and (surnames.known(match.group(2)) or match.group(2) in match.group(1)):
        word, surname = match.groups()
        if (
            surname in word
            or syllables(surname)[0] in syllables(word)
            or re.search(r"旁|头|底|水|点|字", word)
        ):
            return surname, start + match.end()
    return "", start


def _after_surname(text: str, start: int, surnames: Surnames) -> tuple[str, int]:
    """The name that starts after 姓: "魏", "魏魏晓芳", "温温度的温温慧", "张张飞的张"."""
    compound = text[start : start + 2]
    first = compound if compound in surnames.compound else text[start : start + 1]
    end = start + len(first)
    explained, after = _explained(text, end, surnames)
    if explained and (explained == first or syllables(explained) == syllables(first)):
        # 姓郜告状的告加耳朵旁: what is explained is a part of the character
        first = explained if surnames.known(explained) or not surnames.known(first) else first
        end = after
    elif not surnames.known(first):
        explained, after = _explained(text, start, surnames)
        if explained:
            first, end = explained, after
        else:
            # a homophone stands where the surname was said: the agent's address may mend it
            return (first, end) if "一" <= first <= "鿿" and not _STOP.match(first) else ("", end)
    rest = end
    filler = re.match(r"(?:嗯|啊|呃|那个|就是|我叫|叫|名字叫|全名|全名叫|哦|啥)+", text[rest:])
    if filler:
        rest += filler.end()
    again, after = _explained(text, rest, surnames)
    if again == first:
        rest = after
    if text.startswith(first, rest):
        full, full_end = _full_name_at(text, rest, surnames)
        if len(full) > len(first):
            return full, full_end
    elif (filler and "叫" in filler.group()) or (filler is None and not again):
        given = _given_name(text, end if filler is None else rest)
        if given and (filler is not None or len(text) - end <= 2):
            return first + given, (end if filler is None else rest) + len(given)
    return first, end


def _full_name_at(text: str, start: int, surnames: Surnames) -> tuple[str, int]:
    compound = text[start : start + 2]
    surname = compound if compound in surnames.compound else text[start : start + 1]
    if not surnames.known(surname):
        return "", start
    given = _given_name(text, start + len(surname))
    told = given[1:] == surname and (
        text.startswith("是", start + 3) or _explained(text, start + 2, surnames)[0] == surname
    )
    if told:
        given = given[:1]  # 常青 常常的常: the last one explains the first
    return surname + given, start + len(surname) + len(given)


def _given_name(text: str, start: int) -> str:
    """One or two characters of a given name; what cannot continue a name ends it."""
    given = ""
    while len(given) < 2:
        rest = text[start + len(given) :]
        if not rest or not "一" <= rest[0] <= "鿿" or _STOP.match(rest):
            break
        given += rest[0]
    return given


def _addressed(turns: Sequence[Utterance], surnames: Surnames) -> list[_Found]:
    """Names by which the agent addressed the caller, latest first; mostly the surname alone."""
    seen: list[_Found] = []
    for turn in turns:
        if turn.is_caller:
            continue
        for match in _TITLE.finditer(turn.text):
            name = _before_title(turn.text[: match.start()], surnames)
            if name:
                start = match.start() - len(name)
                spot = turn.evidence(start, match.end())
                seen.insert(0, _Found(name, turn.index, spot, 0))
    return seen


def _before_title(before: str, surnames: Surnames) -> str:
    """The name at the end of the words before 先生 or 女士; empty if there is none."""
    if _NO_ADDRESS.search(before):
        return ""
    opens = _ADDRESSES.fullmatch(before)
    if opens and len(opens[1]) > 1 and surnames.known(opens[1][0]) and opens[1][-1] != "老":
        return opens[1]
    if before[-2:] in surnames.compound:
        return before[-2:]
    if before and surnames.is_single(before[-1]):
        return before[-1]
    # a rare surname, which the agent has understood
    return opens[1] if opens and len(opens[1]) == 1 and opens[1] not in _NO_SURNAME else ""


def _as_addressed(called: _Found, turns: Sequence[Utterance], surnames: Surnames) -> FieldGuess:
    """The name by the agent's address alone, in full if the caller has said it just before."""
    surname = surnames.of(called.name)
    for turn in reversed(turns):
        if not turn.is_caller or not called.turn - 3 <= turn.index < called.turn:
            continue
        text = _as_named(turn)
        for match in re.finditer(rf"(?:^|叫|是){re.escape(surname)}", text):
            given = _given_name(text, match.end())
            rest = text[match.end() + len(given) :]
            told = re.match(rf".{{2,4}}[的得地](?:那个|哪个)?[{surname}{given}]", rest)
            if given and called.name == surname and (not rest or told or _STOP.match(rest)):
                spot = turn.evidence(match.start(), match.end() + len(given))
                return FieldGuess(surname + given, [spot, called.evidence], 0.8)
    return FieldGuess(called.name, [called.evidence], 0.8)


def _spelt(surname: str, turns: Sequence[Utterance]) -> bool:
    """Whether the caller has explained this very character: 蔺相如的蔺."""
    told = re.compile(rf"{surname}.{{0,3}}[的得]{surname}(?!不对)")
    return any(turn.is_caller and told.search(turn.heard) for turn in turns)


def _mend(name: str, addressed: Sequence[str], surnames: Surnames) -> str:
    """A surname misheard as a homophone is read as the agent's address spells it."""
    surname = surnames.of(name)
    if surname in addressed:
        return name
    for other in addressed:
        if syllables(other) == syllables(surname) and (
            not surnames.known(surname) or surnames.rank(other) < surnames.rank(surname)
        ):
            return other + name[len(surname) :]
    return name


def caller_title(turns: Sequence[Utterance], name: str | None) -> FieldGuess:
    """先生 or 女士 as the agent said it, the last time counting."""
    best: tuple[str, Evidence] | None = None
    for turn in turns:
        for match in _TITLE.finditer(turn.text):
            if turn.is_caller and not re.search(
                r"(?:我是|叫我|我姓).{0,2}$", turn.text[: match.start()]
            ):
                continue
            best = (match.group(), turn.evidence(match.start(), match.end()))
    if best is None:
        return FieldGuess(None, [], 0.8)
    return FieldGuess(best[0], [best[1]], 0.95 if name else 0.9)
