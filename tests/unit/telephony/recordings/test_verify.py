from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from telephony.recordings import (
    Archive,
    Archived,
    CallFacts,
    Damage,
    RawPair,
    delete_due,
    raw_pair,
    verify_archive,
)
from telephony.recordings.manifest import FILE_NAME

from .signals import tone, write_raw


@pytest.fixture
def recordings(archive: Archive, pair: RawPair) -> list[Archived]:
    for number in range(3):
        each = raw_pair(pair.spool, f"hotline-1761700000.{number}")
        write_raw(each, tone(440 + number, 1), tone(700, 0.5))
        archive.seal(each, CallFacts())
    return archive.recordings()


def make_writable(path: Path) -> Path:
    path.chmod(0o640)
    return path


def flip_one_bit(path: Path) -> None:
    data = bytearray(make_writable(path).read_bytes())
    data[-200] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    make_writable(path).write_bytes(path.read_bytes()[:100])


def test_given_a_whole_archive_when_verified_then_every_byte_was_read_and_nothing_is_wrong(
    archive: Archive, recordings: list[Archived]
) -> None:
    steps: list[tuple[int, int]] = []
    report = verify_archive(archive, progress=lambda done, total: steps.append((done, total)))
    assert report.faults == ()
    assert report.recordings == 3
    assert report.bytes_read == sum(item.entry.size for item in recordings)
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_given_no_archive_yet_when_verified_then_nothing_is_wrong(archive: Archive) -> None:
    assert verify_archive(archive).faults == ()


@pytest.mark.parametrize(
    ("harm", "damages"),
    [
        (Path.unlink, {Damage.MISSING}),
        (flip_one_bit, {Damage.ALTERED}),
        (cut, {Damage.ALTERED, Damage.UNREADABLE}),
    ],
)
def test_given_harm_to_one_file_when_verified_then_only_that_is_reported(
    archive: Archive,
    recordings: list[Archived],
    harm: Callable[[Path], None],
    damages: set[Damage],
) -> None:
    harmed = recordings[1]
    harm(archive.root / harmed.path)
    faults = verify_archive(archive).faults
    assert damages <= {fault.damage for fault in faults}
    assert {fault.path for fault in faults} == {harmed.path.as_posix()}
    assert {fault.call_id for fault in faults} == {harmed.entry.call_id}


def test_given_files_that_nobody_sealed_when_verified_then_they_are_reported(
    archive: Archive, recordings: list[Archived]
) -> None:
    (archive.root / recordings[0].path).with_name("stranger.flac").touch()
    (archive.root / "note.txt").touch()
    faults = verify_archive(archive).faults
    assert {fault.damage for fault in faults} == {Damage.UNLISTED}
    assert {Path(fault.path).name for fault in faults} == {"stranger.flac", "note.txt"}


def test_given_a_manifest_that_lost_lines_when_verified_then_the_line_and_the_file_are_reported(
    archive: Archive, recordings: list[Archived]
) -> None:
    manifest = (archive.root / recordings[0].path).with_name(FILE_NAME)
    lines = manifest.read_text().splitlines()
    manifest.write_text("\n".join(["{broken", *lines[1:]]) + "\n")
    found = {(fault.damage, fault.path) for fault in verify_archive(archive).faults}
    assert found == {
        (Damage.MANIFEST_DAMAGED, manifest.relative_to(archive.root).as_posix()),
        (Damage.UNLISTED, recordings[0].path.as_posix()),
    }


def test_given_a_deleted_recording_that_is_back_when_verified_then_it_is_reported(
    archive: Archive, recordings: list[Archived]
) -> None:
    item = recordings[0]
    file = archive.root / item.path
    content = file.read_bytes()
    late = item.entry.retain_until + timedelta(days=1)
    assert len(list(delete_due(archive, by="li", reason="old", now=late))) == len(recordings)
    records = {item.entry.call_id: item.path.as_posix()}
    assert verify_archive(archive, records=records).faults == ()
    file.write_bytes(content)
    [fault] = verify_archive(archive, records=records).faults
    assert fault.damage is Damage.DELETED_STILL_THERE


def test_given_a_database_that_knows_more_when_verified_then_what_it_misses_is_reported(
    archive: Archive, recordings: list[Archived]
) -> None:
    records = {item.entry.call_id: item.path.as_posix() for item in recordings}
    records["hotline-1.9"] = "2025/01/01/none.flac"
    [fault] = verify_archive(archive, records=records).faults
    assert (fault.damage, fault.call_id) == (Damage.RECORD_WITHOUT_FILE, "hotline-1.9")
