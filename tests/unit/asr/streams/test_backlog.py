from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from asr.streams.backlog import SEGMENT_BYTES, PcmBacklog, segments_of


def small(base: Path | None, **changes: int) -> PcmBacklog:
    sizes = {"memory_bytes": 64, "segment_bytes": 100, "hard_limit_bytes": 1000} | changes
    return PcmBacklog(base, **sizes)


@given(
    steps=st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=150),
            st.integers(1, 200),
            st.sampled_from(["save", "release"]),
        ),
        max_size=60,
    )
)
def test_given_any_mixture_of_put_take_and_save_when_emptied_then_all_bytes_came_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[bytes | int | str]
) -> None:
    folder = tmp_path_factory.mktemp("backlog")
    backlog = small(folder / "caller-0", hard_limit_bytes=1 << 20)
    put, taken = b"", b""
    for step in steps:
        if isinstance(step, bytes):
            backlog.put(step)
            put += step
        elif isinstance(step, int):
            taken += backlog.take(step)
        elif step == "save":
            backlog.save()
        else:
            backlog.release(len(taken))
        assert backlog.waiting_bytes == len(put) - len(taken)
    while more := backlog.take(70):
        taken += more
    assert taken == put
    assert backlog.lost_bytes == 0
    backlog.save()
    backlog.release(len(put))
    kept = b"".join(path.read_bytes() for path in segments_of(folder / "caller-0"))
    assert kept == put[len(put) - len(kept) :]
    assert len(kept) <= 100
    backlog.close(remove=True)
    assert not list(folder.iterdir())


def test_given_much_waiting_audio_when_saved_then_little_of_it_stays_in_memory(
    tmp_path: Path,
) -> None:
    backlog = small(tmp_path / "caller-0", hard_limit_bytes=1 << 20)
    for value in range(200):
        backlog.put(bytes([value]) * 50)
        backlog.save()
    assert len(backlog._memory) <= 64
    assert backlog.take(10) == bytes(10)
    backlog.close(remove=True)


def test_given_a_process_that_was_killed_when_opened_again_then_the_rest_is_there(
    tmp_path: Path,
) -> None:
    killed = PcmBacklog(tmp_path / "caller-0")
    audio = bytes(range(256)) * (SEGMENT_BYTES // 256 * 2 + 40)
    killed.put(audio)
    killed.save()
    killed.release(SEGMENT_BYTES + 5)
    again = PcmBacklog.left_behind(tmp_path / "caller-0", SEGMENT_BYTES + 512)
    heard = b""
    while more := again.take(1 << 16):
        heard += more
    assert heard == audio[SEGMENT_BYTES + 512 :]
    # notes that are older than the files: what is gone had been decoded
    older = PcmBacklog.left_behind(tmp_path / "caller-0", 0)
    assert older.taken_bytes == SEGMENT_BYTES
    killed.close(remove=True)


def test_given_a_disk_that_refuses_when_saved_then_memory_keeps_it_up_to_the_limit(
    tmp_path: Path,
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    backlog = small(blocked / "caller-0")
    with capture_logs() as logs:
        for value in range(10):
            backlog.put(bytes([value]) * 100)
            backlog.save()
    assert [entry["event"] for entry in logs] == ["asr.not_saved"]
    assert backlog.lost_bytes == 0
    backlog.put(b"x")
    assert backlog.lost_bytes == 1
    assert backlog.take(2000) == b"".join(bytes([value]) * 100 for value in range(10))
    # what was taken makes room, and when the disk is back the rest goes there
    backlog.save()
    blocked.unlink()
    backlog.put(b"after" * 30)
    backlog.save()
    assert backlog.unsaved_bytes == 0
    assert backlog.take(150) + backlog.take(150) == b"after" * 30
    backlog.close(remove=True)


def test_given_a_file_that_vanished_when_read_then_counted_as_lost_and_the_rest_is_heard(
    tmp_path: Path,
) -> None:
    backlog = small(tmp_path / "caller-0")
    backlog.put(b"a" * 150)
    backlog.save()
    for path in segments_of(tmp_path / "caller-0"):
        path.unlink()
    backlog.put(b"b" * 10)
    with pytest.raises(OSError, match="caller-0"):
        backlog.take(1000)
    assert backlog.lost_bytes == 150
    assert backlog.take(1000) == b"b" * 10
    backlog.close(remove=True)
