"""Who or what is complained of, reported or praised: plate, route, company, body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from asr.prefill.model import Evidence, FieldGuess
from asr.prefill.numerals import DIGITS, NUMERAL, spelled
from asr.prefill.text import Utterance

_PLATE = re.compile(
    r"[甘青陕宁蒙新京川豫晋冀鲁苏浙皖湘鄂渝云贵粤][A-Z](?:[A-Z0-9零〇洞幺一二两三四五六七拐八九]|[二两三四五](?=个)个?){4,8}"
)
_ROUTE = re.compile(rf"(?<![第{NUMERAL}])([{NUMERAL}]{{1,5}})路(?!口|边|上|灯|段|人|费|面|程)")
_METRO = re.compile(rf"((?:地铁|轨道|轨道交通|新区|BRT|快速公交)?)([{NUMERAL}]{{1,2}})号线")
_BUS_NUMBER = re.compile(rf"车号(?:是|为)?([{NUMERAL}]{{3,6}})")
_ORG_END = (
    "有限责任公司|有限公司|科技公司|劳务公司|物业公司|运输公司|装饰公司|建筑公司|旅游公司|教育公司|贸易公司|食品公司|开发公司|客运公司|集团公司|公司|集团|置业|劳务|地产|房产|房地产|物业|服务中心|物业服务|"
    "健身房|健身|瑜伽馆|瑜伽|游泳馆|驾校|美容院|美容|美发|理发店|养生馆|会所|影楼|婚纱摄影|摄影|口腔医院|口腔|牙科|诊所|门诊部|门诊|卫生院|医院|卫生服务中心|"
    "幼儿园|小学|中学|学校|大学|学院|技校|职校|学堂|书院|画室|琴行|培训中心|培训机构|培训学校|培训班|培训|教育|托管班|托管中心|托管|早教中心|早教|辅导班|"
    "超市|便利店|百货|商场|商城|火锅店|火锅|烧烤店|烧烤|烤肉店|烤肉|餐厅|饭店|酒店|宾馆|酒楼|牛肉面馆|牛肉面|面馆|餐馆|饭庄|饭馆|蛋糕店|烘焙|奶茶店|奶茶|食品厂|食品|凉皮店|早餐店|小吃店|"
    "KTV|酒吧|歌厅|网吧|棋牌室|麻将馆|洗浴中心|洗浴|洗车行|洗车店|汽修厂|汽车城|4S店|二手车行|车行|手机店|家具城|家具|家居|装饰|装修公司|装潢|建材|"
    "搅拌站|商砼|化工厂|化工|砖厂|砂厂|石料厂|屠宰场|养殖场|养猪场|养鸡场|洗沙场|沙场|加工厂|造纸厂|制药厂|水泥厂|电镀厂|印染厂|铝厂|钢厂|建材厂|木器厂|家具厂|机械厂|"
    "养老院|敬老院|老年公寓|养老中心|福利院|合作社|村委会|居委会|社区居委会|停车场|客运站|汽车站|派出所|交警大队|车管所|街道办|街道办事处|业委会|旅行社|中介|房产中介|快递|物流|热力|热力公司|换热站|工地|项目部|项目|广场|酒厂|药店|大药房|药房|电动车行|专卖店|婚庆|月子中心|家政|搬家公司|单车|电单车|出行|平台|政务大厅|办事大厅"
)
_ORG = re.compile(rf"(?:{_ORG_END})")
_CALLED = re.compile(
    r"(?:名字|店名|公司|机构|单位|招牌|门头|牌子|楼盘|健身房|店|学校|厂子|厂|平台|饭店|诊所|驾校|酒吧|站)?(?:叫|叫做|名叫|写的|写着|名字是|挂的是|牌子是)(?:个|的是|的|着|啥|什么|那个|哪个|做|是)*"
)
_ASKS_WHO = re.compile(
    r"(?:公司|店|机构|单位|健身房|驾校|医院|学校|厂|楼盘|企业|物业|商家|平台|项目|饭店|酒吧|托管班|工厂|企业|幼儿园|养老院|车行|美容院|中介|超市|药店|餐馆|餐厅|门店|诊所|培训班|作坊|酒店).{0,4}(?:叫什么|名称|名字|是哪家|是哪个|叫啥|鸣叫什么|全称)|哪家|哪个项目|什么名字|叫什么|名称|哪个公司|哪个品牌|招牌|哪一家|哪个厂|是谁|哪个单位|什么单位|哪个学校|哪所|哪个医院|哪个物业|哪个平台"
)
_EDGE = set(
    "的在到从去和跟是我你您他她它们这那个有就说住把被叫给往了着过哪对嗯啊呃哦吧呢吗嘛么噢哎喂好行也都还又没不很太家间所找问让要想投诉举报反映个于里上名于因为问题对着写像"
)
_CORRECTS = re.compile(r"不对|不是|错了|看反|记错|说错|哦不|应该是|翻一下")

ILLICIT = re.compile(
    r"(?:豆腐|凉皮|馒头|酒|食品|熟食|油|肉|卤肉|面包|糕点|家具|塑料|废品|黑)?(?:黑作坊|小作坊|作坊|托管班|补习班|辅导班|诊所|幼儿园|培训班|麻将馆|麻将室|棋牌室|养殖场|养猪场|养鸡场|屠宰场|屠宰点|洗沙场|砂场|采砂场|采石场|洗车店|洗车场|加工点|加工厂|废品站|废品收购站|喷漆房|汽修厂|修理厂|烧烤店|小饭桌|饭馆|美容院|网吧|旅馆|游戏厅|赌场|停车场|化工厂|砖厂|厂子|工地|搅拌站|饭店|餐馆|酒吧|酒店|KTV)"
)
_UNLICENSED = re.compile(
    r"没有?(?:任何)?(?:营业执?照|证|资质|执照|手续)|无证|无照|证照不全|没办证|啥证都没有"
)

_BODIES = (
    ("transport.bus", "公交公司|公交集团|公交司机|轨道公司"),
    ("utilities.water", "自来水公司|水司|供水公司|供水集团"),
    ("utilities.power", "供电局|供电公司|电力公司|国家电网|电力局"),
    ("utilities.gas", "燃气公司|天然气公司|煤气公司"),
    ("utilities.heating", "热力公司|供热公司|供热站|供暖公司"),
    ("public_security.traffic", "交警队|交警大队|车管所|交警支队|交警"),
    ("public_security.household", "派出所|户籍窗口|户政大厅|出入境"),
    ("public_security.order", "派出所"),
    ("gov.service", "政务大厅|办事大厅|街道办|社区|行政审批局|窗口|管委会"),
    ("agri.rural", "村委会|村支书|村主任|村长|村上|村干部|合作社|村会计"),
    ("hrss.pension", "社保局|社保中心|社保大厅"),
    ("hrss.medical_insurance", "医保局|医保中心"),
    ("hrss.employment", "人社局|就业局|人才中心|劳动局"),
    ("civil.welfare", "民政局|社区|村委会|敬老院|养老院"),
    ("urban.parking", "停车场|收费员|物业"),
    ("housing.property_mgmt", "物业公司|物业"),
    ("urban.garbage", "环卫|环卫队|保洁公司"),
)


def target(
    turns: Sequence[Utterance],
    *,
    category: str,
    request_type: str,
    reject_reason: str | None,
    address: str | None,
    danger: bool,
) -> FieldGuess:
    """Plates as ``甘AT12345``, routes as ``137路``, else the name as said; None if none named."""
    if danger:
        return FieldGuess(None, [], 0.8)
    if reject_reason:
        return _rejected_target(turns, reject_reason)
    if category == "transport.bus" and request_type != "consultation":
        found = _route(turns, praise=request_type == "praise")
        if found:
            return found
    if request_type == "consultation":
        return FieldGuess(None, [], 0.85)
    if category in (
        "transport.taxi",
        "transport.coach",
        "public_security.traffic",
        "urban.parking",
    ):
        plate = _plate(turns)
        if plate and request_type != "help":
            return plate
    if request_type == "help":
        return FieldGuess(None, [], 0.75)
    named = _named(turns, category, address)
    if named:
        return named
    if request_type == "report" or category in ("env.water", "market.food_safety"):
        illicit = _illicit(turns)
        if illicit:
            return illicit
    return _body(turns, category, request_type) or FieldGuess(None, [], 0.6)


def _plate(turns: Sequence[Utterance]) -> FieldGuess | None:
    best: tuple[str, Evidence] | None = None
    for turn in turns:
        for match in _PLATE.finditer(_letters(turn.text)):
            plate = match.group()[:2] + _plate_tail(match.group()[2:])
            if 7 <= len(plate) <= 8 and (turn.is_caller or best is not None):
                best = (plate, turn.evidence(match.start(), match.end()))
    if best is None:
        return None
    return FieldGuess(best[0], [best[1]], 0.9)


def _letters(text: str) -> str:
    return text


def _plate_tail(said: str) -> str:
    out = ""
    position = 0
    while position < len(said):
        char = said[position]
        if (
            said[position + 1 : position + 2] == "个"
            and said[position + 2 : position + 3] in DIGITS
        ):
            out += DIGITS[said[position + 2]] * int(DIGITS.get(char, "1"))
            position += 3
            continue
        out += DIGITS.get(char, char if char.isascii() else "")
        position += 1
    return out


def _route(turns: Sequence[Utterance], *, praise: bool) -> FieldGuess | None:
    best: tuple[str, Evidence] | None = None
    for turn in turns:
        if not turn.is_caller:
            continue
        for match in _METRO.finditer(turn.text):
            lead = match[1] or ""
            best = (f"{lead}{spelled(match[2])}号线", turn.evidence(match.start(), match.end()))
        for match in _ROUTE.finditer(turn.text):
            if re.search(r"(?:还是|不是)$", turn.text[max(0, match.start() - 2) : match.start()]):
                continue
            best = (f"{spelled(match[1])}路", turn.evidence(match.start(), match.end()))
    if best is None:
        return None
    name, spot = best
    evidence = [spot]
    if praise:
        for turn in turns:
            number = _BUS_NUMBER.search(turn.text) if turn.is_caller else None
            if number:
                name += f"{spelled(number[1])}号车"
                evidence.append(turn.evidence(number.start(), number.end()))
            master = re.search(r"(?:姓)([一-鿿])(?:的)?(?:师傅|司机)?$|([一-鿿])师傅", turn.text)
            if turn.is_caller and master and re.search(r"师傅", turn.text):
                surname = master.group(1) or master.group(2)
                if surname not in "机位个的老" and len(name) < 14:
                    name += f"{surname}师傅"
                    evidence.append(turn.evidence(master.start(), master.end()))
                    break
    return FieldGuess(name, evidence, 0.9)


def _named(turns: Sequence[Utterance], category: str, address: str | None) -> FieldGuess | None:
    """A name after 叫, or words that end like an organisation's name."""
    found: list[tuple[float, str, Evidence]] = []
    for position, turn in enumerate(turns):
        if not turn.is_caller:
            continue
        previous = (
            turns[position - 1].text if position and not turns[position - 1].is_caller else ""
        )
        asked = bool(_ASKS_WHO.search(previous)) and not re.search(
            r"您叫|您.{0,2}姓|母亲|怎么称呼", previous
        )
        text = turn.text
        for match in _ORG.finditer(text):
            start = _left(text, match.start())
            name = text[start : match.end()]
            if len(name) - len(match.group()) < 1 or len(name) < 3:
                continue
            score = 1.0 + 0.1 * min(len(name), 8) - 0.05 * turn.index
            if asked:
                score += 2.0
            if _CALLED.search(text[max(0, start - 4) : start]):
                score += 1.5
            if re.search(r"(?:找|问|去|跟|给|打|到)$", text[max(0, start - 2) : start]):
                score -= 0.8
            if _fits(category, match.group()):
                score += 1.5
            if _is_body(name) or (
                address and name in address and not _fits(category, match.group())
            ):
                score -= 1.5
            found.append((score, _clean(name), turn.evidence(start, match.end())))
        for match in _CALLED.finditer(text):
            if re.search(r"(?:我|妈|爸|女儿|儿子|孩子|人家|弟弟|姓)$", text[: match.start()][-2:]):
                continue
            end = _right(text, match.end())
            name = text[match.end() : end]
            if 2 <= len(name) <= 12 and "叫" in match.group():
                score = 1.2 + (2.0 if asked else 0.0) - 0.05 * turn.index
                found.append((score, _clean(name), turn.evidence(match.end(), end)))
        if asked and text and not _ORG.search(text):
            lead = re.match(
                r"^(?:嗯|啊|呃|就是|就叫|叫|是|那个|哪个|好像是|好像叫|应该是|名字是|名字叫|它叫|他叫)*",
                text,
            )
            start = lead.end() if lead else 0
            end = _right(text, start)
            if 2 <= end - start <= 10:
                found.append((1.8, _clean(text[start:end]), turn.evidence(start, end)))
    found = [one for one in found if one[0] >= 1.4 and 2 <= len(one[1]) <= 20]
    if not found:
        return None
    score, name, spot = max(found, key=lambda one: (one[0], len(one[1])))
    return FieldGuess(name, [spot], min(0.9, 0.4 + 0.1 * score))


