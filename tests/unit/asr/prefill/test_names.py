from __future__ import annotations

import pytest

from tests.unit.asr.prefill.conftest import Fill

ASKED = "a 您贵姓"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("免贵姓祁", "祁"),
        ("我姓魏魏晓芳电话你记一个", "魏晓芳"),
        ("姓温温度的温温慧", "温慧"),
        ("姓辛辛苦的辛", "辛"),
        ("姓陈耳东陈", "陈"),
        ("木子李嗯", "李"),
        ("我姓靳革字旁哪个靳", "靳"),
        ("我叫欧阳建华", "欧阳建华"),
        ("庞建中", "庞建中"),
        ("姓石叫石来福", "石来福"),
        ("仝人工仝", "仝"),
        ("型裘", "裘"),
        ("钮金字旁一个丑那个钮", "钮"),
        ("蔺蔺相如得蔺", "蔺"),
        ("窦不麻烦了你们去人就行", "窦"),
        ("姓郜告状的告加一个耳朵旁", "郜"),
        ("我叫常青常常的常", "常青"),
        ("我叫邝美玲广字旁一个大厦的广", "邝美玲"),
        ("姓满满意地满过路地", "满"),
        ("愿意祁晓峰山峰的峰", "祁晓峰"),
        ("我叫邵涛邵是召集的召加耳朵那个", "邵涛"),
        ("姓祁祁连山的祁首机幺三九", "祁"),
        ("姓汤喝汤的汤信号不好", "汤"),
        ("章立早章章学义", "章学义"),
    ],
)
def test_given_the_caller_says_a_name_when_read_then_it_is_full_or_the_surname(
    fill: Fill, answer: str, name: str
) -> None:
    assert fill("c 路灯不亮", ASKED, f"c {answer}")["caller_name"].value == name


def test_given_a_misheard_surname_when_the_agent_addresses_the_caller_then_it_is_mended(
    fill: Fill,
) -> None:
    fields = fill("c 公交不停站", ASKED, "c 我行礼木子李嗯李存福", "a 李先生好的")
    assert fields["caller_name"].value == "李存福"
    assert fields["caller_title"].value == "先生"


def test_given_a_surname_that_the_caller_has_explained_when_the_agent_says_another_then_it_stays(
    fill: Fill,
) -> None:
    fields = fill("c 路灯不亮", ASKED, "c 姓蔺蔺相如的蔺", "a 林女士好的")
    assert fields["caller_name"].value == "蔺"


def test_given_a_victims_cry_when_read_then_it_is_no_name(fill: Fill) -> None:
    assert fill("c 完了我叫任骗了刚转了四万")["caller_name"].value is None
    assert fill("c 我叫单位辞退了失业金咋领")["caller_name"].value is None


def test_given_relatives_names_when_the_caller_says_his_own_then_his_counts(fill: Fill) -> None:
    fields = fill("a 您母亲叫什么", "c 我妈叫王秀兰我弟弟叫魏小军我呢我叫魏小琴")
    assert fields["caller_name"].value == "魏小琴"


def test_given_somebody_elses_surname_when_read_then_it_is_not_the_callers(fill: Fill) -> None:
    fields = fill("c 拖欠工资", "a 老板或者公司叫什么", "c 老板姓孙孙旺")
    assert fields["caller_name"].value is None


@pytest.mark.parametrize("answer", ["不方便我就叫群众甲", "不留了不留了", "这个先不说我先说事情"])
def test_given_a_refusal_when_asked_for_the_name_then_there_is_none(
    fill: Fill, answer: str
) -> None:
    assert fill("c 路灯不亮", ASKED, f"c {answer}")["caller_name"].value is None


def test_given_a_surname_before_the_title_when_read_by_sound_then_the_title_survives(
    fill: Fill,
) -> None:
    fields = fill("c 停车费太贵", ASKED, "c 免贵姓薄", "a 薄先生城管部门会去核查")
    assert fields["caller_title"].value == "先生"
    assert fields["caller_name"].value == "薄"


@pytest.mark.parametrize(
    ("asked", "said", "name"),
    [
        ("您贵性", "性匡", "匡"),
        ("您的姓名说一下", "鲁登科登山的登科学的科", "鲁登科"),
        ("请留一下姓名", "吉祥的吉吉怀山怀念的怀", "吉怀山"),
        ("您的姓名", "边建国一边的边", "边建国"),
        ("您的姓名和电话", "我叫尉迟恺复姓尉迟", "尉迟恺"),
        ("您方便留个姓嘛", "行杜木土杜可不是窦啊", "杜"),
    ],
)
def test_given_a_name_with_its_explanation_when_told_then_it_is_the_name(
    fill: Fill, asked: str, said: str, name: str
) -> None:
    assert fill("c 我要反映路灯坏了", f"a {asked}", f"c {said}")["caller_name"].value == name


@pytest.mark.parametrize(
    ("turns", "name"),
    [
        # understood by the agent alone
        (("c 行那你给我记上姓赫赫赫有名的赫", "a 好的赫女士"), "赫"),
        # in full by the agent, misheard from the caller
        (("a 您贵姓", "c 我叫车林汽车的车王字旁一个林", "a 车琳女士转过去了"), "车琳"),
        # a surname that the list lacks
        (("a 您叫什么名字", "c 乜登科", "a 乜先生您的建议我们转交"), "乜登科"),
        # whoever is addressed so is the caller, the other one is complained of
        (
            ("a 老师叫什么", "c 姓景叫景丽君", "a 您愿意留姓名吗", "c 席小军主席的席", "a 席先生"),
            "席小军",
        ),
    ],
)
def test_given_the_agent_addresses_the_caller_when_read_then_that_is_the_name(
    fill: Fill, turns: tuple[str, ...], name: str
) -> None:
    assert fill("c 路灯不亮", *turns)["caller_name"].value == name


@pytest.mark.parametrize(
    "turns",
    [
        ("a 请您理解女士", "c 知道了"),
        ("a 感谢来电先生", "c 再见"),
        ("a 您好女士请讲", "c 路灯不亮"),
        ("a 他叫什么名字您知道吗", "c 殷国东"),
    ],
)
def test_given_no_name_of_the_caller_when_read_then_there_is_none(
    fill: Fill, turns: tuple[str, ...]
) -> None:
    assert fill("c 路灯不亮", *turns)["caller_name"].value is None
