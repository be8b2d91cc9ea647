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
        ("出租车拒载是在十三号下午", "2026-07-13"),
        ("那种五一那天出租车拒载", "2026-05-01"),
        ("端午节第二天出租车拒载", "2026-06-20"),
        ("六月初出租车拒载", "2026-06-01"),
        ("半个小时前出租车拒载", "2026-07-15"),
        ("去年国庆放假第三天出租车拒载", "2025-10-03"),
        ("出租车国庆三号拒载", "2025-10-03"),
        ("车费平时三四十五月十二号收了我一百出租车拒载", "2026-05-12"),
        ("从着个月一号开始出租车就拒载", "2026-07-01"),
        ("从五号下午不是六号下午出租车拒载", "2026-07-06"),
        ("上周五不对周五我上班呢是上周四出租车拒载", "2026-07-09"),
        ("昨天晚上十四号窗口那个人让我等十四号的人不理我出租车拒载", "2026-07-14"),
    ],
)
def test_given_a_day_when_said_then_it_is_resolved_against_the_call(
    fill: Fill, said: str, day: str
) -> None:
    assert fill(f"c 我要投诉{said}", "a 您贵姓")["occurred_on"].value == day


def test_given_a_due_date_when_in_the_past_then_it_is_this_years(fill: Fill) -> None:
    fields = fill("c 合同上写的今年六月三十号交房到现在都没交我要投诉开发商", "a 您贵姓")
    assert fields["occurred_on"].value == "2026-06-30"


def test_given_a_day_to_come_when_something_takes_effect_then_it_is_this_years(fill: Fill) -> None:
    fields = fill("c 我要投诉物业费涨价通知上写着八月一号开始执行", "a 您贵姓")
    assert fields["occurred_on"].value == "2026-08-01"


def test_given_a_slip_when_put_right_in_the_same_breath_then_the_later_day_counts(
    fill: Fill,
) -> None:
    fields = fill(
        "c 我要投诉幼儿园乱收费",
        "a 什么时候收的",
        "c 四月十五号哦不是四月二十五是二十五号",
        "a 四月二十五号好的",
        "c 对",
    )
    assert fields["occurred_on"].value == "2026-04-25"


def test_given_what_still_goes_on_when_the_first_day_was_said_then_that_counts(
    fill: Fill,
) -> None:
    fields = fill(
        "c 我反映沟里头的水变红了", "a 什么时候发现的", "c 昨天下午放羊看着的今天早上还红着呢"
    )
    assert fields["occurred_on"].value == "2026-07-14"


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


def test_given_days_of_what_came_of_it_when_read_then_the_day_that_opens_the_story_counts(
    fill: Fill,
) -> None:
    fields = fill(
        "c 昨天一场雨我们门口路上塌了个坑",
        "a 坑有多大",
        "c 半米多今天早上有个骑车的栽进去了",
        "a 您贵姓",
    )
    assert fields["occurred_on"].value == "2026-07-14"


def test_given_todays_date_when_told_beside_a_due_day_then_the_due_day_counts(fill: Fill) -> None:
    fields = fill("c 我的退休金这个月没打下来十号就该到卡上的今天都十五号了", "a 您贵姓")
    assert fields["occurred_on"].value == "2026-07-10"


def test_given_the_end_of_next_month_when_due_then_it_is_its_last_day(fill: Fill) -> None:
    fields = fill("c 我要投诉残疾证下个月底到期社区不给换", "a 您贵姓", "c 姓王")
    assert fields["occurred_on"].value == "2026-08-31"


@pytest.mark.parametrize("asked", ["几号窗口您记得吗", "几号楼"])
def test_given_a_number_when_the_agent_asked_for_no_day_then_it_is_none(
    fill: Fill, asked: str
) -> None:
    fields = fill("c 我要投诉昨天去办证窗口的人骂我", f"a {asked}", "c 五号吧")
    assert fields["occurred_on"].value == "2026-07-14"