def _fits(category: str, ending: str) -> bool:
    fits: Mapping[str, str] = {
        "housing.property_mgmt": "物业",
        "housing.purchase": "置业|地产|房产|公司|集团|中介",
        "hrss.wages_arrears": "公司|劳务|集团|厂|店|酒店|餐厅|工地|饭店",
        "edu.training": "培训|教育|学堂|托管|画室|琴行|书院|班|早教|机构",
        "edu.school": "小学|中学|学校|幼儿园|学院|大学|技校|职校",
        "market.consumer": "健身|美容|驾校|公司|店|摄影|影楼|超市|商场|车行|家具|中介|旅行社|美发|瑜伽|洗|4S|中心",
        "market.food_safety": "火锅|餐|饭|面|烤|食品|超市|店|蛋糕|奶茶|酒",
        "health.hospital": "医院|诊所|口腔|门诊|牙科|卫生",
        "env.air": "厂|搅拌站|商砼|化工|公司|店|烤|餐|饭|养",
        "env.water": "厂|场|公司|店|化工",
        "urban.noise": "广场|工地|项目|KTV|酒吧|公司|歌厅|集团",
        "transport.coach": "客运|汽车站|公司|运输",
        "transport.bike_share": "单车|出行|平台",
        "civil.welfare": "养老|敬老|老年",
        "utilities.heating": "热力|供热|物业",
        "urban.parking": "停车场|商场|广场|物业|医院",
        "public_security.order": "麻将|棋牌|会所|公司|赌",
        "agri.rural": "合作社|村|公司",
        "safety.fire": "商场|物业|公司|店|KTV|宾馆|酒店|网吧",
        "safety.incident": "公司|厂|工地|矿",
        "gov.service": "大厅|办|中心",
    }
    pattern = fits.get(category)
    return bool(pattern and re.search(pattern, ending))


