"""What is known of nobody and of each candidate when the target is chosen, as numbers by name."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from asr.prefill.lexicon import OrganisationWords, lexicon
from asr.prefill.numerals import NUMERAL
from asr.prefill.parties.candidates import Candidate
from asr.prefill.parties.spelled import spellings
from asr.prefill.parties.tagger import heard, question
from asr.prefill.places import PlaceFinder
from asr.prefill.scoring import SIMILAR, character_f1
from asr.prefill.segments import FUNCTION, segments
from asr.prefill.targets import Matter, owns_car, settled_target, speaks_for_a_firm
from asr.prefill.text import Utterance

Features: TypeAlias = dict[str, float]
"""Value of each feature by its name; absent ones are 0."""

_VAGUE_START = re.compile(
    r"^(?:一家|一个|有家|有个|那家|那个|这家|这个|某|个|家|小区|门口|楼下|楼上|附近|旁边|对面|隔壁|我们|咱们|地下)"
)
_SOUGHT_HELP = re.compile(
    r"(?:找|找过|问|问过|去|去过|跟|给|打|打过|到|向|报|送到?|送去|住在?)(?:了|的|过)?$"
)
_CALLED = re.compile(r"(?:叫|写的|写着|写的是|名字是|叫做|挂的|店名|是)(?:个|的|是|着)?$")
_NEAR = re.compile(
    r"^(?:的)?(?:旁边|对面|附近|门口|后面|隔壁|跟前|那边|那里|那块|斜对面|楼上|楼下|里头|里面)"
)
_DENIED_BEFORE = re.compile(r"(?:不是|不叫|不适)$")
_DENIED_AFTER = re.compile(r"^(?:不对|不是|说错|错了|哦不|哎不)")
_PASSED = re.compile(r"(?:转|派|交|通知|联系|反馈|移送?交?)(?:给|到|至|接|办)?(?:一下|当地)?$")
_ASKS_OWN_FIRM = re.compile(
    "您(?:们|的|是|是哪个)?(?:单位|公司|企业)|(?:单位|公司|企业)(?:名称|全称)"
)
_VERB_INSIDE = re.compile("[是在也就都还把给说让叫]")
_CORRECTS = re.compile(r"(?:不对|不是|说错|弄混|弄错|记错|哦不|哎不|噢不).{0,12}$")
_BLAMED = re.compile(
    r"(?:投诉|举报|反映|告|表扬|感谢|谢谢|夸)(?:一下|一哈|的是|的|个|下|那个|这个|我们|你们)*$"
)
_OWN = re.compile(r"(?:我是|我们是|我这里是|我们公司|我们单位|我在|我开|公司叫|单位叫)(?:.{0,3})$")
_LIVES = re.compile(r"住(?:在|的)?.{0,6}$|家在.{0,6}$")
_AT = re.compile(r"(?:在|从|离|过|路过|靠近|挨着)(?:那个|这个|哪个|我们|了)*$")
_FORMERLY = re.compile(r"(?:以前|原来|原先|之前|早先|从前|早些年).{0,8}$")
_BESIDE = re.compile(r"(?:旁边|隔壁|对面|跟前|附近|挨着)(?:的|还有|有|是|那|个|家)*.{0,3}$")
_INNOCENT = re.compile(
    r"^.{0,4}(?:倒是|倒挺|没事|不怪|人家|好着|都好|挺好|好得很|没问题|也没收|说得)"
)
_MINE = re.compile(r"(?:我|我们)(?:自己)?(?:开|办|经营|弄)了?.{0,10}$")
_WORKS = re.compile(r"^.{0,4}(?:上班|上了|打工|干活|干了|做工|工作|当保安|当服务员|做保洁)")
_ACTS = re.compile(
    r"^.{0,2}(?:不给|不让|不管|不退|不认|没给|一直|天天|每天|半夜|晚上|拖|欠|乱|偷|排|罚|扣|收|把|给我|让我|说|卖|倒|占|堵|关门|跑|搬走|无证|"
    r"太|服务|态度|他们|她们|它们|人家)"
)
_THEN_CALLED = re.compile(
    r"^(?:的)?(?:店|厂)?(?:叫|名叫|名字叫|名字是|店名|招牌|牌子)(?!我|他|她|人)"
)
_MISJUDGED = re.compile(r"^.{0,4}(?:判|罚我|罚得|裁决|不公|不讲理|偏)")
_UNJUST = re.compile(
    r"(?:判|罚|裁)(?:决|我|得|的|了)*.{0,3}(?:不|输|败)|不服|不公|败诉|官司输|冤|投诉法院|告法院"
)
_BLOCKS = re.compile(r"不挪|堵着|堵住|堵了|挡着|挡住|占着|占了我|僵尸")
_MISJUDGED_BEFORE = re.compile(r"(?:投诉|不服|告).{0,4}$")
_NOT_TO_BLAME = re.compile(r"^.{0,2}(?:没关系|管不了|说归|说这个归|来了|来过|让我|让找|说让)")
_BOUGHT = re.compile(r"(?:报了|办了|买了|买的|订了|报的|办的|做的|看的|租的|住的)")
_SUMS_UP = re.compile(
    r"您(?:是|的意思是)?(?:说|反映|投诉|举报|表扬|的诉求)|登记|记录|记下|写|反映的是|转给?|对吧|对吗|是吧|是吗|对不对"
)
_KINDS: Mapping[str, re.Pattern[str]] = {
    "home": re.compile(r"(?:小区|花园|家园|家属院|嘉园|苑|新村|公寓|名城|府|院)$"),
    "site": re.compile(r"(?:广场|大厦|市场|商场|商城|公园|车站|大桥|路口|工地)$"),
    "firm": re.compile(
        r"(?:公司|集团|厂|工程|建设|建筑|劳务|置业|地产|房产|科技|商贸|制造|实业|食品)$"
    ),
    "shop": re.compile(
        r"(?:店|馆|坊|吧|KTV|城|会所|中心|火锅|烧烤|超市|餐厅|酒楼|酒店|宾馆|健身|美容|影楼|药房)$"
    ),
    "school": re.compile(
        r"(?:小学|中学|学校|学院|大学|幼儿园|[一二三四五六七八九十]中|附中|附小|驾校|培训班|教育|学堂|艺术|托管班?)$"
    ),
    "health": re.compile(r"(?:医院|诊所|卫生院|门诊部?|口腔|药店|保健院|[内外骨儿妇]科|急诊)$"),
    "manager": re.compile(r"物业(?:公司|服务|管理)?(?:公司|中心)?$"),
    "utility": re.compile(r"(?:供电|自来水|热力|供热|燃气|供水|水务|电力)(?:公司|局|集团|站|所)?$"),
    "body": re.compile(
        r"(?:局|政府|大厅|街道办?|办事处|派出所|大队|支队|委员会|社区|村委会|窗口|办公室|所|站)$"
    ),
    "court": re.compile(r"(?:法院|仲裁委?|仲裁院|检察院|信访局|仲裁委员会)$"),
    "household": re.compile(r"(?:住户|人家|那户|邻居|业主|室|号|楼)$"),
    "official": re.compile(
        r"(?:书记|主任|局长|队长|村长|支书|科长|师傅|司机|民警|警官|大夫|医生|护士长?|老师|班长|站长|所长|经理|工作人员)$"
    ),
    "ride": re.compile(r"(?:单车|电单车|电动车|出行|打车)$"),
}


def describe(
    candidates: Sequence[Candidate],
    turns: Sequence[Utterance],
    matter: Matter,
    words: OrganisationWords,
    finder: PlaceFinder,
) -> list[Features]:
    """Features of nobody, then those of each candidate."""
    rule = settled_target(turns, matter, words)
    settled = str(rule.value) if rule is not None and rule.value is not None else None
    nobody = _of_nobody(candidates, matter)
    nobody["nobody by rule"] = float(rule is not None and rule.value is None)
    denied = {one.name for one in candidates if _denied(one, turns[one.turn])}
    for_a_firm = speaks_for_a_firm(turns)
    described = [nobody]
    for one in candidates:
        features = _of(one, candidates, turns, matter, words, finder, settled)
        features["denied anywhere"] = float(
            any(name in one.name or one.name in name for name in denied)
        )
        if for_a_firm:
            features["caller's firm perhaps"] = 1.0
            features["caller's firm answered"] = features["answers"]
            features["caller's firm asked"] = float(_asked_of_his_own(one, turns))
            for kind in _kinds(one.name):
                features[f"caller's firm {kind}"] = 1.0
        described.append(features)
    return described


def _asked_of_his_own(one: Candidate, turns: Sequence[Utterance]) -> bool:
    previous = turns[one.turn - 1] if one.turn else None
    return previous is not None and bool(_ASKS_OWN_FIRM.search(previous.text))


def _denied(one: Candidate, turn: Utterance) -> bool:
    before, after = turn.text[: one.start], turn.text[one.end :]
    return bool(_DENIED_BEFORE.search(before) or _DENIED_AFTER.match(after))


def _of_nobody(candidates: Sequence[Candidate], matter: Matter) -> Features:
    """What speaks for there being no target, whoever is named."""
    features = {"nobody": 1.0, "nobody " + matter.request_type: 1.0}
    group = matter.category.split(".")[0]
    for wish, share in sorted(matter.wishes.items()):
        features["nobody if " + wish] = math.log(min(max(share, 0.003), 0.997))
    blames = sum(matter.wishes.get(wish, 0.0) for wish in ("complaint", "report", "praise"))
    blames = min(max(blames, 0.01), 0.99)
    features["nobody blamed"] = math.log(blames / (1.0 - blames))
    features["nobody in " + group] = 1.0
    features["nobody refused"] = float(matter.reject_reason is not None)
    features["nobody among"] = math.log1p(len({one.name for one in candidates}))
    return features


def _of(
    candidate: Candidate,
    candidates: Sequence[Candidate],
    turns: Sequence[Utterance],
    matter: Matter,
    words: OrganisationWords,
    finder: PlaceFinder,
    settled: str | None,
) -> Features:
    turn = turns[candidate.turn]
    name = candidate.name
    group = matter.category.split(".")[0]
    before, after = turn.text[: candidate.start], turn.text[candidate.end :]
    alike = [one for one in candidates if same_party(one.name, name)]
    features: Features = {"one": 1.0}

    # who found it, and how surely
    by_caller = max(
        (one.score for one in alike if one.source == "tagger" and turns[one.turn].is_caller),
        default=0.0,
    )
    by_agent = max(
        (one.score for one in alike if one.source == "tagger" and not turns[one.turn].is_caller),
        default=0.0,
    )
    features["tagged"] = by_caller
    features["tagged surely"] = float(by_caller > 0.7)
    features["not tagged"] = float(by_caller == 0.0)
    features["tagged in echo"] = by_agent
    features["tagged surely in echo"] = float(by_agent > 0.7)
    features["tagged twice"] = min(by_caller, by_agent)
    features["own"] = candidate.score if candidate.source == "tagger" else 0.0
    rule = max((one.score for one in alike if one.source == "named"), default=0.0)
    features["named"] = rule
    features["from " + candidate.source] = 1.0
    features["from agent"] = float(not turn.is_caller)
    features["agent's alone"] = float(not any(turns[one.turn].is_caller for one in alike))
    for source in sorted({one.source for one in alike}):
        features["also " + source] = 1.0
        if source not in ("tagger", "named", "echo"):
            features[f"{source} {matter.request_type}"] = 1.0
            features[f"{source} {group}"] = 1.0
    if candidate.source == "plate":
        features["own car"] = float(owns_car(turns))
        features["blocks"] = float(any(one.is_caller and _BLOCKS.search(one.text) for one in turns))
    features["settled"] = float(settled == name)

    features["passed to"] = float(not turn.is_caller and bool(_PASSED.search(before)))

    # where it stands in the call
    features["asked " + heard(turn, turns[candidate.turn - 1] if candidate.turn else None)] = 1.0
    features["late"] = min(candidate.turn, 20) / 10
    features["opening"] = float(candidate.turn <= 2)
    features["again"] = float(len({one.turn for one in alike}) > 1)
    features["times"] = min(len({one.turn for one in alike}), 4) / 4
    features["answers"] = float(
        any(
            turns[one.turn].is_caller and one.turn > 0 and question(turns[one.turn - 1]) == "party"
            for one in alike
        )
    )
    features.update(_echoes(name, candidate.turn, turns))

    # what it looks like
    endings = list(words.endings.finditer(name))
    ended = bool(endings) and endings[-1].end() == len(name)
    features["ended"] = float(ended)
    fits = words.fits.get(matter.category)
    features["fits"] = float(bool(fits and fits.search(name)))
    body = words.bodies.get(matter.category)
    features["its body"] = float(bool(body and body.search(name)))
    features["other body"] = float(
        bool(words.bodies_any.search(name)) and not features["its body"] and not features["fits"]
    )
    for kind in _kinds(name):
        features["kind " + kind] = 1.0
        features[f"{kind} in {group}"] = 1.0
    features["vague"] = float(bool(_VAGUE_START.match(name)))
    features["bare"] = float(ended and endings[-1].start() <= 1)
    larger = [one for one in candidates if name in one.name and len(one.name) > len(name)]
    features["within"] = float(any(one.source in ("tagger", "rejected") for one in larger))
    features["around"] = float(
        any(one.name in name and len(one.name) < len(name) for one in candidates)
    )
    features["described"] = float("的" in name)
    features["with a verb"] = float(bool(_VERB_INSIDE.search(name, 2)))
    features["described by a name"] = float(
        "的" in name and any(one.name == name[: name.index("的")] for one in candidates)
    )
    features["with its kind"] = float(
        "的" in name and any(name.startswith(one.name + "的") for one in candidates)
    )
    person = len(name) in (2, 3) and lexicon().surnames.is_single(name[0])
    features["person"] = float(person)
    features["kin"] = float(
        person and matter.caller is not None and name.startswith(matter.caller[0])
    )
    features["person " + matter.request_type] = float(person)
    features["short"] = float(len(name) <= 2)
    features["long"] = float(len(name) > 11)
    features["length"] = min(len(name), 12) / 10
    features["numerals"] = sum(char in NUMERAL for char in name) / len(name)
    features["in address"] = float(bool(matter.address and name in matter.address))
    features["place"] = _placed(candidate, turn, finder)

    # the words around it
    features.update(_around(before, after, group))
    features.update(_worded(candidate, turn))
    features["whole turn"] = float(len(name) >= 0.7 * len(turn.text))
    features["refused"] = float(matter.reject_reason is not None)
    if _UNJUST.search("".join(one.text for one in turns if one.is_caller)):
        for kind in _kinds(name):
            features[f"unjust {kind}"] = 1.0
    if matter.reject_reason:
        features["refused " + candidate.source] = 1.0
        features["refused for " + matter.reject_reason] = 1.0
        for kind in _kinds(name):
            features[f"refused {kind}"] = 1.0
    return features


def _around(before: str, after: str, group: str) -> Iterator[tuple[str, float]]:
    yield "sought", float(bool(_SOUGHT_HELP.search(before)))
    yield "called", float(bool(_CALLED.search(before)))
    yield "near", float(bool(_NEAR.match(after)))
    yield "denied", float(bool(_DENIED_BEFORE.search(before) or _DENIED_AFTER.match(after)))
    yield "blamed", float(bool(_BLAMED.search(before)))
    yield "corrects", float(bool(_CORRECTS.search(before)))
    yield "speaks for", float(bool(_OWN.search(before)))
    yield "then called", float(bool(_THEN_CALLED.match(after)))
    yield "misjudged", float(bool(_MISJUDGED.match(after) or _MISJUDGED_BEFORE.search(before)))
    yield "not to blame", float(bool(_NOT_TO_BLAME.match(after)))
    yield "lives", float(bool(_LIVES.search(before)))
    works = bool(_WORKS.match(after))
    yield "works", float(works)
    yield f"works {group}", float(works)
    yield "formerly", float(bool(_FORMERLY.search(before)))
    yield "beside", float(bool(_BESIDE.search(before)))
    yield "innocent", float(bool(_INNOCENT.match(after)))
    yield "mine", float(bool(_MINE.search(before)))
    yield "acts", float(bool(_ACTS.match(after)))
    at = bool(_AT.search(before))
    yield "at", float(at)
    yield "bought at", float(at and bool(_BOUGHT.search(after[:8])))
    yield "ends turn", float(not after)
    yield "begins turn", float(len(before) <= 2)


def _worded(candidate: Candidate, turn: Utterance) -> Iterator[tuple[str, float]]:
    """How the name lies among the words of the turn; nothing for one written otherwise."""
    start, end, text = candidate.start, candidate.end, turn.text
    if text[start:end] != candidate.name:
        yield "put together", 1.0
        return
    explained = spellings(turn)
    yield "then spelled", float(any(one.end == end for one in explained))
    yield (
        "spelled whole",
        float(any(one.end == end and one.start == start and one.whole for one in explained)),
    )
    yield "runs into spelling", float(any(start < one.until and one.end < end for one in explained))
    words = segments(text)
    inside = [one for one in words if one.start < end and one.end > start]
    yield "begins within a word", float(inside[0].start < start)
    yield "ends within a word", float(inside[-1].end > end)
    size = end - start
    yield "unknown", sum(len(one.word) == 1 for one in inside) / size
    yield "function words", sum(one.kind[0] in FUNCTION for one in inside) / len(inside)


def _echoes(name: str, first: int, turns: Sequence[Utterance]) -> Iterator[tuple[str, float]]:
    """How often the agent repeats the name, and how."""
    said = [turn for turn in turns if not turn.is_caller and len(name) > 1 and name in turn.text]
    yield "echoed", float(bool(said))
    yield "echoes", min(len(said), 3) / 3
    yield "summed up", float(any(_SUMS_UP.search(turn.text) for turn in said))
    yield "echo leads", float(any(turn.text.find(name) <= 4 for turn in said))
    answer = turns[first + 1] if first + 1 < len(turns) else None
    yield "read back", float(answer in said and len(name) > 2)


@lru_cache(maxsize=4096)
def _kinds(name: str) -> tuple[str, ...]:
    return tuple(kind for kind, pattern in _KINDS.items() if pattern.search(name))


@lru_cache(maxsize=8192)
def same_party(left: str, right: str) -> bool:
    """Whether two names would count as the same target."""
    return character_f1(left, right) >= SIMILAR


def _placed(candidate: Candidate, turn: Utterance, finder: PlaceFinder) -> float:
    """Share of the characters that belong to streets, house numbers, positions and districts."""
    covered = 0
    for cluster in finder.clusters(turn):
        for piece in cluster.pieces:
            if piece.part != "site":
                overlap = min(piece.end, candidate.end) - max(piece.start, candidate.start)
                covered += max(0, overlap)
    return covered / max(1, candidate.end - candidate.start)