def test_given_a_day_in_the_agents_read_back_when_agreed_then_it_counts(fill: Fill) -> None:
    fields = fill("c 我要投诉共享单车乱扣钱", "a 是七月一号骑的对吧", "c 对下午骑的", "a 您贵姓")
    assert fields["occurred_on"].value == "2026-07-01"


@pytest.mark.parametrize(
    ("lines", "day"),
    [
        # the caller takes a day back
        (
            (
                "c 我要投诉驾校七月三号交的钱关门了",
                "a 七月三号对吗",
                "c 看了下微信是四号不是三号",
            ),
            "2026-07-04",
        ),
        (
            ("c 出租车拒载是七月九号", "a 七月九号对吗", "c 哎记错了应该是七月八号"),
            "2026-07-08",
        ),
        # the old calendar
        (
            ("c 我要投诉五月二十哦那是农历阳历是七月四号出租车拒载",),
            "2026-07-04",
        ),
        # nothing happened then, or it happened again
        (
            (
                "c 举报有人往河里排污水",
                "a 您哪天看见的",
                "c 昨天早上前天没排今天早上又没有",
            ),
            "2026-07-14",
        ),
        (("c 投诉窗口", "a 哪天的事", "c 前天昨天我又去了一趟"), "2026-07-13"),
        (("c 投诉安装师傅不来", "a 约的哪天", "c 七月三号约七月八号约昨天又约"), "2026-07-03"),
        # payments of every month
        (
            ("c 我的养老金这个月没发下来", "a 一般几号发", "c 每个月十号我去打折子没进账"),
            "2026-07-10",
        ),
        (("c 每月二十号发的养老金这个月没见着", "a 您贵姓"), "2026-06-20"),
        # what can be heard
        (
            (
                "c 楼下酒吧天天唱到两三点",
                "a 现在还在唱吗",
                "c 你听你听正唱着呢",
                "a 您贵姓",
            ),
            "2026-07-15",
        ),
        # a good deed after long trouble
        (
            ("c 我要表扬政务大厅的小杨我跑了三个月没跑下来他大前天给我办好了", "a 您贵姓"),
            "2026-07-12",
        ),
        (("c 我投诉公交车司机一直在打电话", "a 哪天", "c 就刚才"), "2026-07-15"),
    ],
)
def test_given_several_days_when_told_then_that_of_the_matter_is_meant(
    fill: Fill, lines: tuple[str, ...], day: str
) -> None:
    assert fill(*lines)["occurred_on"].value == day


def test_given_a_plain_weekend_when_told_then_it_is_no_day(fill: Fill) -> None:
    fields = fill("c 我要投诉小区门口摆摊的我周末带娃都出不去", "a 您贵姓", "c 姓王")
    assert fields["occurred_on"].value is None


def test_given_only_a_time_when_asked_since_when_then_it_is_the_day_of_the_call(fill: Fill) -> None:
    fields = fill("c 我们村停电了", "a 几点停的", "c 早上八点十分", "a 现在还没来电吗", "c 没有")
    assert fields["occurred_on"].value == "2026-07-15"


def test_given_a_time_when_the_day_was_told_before_then_the_day_stays(fill: Fill) -> None:
    fields = fill("c 我要投诉出租车昨天早上拒载", "a 昨天早上几点", "c 五点四十")
    assert fields["occurred_on"].value == "2026-07-14"


def test_given_the_agents_day_put_right_when_answered_then_the_callers_day_counts(
    fill: Fill,
) -> None:
    fields = fill(
        "c 我举报违建这个月初又开始砌砖", "a 七月一号前后开始的吧", "c 就是七月二号工人拉的砖"
    )
    assert fields["occurred_on"].value == "2026-07-02"


@pytest.mark.parametrize("said", ["就刚才么五点半开始等的", "就刚刚嘛十来分钟以前"])
def test_given_just_now_when_something_else_is_a_habit_then_it_is_the_day_of_the_call(
    fill: Fill, said: str
) -> None:
    fields = fill(f"c 我要投诉公交车不来天天说联系{said}", "a 您贵姓")
    assert fields["occurred_on"].value == "2026-07-15"
