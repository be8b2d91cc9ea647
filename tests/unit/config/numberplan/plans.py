"""Number plans with stages, invented by hypothesis; every one of them is valid."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from config.numberplan import NumberPlan
from config.numberplan.check import check_plan

UNANSWERED = ("person", "release")
NUMBERS = ("12336", "12301", "96119")
SAID = {"zh": "停用", "en": "closed"}
ZONES = (
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "America/Sao_Paulo",  # midnight did not exist on some days
    "Pacific/Apia",  # 2011-12-30 did not exist at all
    "America/New_York",
    "Etc/GMT+12",
)
DAYS = st.dates(date(2011, 12, 1), date(2018, 12, 31))


@st.composite
def _fields(draw: st.DrawFn, begins: date | None, ends: date | None) -> dict[str, Any]:
    mode = draw(st.sampled_from(["dual", "merged", "cancelled", "office", "sub_centre"]))
    fields: dict[str, Any] = {"mode": mode}
    if mode == "dual":
        return fields | {"greeting": SAID, "priority": draw(st.integers(0, 100))}
    if mode == "sub_centre":
        return fields
    if mode == "merged" or draw(st.booleans()):
        fields["announcement"] = SAID
    first, last = begins or date(2011, 12, 1), (ends or date(2019, 12, 31)) - timedelta(days=1)
    if mode == "merged":
        forward = draw(st.booleans())
        fields |= {"then": "forward", "forward_to": "12345"} if forward else {"then": "hangup"}
        fields["repeats"] = draw(st.integers(1, 5))
        if draw(st.booleans()):
            fields["until"] = draw(st.dates(first, max(first, last)))
    if first <= last and draw(st.booleans()):
        starts = draw(st.dates(first, last))
        fields["notices"] = [
            {"from": starts, "to": draw(st.dates(starts, last)), "announcement": SAID}
        ]
    if mode == "office" and draw(st.booleans()):
        fields |= {"rings": "09310000001", "unanswered": draw(st.sampled_from(UNANSWERED))}
    if mode in ("merged", "cancelled") and begins is None and draw(st.booleans()):
        fields["since"] = draw(st.dates(first, fields.get("until", max(first, last))))
    return fields


@st.composite
def _line(draw: st.DrawFn, number: str) -> dict[str, Any]:
    name = {"number": number, "name": SAID}
    days = sorted(draw(st.sets(DAYS.filter(lambda day: day > date(2011, 12, 2)), max_size=3)))
    bounds: list[date | None] = [None, *days, None]
    parts = [
        name | draw(_fields(begins, ends)) | ({"from": begins} if begins else {})
        for begins, ends in itertools.pairwise(bounds)
    ]
    return parts[0] | {"stages": parts[1:]}


@st.composite
def plans(draw: st.DrawFn) -> NumberPlan:
    """A plan of 12345 and three numbers with up to three stages each."""
    main = {"number": "12345", "name": SAID, "mode": "main", "greeting": SAID}
    lines = {"12345": main} | {number: draw(_line(number)) for number in NUMBERS}
    plan = NumberPlan.model_validate({"version": 1, "lines": lines})
    check_plan(plan, Path("plan.toml"), area_code="0931", menu_keys=())
    return plan
