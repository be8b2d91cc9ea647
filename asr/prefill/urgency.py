"""How pressing the matter is, and which emergency line a danger needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from asr.prefill.dangers import DangerEar
from asr.prefill.lexicon import compiled, read_table
from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.text import Utterance
from config.errors import ConfigError

_LINES = {
    "110": r"幺幺零|一一零|110",
    "119": r"幺幺九|一一九|119",
    "120": r"幺二零|一二零|120",
    "122": r"幺二二|一二二|122",
}
_TRANSFERS = re.compile(
    r"(?:转接|转幺|转一|转1|转到|帮您转|给您转|接通|接入|连线|三方|马上接|同事转|转(?=幺幺|幺二|1[12]))"
)
_BY_LINE = {
    "110": "public_security.order",
    "119": "safety.incident",
    "120": "safety.incident",
    "122": "public_security.traffic",
}
_ON_LINE = re.compile(
    r"(?:幺幺[零九]|幺二[零二]|11[09]|12[02])(?:马上|立即|已经)?(?:接入|接通|在线)"
)
_DIAL_YOURSELF = re.compile(r"您(?:可以|自己)?(?:直接)?(?:拨打|打)")
_FEARED = re.compile(
    r"上个?月|差点|险些|车祸后|事故后|就怕|我怕|怕着|怕起|担心|隐患|万一|要是|迟早|早晚|容易|上次|半小时|老是"
)
_ASKS_WISH = re.compile(r"您(?:是)?(?:希望|想要|想让|的诉求|得诉求)|诉求是|怎么处理|保密的")
_NEVER = re.compile(r"(?!)")
_SURE_ENOUGH = 0.4
"""Chance of a danger from which on the ear is believed. At 0.35 it heard, in cross-validation,
about half of all dangers by itself and took 1 in 450 ordinary turns for one; at 0.4 no labelled
danger is lost, and two harmless sentences more are left alone."""
_OPENING_TURNS = 2
_PAST = re.compile(
    r"[一二三四五六七八九十]月[一二三四五六七八九十]+[号日]|昨[天晚]|前天|上个?(?:周|月|礼拜|星期)|去年|前年|住院|骨折"
)
"""What tells the ear, which knows no tenses, that the harm was done before today."""
_ONLY_FEARED = re.compile(r"我怕|就怕|怕着|怕起|担心|隐患|万一|跑都跑不")
"""What tells it that nothing has happened yet."""
_ADVICE = re.compile(r"(?:要是|如果|万一|有情况|不舒服|难受).{0,14}打(?:幺|一|1)[一-鿿\d]{2}")
_ORDINARY = re.compile(r"工作日|已登记|登记|转.{0,8}(?:部门|局|公司|集团|办)|派单|记下")
_HANDLES = re.compile(
    r"幺幺|幺二[零二]|一一[零九]|一二[零二]|11[09]|12[02]|转接|接通|救护|急救|消防|报警|安全|别急|别慌|撤|离开|不要挂|别挂|挪动|公安|警"
)
_URGENT = re.compile(
    r"(?:暖气|天然气|燃气|煤气|水|电|楼|单元)(?:都|也|给|全|又)*[停听]了|"
    r"(?:暖气|管子|罐子|屋里|家里|还是|摸着|全是|一挂).{0,6}冰(?:的|手|凉|得|窖|锅)|从.{0,4}就没热过|冻(?:得|病|哭|醒)|"
    r"停水|没水|没有水|一滴水|断水|爆管|水管爆|管子爆|停电|没电|断电|停暖|没有暖气|没暖气|暖气停|停气|没有气|上不(?:了|来|去)水|不上水|水上不(?:来|去)"
)
_CUT_OFF = re.compile(
    r"(?:停|断|掐|锁|拉|关)(?:了|我家|我们家|我们|我)?的?(?:水|电)(?:卡|表|闸|阀)?(?:了|给|都)|(?:把|将).{0,6}[水电](?:卡|表|闸)?(?:给)?(?:停|断|掐|锁|拉)了|"
    r"(?:给我|给我们|快点?)(?:通|送|恢复|来)[水电]"
)
"""Water or electricity that a landlord or manager has cut off."""
_PASSAGE = re.compile(
    r"(?:消防通[道到]|安全出口|疏散通道|逃生通道|消防车).{0,12}(?:堵|赌|锁|封|占|进不)|飞线"
)
_MARKED = re.compile(
    r"(?<!不能)(?<!无法)(?<!没法)(?<!不算)(?:标|按|列|作为|派|转|下|走|备注|注明|注|记|是|个).{0,6}(?:紧急|加急|特急|急件)"
    r"(?!联系|电话|出口|制动|按钮|停车|集合|避险|通道|救|车道|情况)(?!.{0,3}[吗么])|(?<!不算)(?<!不是)(?<!不属于)(?:紧急|加急|特急)(?:工单|派单|派|转|件|下单|办|处)"
)
"""The agent marks the ticket as pressing."""
_HAZARD = re.compile(
    r"井盖.{0,8}(?:没有|没了|丢|不见|坏|掉|翻|开着|碎)|(?:没有|没了|丢了|少了)井盖|没盖子|黑窟窿|"
    r"(?:红绿灯|信号灯).{0,6}(?:坏|不亮|灭|失灵|全红|一直)|"
    r"电(?:线|缆).{0,8}(?:掉|垂|耷拉|断|裸露|露|落|冒火|打火)|漏电|冒火花|打火花|冒火星|火星子|"
    r"(?:杆|树|牌|墙|灯杆|外墙|墙皮|玻璃|坡|崖|楼板|阳台).{0,8}(?:快倒|要倒|倒了|快掉|掉下来|要掉|往下掉|歪|倾斜|砸)|"
    r"(?:路面|马路|地面|路|人行道).{0,6}(?:塌|陷|大坑|塌陷)|落石|滚石|掉石头|滑坡|危房|裂缝|裂了|裂开|开裂|石头|塌下来|"
    r"(?:工地|矿|厂).{0,12}(?:不戴安全帽|没有安全)|断了.{0,4}护栏"
)
_DEADLINE = re.compile(
    r"(?:明天|后天|今天|这两天|马上|下周[一二三四五]?|这周[一二三四五六]?|最后一天|(?<!下个)(?<!下)月底|还剩.{0,3}天|就剩.{0,3}天).{0,12}(?:截止|到期|最后|报名|开学|要用|过期|手术|开庭|考试|交不了|就要交)|"
    r"(?:截止|到期|最后).{0,6}(?:明天|后天|今天|这周)"
)
_EXAM_NIGHT = re.compile(
    r"(?:中考|高考|考试)(?!模拟).{0,20}|(?:明天|明早|明儿|后天|一早|今早|早班).{0,10}(?:考|面试|答辩|手术|早班|跑车|出车|要起)|今天晚上你们必须|都(?:快)?(?:半夜|凌晨|十点|十一点|十二点|[一二两三]点)[^,]{0,4}了|还在(?:那儿|那里|那|里头|里面|楼下|外头)?(?:打|施工|干|响|唱|跳|放|吵|敲|喊|蹦|吼|闹)"
)
_SOON = timedelta(days=3)
_TENDER = re.compile(r"月娃子|新生儿|刚出生|坐月子|透析|呼吸机|制氧机|重病")
_MENDED = re.compile(r"(?:已经|都)(?:修好|恢复|来水|来电|通了|解决)|又来了水|后来来水")


class Kind(NamedTuple):
    """One kind of danger."""

    name: str
    line: str
    category: str
    says: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Danger:
    """A danger recognised in the call.

    Attributes:
        kind: its name in the data file, or ``transfer`` when only the agent's transfer tells.
        line: 110, 119, 120 or 122.
        category: the category that it decides, "" for none.
        urgent_only: urgent with a line, not an emergency (money just sent to a swindler).
        evidence: where it was said.
        confidence: 0 to 1.
    """

    kind: str
    line: str
    category: str
    urgent_only: bool
    evidence: list[Evidence]
    confidence: float


@dataclass(frozen=True)
class DangerWords:
    """Compiled expressions of the data file."""

    kinds: tuple[Kind, ...]
    money: re.Pattern[str]
    swindle: re.Pattern[str]
    recent: re.Pattern[str]
    veto_before: re.Pattern[str]
    veto_after: re.Pattern[str]
    veto_anywhere: re.Pattern[str]


@cache
def danger_words() -> DangerWords:
    """The embedded expressions of danger.

    Raises:
        ConfigError: naming the file and the key of an expression that cannot be compiled.
    """
    path, table = read_table("prefill_emergencies.toml")

    kinds = []
    for name, entry in table.get("kinds", {}).items():
        try:
            line, category = str(entry["line"]), str(entry["category"])
            says = entry["says"]
        except (KeyError, TypeError) as error:
            raise ConfigError(
                path,
                f"kinds.{name}",
                "needs line, category and says",
                "须有 line、category 和 says",
            ) from error
        kinds.append(Kind(name, line, category, compiled(path, f"kinds.{name}.says", says)))
    fraud: Mapping[str, Any] = table.get("fraud", {})
    veto: Mapping[str, Any] = table.get("veto", {})
    return DangerWords(
        kinds=tuple(kinds),
        money=compiled(path, "fraud.money", fraud.get("money")),
        swindle=compiled(path, "fraud.swindle", fraud.get("swindle")),
        recent=compiled(path, "fraud.recent", fraud.get("recent")),
        veto_before=compiled(path, "veto.before", veto.get("before")),
        veto_after=compiled(path, "veto.after", veto.get("after")),
        veto_anywhere=compiled(path, "veto.anywhere", veto.get("anywhere")),
    )


def find_danger(
    turns: Sequence[Utterance], words: DangerWords, ear: DangerEar | None = None
) -> Danger | None:
    """The danger that is going on, if any; the agent's transfer confirms it and names the line.

    Args:
        turns: the call so far.
        words: expressions of danger and what silences them.
        ear: hears dangers that the expressions have no words for; None to go by them alone.
    """
    transfer = _transferred(turns)
    said: dict[str, tuple[Kind, Evidence]] = {}
    for turn in turns:
        if not turn.is_caller:
            continue
        for kind in words.kinds:
            for match in kind.says.finditer(turn.text):
                if not _silenced(turn.text, match.start(), match.end(), words):
                    said.setdefault(kind.name, (kind, turn.evidence(match.start(), match.end())))
    if not said and ear is not None:
        said = _heard(turns, words, ear)
    if said and transfer is None and _handled_as_ordinary(turns, said.values()):
        said = {}
    fraud = _fraud(turns, words)
    if fraud is not None and not set(said) - {"violence"}:
        return Danger("fraud", "110", "public_security.order", True, fraud, 0.85)
    line = transfer[0] if transfer else ""
    if said:
        # a crash leads over the injuries it caused; else the kind whose line the agent calls
        ranked = sorted(
            said.values(),
            key=lambda one: (
                one[0].name != "crash",
                one[0].line != line,
                words.kinds.index(one[0]) if one[0] in words.kinds else 0,
            ),
        )
        kind, spot = ranked[0]
        category = "public_security.traffic" if line == "122" else kind.category
        if transfer is None:
            return Danger(kind.name, kind.line, kind.category, False, [spot], 0.8)
        line = "122" if kind.name == "crash" else line
        return Danger(kind.name, line, category, False, [spot, transfer[1]], 0.97)
    if transfer is not None:
        category = _BY_LINE.get(line, "")
        return Danger("transfer", line, category, False, [transfer[1]], 0.85)
    return None


def _handled_as_ordinary(turns: Sequence[Utterance], said: Iterable[tuple[Kind, Evidence]]) -> bool:
    """Whether the agent, having heard the words, went on to take down an ordinary matter.

    The alarm sounds at the words; it is called off only once the agent's conduct shows that
    nobody is in danger.
    """
    first = min(spot.turn for _, spot in said)
    replies = [turn.text for turn in turns if turn.index > first and not turn.is_caller]
    handled = any(_HANDLES.search(_ADVICE.sub("", text)) for text in replies)
    if len(replies) < 2 or handled:
        return False
    if len(replies) >= 4 or (len(replies) == 3 and any(map(_ORDINARY.search, replies))):
        return True
    return any(_ASKS_WISH.search(text) for text in replies)


def _heard(
    turns: Sequence[Utterance], words: DangerWords, ear: DangerEar
) -> dict[str, tuple[Kind, Evidence]]:
    """The first of the caller's opening turns in which the ear hears a danger going on."""
    for turn in [one for one in turns if one.is_caller][:_OPENING_TURNS]:
        line, chance = ear.hear(turn)
        if chance < _SURE_ENOUGH or any(
            unreal.search(turn.text) for unreal in (_PAST, _ONLY_FEARED, words.veto_anywhere)
        ):
            continue
        kind = Kind("heard", line, _BY_LINE[line], _NEVER)
        return {kind.name: (kind, turn.evidence(0, len(turn.text)))}
    return {}


