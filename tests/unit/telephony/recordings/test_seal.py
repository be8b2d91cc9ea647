from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.recordings import Archive, CallFacts, RawPair, raw_pair, raw_pairs
from telephony.recordings.archive import EMPTY
from telephony.recordings.manifest import FILE_NAME
from telephony.recordings.stereo import write_stereo

from .signals import read_stereo, silence, strength, tone, write_raw


def test_given_two_voices_when_sealed_then_caller_is_left_and_the_others_right_and_aligned(
    archive: Archive, pair: RawPair
) -> None:
    caller = np.concatenate([tone(440, 1), silence(1)])
    others = np.concatenate([silence(1), tone(1000, 1)])
    write_raw(pair, caller, others)

    sealed = archive.seal(pair, CallFacts())

    assert sealed is not None
    left, right = read_stereo(archive.root / sealed.path)
    assert np.array_equal(left, caller)
    assert np.array_equal(right, others)
    assert strength(left[:8000], 440) > 7900
    assert strength(right[:8000], 440) < 1
    assert strength(right[8000:], 1000) > 7900
    assert strength(left[8000:], 1000) < 1


def test_given_a_sealed_call_then_name_is_the_hash_and_the_manifest_says_what_is_known(
    archive: Archive, pair: RawPair
) -> None:
    write_raw(pair, tone(440, 1.5), tone(700, 1))
    begun = datetime(2025, 10, 29, 1, 6, 41, tzinfo=UTC)
    ended = datetime.now(UTC) + timedelta(hours=1)
    facts = CallFacts("12328", "139****0001", ("PJSIP/agent-8001",), begun, ended)

    sealed = archive.seal(pair, facts)

    assert sealed is not None
    entry = sealed.entry
    data = (archive.root / sealed.path).read_bytes()
    assert sealed.path == Path("2025/10/29") / f"{hashlib.sha256(data).hexdigest()}.flac"
    assert (entry.size, entry.duration_ms, entry.rx_ms, entry.tx_ms) == (
        len(data),
        1500,
        1500,
        1000,
    )
    assert (entry.line, entry.caller, entry.participants) == facts_shown(facts)
    assert entry.started_at == begun
    assert entry.retain_until == ended + timedelta(days=366)
    assert archive.find(pair.call_id) == [sealed]
    assert pair.files == ()


def facts_shown(facts: CallFacts) -> tuple[str, str, tuple[str, ...]]:
    return facts.line, facts.caller, facts.participants


def test_given_a_call_before_midnight_utc_when_sealed_then_the_day_is_the_citys(
    archive: Archive, pair: RawPair
) -> None:
    late = int(datetime(2025, 3, 31, 17, 0, tzinfo=UTC).timestamp())
    pair = raw_pair(pair.spool, f"hotline-{late}.1")
    write_raw(pair, tone(440, 0.1), None)
    sealed = archive.seal(pair, CallFacts())
    assert sealed is not None
    assert sealed.path.parent == Path("2025/04/01")


def test_given_equal_silence_in_two_calls_when_sealed_then_each_has_its_own_file(
    archive: Archive, pair: RawPair
) -> None:
    other = raw_pair(pair.spool, "hotline-1761700000.8")
    for each in (pair, other):
        write_raw(each, silence(1), silence(1))
        archive.seal(each, CallFacts())
    assert len({item.path for item in archive.recordings()}) == 2


@pytest.mark.parametrize("missing", ["rx", "tx"])
def test_given_one_side_only_when_sealed_then_the_other_is_silent(
    archive: Archive, pair: RawPair, missing: str
) -> None:
    sound = tone(440, 1)
    write_raw(pair, None if missing == "rx" else sound, None if missing == "tx" else sound)
    sealed = archive.seal(pair, CallFacts())
    assert sealed is not None
    left, right = read_stereo(archive.root / sealed.path)
    silent, loud = (left, right) if missing == "rx" else (right, left)
    assert not silent.any()
    assert np.array_equal(loud, sound)


