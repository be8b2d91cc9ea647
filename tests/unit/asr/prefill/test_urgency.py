from __future__ import annotations

import json
from pathlib import Path

import pytest

from asr.prefill import Prefiller
from asr.prefill.dangers import FILE, load_ear
from asr.prefill.trained import FOLDER, ArtefactError
from tests.unit.asr.prefill.conftest import Fill

_DANGERS = Path("asr/prefill/training/dangers.json")


@pytest.mark.parametrize(
    ("said", "line", "category"),
    [
        ("快快快撞车了人躺在地上不动弹了", "122", "public_security.traffic"),
        ("我骑车让一个面包车给撞倒了头上流血", "122", "public_security.traffic"),
        ("着火了着火了火苗都窜上来了", "119", "safety.fire"),
        ("楼上冒浓烟了快来人", "119", "safety.fire"),
        ("我们楼道里全是煤气味快来人", "119", "utilities.gas"),
        ("我们楼道里全实煤气喂天然气漏了", "119", "utilities.gas"),
        ("工地的墙塌了埋住两个人", "119", "safety.incident"),
        ("有个娃娃掉到黄河里了", "119", "safety.incident"),
        ("有个老汉晕倒在路边叫不醒", "120", "safety.incident"),
        ("我爸胸口疼得厉害喘不上气", "120", "safety.incident"),
        ("老爷子说心口疼得直冒冷汗", "120", "safety.incident"),
        ("我叫人抢了就刚刚包抢走了", "110", "public_security.order"),
        ("楼下打起来了有人拿着刀", "110", "public_security.order"),
        ("有人要跳楼站在楼顶边上", "110", "safety.incident"),
    ],
)
def test_given_a_danger_when_first_told_then_it_is_an_emergency_with_its_line(
    fill: Fill, said: str, line: str, category: str
) -> None:
    fields = fill(f"c {said}")
    assert fields["urgency"].value == "emergency"
    assert fields["emergency_line"].value == line
    assert fields["category"].value == category


@pytest.mark.parametrize(
    "lines",
    [
        ("c 去年我们楼着过一次火现在要补火灾认定书去哪里办",),
        ("c 消防通道被车堵死了万一着火消防车都进不来",),
        ("c 邻居在楼道里给电动车充电我怕着火",),
        ("c 我弟弟前年出了车祸瘫在床上想问低保能不能办",),
        ("c 上班路上被车撞了想咨询能不能算工伤",),
        ("c 煤气罐就放在阳台上我怕着火",),
        ("c 昨天晚上着火已经扑灭了就是想问赔偿的事",),
        ("c 想表扬消防队上次救火来得快",),
        ("c 路口红绿灯坏了差点撞上",),
        ("c 车打不着火了堵在路当中",),
        ("c 车打不着获了挡着后面的车",),
        ("c 我家煤气灶点不着火了换了电池也没用",),
        ("c 幸亏司机发现我爸晕倒了送到医院我要表扬他",),
        ("c 楼道里电线从楼上吊下来有十几根",),
        ("c 我爸脑梗刚出院屋里不热手脚冰凉",),
        ("c 昨天晚上我爸喘不上气护士一个人推到抢救室又跑前跑后",),
        ("c 他们县自燃资源局就是不想给",),
    ],
)
def test_given_danger_only_feared_past_or_asked_about_when_told_then_there_is_no_alarm(
    fill: Fill, lines: tuple[str, ...]
) -> None:
    fields = fill(*lines)
    assert fields["urgency"].value != "emergency"
    assert fields["emergency_line"].value is None


def test_given_money_just_sent_to_a_swindler_when_told_then_urgent_with_110(fill: Fill) -> None:
    fields = fill("c 我刚刚给人家转了三万块钱才发现被骗了", "a 我马上转接幺幺零")
    assert fields["urgency"].value == "urgent"
    assert fields["emergency_line"].value == "110"
    assert fields["category"].value == "public_security.order"


def test_given_an_agents_transfer_when_nothing_else_tells_then_it_is_an_emergency(
    fill: Fill,
) -> None:
    fields = fill("c 你们快来人啊", "a 我现在给您三方转接幺二零")
    assert (fields["urgency"].value, fields["emergency_line"].value) == ("emergency", "120")


def test_given_an_agent_only_names_a_number_when_told_then_there_is_no_alarm(fill: Fill) -> None:
    fields = fill("c 电瓶车丢了想问咋办", "a 您可以拨打幺幺零报案")
    assert fields["urgency"].value == "normal"


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("整个楼都没水从早上六点停水到现在", "urgent"),
        ("我们厂昨天突然停电一整天没来", "urgent"),
        ("路上井盖没有了一个黑窟窿", "urgent"),
        ("路口红绿灯坏了一直是红灯", "urgent"),
        ("暖气不热才十四五度", "normal"),
        ("路灯黑了一个礼拜了", "normal"),
        ("电梯坏了半个月没人修", "normal"),
    ],
)
def test_given_a_fault_when_told_then_its_urgency_follows_from_what_it_deprives(
    fill: Fill, said: str, level: str
) -> None:
    assert fill(f"c {said}", "a 您贵姓")["urgency"].value == level


