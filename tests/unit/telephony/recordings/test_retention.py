from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from telephony.recordings import (
    Archive,
    Archived,
    CallFacts,
    Due,
    RawPair,
    delete_due,
    due_recordings,
    raw_pair,
    set_hold,
)
from telephony.recordings.manifest import FILE_NAME, changing, read_manifest

from .signals import tone, write_raw


@pytest.fixture
def recording(archive: Archive, pair: RawPair) -> Archived:
    write_raw(pair, tone(440, 1), None)
    sealed = archive.seal(pair, CallFacts())
    assert sealed is not None
    return sealed


def file_of(archive: Archive, recording: Archived) -> Path:
    return archive.root / recording.path


def delete(archive: Archive, now: datetime, *, by: str = "li", reason: str = "old") -> list[Due]:
    return list(delete_due(archive, by=by, reason=reason, now=now))


def test_given_a_day_too_early_when_deleted_then_it_stays(
    archive: Archive, recording: Archived
) -> None:
    early = recording.entry.retain_until - timedelta(seconds=1)
    assert list(due_recordings(archive, early)) == []
    assert delete(archive, early) == []
    assert file_of(archive, recording).exists()
    assert recording.entry.retain_until > datetime.now(UTC) + timedelta(days=365)


def test_given_its_time_has_come_when_deleted_then_an_audit_line_says_who_and_why(
    archive: Archive, recording: Archived
) -> None:
    sha256, late = recording.entry.sha256, recording.entry.retain_until
    assert delete(archive, late, reason="retention is over") == [Due(recording, None)]
    assert not file_of(archive, recording).exists()
    assert archive.recordings() == []
    assert delete(archive, late) == []
    line = read_manifest(file_of(archive, recording).with_name(FILE_NAME)).deleted[sha256]
    assert (line.by, line.reason, line.at) == ("li", "retention is over", late)
    assert line.call_id == recording.entry.call_id


def test_given_a_legal_hold_when_deleted_then_it_stays_until_the_hold_is_lifted(
    archive: Archive, recording: Archived
) -> None:
    late = recording.entry.retain_until + timedelta(days=1)
    set_hold(archive, recording, True, by="court", reason="case 1")
    [due] = due_recordings(archive, late)
    assert due.hold is not None
    assert (due.hold.by, due.hold.reason) == ("court", "case 1")
    assert delete(archive, late) == [due]
    assert file_of(archive, recording).exists()
    set_hold(archive, recording, False, by="court", reason="case closed")
    assert delete(archive, late) == [Due(recording, None)]
    assert not file_of(archive, recording).exists()


def test_given_a_kill_between_line_and_file_when_deleted_again_then_it_is_finished_once(
    archive: Archive, recording: Archived
) -> None:
    late = recording.entry.retain_until
    content = file_of(archive, recording).read_bytes()
    delete(archive, late)
    file_of(archive, recording).write_bytes(content)
    assert delete(archive, late) == []
    assert not file_of(archive, recording).exists()
    manifest = file_of(archive, recording).with_name(FILE_NAME)
    assert manifest.read_text().count('"deleted"') == 1


def test_given_nobody_or_no_reason_when_deleted_then_it_is_refused(
    archive: Archive, recording: Archived
) -> None:
    for by, reason in (("", "old"), ("li", " ")):
        with pytest.raises(ValueError, match="name who"):
            delete(archive, recording.entry.retain_until, by=by, reason=reason)
    assert file_of(archive, recording).exists()


def test_given_others_of_the_day_when_one_is_due_then_they_stay(
    archive: Archive, pair: RawPair, recording: Archived
) -> None:
    longer = Archive(archive.root, archive.zone, retention_days=9999)
    other = raw_pair(pair.spool, f"{pair.call_id[:-1]}8")
    write_raw(other, tone(880, 1), None)
    kept = longer.seal(other, CallFacts())
    assert kept is not None
    assert kept.path.parent == recording.path.parent
    assert delete(archive, recording.entry.retain_until) == [Due(recording, None)]
    assert archive.recordings() == [kept]
    assert file_of(archive, kept).exists()


def test_given_a_hold_on_its_way_when_the_day_is_deleted_then_one_waits_for_the_other(
    archive: Archive, recording: Archived
) -> None:
    late = recording.entry.retain_until
    holding = threading.Thread(
        target=set_hold, args=(archive, recording, True), kwargs={"by": "court", "reason": "case 1"}
    )
    with changing(archive.manifest_of(recording)):
        holding.start()
        holding.join(0.2)
        assert holding.is_alive()
    holding.join()
    [due] = delete(archive, late)
    assert due.hold is not None
    assert file_of(archive, recording).exists()


def test_given_a_consultation_when_the_call_is_looked_up_then_its_recording_is_one_of_them(
    archive: Archive, pair: RawPair, recording: Archived
) -> None:
    part = raw_pair(pair.spool, f"{pair.call_id}-consult1761700020")
    write_raw(part, tone(880, 1), None)
    assert archive.seal(part, CallFacts()) is not None
    found = archive.of_call(pair.call_id)
    assert {one.entry.call_id for one in found} == {pair.call_id, part.call_id}
    assert archive.of_call("hotline-1.1") == []


def test_given_other_days_when_a_call_is_looked_up_then_only_the_day_in_its_id_is_read(
    archive: Archive, recording: Archived
) -> None:
    unreadable = archive.root / "2099/01/01" / FILE_NAME
    unreadable.mkdir(parents=True)
    assert archive.of_call(recording.entry.call_id) == [recording]
    assert archive.find(recording.entry.call_id) == [recording]
    with pytest.raises(IsADirectoryError):
        archive.of_call("hotline-1.1")


def test_given_a_city_that_changed_its_zone_when_a_call_is_looked_up_then_it_is_found(
    archive: Archive, recording: Archived
) -> None:
    moved = Archive(archive.root, ZoneInfo("Pacific/Honolulu"), retention_days=1)
    assert moved.of_call(recording.entry.call_id) == [recording]
