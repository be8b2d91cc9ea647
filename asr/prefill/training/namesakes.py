"""Other names of the same kind: the tagger is to learn how names stand, not which they are."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from random import Random

_PARTS = tomllib.loads(
    (resources.files("asr.prefill.training") / "namesakes.toml").read_text(encoding="utf-8")
)
_BRANDS, _SURNAMES, _GIVEN = (str(_PARTS[key]) for key in ("brands", "surnames", "given"))
_AREAS, _KINDS, _FAMILY, _FANCY = (
    str(_PARTS[key]).split() for key in ("areas", "kinds", "family", "fancy")
)
_BODY = re.compile(
    r"^(?:.{0,6}?)(?=(?:人社局|医保局|社保局|社保中心|民政局|住建局|执法局|城管局|市场监管局|市场监管所|市场局|教育局|水务局|农业农村局|税务局|自然资源局|政务大厅|便民服务中心|"
    r"镇政府|乡政府|镇人民政府|街道办事处|街道办|街道|派出所|交警大队|法院|人民法院|村委会|社区|卫生院|就业局|财政局|公安分局|信访局|房管所|供电所|供电公司|自来水公司)(?:.{0,8})$)"
)
_STOREY = re.compile(r"[一二三四五六七八九十零]+(?=号楼|单元|楼|层|室|户)")
_PERSON = re.compile(rf"^[{_SURNAMES}][一-鿿]{{1,2}}$")
_KIND = re.compile("(?:" + "|".join(sorted(set(_KINDS), key=len, reverse=True)) + ")$")
_DIGITS = "一二三四五六七八九"


def namesake(name: str, random: Random) -> str:
    """A name of the same kind; the name itself where nothing else would be of that kind."""
    body = _BODY.match(name)
    if body:
        return random.choice(_AREAS) + name[body.end() :] if body.group() else name
    if _STOREY.search(name):
        return _STOREY.sub(lambda _: random.choice(_DIGITS), name)
    if re.search(r"[的那个这姓我你他们]|^[一二三四五六七八九十]", name):
        return name
    kind = _KIND.search(name)
    if kind and kind.start() == 0:
        return name
    if kind:
        ending = kind.group() if random.random() < 0.4 else random.choice(_KINDS)
        return firm(random) + ending
    if _PERSON.match(name) and random.random() < 0.7:
        return person(random)
    if len(name) <= 6:
        return random.choice(_FANCY) if random.random() < 0.6 else firm(random)
    return name


def firm(random: Random) -> str:
    """The distinctive part of a firm's name."""
    draw = random.random()
    if draw < 0.12:
        return random.choice(_SURNAMES) + random.choice(_FAMILY)
    if draw < 0.22:
        return random.choice(_FANCY)
    lead = random.choice(("兰州", "甘肃", "陇上", "兰州新区", "金城")) if draw > 0.85 else ""
    return lead + "".join(random.choice(_BRANDS) for _ in range(random.choice((2, 2, 2, 3, 4))))


def person(random: Random) -> str:
    """A full name."""
    given = "".join(random.choice(_GIVEN) for _ in range(random.choice((1, 2, 2))))
    return random.choice(_SURNAMES) + given