def _is_body(name: str) -> bool:
    return bool(
        re.search(
            r"热力公司|自来水公司|供电公司|燃气公司|公交公司|天然气公司|派出所|房管局|政务大厅",
            name,
        )
    )


def _left(text: str, end: int) -> int:
    start = end
    while start > 0 and end - start < 8 and text[start - 1] not in _EDGE:
        start -= 1
    return start


def _right(text: str, start: int) -> int:
    end = start
    while (
        end < len(text)
        and end - start < 12
        and text[end]
        not in "的在到从和跟是我你您他她它们这那就说把被给往了着过哪对嗯啊呃哦吧呢吗嘛么噢哎喂也都还又没不很太反门"
    ):
        end += 1
    return end


def _clean(name: str) -> str:
    name = re.sub(r"^(?:一家|一个|这家|那家|叫|兰州市的|他们|咱们|我们|做|什么|啥)+", "", name)
    return re.sub(r"(?:反正|还是|好像)$", "", name)


def _illicit(turns: Sequence[Utterance]) -> FieldGuess | None:
    for turn in turns:
        match = ILLICIT.search(turn.text) if turn.is_caller else None
        if match:
            name = match.group()
            unlicensed = any(one.is_caller and _UNLICENSED.search(one.text) for one in turns)
            if unlicensed and not name.startswith("黑"):
                name = f"无证{name}"
            return FieldGuess(name, [turn.evidence(match.start(), match.end())], 0.6)
    return None


