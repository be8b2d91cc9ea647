"""The first day of the matter, resolved against the day of the call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from asr.prefill.model import CallFacts, Evidence, FieldGuess
from asr.prefill.numerals import NUMERAL, value_of
from asr.prefill.text import Utterance

_N = f"[{NUMERAL}]"
_NOT_A_DAY = (
    r"(?!楼|线|院|店|门|路|车|机|窗|工|坑|地|桥|井|话|单元|家属|公馆|小区|仓|宿舍|厂|"
    r"摊|柜|馆|坐席|号|话务|为您|站台|出口|口|码)"
)
_RELATIVE = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2}
_WEEKDAY = {**{char: n for n, char in enumerate("一二三四五六")}, "日": 6, "天": 6, "末": 5}

_MONTH_DAY = re.compile(
    rf"(?:(?P<y>二零{_N}{{2}}|20\d\d|今年|去年|前年|明年)年?的?)?(?P<m>元|十[一二]?|[一二三四五六七八九]|\d{{1,2}})月份?(?P<d>[一二三四五六七八九十两\d]{{1,3}})[号日好浩]{_NOT_A_DAY}"
)
_MONTH_DAY_BARE = re.compile(
    r"(?P<m>十[一二]?|[一二三四五六七八九])月(?P<d>(?:二十|三十|十)[一二三四五六七八九]?|[一二三四五六七八九])(?![天年月个份十百千万块多几来])"
)
_LAST_MONTH = re.compile(
    rf"(?P<w>上上个?|上个?|[这着][个各]?|本|下个?)月的?(?P<d>{_N}{{1,3}})[号日好]{_NOT_A_DAY}"
)
_DAY_ONLY = re.compile(
    rf"(?<![{NUMERAL}月第路街道巷村镇园苑区院])(?P<d>[一二三]?十?[一二三四五六七八九十]|\d{{1,2}})[号日]"
    rf"(?!$){_NOT_A_DAY}"
)
_DAY = re.compile(r"(?P<r>大前|前|昨|今|明|后)(?:天|儿|晚|早|夜|日(?!子|期|常))")
_WEEK = re.compile(
    r"(?P<w>上上个?|上个?|这个?|本|下个?)?(?:周|礼拜|星期)(?P<d>[一二三四五六日天末])(?![个期年岁次边围到周])"
)
_AGO = re.compile(rf"(?P<n>{_N}{{1,3}})(?P<u>天|个?礼拜|个?星期|周)(?:以前|之前|前)")
_MONTHLY = re.compile(
    rf"每(?:个)?月(?:的|都是|是|到|基本|一般)*(?P<d>{_N}{{1,3}})[号日好]{_NOT_A_DAY}"
)
_THIS_MONTH_MISSED = re.compile(r"(?:这个?|本)月.{0,10}(?:没|不|少)")
_JUST = re.compile(
    rf"(?:{_N}{{1,3}}|几|半个?|[一两]个半)(?:多)?(?:分钟|个?小时|个?钟头)(?:多)?(?:以前|之前|前)"
)
_EDGE_OF_MONTH = re.compile(
    r"(?:(?P<m>[一二三四五六七八九十]{1,2})月份?|(?P<w>上上个?|上个?|这个?|本|下个?)月)的?(?P<e>底|末|初)"
    r"(?![一二三四五六七八九十])"
)
_EXAM = re.compile(r"^的?(?:就|要|才|就要)?(?:高考|中考|考试|开考)")
"""A day of exams is why the matter presses, not when it happened."""
_NUMBER_OF = "号(?:窗|楼|院|线|店|门|车|柜|桌|厅)"
_DAY_OF_FEAST = re.compile(
    r"^节?(?:放假|假期|长假)?的?(?:第(?P<nth>[二三四五六七八])天|(?P<day>[一二三四五六七八])[号日])"
)
_DAY_BESIDE = re.compile(r"^(?:节)?(?:的)?(?:第二天|隔天|后一天|前一天|前一晚|前天晚上)")
_NOW = re.compile(
    r"刚才|刚刚|就刚|正[一-鿿]{1,2}着呢|(?<!到)这会儿|这阵|现在正(?!是)|正在|刚(?=把|转|给|被|发生|下|出|走|打|看|坐|遇)|此刻|眼下|"
    r"都(?:快)?(?:半夜|[一二三四五六七八九十两]{1,2}点)(?:多|半)?(?:钟)?了|你听|听听|"
    r"还在(?=打|放|施工|唱|跳|响|干|吵|叫|冒|喷|流|着|闹)|又(?:开始|在)(?=打|放|施工|唱|跳|响|干|吵)"
)
_JUST_NOW = re.compile(rf"就刚[才刚]|刚[才刚](?:嘛|么|的事)|{_N}来?分钟(?:以前|之前|前)")
_LIVE = re.compile(
    r"正[一-鿿]{1,2}着呢|你听(?:听|你听|.{0,8}(?:听见|听得见|声|吵|响))|(?:半夜|[一二三四五六七八九十两]{1,2}点)(?:多|半)?(?:钟)?[了乐啦]?还(?:在|没(?:停|完|歇|关))"
)
"""It can be heard while the caller speaks: the day of the call, though it happens every day."""
_PART_OF_DAY = re.compile(
    r"从(?:早上|早晨|上午|中午|下午|晚上|凌晨)|"
    r"(?:凌晨|早上|上午|中午|下午|晚上)?[一二三四五六七八九十两]{1,2}点(?:多|半|钟|来钟|[一二三四五]?十[一二三四五六七八九]?)*(?:(?:就|开始|停的|断的|坏的|停到)|.{0,14}到现在)"
)

_TIME_ALONE = re.compile(
    r"(?:从|大概|差不多|就|是)*(?:凌晨|早上|早晨|上午|中午|下午|晚上)?[一二三四五六七八九十两]{1,2}点"
    r"(?:多|半|钟|来钟|过|[一二三四五]?十[一二三四五六七八九]?分?|左右|吧|的样子)*(?:开始的?|停的|断的)?"
)
"""A whole answer that tells the time of the day only."""

_ASKS_TIME = re.compile(
    r"什么时候|啥时候|几号(?!窗|楼|院|门|店|车|线|厅|柜)|哪天|哪一天|几点|何时|具体时间|什么时间|哪一日|几月|哪年|日期"
)
_ASKS_EARLIER = re.compile(
    r"(?:时候|几号|哪天|哪一天|时间)(?:去|给)?(?:您|你)?.{0,2}(?:考的?试|考的|受理|提交|递交|申请|报(?:的|上)|交的|入职|领的证|签的|办的卡|买的房|反映|投诉)"
)
_STARTS = re.compile(r"开始|起|那天|坏的|停的|出的|发生")
_LASTING = re.compile(
    rf"没断过|从(?:{_N}{{1,2}}月|去年|年初|入冬|开春|春天|夏天|冬天|秋天)[^号日]{{0,10}}就|一直(?:没|不|都|这|在|就)|好久|很久|多年|半年了|半年多|半个月了|半个多月|长期|"
    rf"(?:{_N}|几|半|多|好几|来)+(?:天|个月|个多月|年|个礼拜|个星期|周|多天|多年|个把月)(?:多)?(?:了|没|都没|不|也)"
)
_DAYS_SINCE = re.compile(rf"(?P<n>{_N}{{1,3}})天(?:多)?了")
_HABIT = re.compile(r"天天|每天|老是|经常|每晚|每到|一到|三天两头|常年|成天|整天|隔三差五")
_NOT_THE_MATTER = re.compile(
    r"^.{0,6}(?:打过|投诉过|反映过|来过|说过|问过|打的(?:电话|你们|这|那|哪)|投诉的|以前|之前|生日|出生|保质期|生产|出厂|才能|要去|再来|截至|离职|辞职)"
)
_FUTURE = re.compile(
    r"开始执行|起执行|实行|生效|截止|到期|最后一天|交房|之前|期限|交付|报名|开庭|必须"
)
_EARLIER = re.compile(
    r"办的卡|签的|交的钱|交了|交的|入职|办的|充的|报的名|种的|立的|考的|受理|递的|申请的|提交"
)
_SIGNED = re.compile(r"(?:签|交|订)的?(?:合同|协议|定金|首付)(?:是|在|时|市)?$")
_CALENDAR = re.compile(r"(?P<lunar>农历|阴历|老历|旧历|古历)|阳历|公历|新历")
_IS_LUNAR = re.compile(
    r"^[哦噢啊呃嗯哎]{0,2}(?:那|这|我)?(?:个)?(?:说|讲)?的?(?:是|时|市|事|试|式)?(?:农历|阴历|老历|旧历|古历)"
)
_DENIED = re.compile(r"(?<![哦噢哎])(?:不是|并非)(?:那个|这个|今年|上个?月)?$")
_INSTEAD = re.compile(r"(?:早上|早晨|上午|中午|下午|晚上|夜里)?不是")
_RHETORICAL = re.compile(r"^.{0,14}(?:吗|嘛|么)$")
_AGAIN = re.compile(
    r"^(?:早上|早晨|上午|中午|下午|晚上|夜里|一早)?(?:我|我们|他|他们|她|人家)?(?:就|又|也|还)"
)
_NOT_THEN = re.compile(r"^(?:早上|早晨|上午|中午|下午|晚上|夜里|一早)?(?:又|也|就|都)?没")
_CORRECTS = re.compile(r"^.{0,3}(?:不对|不是|错了|说错|哎不)|记错|记岔|记混|搞错|说错|看错")
_CORRECTED = re.compile(r"不对|(?<!是)不是|错了|记错")
_TODAY_IS = re.compile(r"(?:今天|今儿|现在|这)(?:个)?(?:已经|都|就)(?:是|快)?$")
_TELLS_THE_DATE = re.compile(
    rf"^(?:已经|都|就|快|是)+(?:{_N}{{1,3}}(?:月|号|日)|腊月|正月|星期|礼拜|周|初)"
)
_DUE = re.compile(
    r"^(?:之前|以前)?(?:就|本来)?(?:就|该|应该)?(?:到期|截止|满了|该(?:发|到|给|打|交))|^就(?:该|应该|满)"
)
_AGREES = re.compile(r"^(?:嗯)?(?:对|队|是|嗯|没错|就是)")
_EARLY_TURNS = 2


class _Candidate(NamedTuple):
    day: date
    score: float
    evidence: Evidence
    turn: int
    start: int
    end: int
    definite: bool
    opening: bool = False
    vague: bool = False

    @property
    def rank(self) -> float:
        """By what it is preferred to other days."""
        return self.score + (0.3 if self.opening else 0.0)


def occurred_on(
    turns: Sequence[Utterance],
    facts: CallFacts,
    holidays: Mapping[str, Mapping[str, str]],
    *,
    wanted: bool,
    happening: bool,
    thanks: bool = False,
) -> FieldGuess:
    """ISO date of the matter; None when open-ended or not ``wanted`` (consultations, progress).

    Args:
        turns: the call so far.
        facts: gives the day of the call.
        holidays: day (``MM-DD``) of feasts, ``fixed`` ones and those of single years.
        wanted: False for consultations and progress queries.
        happening: an emergency is going on: the day of the call unless a day was said.
        thanks: the call praises: how long things lasted before says nothing of the good deed.
    """
    today = facts.call_date.date()
    if not wanted:
        return FieldGuess(None, [], 0.85)
    if happening:
        spot = next((one for one in turns if one.is_caller and one.text), None)
        return FieldGuess(
            today.isoformat(), [spot.evidence(0, len(spot.text))] if spot else [], 0.9
        )
    found: list[_Candidate] = []
    lasting = habit = live = False
    denied: set[date] = set()
    caller_turns = 0
    since: int | None = None
    for position, turn in enumerate(turns):
        if not turn.is_caller:
            continue
        previous = (
            turns[position - 1].text if position and not turns[position - 1].is_caller else ""
        )
        asked = bool(_ASKS_TIME.search(previous)) and not re.search("生产日期|出生", previous)
        asked = asked and not _ASKS_EARLIER.search(previous)
        caller_turns += 1
        here = _in_turn(turn, today, holidays, asked)
        if position and _AGREES.match(turn.text) and not turns[position - 1].is_caller:
            own = {one.day for one in here if one.definite and one.day != today}
            found.extend(
                one
                for one in _read_back(turns[position - 1], today, holidays)
                if not own or one.day in own
            )
        denied |= _denied(turn, here, turns[position - 1] if position else None, today, holidays)
        if caller_turns <= _EARLY_TURNS and not asked and not any(one.opening for one in found):
            # the day that opens the story outweighs days of what came of it
            here = [one._replace(opening=one.definite) for one in here]
        if asked and _TIME_ALONE.fullmatch(turn.text) and not any(one.definite for one in found):
            whole = turn.evidence(0, len(turn.text))
            here.append(_Candidate(today, 3.2, whole, turn.index, 0, len(turn.text), True))
        found.extend(here)
        lasting = lasting or (not thanks and bool(_LASTING.search(turn.text)))
        live = live or bool(_LIVE.search(turn.text))
        days = _DAYS_SINCE.search(turn.text)
        since = value_of(days["n"]) if days else since
        habit = habit or bool(_HABIT.search(turn.text))
    if since:
        # "停了三天了" and "大前天" tell the same
        found = [
            one._replace(score=one.score + 0.5 * (abs((today - one.day).days - since) <= 1))
            for one in found
        ]
    least = 2.45 if lasting else 2.4 if habit else 0.9
    usable = [one for one in found if one.score >= least and one.day not in denied]
    if not usable and live and not lasting:
        usable = [one for one in found if one.day == today]
    if not usable:
        return FieldGuess(None, [], 0.5 if found else 0.7)
    top = max(one.rank for one in usable)
    best = next(one for one in usable if one.rank == top)
    if best.vague:
        # 这个月初, and later 二号: the day is told more exactly
        exact = (one for one in usable if one.definite and _within_ten_days(best.day, one.day))
        best = next(exact, best)
    return FieldGuess(best.day.isoformat(), [best.evidence], min(0.95, 0.5 + 0.1 * top))


def _within_ten_days(first: date, day: date) -> bool:
    return (day.year, day.month) == (first.year, first.month) and 1 < day.day <= 10


def _in_turn(
    turn: Utterance, today: date, holidays: Mapping[str, Mapping[str, str]], asked: bool
) -> list[_Candidate]:
    found: list[_Candidate] = []
    text = turn.text
    taken: list[tuple[int, int]] = []
    for day, start, end, weight, definite in _expressions(text, today, holidays):
        if any(start < stop and end > begin for begin, stop in taken):
            continue
        taken.append((start, end))
        after, before = text[end : end + 12], text[max(0, start - 10) : start]
        score = weight
        if asked and (definite or text[start:end] in ("刚才", "刚刚", "就刚")):
            score += 2.0
        if _TODAY_IS.search(before) or (day == today and _TELLS_THE_DATE.match(after)):
            continue
        if _DUE.match(after):
            score += 0.7
        if definite and before.endswith("就"):
            score += 0.3
        if _STARTS.search(after[:8]) or before.endswith(("从", "自", "打")):
            score += 0.6
        if _NOT_THE_MATTER.search(after):
            score -= 1.5
        if re.match(r"以后|之后|过后|前后|以来|开始就一直", after) or _is_lunar(before, after):
            score -= 3.0
        if _EXAM.match(after):
            continue
        if before.endswith("还是"):
            score -= 0.3
        if found and re.search(r"不对|不是|错了|记错", text[found[-1].start : start]):
            score = max(score, found[-1].score) + 0.1
        elif found and before.endswith("是") and _CORRECTED.search(text[found[0].start : start]):
            score = max(score, *(one.score for one in found)) + 0.1
        elif found and found[-1].definite and definite and score >= found[-1].score:
            joined = text[found[-1].start : start]
            # the later day counts ("十号种的十七号掉了"), but a span counts from its first
            sequel = re.search(r"(?:到|至)$", joined) or _AGAIN.match(after)
            # "昨天排的前天没排": nothing happened on the second
            nothing = _NOT_THEN.match(after) and not _NOT_THEN.match(text[found[-1].end :])
            # "十号约十六号约": the same again
            same = after[:1] == text[found[-1].end : found[-1].end + 1] != ""
            score += -0.5 if nothing else -0.2 if sequel or same else 0.05
        if _EARLIER.search(after[:8]) or _SIGNED.search(before):
            score -= 1.8
        if day > today and not _FUTURE.search(text):
            score -= 1.5
        found.append(
            _Candidate(
                *(day, score, turn.evidence(start, end), turn.index, start, end, definite),
                vague=text[start:end].endswith("初"),
            )
        )
    return found


def _is_lunar(before: str, after: str) -> bool:
    """Whether a day is said by the old calendar, which nobody here can resolve."""
    calendars = list(_CALENDAR.finditer(before))
    return bool(calendars and calendars[-1]["lunar"]) or bool(_IS_LUNAR.match(after))


def _denied(
    turn: Utterance,
    here: Sequence[_Candidate],
    previous: Utterance | None,
    today: date,
    holidays: Mapping[str, Mapping[str, str]],
) -> set[date]:
    """Days that the caller takes back: "是二十五号不是二十四号", or the agent's, put right."""
    days: set[date] = set()
    for number, one in enumerate(here):
        if not _DENIED.search(turn.text[: one.start]) or _RHETORICAL.match(turn.text[one.end :]):
            continue
        before = here[number - 1] if number else None
        if (
            before is not None
            and _INSTEAD.fullmatch(turn.text, before.end, one.start)
            and not turn.text[: before.start].endswith("是")
        ):
            days.add(before.day)  # 十六号下午不是十七号下午
        else:
            days.add(one.day)
    stated = {one.day for one in here if one.definite and one.day != today} - days
    if stated and previous is not None and not previous.is_caller and _CORRECTS.search(turn.text):
        read_back = _in_turn(previous, today, holidays, asked=False)
        days |= {one.day for one in read_back if one.definite} - stated
    return days


