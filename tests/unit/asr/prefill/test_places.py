from __future__ import annotations

import pytest

from asr.prefill.scoring import character_f1
from tests.unit.asr.prefill.conftest import Fill

ASKED = "a 在什么地方"


@pytest.mark.parametrize(
    ("said", "address", "district"),
    [
        ("城关区段家滩路六二四号门口", "城关区段家滩路624号门口", "城关区"),
        (
            "西固区福利路那个三二四街区十八号楼二单元五楼",
            "西固区福利路324街区18号楼2单元5楼",
            "西固区",
        ),
        ("雁滩那个天庆嘉园九号楼", "雁滩天庆嘉园9号楼", "城关区"),
        ("榆中县和平镇金色佳苑十二号楼", "榆中县和平镇金色佳苑12号楼", "榆中县"),
        ("西津西路和武威路的路口", "西津西路与武威路路口", "七里河区"),
        ("永登县城关镇", "永登县城关镇", "永登县"),
        ("甘南麓金昌路口", "甘南路金昌路口", "城关区"),
        ("静宁路那个金汇商厦底下停车场", "静宁路金汇商厦底下停车场", "城关区"),
        ("雁西路金刚名都七号楼二单元二零二", "雁西路金刚名都7号楼2单元202", "城关区"),
        ("枣林路往南走二百来米靠西边的非机动车道", "枣林路往南200米西边非机动车道", "安宁区"),
        ("农民巷哪个金樽荟KTV二楼", "农民巷金樽荟KTV2楼", "城关区"),
        ("静宁路二八幺号泰和广场负二层", "静宁路281号泰和广场负二层", "城关区"),
        ("永登县中堡镇永祁水泥厂", "永登县中堡镇永祁水泥厂", "永登县"),
        ("城关区武都路不对是秦安路七十六号", "城关区秦安路76号", "城关区"),
    ],
)
def test_given_a_place_when_said_then_address_and_district_follow(
    fill: Fill, said: str, address: str, district: str
) -> None:
    fields = fill("c 我要反映垃圾没人清理", ASKED, f"c {said}")
    assert character_f1(str(fields["address"].value), address) > 0.9
    assert fields["district"].value == district


def test_given_place_words_over_two_turns_when_read_then_they_form_one_address(fill: Fill) -> None:
    fields = fill(
        "c 七里河区彭家坪那边有个搅拌站天天扬尘", "a 在哪条路", "c 兰工坪南街往里走天天扬尘"
    )
    assert fields["address"].value == "七里河区彭家坪兰工坪南街"


def test_given_a_journey_over_two_districts_when_read_then_there_is_no_district(
    fill: Fill,
) -> None:
    fields = fill("c 我要投诉网约车绕路", "a 您说", "c 从中川机场到东方红广场多收了四十")
    assert fields["district"].value is None
    assert fields["address"].value == "中川机场到东方红广场"


def test_given_a_direction_when_read_then_it_is_not_the_place(fill: Fill) -> None:
    fields = fill("c 昨天我在西站十字打车到雁滩司机拒载")
    assert (fields["address"].value, fields["district"].value) == ("西站十字", "七里河区")


def test_given_a_bare_court_when_named_then_it_gives_no_district(fill: Fill) -> None:
    fields = fill("c 城关区法院一审判了我不服判得不公平已经上诉了", "a 已经进入诉讼程序热线不受理")
    assert fields["district"].value is None


def test_given_a_consultation_when_a_place_is_said_then_only_the_district_is_kept(
    fill: Fill,
) -> None:
    fields = fill(
        "c 想问一下给孩子上户口要什么材料我是城关区皋兰录派出所的", "a 出生证", "c 好谢谢"
    )
    assert fields["address"].value is None
    assert fields["district"].value == "城关区"


def test_given_a_place_in_the_agents_question_when_agreed_then_it_counts(fill: Fill) -> None:
    fields = fill(
        "c 我提个建议七十九路从西固城到安宁的那趟能不能多加一站",
        "a 您说的是西固区南山路和福利东路那个路口吗",
        "c 对那块新建了好几个楼盘",
        "a 您贵姓",
    )
    assert character_f1(str(fields["address"].value), "西固区南山路与福利东路路口") > 0.8
    assert fields["district"].value == "西固区"


@pytest.mark.parametrize(
    "said",
    ["我投诉榆中县司法局拖着不办", "我投诉草场街第四小学的老师罚站", "城关区市场局罚我五万不服"],
)
def test_given_a_district_or_street_in_an_institutions_name_when_read_then_it_gives_none(
    fill: Fill, said: str
) -> None:
    assert fill(f"c {said}", "a 您贵姓")["district"].value is None


def test_given_a_question_about_the_place_when_answered_over_two_turns_then_both_count(
    fill: Fill,
) -> None:
    fields = fill(
        "c 有个沟往河里流黑水臭得很",
        "a 具体在哪里",
        "c 就是崔家崖南滨河西路的那个",
        "c 湿地公圆西门往东走二百米",
        "a 您贵姓",
    )
    assert character_f1(str(fields["address"].value), "崔家崖南滨河西路湿地公园西门往东200米") > 0.8


def test_given_a_place_taken_back_when_told_anew_then_only_the_new_one_counts(fill: Fill) -> None:
    fields = fill(
        "c 我反映新区那个瑞岭雅苑一期垃圾没人管哎说错了我重说",
        "a 没关系您慢慢说",
        "c 是皋兰县西岔镇火家湾垃圾没人管",
        "a 您贵姓",
    )
    assert fields["address"].value == "皋兰县西岔镇火家湾"


def test_given_a_refused_matter_of_a_town_when_read_then_the_town_is_the_address(
    fill: Fill,
) -> None:
    fields = fill(
        "c 我举报永登县坪城乡上一个干部吃拿卡要",
        "a 涉及干部违纪的由纪检监察机关受理热线不受理请您拨打一二三八八",
    )
    assert fields["accepted"].value is False
    assert fields["address"].value == "永登县坪城乡"


def test_given_a_namesake_school_when_only_it_is_named_then_there_is_no_address(
    fill: Fill,
) -> None:
    fields = fill("c 我要投诉新区六小的老师上周四让我娃在操场上站了一节课", "a 您贵姓")
    assert fields["address"].value is None