def _body(turns: Sequence[Utterance], category: str, request_type: str) -> FieldGuess | None:
    for key, words in _BODIES:
        if key != category:
            continue
        for turn in turns:
            match = re.search(words, turn.text) if turn.is_caller else None
            if match:
                start = _left(turn.text, match.start())
                lead = turn.text[start : match.start()]
                name = (lead if len(lead) <= 6 else "") + match.group()
                begin = match.end() - len(name)
                return FieldGuess(name, [turn.evidence(begin, match.end())], 0.55)
    return None


_REJECTED: Mapping[str, re.Pattern[str]] = {
    "arbitration": re.compile(r"(?:劳动)?(?:人事)?(?:争议)?仲裁(?:委员会|委|院|庭)"),
    "litigation": re.compile(r"[一-鿿]{0,4}?(?:中级|区|县|市)?(?:人民)?法院"),
    "petition": re.compile(r"[一-鿿]{0,3}信访(?:局|办|部门)"),
    "discipline": re.compile(
        r"(?:[一-鿿]{0,6}?)(?:副?(?:主任|局长|书记|科长|所长|镇长|乡长|处长|队长|站长|校长|院长|村长|支书|会计|区长|县长)|领导|干部)"
    ),
    "admin_reconsideration": re.compile(
        r"[一-鿿]{0,4}(?:交警队|交警大队|交警|市场监管局|城管局|执法局|派出所|公安局|人社局|环保局|复议办|复议局|政府)"
    ),
    "info_disclosure": re.compile(
        r"[一-鿿]{0,4}(?:自然资源局|征收办|住建局|区政府|县政府|镇政府|街道办|管委会|规划局|教育局|财政局|国土局|发改委|政府)"
    ),
    "state_secret": re.compile(r"[一-鿿]{0,4}(?:部队|单位|研究所|院所|军区)"),
}


def _rejected_target(turns: Sequence[Utterance], reason: str) -> FieldGuess:
    pattern = _REJECTED.get(reason)
    if pattern is None:
        return FieldGuess(None, [], 0.5)
    for turn in turns:
        if not turn.is_caller:
            continue
        for match in pattern.finditer(turn.text):
            start = match.start()
            lead = re.search(
                r"^.*[的在到从去和跟是我你您他她它们这那个有就说把被叫给往了着过哪对嗯啊问让要想映诉报告服]",
                match.group(),
            )
            start += lead.end() if lead else 0
            if start < match.end():
                name = turn.text[start : match.end()]
                if reason == "arbitration" and not name.startswith("劳动"):
                    name = f"劳动{name}"
                return FieldGuess(name, [turn.evidence(start, match.end())], 0.7)
    return FieldGuess(None, [], 0.4)