def _expressions(
    text: str, today: date, holidays: Mapping[str, Mapping[str, str]]
) -> list[tuple[date, int, int, float, bool]]:
    """(day, start, end, weight, definite) of every time expression, most definite kinds first."""
    out: list[tuple[date, int, int, float, bool]] = []
    month = today.month
    year = today.year
    for pattern in (_MONTH_DAY, _MONTH_DAY_BARE):
        for match in pattern.finditer(text):
            day = _month_day(match, text, today)
            if day is not None:
                month, year = day.month, day.year
                out.append((day, match.start(), match.end(), 2.5, True))
    for match in _LAST_MONTH.finditer(text):
        shift = _shift(match["w"])
        day = _safe(*_month_shift(today, shift), value_of(match["d"]))
        if day is not None:
            month, year = day.month, day.year
            out.append((day, match.start(), match.end(), 2.5, True))
    feasts = {**holidays.get("fixed", {}), **holidays.get(str(today.year), {})}
    for match in _DAY_ONLY.finditer(text):
        if text[: match.start()].removesuffix("节").endswith(tuple(feasts)):
            continue  # 国庆三号
        if re.search(match["d"] + _NUMBER_OF, text):
            continue  # 十四号窗口 … 十四号那个
        day = _safe(year, month, value_of(match["d"]))
        if day is not None and day > today and month == today.month and not _FUTURE.search(text):
            day = _safe(*_month_shift(today, -1), value_of(match["d"]))
        if day is not None:
            out.append((day, match.start(), match.end(), 2.2, True))
    for match in _MONTHLY.finditer(text):
        # a payment that comes on a day of every month, and was missed
        day = _safe(today.year, today.month, value_of(match["d"]))
        if day is not None and day > today:
            day = _safe(*_month_shift(today, -1), value_of(match["d"]))
        if day is not None:
            missed = _THIS_MONTH_MISSED.search(text)
            out.append((day, match.start(), match.end(), 2.4 if missed else 0.5, True))
    for match in _WEEK.finditer(text):
        # a plain 周末 tells when something is done rather than when it happened
        any_weekend = match["d"] == "末" and not match["w"]
        day = _weekday(match, today)
        out.append((day, match.start(), match.end(), 0.8 if any_weekend else 2.3, True))
    for match in _AGO.finditer(text):
        count = value_of(match["n"])
        if count is not None:
            days = count if match["u"] == "天" else 7 * count
            out.append((today - timedelta(min(days, 3650)), match.start(), match.end(), 2.0, True))
    out.extend(_edges_of_months(text, today))
    for match in _DAY.finditer(text):
        offset = _RELATIVE[match["r"]]
        weight = 2.2 if offset < 0 else 1.5
        timed = re.match(r"(?:早|晚|上午|下午|中午|凌晨|一大早|刚|从|又|突然)", text[match.end() :])
        if offset == 0 and (timed or match.group()[-1] != "天"):
            weight = 2.4
        day = today + timedelta(offset)
        out.append((day, match.start(), match.end(), weight, offset <= 0))
    for name in sorted(feasts, key=len, reverse=True):
        for match in re.finditer(re.escape(name), text):
            if name == "十一" and not re.match(r"那|放假|假期|期间|当天", text[match.end() :]):
                continue
            day = _feast(name, today, holidays)
            beside = _DAY_BESIDE.match(text[match.end() :])
            within = _DAY_OF_FEAST.match(text[match.end() :])
            if day is not None and within:
                if within["nth"]:
                    day += timedelta((value_of(within["nth"]) or 1) - 1)
                else:
                    day = _safe(day.year, day.month, value_of(within["day"])) or day
                out.append((day, match.start(), match.end() + within.end(), 2.4, True))
            elif day is not None and beside:
                day += timedelta(-1 if "前" in beside.group() else 1)
                out.append((day, match.start(), match.end() + beside.end(), 2.4, True))
            elif day is not None:
                near = re.match(
                    r"(?:节)?(?:那|当|晚上|早上|期间|放假|的?(?:前|后)?一天)", text[match.end() :]
                )
                out.append((day, match.start(), match.end(), 1.7 if near else 0.8, True))
    out.extend(
        (today, match.start(), match.end(), 2.5, False) for match in _JUST_NOW.finditer(text)
    )
    out.extend(
        (today, match.start(), match.end(), 1.2, False)
        for pattern in (_NOW, _JUST, _PART_OF_DAY)
        for match in pattern.finditer(text)
    )
    return out


