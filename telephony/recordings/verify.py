"""Whether every recording is still what was sealed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from telephony.recordings.archive import PARTIAL, Archive, Archived
from telephony.recordings.manifest import FILE_NAME, manifests, read_manifest
from telephony.recordings.stereo import SAMPLE_RATE, StereoError, decoded_blocks, file_sha256

_SETTLE_S = 0.5

Progress = Callable[[int, int], None]


class Damage(StrEnum):
    """What can be wrong."""

    MISSING = "missing"
    ALTERED = "altered"
    UNREADABLE = "unreadable"
    UNLISTED = "unlisted"
    DELETED_STILL_THERE = "deleted_still_there"
    MANIFEST_DAMAGED = "manifest_damaged"
    RECORD_WITHOUT_FILE = "record_without_file"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        path: relative to the archive's root.
        call_id: "" when no call is known.
        detail: for people; "" when the kind says it all.
    """

    damage: Damage
    path: str
    call_id: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was found.

    Attributes:
        recordings: how many should be there.
        bytes_read: of those that are.
        faults: in the order of the archive.
    """

    recordings: int
    bytes_read: int
    faults: tuple[Fault, ...]


def verify_archive(
    archive: Archive,
    *,
    records: Mapping[str, str] | None = None,
    progress: Progress = lambda _done, _total: None,
) -> VerifyReport:
    """Hash and decode every recording of every manifest (blocking, reads the whole archive).

    Args:
        archive: which; may grow meanwhile.
        records: call id -> path of what a database says it has; None when there is none.
        progress: called after each recording with how many are done, and of how many.

    Raises:
        OSError: a folder or a manifest cannot be read.
    """
    expected = archive.recordings()
    faults: list[Fault] = []
    size = 0
    for done, item in enumerate(expected, start=1):
        found, read = _check(archive.root, item)
        faults += found
        size += read
        progress(done, len(expected))
    faults += _around(archive)
    if records is not None:
        faults += _without_file(archive, records)
    return VerifyReport(len(expected), size, tuple(faults))


def _check(root: Path, item: Archived) -> tuple[list[Fault], int]:
    entry, path = item.entry, item.path.as_posix()
    file = root / item.path
    try:
        digest, size = file_sha256(file)
    except FileNotFoundError:
        return [Fault(Damage.MISSING, path, entry.call_id)], 0
    except OSError as error:
        return [Fault(Damage.UNREADABLE, path, entry.call_id, str(error.strerror))], 0
    faults = []
    if digest != entry.sha256:
        faults.append(Fault(Damage.ALTERED, path, entry.call_id, f"its SHA-256 is {digest}"))
    try:
        length_ms = sum(map(len, decoded_blocks(file))) * 1000 // SAMPLE_RATE
    except (StereoError, OSError) as error:
        faults.append(Fault(Damage.UNREADABLE, path, entry.call_id, str(error)))
    else:
        if length_ms != entry.duration_ms:
            detail = f"{length_ms} ms of {entry.duration_ms} ms"
            faults.append(Fault(Damage.UNREADABLE, path, entry.call_id, detail))
    return faults, size


def _around(archive: Archive) -> list[Fault]:
    """Faults of the manifests, and files that no manifest accounts for."""
    faults, unlisted = _look_around(archive)
    if unlisted:
        # one that is being sealed at this very moment is listed in the next
        time.sleep(_SETTLE_S)
        faults, later = _look_around(archive)
        unlisted = [path for path in unlisted if path in later]
    return faults + [Fault(Damage.UNLISTED, path) for path in unlisted]


def _look_around(archive: Archive) -> tuple[list[Fault], list[str]]:
    faults: list[Fault] = []
    files = sorted(path for path in archive.root.rglob("*") if path.is_file())
    known: set[Path] = set()
    for manifest_path in manifests(archive.root):
        known.add(manifest_path)
        manifest = read_manifest(manifest_path)
        name = manifest_path.relative_to(archive.root).as_posix()
        for number in manifest.damaged:
            detail = f"line {number} cannot be read"
            faults.append(Fault(Damage.MANIFEST_DAMAGED, name, detail=detail))
        for sha256, entry in manifest.sealed.items():
            file = manifest_path.parent / f"{sha256}.flac"
            known.add(file)
            if sha256 in manifest.deleted and file.exists():
                path = file.relative_to(archive.root).as_posix()
                faults.append(Fault(Damage.DELETED_STILL_THERE, path, entry.call_id))
    unlisted = [path.relative_to(archive.root) for path in files if path not in known]
    return faults, [path.as_posix() for path in unlisted if path.parts[0] != PARTIAL]


def _without_file(archive: Archive, records: Mapping[str, str]) -> Iterable[Fault]:
    deleted = {
        (path.parent / f"{sha256}.flac").relative_to(archive.root).as_posix()
        for path in manifests(archive.root)
        for sha256 in read_manifest(path).deleted
    }
    listed = {item.path.as_posix() for item in archive.recordings()}
    for call_id, path in records.items():
        if path not in listed and path not in deleted:
            detail = f"the database has it, no {FILE_NAME} lists it"
            yield Fault(Damage.RECORD_WITHOUT_FILE, path, call_id, detail)
