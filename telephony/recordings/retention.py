"""The one way in which a recording leaves the archive, and the holds that forbid it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from telephony.recordings.archive import Archive, Archived
from telephony.recordings.manifest import (
    Deleted,
    HoldChanged,
    Manifest,
    append_record,
    changing,
    manifests,
    read_manifest,
    sync_folder,
)

log = structlog.get_logger(__name__)


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
        yield from _due(archive, path, read_manifest(path), now)


def delete_due(
    archive: Archive, *, by: str, reason: str, now: datetime | None = None
) -> Iterator[Due]:
    """Delete every recording whose retention date is past and that is not held (blocking).

    Goes on as far as it is iterated, a day at a time. The audit lines are on the disk before the
    files go; killed in between, calling again finishes the deletion without a second line.

    Args:
        archive: where they are.
        by: who deletes; kept in the manifest.
        reason: why; kept in the manifest.
        now: aware; the present moment unless given.

    Yields:
        Each that is deleted now, and with its hold each that is not.

    Raises:
        ValueError: nobody or no reason is named.
        OSError: the disk refused.
    """
    _must_be_named(by, reason)
    now = now or datetime.now(UTC)
    for path in manifests(archive.root):
        yield from _delete_day(archive, path, by, reason, now)


def _delete_day(archive: Archive, path: Path, by: str, reason: str, now: datetime) -> list[Due]:
    # no hold comes between the look and the deletion
    with changing(path) as add:
        manifest = read_manifest(path)
        due = list(_due(archive, path, manifest, now))
        entries = [one.recording.entry for one in due if one.hold is None]
        if entries:
            add(
                [
                    Deleted(at=now, sha256=one.sha256, call_id=one.call_id, by=by, reason=reason)
                    for one in entries
                ]
            )
        gone = manifest.deleted.keys() | {one.sha256 for one in entries}
        # those of earlier days, too, whose deletion was interrupted
        files = [file for file in path.parent.glob("*.flac") if file.stem in gone]
        for file in files:
            file.unlink(missing_ok=True)
        if files:
            sync_folder(path.parent)
    for one in entries:
        log.warning(
            "recording.deleted", call_id=one.call_id, sha256=one.sha256, by=by, reason=reason
        )
    return due


def _due(archive: Archive, path: Path, manifest: Manifest, now: datetime) -> Iterator[Due]:
    for entry in manifest.present:
        if now >= entry.retain_until:
            yield Due(archive.placed(path, entry), manifest.held.get(entry.sha256))


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