def _read_back(
    turn: Utterance, today: date, holidays: Mapping[str, Mapping[str, str]]
) -> list[_Candidate]:
    """Days in an agent's turn to which the caller agreed."""
    return [
        one._replace(score=min(one.score, 2.2) + 0.4)
        for one in _in_turn(turn, today, holidays, asked=False)
        if one.definite and one.day != today
    ]


def _edges_of_months(text: str, today: date) -> Iterator[tuple[date, int, int, float, bool]]:
    """月初 is the first of the month; 月底 its last day, but only as a due date."""
    for match in _EDGE_OF_MONTH.finditer(text):
        month = value_of(match["m"]) if match["m"] else None
        if month is not None and 1 <= month <= 12:
            first = date(today.year - (month > today.month), month, 1)
        elif match["w"]:
            first = date(*_month_shift(today, _shift(match["w"])), 1)
        else:
            continue
        if match["e"] == "初":
            yield first, match.start(), match.end(), 2.0, True
        elif _FUTURE.search(text[match.end() : match.end() + 8]):
            following = (first + timedelta(31)).replace(day=1)
            yield following - timedelta(1), match.start(), match.end(), 2.3, True


def _month_day(match: re.Match[str], text: str, today: date) -> date | None:
    month = 1 if match["m"] == "元" else value_of(match["m"])
    number = value_of(match["d"].removeprefix("初"))
    if month is None or number is None or not 1 <= month <= 12:
        return None
    said = match.groupdict().get("y")
    if said:
        years = {"今年": 0, "去年": -1, "前年": -2, "明年": 1}
        year = today.year + years[said] if said in years else value_of(said) or today.year
        return _safe(year, month, number)
    day = _safe(today.year, month, number)
    near = text[max(0, match.start() - 14) : match.end() + 10]
    if day is not None and day > today and not _FUTURE.search(near):
        return _safe(today.year - 1, month, number)
    return day


def _safe(year: int, month: int, number: int | None) -> date | None:
    if number is None or not 1 <= year <= 9999:
        return None
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _shift(word: str) -> int:
    return (
        -2
        if word.startswith("上上")
        else -1
        if word.startswith("上")
        else 1
        if word.startswith("下")
        else 0
    )


def _month_shift(today: date, shift: int) -> tuple[int, int]:
    index = today.year * 12 + today.month - 1 + shift
    return index // 12, index % 12 + 1


def _weekday(match: re.Match[str], today: date) -> date:
    number = _WEEKDAY[match["d"]]
    monday = today - timedelta(today.weekday())
    if match["w"]:
        return monday + timedelta(7 * _shift(match["w"]) + number)
    day = monday + timedelta(number)
    return day - timedelta(7) if day > today else day


def _feast(name: str, today: date, holidays: Mapping[str, Mapping[str, str]]) -> date | None:
    """The latest such feast not after today."""
    for year in (today.year, today.year - 1):
        stamp = holidays.get("fixed", {}).get(name) or holidays.get(str(year), {}).get(name)
        if stamp:
            day = date.fromisoformat(f"{year}-{stamp}")
            if day <= today:
                return day
    return None
