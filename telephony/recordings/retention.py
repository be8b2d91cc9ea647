"""The one way in which a recording leaves the archive, and the holds that forbid it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from telephony.recordings.archive import Archive, Archived
from telephony.recordings.manifest import (
    Deleted,
    HoldChanged,
    append_record,
    manifests,
    read_manifest,
    sync_folder,
)

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


def delete_recording(
    archive: Archive, recording: Archived, *, by: str, reason: str, now: datetime | None = None
) -> None:
    """Delete one recording whose time has come (blocking).

    The audit line is on the disk before the file goes; killed in between, calling again finishes
    the deletion without a second line.

    Args:
        archive: where it is.
        recording: which, as the archive gave it out.
        by: who deletes; kept in the manifest.
        reason: why; kept in the manifest.
        now: aware; the present moment unless given.

    Raises:
        RetentionError: before its retention date, or under legal hold.
        KeyError: the manifest of its day does not list it.
        ValueError: nobody or no reason is named.
        OSError: the disk refused.
    """
    _must_be_named(by, reason)
    now = now or datetime.now(UTC)
    path, sha256 = archive.manifest_of(recording), recording.entry.sha256
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
    (archive.root / recording.path).unlink(missing_ok=True)
    sync_folder(path.parent)
    log.warning("recording.deleted", call_id=entry.call_id, sha256=sha256, by=by, reason=reason)


def set_hold(archive: Archive, recording: Archived, held: bool, *, by: str, reason: str) -> None:
    """Put a recording under legal hold, or take the hold off (blocking).

    Raises:
        ValueError: nobody or no reason is named.
        OSError: the disk refused; nothing has changed.
    """
    _must_be_named(by, reason)
    line = HoldChanged(
        at=datetime.now(UTC), sha256=recording.entry.sha256, held=held, by=by, reason=reason
    )
    append_record(archive.manifest_of(recording), line)


def _must_be_named(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise ValueError("name who does it and why; both stay in the manifest")
