from __future__ import annotations

import pytest

from tests.unit.asr.prefill.conftest import Fill


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("昨天晚上九点多出租车拒载", "2026-07-14"),
        ("出租车拒载就前天的事", "2026-07-13"),
        ("出租车拒载大前天", "2026-07-12"),
        ("上周三出租车拒载", "2026-07-08"),
        ("上个礼拜天出租车拒载", "2026-07-12"),
        ("这周一出租车拒载", "2026-07-13"),
        ("星期五出租车拒载", "2026-07-10"),
        ("六月十号出租车拒载", "2026-06-10"),
        ("十二月三号出租车拒载", "2025-12-03"),
        ("去年九月十号出租车拒载", "2025-09-10"),
        ("上个月十五号出租车拒载", "2026-06-15"),
        ("三天前出租车拒载", "2026-07-12"),
        ("刚才出租车拒载", "2026-07-15"),
        ("今天早上七点四十出租车拒载", "2026-07-15"),
        ("端午那天出租车拒载", "2026-06-19"),
        ("九号出租车拒载", "2026-07-09"),
    ],
)
def test_given_a_day_when_said_then_it_is_resolved_against_the_call(
    fill: Fill, said: str, day: str
) -> None:
    assert fill(f"c 我要投诉{said}", "a 您贵姓")["occurred_on"].value == day


def test_given_a_due_date_when_in_the_past_then_it_is_this_years(fill: Fill) -> None:
    fields = fill("c 合同上写的今年六月三十号交房到现在都没交我要投诉开发商", "a 您贵姓")
    assert fields["occurred_on"].value == "2026-06-30"


@pytest.mark.parametrize(
    "said",
    [
        "我要投诉门口摆摊的有两个月了",
        "路灯黑了有一个礼拜了前天晚上还有个娃摔了",
        "我要投诉共享单车五一以后就越来越多",
        "我要投诉搅拌站天天扬尘",
        "我要投诉老板欠工资从三月初九干到八月",
    ],
)
def test_given_an_open_ended_matter_when_read_then_there_is_no_day(fill: Fill, said: str) -> None:
    assert fill(f"c {said}", "a 您贵姓", "c 姓王")["occurred_on"].value is None


def test_given_a_consultation_when_a_day_is_said_then_there_is_no_day(fill: Fill) -> None:
    fields = fill("c 你好我想咨询一下护照九月十号到期了换证要什么材料", "a 身份证就行", "c 好谢谢")
    assert fields["occurred_on"].value is None


def test_given_an_emergency_when_no_day_is_said_then_it_is_the_call_day(fill: Fill) -> None:
    fields = fill("c 着火了着火了火苗都窜上来了", "a 我给您转接幺幺九")
    assert fields["occurred_on"].value == "2026-07-15"