def test_given_half_a_sample_at_the_end_when_sealed_then_only_that_is_left_out(
    archive: Archive, pair: RawPair
) -> None:
    write_raw(pair, tone(440, 1), tone(700, 1), tail=b"\x01")
    sealed = archive.seal(pair, CallFacts())
    assert sealed is not None
    assert sealed.entry.duration_ms == 1000


@pytest.mark.parametrize("data", [b"", b"\x01"])
def test_given_no_sample_at_all_when_sealed_then_it_is_kept_out_and_put_aside(
    archive: Archive, pair: RawPair, data: bytes
) -> None:
    pair.spool.mkdir(parents=True)
    pair.rx.write_bytes(data)
    pair.tx.write_bytes(b"")
    assert archive.seal(pair, CallFacts()) is None
    assert archive.recordings() == []
    assert raw_pairs(pair.spool) == []
    assert (pair.spool / EMPTY / pair.rx.name).read_bytes() == data


def test_given_a_torn_manifest_line_when_the_next_is_sealed_then_it_is_replaced(
    archive: Archive, pair: RawPair
) -> None:
    other = raw_pair(pair.spool, "hotline-1761700000.8")
    for each in (pair, other):
        write_raw(each, tone(440, 0.5), None)
    first = archive.seal(pair, CallFacts())
    assert first is not None
    manifest = archive.root / first.path.parent / FILE_NAME
    whole = manifest.read_bytes()
    manifest.write_bytes(whole + b'{"kind":"sealed","sha2')

    second = archive.seal(other, CallFacts())

    assert archive.recordings() == [first, second]
    assert manifest.read_bytes().startswith(whole + b'{"')
    assert manifest.read_bytes().count(b"\n") == 2


def test_given_names_that_are_no_call_ids_then_they_never_become_paths(tmp_path: Path) -> None:
    for name in ("../evil", "", ".hidden", "a/b", "a\nb", "x" * 200):
        with pytest.raises(ValueError, match="not a call id"):
            raw_pair(tmp_path, name)
    (tmp_path / ".x-rx.sln").touch()
    (tmp_path / "notes.txt").touch()
    assert raw_pairs(tmp_path) == []


@given(
    rx=st.lists(st.integers(-32768, 32767), max_size=300),
    tx=st.lists(st.integers(-32768, 32767), max_size=300),
    tail=st.sampled_from([b"", b"\x07"]),
)
def test_any_two_lengths_keep_every_sample_and_pad_the_end_only(
    tmp_path_factory: pytest.TempPathFactory, rx: list[int], tx: list[int], tail: bytes
) -> None:
    if not rx and not tx:
        return
    folder = tmp_path_factory.mktemp("pair")
    pair = raw_pair(folder, "1761700000.1")
    write_raw(pair, np.array(rx, np.int16), np.array(tx, np.int16), tail)
    written = write_stereo(pair.rx, pair.tx, folder / "x.flac", "x")
    left, right = read_stereo(folder / "x.flac")
    longest = max(len(rx), len(tx))
    assert written.frames == longest
    assert left.tolist() == rx + [0] * (longest - len(rx))
    assert right.tolist() == tx + [0] * (longest - len(tx))


def test_given_longer_than_one_block_when_written_then_nothing_shifts_at_the_seam(
    tmp_path: Path,
) -> None:
    pair = raw_pair(tmp_path, "1761700000.1")
    noise = np.random.default_rng(1)
    rx = noise.integers(-9000, 9000, 200_000, dtype=np.int16)
    tx = noise.integers(-9000, 9000, 131_073, dtype=np.int16)
    write_raw(pair, rx, tx)
    write_stereo(pair.rx, pair.tx, tmp_path / "x.flac", "x")
    left, right = read_stereo(tmp_path / "x.flac")
    assert np.array_equal(left, rx)
    assert np.array_equal(right[: len(tx)], tx)
    assert not right[len(tx) :].any()