def _silenced(text: str, start: int, end: int, words: DangerWords) -> bool:
    before = text[max(0, start - 16) : start]
    after = text[end : end + 12]
    inside = text[start:end]
    return bool(
        words.veto_before.search(before)
        or words.veto_after.search(after)
        or words.veto_anywhere.search(text)
        or _FEARED.search(inside)
    )


def _is_transfer(text: str) -> bool:
    """Whether an agent transfers the call, rather than telling the caller which number to dial."""
    if _ON_LINE.search(text):
        return True
    found = _TRANSFERS.search(text)
    return found is not None and not _DIAL_YOURSELF.search(text[: found.start()])


def _transferred(turns: Sequence[Utterance]) -> tuple[str, Evidence] | None:
    """The first line that the agent says the call is being transferred to."""
    for turn in turns:
        if turn.is_caller:
            continue
        if not _is_transfer(turn.text):
            continue
        first: tuple[int, int, str] | None = None
        for line, spoken in _LINES.items():
            match = re.search(
                rf"(?<![零〇幺一二两三四五六七八九\d])(?:{spoken})(?![零〇幺一二两三四五六七八九\d])",
                turn.text,
            )
            # 幺二二和幺二零: the first named leads
            if match and (first is None or match.start() < first[0]):
                first = (match.start(), match.end(), line)
        if first is not None:
            return first[2], turn.evidence(first[0], first[1])
    return None


