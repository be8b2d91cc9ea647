"""Category, request type, target, acceptance and secrecy."""

from __future__ import annotations

import pytest

from asr.prefill.lexicon import lexicon
from tests.unit.asr.prefill.conftest import Fill


@pytest.mark.parametrize("key", sorted(set(lexicon().categories) - {"other.not_accepted"}))
def test_given_any_category_when_told_in_callers_words_then_it_is_recognised(
    fill: Fill, key: str
) -> None:
    leaf = lexicon().categories[key]
    told = [fill(f"c {sentence}") for sentence in leaf.examples]
    right = [fields for fields in told if fields["category"].value == key]
    assert len(right) >= len(told) - 1
    assert {fields["line"].value for fields in right} == {leaf.line}
    assert {fields["department"].value for fields in right} == {leaf.department}


def test_given_homophones_when_told_then_the_category_is_heard(fill: Fill) -> None:
    fields = fill("c 我想问医宝异低就依北岸", "a 可以备案")
    assert fields["category"].value == "hrss.medical_insurance"


def test_given_a_second_topic_set_aside_when_told_then_the_first_is_the_matter(fill: Fill) -> None:
    fields = fill(
        "c 我们小区电梯坏了没人修还有个事门口卖烧烤的烟也大不过这个先不说主要是电梯",
        "a 主要登记电梯维修的问题",
    )
    assert fields["category"].value == "housing.property_mgmt"


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (("c 我要举报有个作坊没有证",), "report"),
        (("c 我不投诉我是想表扬一个公交司机",), "praise"),
        (("c 我提个建议公交能不能加个夜班",), "suggestion"),
        (("c 我要投诉出租车拒载",), "complaint"),
        (("c 我们这条路路灯黑了一排没人修", "a 您贵姓"), "help"),
        (("c 请问身份证丢了怎么补办", "a 带户口本", "c 好谢谢"), "consultation"),
        (
            (
                "c 我上个礼拜打过电话反映没有暖气的事处理到那一步了",
                "a 系统显示供热单位已签收给您催办",
            ),
            "consultation",
        ),
        (("c 着火了快来", "a 我给您转幺幺九"), "help"),
    ],
)
def test_given_a_wish_when_told_then_its_type_is_named(
    fill: Fill, lines: tuple[str, ...], kind: str
) -> None:
    assert fill(*lines)["request_type"].value == kind


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (("c 我不是来告状的我是夸人的公交司机师傅帮我找着包了", "a 您说"), "praise"),
        (
            ("c 我专门感谢社保窗口的小李帮我老父亲把手续跑完了", "a 您感谢的是哪位", "c 小李"),
            "praise",
        ),
        (
            (
                "c 出租车师傅把我落下的手机送到家门口一分钱没要",
                "a 感谢您的肯定我们转给运输公司",
                "c 好",
            ),
            "praise",
        ),
        (
            (
                "c 我说个想法不算投诉啊就是路口那块空地荒着弄成停车场多好",
                "a 您这个想法很好我转给城管部门",
                "c 行",
            ),
            "suggestion",
        ),
        (
            ("c 末班车收得太早了能不能晚半个小时", "a 您是建议延长末班车时间对吗", "c 对对"),
            "suggestion",
        ),
        (
            (
                "c 我们厂里一个人的社保都没交这不是犯法的吗",
                "a 您贵姓",
                "c 姓不能说千万别告诉厂里是我打的电话",
            ),
            "report",
        ),
        (
            (
                "c 有个诊所拿别人的医保卡套现你们别说是我说的",
                "a 我们会保密什么时候的事",
                "c 前天我看见的",
            ),
            "report",
        ),
        (
            (
                "c 我们楼后头堆了一堆装修垃圾",
                "a 是谁倒的您看到了吗",
                "c 没看见半夜来的",
                "a 您贵姓",
            ),
            "help",
        ),
        (
            ("c 河里的水又黑又臭", "a 知道是什么原因吗", "c 说不上反正臭得很", "a 您贵姓"),
            "help",
        ),
        (
            (
                "c 家里暖气不热屋里才十度",
                "a 供热单位是哪家",
                "c 恒暖热力收费的时候可积极了",
                "a 您贵姓",
            ),
            "complaint",
        ),
        (
            ("c 我打电话说几句好话夜里下水口堵了来了三个人给捞通了", "a 我们转达表扬", "c 好"),
            "praise",
        ),
        (
            ("c 有人往沟里倒渣土", "a 看清车牌了吗", "c 甘AF零六幺幺二", "a 您贵姓"),
            "report",
        ),
        (
            ("c 学校逼着买校服你们别告诉学校是我打的", "a 好的保密", "c 不买就不让上课"),
            "complaint",
        ),
    ],
)
def test_given_a_wish_that_is_not_named_outright_when_told_then_its_type_is_understood(
    fill: Fill, lines: tuple[str, ...], kind: str
) -> None:
    assert fill(*lines)["request_type"].value == kind


