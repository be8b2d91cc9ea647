"""Entries are found by what callers say."""

from __future__ import annotations

from datetime import UTC, datetime

from agent_gateway.knowledge.search import KnowledgeIndex
from agent_gateway.store import KnowledgeEntry


def _entry(number: int, title: str, text: str, **more: object) -> KnowledgeEntry:
    values = {"keywords": [], "category": "", "updated_by": "boss", **more}
    return KnowledgeEntry(id=number, title=title, text=text, updated_at=datetime.now(UTC), **values)


ENTRIES = [
    _entry(1, "路灯报修", "路灯不亮由路灯管理处负责，二十四小时内到场。", keywords=["路灯"]),
    _entry(2, "供暖时间", "每年11月1日至次年3月31日，室内不低于18度。", keywords=["暖气", "供暖"]),
    _entry(3, "退休办理", "到社保窗口办理退休手续。", category="hrss.pension"),
]


def test_given_words_about_a_matter_when_searched_then_its_entry_comes_first() -> None:
    index = KnowledgeIndex(ENTRIES)
    assert index.search("我们小区门口的路灯坏了三天了")[0][0].id == 1
    assert index.search("家里暖气一点都不热")[0][0].id == 2


def test_given_a_keyword_that_was_misheard_when_searched_then_it_is_known_by_its_sound() -> None:
    assert KnowledgeIndex(ENTRIES).search("那个鹿灯一直黑着")[0][0].id == 1
    fire = KnowledgeIndex([_entry(4, "火灾自救", "低姿撤离。", keywords=["着火"])])
    assert [row.id for row, _ in fire.search("楼下找火了")] == [4]


def test_given_words_about_nothing_known_when_searched_then_nothing_is_offered() -> None:
    assert KnowledgeIndex(ENTRIES).search("共享单车扣了我钱") == []
    assert KnowledgeIndex([]).search("路灯") == []


def test_given_a_category_when_searched_then_entries_of_others_are_left_out() -> None:
    index = KnowledgeIndex(ENTRIES)
    said = "退休手续到哪个窗口办理"
    assert [row.id for row, _ in index.search(said, category="hrss.pension")] == [3]
    assert index.search(said, category="urban.noise") == []