def _fraud(turns: Sequence[Utterance], words: DangerWords) -> list[Evidence] | None:
    """Money just sent and a swindle named, by the caller."""
    swindle: Evidence | None = None
    money: Evidence | None = None
    recent = False
    for turn in turns:
        if not turn.is_caller:
            continue
        match = words.swindle.search(turn.text)
        if match and swindle is None and not re.search(r"退费|跑路", turn.text):
            swindle = turn.evidence(match.start(), match.end())
        match = words.money.search(turn.text)
        if match and money is None:
            money = turn.evidence(match.start(), match.end())
        recent = recent or bool(words.recent.search(turn.text))
        if re.search(r"去年|前年|上个月|上上|半年前|几个月", turn.text):
            return None
    stopped = any(re.search(r"止付|冻结|反诈", turn.text) for turn in turns if not turn.is_caller)
    if money and (swindle or stopped) and (recent or stopped):
        return [spot for spot in (swindle, money) if spot]
    return None


def urgency(
    turns: Sequence[Utterance],
    danger: Danger | None,
    category: str,
    request_type: str,
    *,
    due: FieldGuess | None = None,
    call_day: date | None = None,
) -> tuple[FieldGuess, FieldGuess]:
    """Guesses for ``urgency`` and ``emergency_line``.

    Args:
        turns: the call so far.
        danger: what was recognised as one.
        category: of the matter.
        request_type: of the call.
        due: the day of the matter; one that is near and yet to come presses.
        call_day: the day of the call, needed beside ``due``.
    """
    none = FieldGuess(None, [], 0.9)
    if danger is not None:
        level = "urgent" if danger.urgent_only else "emergency"
        return (
            FieldGuess(level, danger.evidence, danger.confidence),
            FieldGuess(danger.line, danger.evidence, danger.confidence),
        )
    spot = _pressing(turns, category, request_type)
    if spot is None and due is not None and due.value and call_day is not None:
        left = date.fromisoformat(str(due.value)) - call_day
        if timedelta(0) < left <= _SOON and due.evidence:
            spot = due.evidence[0]
    if spot is not None:
        return FieldGuess("urgent", [spot], 0.7), none
    return FieldGuess("normal", [], 0.8), none


