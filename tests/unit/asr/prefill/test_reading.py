"""Turns as they are read: homophones of known phrases are mended, other words stay."""

from __future__ import annotations

import pytest

from asr.prefill import Prefiller


@pytest.mark.parametrize(
    ("heard", "read"),
    [
        ("我要头诉公交车", "我要投诉公交车"),
        ("我行礼木子李", "我姓礼木子李"),
        ("交到市自然资源局", "交到市自然资源局"),
        ("这里是供水坐席", "这里是供水坐席"),
        ("投诉国庆节停车收费", "投诉国庆节停车收费"),
    ],
)
def test_given_homophones_when_read_then_they_are_mended_but_words_stay_whole(
    prefiller: Prefiller, heard: str, read: str
) -> None:
    assert prefiller.read(0, "caller", heard).text == read
