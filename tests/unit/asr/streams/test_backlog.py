from __future__ import annotations

import tempfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from asr.streams.backlog import PcmBacklog

_steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 60)),
        st.tuples(st.just("take"), st.integers(1, 90)),
        st.tuples(st.just("spill"), st.just(0)),
    ),
    max_size=80,
)


@given(steps=_steps)
def test_given_any_order_of_use_when_all_is_taken_then_every_byte_comes_once_in_order(
    steps: list[tuple[str, int]],
) -> None:
    backlog = PcmBacklog(memory_bytes=50)
    put, taken, counter = b"", b"", 0
    for step, amount in steps:
        if step == "put":
            piece = bytes((counter + index) % 251 for index in range(amount))
            counter += amount
            put += piece
            backlog.put(piece)
        elif step == "take":
            taken += backlog.take(amount)
        else:
            backlog.spill()
        assert backlog.waiting_bytes == len(put) - len(taken)
    while piece := backlog.take(7):
        taken += piece
    assert taken == put
    assert backlog.lost_bytes == 0
    backlog.close()


def test_given_little_when_put_then_memory_is_enough_and_no_file_is_made() -> None:
    backlog = PcmBacklog(memory_bytes=100)
    assert not backlog.put(bytes(100))
    assert backlog.put(b"x")
    backlog.spill()
    assert backlog.take(1000) == bytes(100) + b"x"
    assert backlog.waiting_bytes == 0


def test_given_a_full_disk_when_spilling_then_nothing_is_lost_until_the_hard_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(**_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    backlog = PcmBacklog(memory_bytes=10, hard_limit_bytes=30)
    backlog.put(b"a" * 20)
    with capture_logs() as logs:
        backlog.spill()
    assert logs[0]["event"] == "asr.spill_failed"
    backlog.put(b"b" * 10)
    assert backlog.lost_bytes == 0
    backlog.put(b"c")
    assert backlog.lost_bytes == 1
    assert backlog.take(100) == b"a" * 20 + b"b" * 10


def test_given_a_file_that_vanishes_when_taken_then_an_error_once_and_the_rest_follows() -> None:
    backlog = PcmBacklog(memory_bytes=10)
    backlog.put(b"a" * 20)
    backlog.spill()
    backlog.put(b"b" * 5)
    file = backlog._file
    assert file is not None
    file.truncate(0)
    with pytest.raises(OSError, match="shorter"):
        backlog.take(100)
    assert backlog.lost_bytes == 20
    assert backlog.take(100) == b"b" * 5
    assert backlog.waiting_bytes == 0