def _pressing(turns: Sequence[Utterance], category: str, request_type: str) -> Evidence | None:
    if request_type in ("praise", "suggestion"):
        return None
    for turn in turns:
        match = _MARKED.search(turn.text) if not turn.is_caller else None
        if match and not re.search("[不没无]", match.group()):
            return turn.evidence(match.start(), match.end())
    progress_query = request_type == "consultation"
    for turn in turns:
        if not turn.is_caller or _MENDED.search(turn.text):
            continue
        for applies, pattern in (
            (category.startswith("utilities."), _URGENT),
            (not progress_query and _physical(category), _HAZARD),
            (not progress_query, _DEADLINE),
            (category == "urban.noise", _EXAM_NIGHT),
            (category == "safety.fire" and request_type == "complaint", _PASSAGE),
            (category.startswith("housing.property"), _CUT_OFF),
            (category.startswith("utilities."), _TENDER),
        ):
            match = pattern.search(turn.text) if applies else None
            if match and not re.search(r"上次|去年|以前", turn.text[: match.start()]):
                if progress_query and pattern is _URGENT and not _suffers(turns):
                    continue
                return turn.evidence(match.start(), match.end())
    return None


def _physical(category: str) -> bool:
    return category.startswith(
        ("urban.", "utilities.", "safety.", "housing.property", "public_security.traffic")
    )


def _suffers(turns: Sequence[Utterance]) -> bool:
    return any(
        turn.is_caller and re.search(r"还没有?|还冰|冻|到现在|没水|没电|没暖", turn.text)
        for turn in turns
    )
