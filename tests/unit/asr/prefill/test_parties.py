"""Targets by the trained tagger and ranker, and by the rules when these cannot be used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from asr.prefill import Prefiller
from asr.prefill.parties import artefact
from asr.prefill.parties.artefact import CARD, FOLDER, WEIGHTS, PartiesError, load_parties
from asr.prefill.parties.candidates import Candidate, candidates
from asr.prefill.parties.ranker import likeliest
from asr.prefill.parties.tagger import LABELS, PartyFeatures, PartyTagger, TaggerWeights, question
from asr.prefill.targets import Matter
from asr.prefill.training.material import read_material


@pytest.fixture(scope="module")
def prefiller() -> Prefiller:
    return Prefiller()


def target_of(prefiller: Prefiller, *turns: str) -> object:
    session = prefiller.start("2026-03-11T10:00:00+08:00", "12345", "13909310000")
    for turn in turns:
        who, _, text = turn.partition(":")
        session.hear("agent" if who == "a" else "caller", text)
    return session.fields["target"].value


@pytest.mark.parametrize(
    ("turns", "wanted"),
    [
        (
            (
                "c:我要投诉一个健身的地方办了卡现在关门了不给退钱",
                "a:叫什么名字",
                "c:[卓尔健身]在七里河西站十字楼上",
            ),
            "卓尔健身",
        ),
        (("c:我投诉驾校交了钱一年了不给约考", "a:哪家驾校", "c:[鸿途驾校]在安宁那边"), "鸿途驾校"),
        (
            (
                "c:我要投诉他们拖欠工资三个月了一分钱没给",
                "a:公司名称是什么",
                "c:合同上写的是[甘肃鼎恒建筑劳务公司]",
            ),
            "甘肃鼎恒建筑劳务公司",
        ),
    ],
)
def test_given_a_name_in_an_answer_when_prefilled_then_it_is_the_target_with_its_place(
    prefiller: Prefiller, turns: tuple[str, ...], wanted: str
) -> None:
    session = prefiller.start("2026-03-11T10:00:00+08:00", "12345", "13909310000")
    said = [turn.replace("[", "").replace("]", "") for turn in turns]
    for turn in said:
        who, _, text = turn.partition(":")
        session.hear("agent" if who == "a" else "caller", text)
    guess = session.fields["target"]
    assert guess.value == wanted
    (spot,) = guess.evidence
    assert said[spot.turn][2:][spot.start : spot.end] == wanted
    assert 0 <= guess.confidence <= 1


def test_given_a_word_that_explains_a_name_when_prefilled_then_it_is_no_part_of_the_target(
    prefiller: Prefiller,
) -> None:
    found = target_of(
        prefiller,
        "c:我要感谢一个大夫给我父亲做的手术特别用心",
        "a:他叫什么名字",
        "c:苏建勋建设的建功勋的勋",
    )
    assert isinstance(found, str)
    assert "苏建勋" in found
    assert "建设" not in found


@pytest.mark.parametrize(
    ("wishes", "wanted"),
    [
        ({"complaint": 0.95, "help": 0.05}, "兴恒热力公司"),
        ({"consultation": 0.99, "complaint": 0.01}, None),
    ],
)
def test_given_a_named_party_when_it_is_a_clear_question_then_it_is_not_given(
    prefiller: Prefiller, wishes: dict[str, float], wanted: str | None
) -> None:
    chooser = prefiller._chooser
    assert chooser is not None
    turns = [
        prefiller.read(0, "agent", "是哪家供热的"),
        prefiller.read(1, "caller", "兴恒热力公司说下个月才供"),
    ]
    kind = max(wishes, key=lambda wish: wishes[wish])
    matter = Matter("utilities.heating", kind, None, None, danger=False, wishes=wishes)
    assert chooser.target(turns, matter).value == wanted


@pytest.mark.parametrize(
    "turns",
    [
        ("c:我们小区停水了找社区社区不管", "a:您贵姓", "c:姓王"),
        ("c:他们天天半夜施工吵得睡不着", "a:哪个工地", "c:就是对面那个工地"),
        ("c:医院太吵了", "a:哪个医院", "c:不知道"),
        ("c:想问一下办居住证要什么材料去派出所办吗", "a:带身份证到辖区派出所", "c:好谢谢"),
        (
            "c:上周打过电话反映公交公司的事查一下处理到哪了",
            "a:报一下工单号",
            "c:二零二六零三零一零零零一",
            "a:系统显示已转公交集团",
        ),
        ("c:咨询一下甘肃鼎盛公司拖欠工资我能去哪里问", "a:劳动监察大队", "c:好的谢谢"),
    ],
)
def test_given_words_for_a_kind_or_a_question_when_prefilled_then_there_is_no_target(
    prefiller: Prefiller, turns: tuple[str, ...]
) -> None:
    assert target_of(prefiller, *turns) is None


def found_in(*turns: str, category: str = "market.consumer", kind: str = "complaint") -> set[str]:
    """Candidates of the rules alone: the tagger has learnt nothing."""
    rules = Prefiller(rules_only=True)
    words, finder = rules.words.organisations, rules.finder
    blank = TaggerWeights({}, np.zeros((0, 3), np.float32), np.zeros((3, 3), np.float32))
    said = [
        rules.read(at, "agent" if turn.startswith("a:") else "caller", turn[2:])
        for at, turn in enumerate(turns)
    ]
    matter = Matter(category, kind, None, None, danger=False, wishes={kind: 1.0})
    tagger = PartyTagger(blank, PartyFeatures(words, finder))
    return {one.name for one in candidates(said, matter, words, finder, tagger)}


def test_given_a_word_for_its_kind_when_a_name_comes_after_then_only_the_name_is_a_candidate() -> (
    None
):
    found = found_in("c:旁边有个洗衣厂叫云朵洁天天往河里排水")
    assert any("云朵洁" in name for name in found)
    assert "洗衣厂" not in found
    assert "麦小甜" in found_in("c:就是那个叫麦小甜的连锁奶茶店把过期的换标签")


def test_given_a_person_and_a_unit_when_praised_then_they_are_joined() -> None:
    found = found_in(
        "c:我想表扬西站派出所的一个民警",
        "a:知道他的姓名吗",
        "c:好像姓殷殷建国",
        category="public_security.order",
        kind="praise",
    )
    assert "西站派出所殷建国" in found


def test_given_a_hall_and_a_window_when_complained_of_then_they_are_joined() -> None:
    found = found_in(
        "c:我对政务大厅的态度有意见", "c:三号窗口那个人头都不抬", category="gov.service"
    )
    assert "政务大厅3号窗口" in found


def test_given_a_hall_a_window_and_a_person_when_praised_then_all_are_joined() -> None:
    found = found_in(
        "c:我要表扬政务中心三号窗口的一个姑娘",
        "a:知道名字吗",
        "c:牌子上写的贾倩",
        category="gov.service",
        kind="praise",
    )
    assert "政务中心3号窗口贾倩" in found


def test_given_a_window_by_what_it_does_when_misheard_then_it_is_a_candidate() -> None:
    found = found_in("c:就是西站政务大厅二楼市场准入创口", category="gov.service")
    assert "政务大厅市场准入窗口" in found


def test_given_a_car_park_under_a_square_when_named_then_it_is_a_candidate() -> None:
    found = found_in("c:我投诉城关区静宁路万汇广场地下停车场乱收费", category="urban.parking")
    assert any(name.endswith("万汇广场地下停车场") for name in found)


def test_given_words_for_a_kind_when_a_party_is_sought_then_they_are_no_candidates() -> None:
    found = found_in("a:哪个公司", "c:就那个公司", "a:公司叫什么", "c:物业")
    assert found.isdisjoint({"公司", "那个公司", "物业"})


def test_given_a_sum_before_a_shop_word_when_prefilled_then_it_is_not_the_target(
    prefiller: Prefiller,
) -> None:
    wages = "c:一个月五千二三个月就是一万五千六店长一会儿说老板出国了一会儿说等转让费"
    given = target_of(prefiller, wages, "a:哪个店", "c:城关区广场南路那个火锅店")
    assert "五千六店" not in str(given)


def test_given_a_misheard_office_when_read_then_it_is_written_as_in_the_directory() -> None:
    assert "城关区市监局" in found_in("c:我投诉城关区时间局不作为", category="gov.service")


def test_given_words_that_explain_characters_when_read_then_they_are_no_candidates() -> None:
    found = found_in(
        "c:围墙上写着甘肃陇腾建设", "a:哪个陇", "c:陇西的陇腾飞的腾", category="urban.noise"
    )
    assert any("陇腾建设" in name for name in found)
    assert not any(name.endswith(("陇西", "腾飞")) for name in found)


def test_given_a_neighbour_by_his_door_when_reported_then_the_door_is_a_candidate() -> None:
    found = found_in(
        "c:三号楼二单元六零二那户在楼顶盖房子",
        category="urban.illegal_building",
        kind="report",
    )
    assert "3号楼2单元602住户" in found


def test_given_endless_repetition_when_read_then_it_is_looked_at_once() -> None:
    # a pattern that backtracks would need years for this
    assert found_in("c:" + "楼顶" * 60 + "六零零" * 60 + "那个" * 60) is not None


def test_given_an_unknown_brand_when_a_shared_bicycle_then_it_is_a_candidate() -> None:
    found = found_in("c:昨天骑那个小蓝豚共享电单车还不了", category="transport.bike_share")
    assert "小蓝豚共享电单车" in found


def test_given_names_that_differ_little_when_chosen_then_they_stand_by_one_another() -> None:
    turn = Prefiller(rules_only=True).read(0, "caller", "恒昌物业公司恒昌物业云顶火锅")

    def candidate(start: int, end: int) -> Candidate:
        return Candidate(
            turn.text[start:end], 0, start, end, turn.evidence(start, end), "tagger", 0.5
        )

    alike, apart = (candidate(0, 6), candidate(6, 10)), candidate(10, 14)
    chosen, probability = likeliest([*alike, apart], [0.3, 0.25, 0.35])
    assert chosen == alike[0]
    assert probability == pytest.approx(0.55)


def test_given_a_name_without_what_is_missing_when_chosen_then_the_fuller_one_is_given() -> None:
    turn = Prefiller(rules_only=True).read(0, "caller", "有个豆腐作坊没有证")
    spot = turn.evidence(2, 6)
    said = Candidate("豆腐作坊", 0, 2, 6, spot, "tagger", 0.9)
    meant = Candidate("无证豆腐作坊", 0, 2, 6, spot, "illicit", 0.6)
    assert likeliest([said, meant], [0.5, 0.4])[0] == meant


def test_given_bodies_asked_before_and_no_party_when_prefilled_then_there_is_no_target(
    prefiller: Prefiller,
) -> None:
    assert (
        target_of(
            prefiller,
            "c:楼下广场跳舞的声音太大了我要投诉",
            "a:跟社区反映过吗",
            "c:找过社区社区说他们管不了让找派出所",
            "a:您怎么称呼",
            "c:我姓李叫李建国",
        )
        is None
    )


def test_given_two_readings_when_prefilled_then_they_are_the_same(prefiller: Prefiller) -> None:
    turns = ("c:我投诉美容院不退卡", "a:店名是什么", "c:叫丽人坊在永昌路")
    assert target_of(prefiller, *turns) == target_of(Prefiller(), *turns)


def damaged(folder: Path, fault: str) -> None:
    for name in (WEIGHTS, CARD):
        shutil.copy(FOLDER / name, folder / name)
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    if fault == "missing":
        (folder / WEIGHTS).unlink()
    elif fault == "cut":
        (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:1000])
    elif fault == "format":
        card["format"] = 99
    elif fault == "no ranker":
        del card["ranker"]
    elif fault == "no card":
        card = []
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")


@pytest.mark.parametrize("fault", ["missing", "cut", "format", "no ranker", "no card"])
def test_given_damaged_files_when_loaded_then_they_are_refused(tmp_path: Path, fault: str) -> None:
    damaged(tmp_path, fault)
    with pytest.raises(PartiesError):
        load_parties(tmp_path)


def test_given_damaged_files_when_prefilled_then_the_rules_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged(tmp_path, "cut")
    monkeypatch.setattr(artefact, "FOLDER", tmp_path)
    artefact.shipped_parties.cache_clear()
    try:
        assert artefact.shipped_parties() is None
        by_rules = Prefiller()
        wanted = Prefiller(rules_only=True)
        turns = ("c:我投诉物业电梯坏了不修", "a:物业叫什么名字", "c:叫恒睿物业")
        assert target_of(by_rules, *turns) == target_of(wanted, *turns) == "恒睿物业"
    finally:
        artefact.shipped_parties.cache_clear()


def test_given_parts_when_saved_and_loaded_then_they_are_the_same(tmp_path: Path) -> None:
    first = load_parties(FOLDER)
    first.save(tmp_path)
    again = load_parties(tmp_path)
    assert again.tagger.rows == first.tagger.rows
    assert np.array_equal(again.tagger.states, first.tagger.states)
    assert again.ranker == first.ranker
    assert (tmp_path / WEIGHTS).read_bytes() == (FOLDER / WEIGHTS).read_bytes()


def test_given_weights_when_tagged_then_marginals_follow_the_forward_backward_algorithm() -> None:
    prefiller = Prefiller(rules_only=True)
    features = PartyFeatures(prefiller.words.organisations, prefiller.finder)
    states = np.array([[8.0, 0.0, 0.0], [0.0, 8.0, 0.0], [0.0, 0.0, 4.0]], dtype=np.float32)
    moves = np.zeros((len(LABELS), len(LABELS)), dtype=np.float32)
    moves[2, 1] = -20.0
    tagger = PartyTagger(
        TaggerWeights({"c0=恒": 0, "c0=昌": 1, "asked=nothing": 2}, states, moves), features
    )
    turn = prefiller.read(0, "caller", "我说恒昌的")
    (mention,) = tagger.mentions(turn, None)
    assert turn.text[mention.start : mention.end] == "恒昌"
    assert 0.8 < mention.probability <= 1


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("您说的公司叫什么名字", "party"),
        ("请问您贵姓", "self"),
        ("之前跟物业反映过吗", "earlier"),
        ("在什么位置", "place"),
        ("好的请讲", "other"),
    ],
)
def test_given_an_agents_question_when_read_then_its_kind_is_known(asked: str, kind: str) -> None:
    assert question(Prefiller(rules_only=True).read(0, "agent", asked)) == kind


def test_given_the_shipped_parts_then_they_were_trained_on_the_data_that_ship() -> None:
    fixtures = Path(__file__).parents[3] / "fixtures" / "prefill"
    trained_on = dict(load_parties(FOLDER).card["data_sha256"])
    files = sorted(fixtures / name for name in trained_on if name.endswith(".jsonl"))
    material = read_material(files)
    of_dialogues = {name: one for name, one in material.hashes.items() if name.endswith(".jsonl")}
    assert trained_on == {**material.snippet_hashes, **of_dialogues}
    assert len(files) >= 5
