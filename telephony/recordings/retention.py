"""The one way in which a recording leaves the archive, and the holds that forbid it."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from telephony.recordings.archive import Archive
from telephony.recordings.manifest import Deleted, HoldChanged, append_record, sync_folder

log = structlog.get_logger(__name__)


class RetentionError(Exception):
    """The recording must be kept; the message says until when or for whose sake."""


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
    _must_be_named(by, reason)
    now = now or datetime.now(UTC)
    path, manifest = archive.manifest_of(sha256)
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