def test_given_the_agents_own_advice_when_a_call_complains_then_it_is_no_suggestion(
    fill: Fill,
) -> None:
    fields = fill("c 我要反映理发店办的卡不给退钱", "a 建议您先跟商家协商", "c 协商过了他就是不退")
    assert fields["request_type"].value == "complaint"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("c 投诉出租车拒载", "a 车牌", "c 甘A梯三零八七嗯就是甘AT三零八七六"), "甘AT30876"),
        (("c 投诉网约车绕路", "a 车牌", "c 甘AD幺二七七三", "c 不对是甘AD幺七二二三"), "甘AD17223"),
        (("c 投诉公交车不停站一百三十一路哎不对是幺三七路",), "137路"),
        (("c 我在健身房办的卡跑路了", "a 健身房叫什么", "c 叫力速健身在小西湖"), "力速健身"),
        (("c 我要投诉停水自来水公司电话没人接",), "自来水公司"),
        (("c 我举报有个豆腐作坊没有证",), "无证豆腐作坊"),
        (("c 路灯不亮没人修", "a 您贵姓"), None),
    ],
)
def test_given_a_party_when_named_then_it_is_the_target(
    fill: Fill, lines: tuple[str, ...], name: str | None
) -> None:
    assert fill(*lines)["target"].value == name


@pytest.mark.parametrize(
    ("told", "refused", "reason"),
    [
        ("我跟公司的纠纷仲裁委立案了还没裁决", "已经进入仲裁程序热线不受理", "arbitration"),
        ("法院判决我不服已经上诉到中院", "已经进入诉讼程序热线不受理", "litigation"),
        ("我举报街道副主任收人家的钱", "属于纪检监察受理范围热线不能受理", "discipline"),
        ("我申请了行政复议还没结果", "已经进入复议程序的热线不予受理", "admin_reconsideration"),
        ("我申请公开征地批复文件", "属于政府信息公开不在热线受理范围", "info_disclosure"),
        ("信访局给的答复我不同意", "已经进入信访程序热线不再受理", "petition"),
        ("部队那个工程是干啥的", "涉及国家秘密热线不予受理", "state_secret"),
    ],
)
def test_given_a_matter_before_another_body_when_refused_then_the_ground_is_named(
    fill: Fill, told: str, refused: str, reason: str
) -> None:
    fields = fill(f"c {told}", f"a {refused}")
    assert fields["accepted"].value is False
    assert fields["reject_reason"].value == reason
    assert fields["category"].value == "other.not_accepted"
    assert fields["department"].value == "hotline_center"


@pytest.mark.parametrize(
    "lines",
    [
        ("c 我想问公司不交社保是先去劳动仲裁呢还是找你们", "a 您可以直接申请仲裁"),
        ("c 饭店不退定金我要投诉", "a 好的已登记您也可以向法院起诉"),
    ],
)
def test_given_only_talk_of_courts_when_told_then_the_matter_is_accepted(
    fill: Fill, lines: tuple[str, ...]
) -> None:
    assert fill(*lines)["accepted"].value is True


@pytest.mark.parametrize(
    "said",
    [
        "能不能不要把我的电话给人家",
        "千万要保密",
        "你们会不会说是谁举报的",
        "别说是我反映的",
        "不要让他们知道就行",
        "可不能让老板指导是我打的",
        "别把我的姓名高速村里",
    ],
)
def test_given_a_wish_for_secrecy_when_said_then_it_is_kept(fill: Fill, said: str) -> None:
    assert fill("c 我要举报", f"c {said}")["confidential"].value is True


@pytest.mark.parametrize("granted", ["我们给您备注保密", "会做保密处理的", "放心不会透露您的信息"])
def test_given_a_wish_in_strange_words_when_the_agent_grants_it_then_it_is_kept(
    fill: Fill, granted: str
) -> None:
    assert fill("c 我说了你们可得替我兜着点", f"a {granted}")["confidential"].value is True


@pytest.mark.parametrize(
    "lines",
    [
        ("c 没交会计说交了也批不下来叫我别折腾我就说我打个电话问问",),
        ("c 我要举报领导", "a 幺二三八八也可以匿名举报会保密的", "c 行我试一下"),
        ("c 不用保密我不怕",),
        ("c 大货车不能上高速怎么不提前说",),
        ("c 学校不让外面的老师指导我孩子",),
        ("c 我要举报", "a 要给您备注保密吗"),
        ("c 我要举报", "a 要给您备注保密吗", "c 不用"),
        ("c 我要举报", "a 那就不给您做保密处理了"),
        ("c 处理得怎么样了", "a 处理结果我们不能告诉您"),
    ],
)
def test_given_no_wish_for_secrecy_when_read_then_it_is_not_confidential(
    fill: Fill, lines: tuple[str, ...]
) -> None:
    assert fill(*lines)["confidential"].value is False
