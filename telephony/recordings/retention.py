"""The one way in which a recording leaves the archive, and the holds that forbid it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from telephony.recordings.archive import Archive, Archived
from telephony.recordings.manifest import (
    FILE_NAME,
    Deleted,
    HoldChanged,
    append_record,
    manifests,
    read_manifest,
    sync_folder,
)
from telephony.recordings.spool import call_of

log = structlog.get_logger(__name__)


class RetentionError(Exception):
    """The recording must be kept; the message says until when or for whose sake."""


@dataclass(frozen=True, slots=True)
class Due:
    """A recording whose retention is over; ``hold``: what keeps it all the same, or None."""

    recording: Archived
    hold: HoldChanged | None


def due_recordings(archive: Archive, now: datetime | None = None) -> Iterator[Due]:
    """Every recording whose retention date is past, oldest day first (blocking).

    Raises:
        OSError: a manifest cannot be read.
    """
    now = now or datetime.now(UTC)
    for path in manifests(archive.root):
        manifest = read_manifest(path)
        folder = path.parent.relative_to(archive.root)
        for entry in manifest.present:
            if now >= entry.retain_until:
                place = folder / f"{entry.sha256}.flac"
                yield Due(Archived(entry, place), manifest.held.get(entry.sha256))


def recordings_of_call(archive: Archive, call_id: str) -> list[Archived]:
    """All that was recorded of a call: the call itself, its consultations, who joined (blocking).

    Raises:
        OSError: a manifest cannot be read.
    """
    return [one for one in archive.recordings() if call_of(one.entry.call_id)[0] == call_id]


def delete_recording(
    archive: Archive, sha256: str, *, by: str, reason: str, now: datetime | None = None
) -> None:
    """Delete one recording whose time has come (blocking).

    The audit line is on the disk before the file goes; killed in between, calling again finishes
    the deletion without a second line.

    Args:
        archive: where it is.
        sha256: which.
        by: who deletes; kept in the manifest.
        reason: why; kept in the manifest.
        now: aware; the present moment unless given.

    Raises:
        RetentionError: before its retention date, or under legal hold.
        KeyError: no such recording.
        ValueError: nobody or no reason is named.
        OSError: the disk refused.
    """
    path, _ = archive.manifest_of(sha256)
    _delete(path, sha256, by, reason, now or datetime.now(UTC))


def delete_due(
    archive: Archive, due: Due, *, by: str, reason: str, now: datetime | None = None
) -> None:
    """As :func:`delete_recording`, for one whose place is known already."""
    entry, place = due.recording.entry, due.recording.path
    manifest = archive.root / place.with_name(FILE_NAME)
    _delete(manifest, entry.sha256, by, reason, now or datetime.now(UTC))


def _delete(path: Path, sha256: str, by: str, reason: str, now: datetime) -> None:
    _must_be_named(by, reason)
    # read now: a hold may have come since the recording was looked up
    manifest = read_manifest(path)
    entry = manifest.sealed[sha256]
    if now < entry.retain_until:
        raise RetentionError(f"{sha256} must be kept until {entry.retain_until.isoformat()}")
    if hold := manifest.held.get(sha256):
        raise RetentionError(f"{sha256} is held by {hold.by}: {hold.reason}")
    if sha256 not in manifest.deleted:
        line = Deleted(at=now, sha256=sha256, call_id=entry.call_id, by=by, reason=reason)
        append_record(path, line)
    (path.parent / f"{sha256}.flac").unlink(missing_ok=True)
    sync_folder(path.parent)
    log.warning("recording.deleted", call_id=entry.call_id, sha256=sha256, by=by, reason=reason)


def set_hold(archive: Archive, sha256: str, held: bool, *, by: str, reason: str) -> None:
    """Put a recording under legal hold, or take the hold off (blocking).

    Raises:
        KeyError: no such recording.
        ValueError: nobody or no reason is named.
        OSError: the disk refused; nothing has changed.
    """
    _must_be_named(by, reason)
    path, _ = archive.manifest_of(sha256)
    now = datetime.now(UTC)
    append_record(path, HoldChanged(at=now, sha256=sha256, held=held, by=by, reason=reason))


def _must_be_named(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise ValueError("name who does it and why; both stay in the manifest")
