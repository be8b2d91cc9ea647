"""The day's manifest: one JSON line for everything that happened to a recording, never rewritten.

The manifest is the truth about the archive. What is in it is kept; what is not in it yet is still
in the spool.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

log = structlog.get_logger(__name__)

FILE_NAME = "manifest.jsonl"
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Line(BaseModel):
    # Lines of later versions may say more; what they say of the known fields still counts.
    model_config = ConfigDict(frozen=True, extra="ignore")

    sha256: Sha256
    at: AwareDatetime


class Sealed(_Line):
    """A recording came into the archive.

    Attributes:
        at: when it was sealed.
        call_id: Linkedid of the caller's channel; of a consultation ``-consult<time>`` follows.
        line: the dialled line; "" when unknown.
        caller: the caller's number, masked; "" when unknown.
        participants: endpoints that took part, e.g. ``PJSIP/agent-8001``.
        started_at: when recording began.
        ended_at: when the call ended.
        duration_ms: playing time.
        rx_ms: length of the caller's side before padding.
        tx_ms: length of the other side before padding.
        size: of the file, bytes.
        retain_until: the first moment at which it may be deleted.
    """

    kind: Literal["sealed"] = "sealed"
    call_id: str
    line: str = ""
    caller: str = ""
    participants: tuple[str, ...] = ()
    started_at: AwareDatetime
    ended_at: AwareDatetime
    duration_ms: int
    rx_ms: int
    tx_ms: int
    size: int
    channels: int = 2
    sample_rate: int = 8000
    retain_until: AwareDatetime


class HoldChanged(_Line):
    """A legal hold was put on a recording or taken off it."""

    kind: Literal["hold"] = "hold"
    held: bool
    by: str
    reason: str


class Deleted(_Line):
    """A recording was deleted after its retention date."""

    kind: Literal["deleted"] = "deleted"
    call_id: str
    by: str
    reason: str


Record = Sealed | HoldChanged | Deleted
_RECORD: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="kind")])


@dataclass(slots=True)
class Manifest:
    """One day's lines, folded.

    Attributes:
        sealed: every recording ever sealed on the day, by SHA-256.
        held: those under legal hold.
        deleted: those deleted, with the line that says by whom.
        damaged: numbers (from 1) of lines that cannot be read.
    """

    sealed: dict[str, Sealed] = field(default_factory=dict)
    held: dict[str, HoldChanged] = field(default_factory=dict)
    deleted: dict[str, Deleted] = field(default_factory=dict)
    damaged: list[int] = field(default_factory=list)

    @property
    def present(self) -> list[Sealed]:
        """What must be in the archive, in the order of sealing."""
        return [entry for entry in self.sealed.values() if entry.sha256 not in self.deleted]


def read_manifest(path: Path) -> Manifest:
    """Read and fold one manifest; a missing file is an empty one (blocking).

    Raises:
        OSError: the file exists but cannot be read.
    """
    manifest = Manifest()
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return manifest
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            record = _RECORD.validate_json(line)
        except ValidationError:
            manifest.damaged.append(number)
            continue
        match record:
            case Sealed():
                manifest.sealed.setdefault(record.sha256, record)
            case Deleted():
                manifest.deleted[record.sha256] = record
            case HoldChanged(held=True):
                manifest.held[record.sha256] = record
            case HoldChanged():
                manifest.held.pop(record.sha256, None)
    return manifest


def append_record(path: Path, record: Record) -> None:
    """Add a line and return when it is on the disk (blocking).

    Raises:
        OSError: nothing was acknowledged; the line may be there in part.
    """
    with changing(path) as add:
        add([record])


@contextmanager
def changing(path: Path) -> Iterator[Callable[[Sequence[Record]], None]]:
    """Let nobody else change the manifest while the block lasts (blocking).

    Gives what adds lines and returns when they are on the disk. A last line without a line feed was
    cut by a crash and never acknowledged: its raw files are still in the spool. It is logged and
    replaced.

    Raises:
        OSError: nothing was acknowledged; lines may be there, the last one in part.
    """
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _drop_torn_end(path, file.fileno())

        def add(records: Sequence[Record]) -> None:
            lines = b"".join(record.model_dump_json().encode() + b"\n" for record in records)
            if os.write(file.fileno(), lines) != len(lines):
                raise OSError(errno.ENOSPC, "only a part was written", str(path))
            os.fsync(file.fileno())
            sync_folder(path.parent)

        yield add


def manifests(archive: Path, *, since: str = "") -> Iterator[Path]:
    """All manifests of the archive in the order of their days.

    Args:
        archive: root of the archive.
        since: first day wanted as ``YYYY/MM/DD``; "" for all.
    """
    for path in sorted(archive.glob(f"[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]/{FILE_NAME}")):
        if path.parent.relative_to(archive).as_posix() >= since:
            yield path


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable.

    Raises:
        OSError: the disk refused.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make the folder and those above it, durably, open to owner and group only.

    Raises:
        OSError: the disk refused.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o750, exist_ok=True)
    sync_folder(folder.parent)


def _drop_torn_end(path: Path, handle: int) -> None:
    size = os.fstat(handle).st_size
    if size == 0 or os.pread(handle, 1, size - 1) == b"\n":
        return
    tail = os.pread(handle, min(size, 65536), max(0, size - 65536))
    keep = size - len(tail) + tail.rfind(b"\n") + 1
    torn = tail[tail.rfind(b"\n") + 1 :]
    log.warning(
        "manifest.torn_line_replaced", file=str(path), line=torn[:400].decode(errors="replace")
    )
    os.ftruncate(handle, keep)