def test_given_many_first_sentences_when_told_then_dangers_and_only_dangers_raise_the_alarm(
    fill: Fill,
) -> None:
    told = json.loads(_DANGERS.read_text(encoding="utf-8"))
    heard = {text: fill(f"c {text}") for text, _ in told["emergencies"]}
    assert [text for text in heard if heard[text]["urgency"].value != "emergency"] == []
    wrong = [
        text for text, line in told["emergencies"] if heard[text]["emergency_line"].value != line
    ]
    assert len(wrong) <= 0.03 * len(heard), wrong
    assert [
        text for text in told["harmless"] if fill(f"c {text}")["urgency"].value == "emergency"
    ] == []


def test_given_words_of_danger_when_the_agent_takes_down_an_ordinary_matter_then_the_alarm_ends(
    fill: Fill,
) -> None:
    opening = ("c 有个老人晕倒在路边",)
    assert fill(*opening)["urgency"].value == "emergency"
    fields = fill(
        *opening, "a 您想反映什么", "c 那条路太滑", "a 您贵姓", "c 姓王", "a 王先生转市政部门"
    )
    assert fields["urgency"].value != "emergency"


@pytest.mark.parametrize(
    "said",
    [
        "我家暖气全停了屋里冰得跟冰窖一样",
        "家里天然气停了没法做饭",
        "暖气从前天就没热过",
    ],
)
def test_given_an_outage_when_told_then_it_is_urgent_without_an_alarm(
    fill: Fill, said: str
) -> None:
    fields = fill(f"c {said}", "a 您是哪个小区", "c 安宁区万新南路同林雅苑", "a 您贵姓")
    assert fields["urgency"].value == "urgent"
    assert fields["emergency_line"].value is None


def test_given_money_just_sent_when_the_agent_transfers_then_it_is_urgent_with_the_police(
    fill: Fill,
) -> None:
    fields = fill(
        "c 我刚叫人骗了三万六",
        "a 您什么时候转的账",
        "c 就半个钟头以前",
        "a 我们给您转接幺幺零反诈",
    )
    assert fields["urgency"].value == "urgent"
    assert fields["emergency_line"].value == "110"


def test_given_a_danger_in_words_that_no_expression_has_when_told_then_the_ear_hears_it() -> None:
    said = "对门的老太太反锁在屋里喊半天没人应锅都烧糊了一股焦味"
    levels = []
    for rules_only in (True, False):
        session = Prefiller(rules_only=rules_only).start("2026-07-15T10:00:00+08:00", "12345", "1")
        session.hear("caller", said)
        levels.append(session.fields["urgency"].value)
    assert levels == ["normal", "emergency"]


def test_given_a_damaged_ear_when_loaded_then_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError):
        load_ear(tmp_path)
    (tmp_path / FILE).write_bytes((FOLDER / FILE).read_bytes()[:5000])
    with pytest.raises(ArtefactError):
        load_ear(tmp_path)


def test_given_an_ear_when_saved_and_loaded_then_it_hears_the_same(
    prefiller: Prefiller, tmp_path: Path
) -> None:
    ear = load_ear(FOLDER)
    ear.save(tmp_path)
    turn = prefiller.read(0, "caller", "我哥修车的时候千斤顶倒了人压在车底下")
    assert load_ear(tmp_path).hear(turn) == ear.hear(turn)
    assert (tmp_path / FILE).read_bytes() == (FOLDER / FILE).read_bytes()


@pytest.mark.parametrize(
    "lines",
    [
        ("c 孩子入学材料传错了系统锁住了改不了求你们帮帮忙", "a 我给您标注加急转教育局"),
        ("c 村里水渠没放水苞谷都干了", "a 我按急件派下去您贵姓"),
        ("c 报名材料传错了七月十七号下午就截止了学校没人接电话求你们帮帮忙", "a 您贵姓"),
        ("c 物业因为我没交物业费把我家的电卡给锁了", "a 什么时候", "c 上礼拜五快点给我通电"),
        ("c 消防通道让两个集装箱堵死了", "a 在哪里", "c 物流园里头"),
        ("c 楼下酒吧吵得很", "a 现在还在放吗", "c 还在那儿喊呢我明天一早要考研复试"),
        ("c 我家三楼往上都上不了水", "a 您贵姓"),
    ],
)
def test_given_what_cannot_wait_when_told_then_it_is_urgent(
    fill: Fill, lines: tuple[str, ...]
) -> None:
    assert fill(*lines)["urgency"].value == "urgent"


@pytest.mark.parametrize(
    "lines",
    [
        ("c 公交车不停站", "a 请留一个紧急联系人电话", "c 就这个"),
        ("c 小区路灯不亮", "a 这个不算紧急工单五个工作日回复", "c 行"),
        ("c 举报楼顶违建还在往上吊石板子", "a 您贵姓", "c 姓王"),
    ],
)
def test_given_only_the_words_when_told_then_it_is_normal(
    fill: Fill, lines: tuple[str, ...]
) -> None:
    assert fill(*lines)["urgency"].value == "normal"
