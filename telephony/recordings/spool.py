"""The spool: raw recordings as Asterisk's MixMonitor writes them, two files a call."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

RX_SUFFIX = "-rx.sln"
TX_SUFFIX = "-tx.sln"
SEALED_SUFFIX = ".sealed"
# Two and a half of stdio's 32 KiB buffers, 2.05 s each at 16,000 bytes a second: a file that has
# been quiet for longer is not being written. Only used where the kernel cannot answer for itself.
QUIET_S = 5.2

_CALL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,149}")
_PART = re.compile(r"(.+)-((?:consult|joined)\d+)")
_EPOCH = re.compile(r"(?:^|-)(\d{9,11})\.\d+$")


@dataclass(frozen=True, slots=True)
class RawPair:
    """The two raw files of one call: signed linear, 16-bit little endian, 8 kHz, mono.

    Attributes:
        call_id: Linkedid of the caller's channel, safe as a part of a file name.
        spool: the folder of both files.
    """

    call_id: str
    spool: Path

    @property
    def rx(self) -> Path:
        """What the caller said."""
        return self.spool / f"{self.call_id}{RX_SUFFIX}"

    @property
    def tx(self) -> Path:
        """What the caller heard."""
        return self.spool / f"{self.call_id}{TX_SUFFIX}"

    @property
    def files(self) -> tuple[Path, ...]:
        """Those of the two that exist."""
        return tuple(path for path in (self.rx, self.tx) if path.is_file())

    @property
    def sealed_mark(self) -> Path:
        """Exists while the raw files are being removed: two files do not go in one instant."""
        return self.spool / f"{self.call_id}{SEALED_SUFFIX}"

    def remove(self) -> None:
        """Remove both raw files, which are sealed; killed in between, call it again (blocking).

        Raises:
            OSError: some are still there.
        """
        self.sealed_mark.touch()
        for path in (self.rx, self.tx, self.sealed_mark):
            path.unlink(missing_ok=True)

    @property
    def written_at(self) -> float:
        """When the last sample was written: seconds since the epoch, 0.0 without any file."""
        return max((path.stat().st_mtime for path in self.files), default=0.0)

    def is_finished(self, *, is_live: bool | None = False) -> bool:
        """Whether Asterisk has finished writing both files (blocking, microseconds).

        Args:
            is_live: whether Asterisk carries the call; None when nobody knows. Then only the
                kernel's own word counts: a call may be silent for a while.
        """
        return all(_is_finished(path, is_live) for path in self.files)


def part_of(call_id: str, number: int) -> str:
    """The id of a recording that is a part of a call's: one of its consultations."""
    return f"{call_id}-consult{number}"


def call_of(recording_id: str) -> tuple[str, str]:
    """The call that a recording belongs to, and which part it is ("" for the call itself).

    ``consult<time>``: a consultation; ``joined<time>``: who joined the talk from outside its bridge
    (an emergency line by the agent's keys, a supervisor) or took a caller that had been given back
    to the queue, left, and what they heard, right.
    """
    match = _PART.fullmatch(recording_id)
    return (match[1], match[2]) if match else (recording_id, "")


def raw_pair(spool: Path, call_id: str) -> RawPair:
    """The pair of one call, whether its files exist or not.

    Raises:
        ValueError: when the call id could not be part of a file name of Asterisk's.
    """
    if not _CALL_ID.fullmatch(call_id):
        raise ValueError(f"not a call id: {call_id!r}")
    return RawPair(call_id, spool)


def raw_pairs(spool: Path) -> list[RawPair]:
    """All pairs of which anything is left, the oldest first; other files are ignored."""
    found: dict[str, RawPair] = {}
    if not spool.is_dir():
        return []
    for path in spool.iterdir():
        for suffix in (RX_SUFFIX, TX_SUFFIX, SEALED_SUFFIX):
            call_id = path.name.removesuffix(suffix)
            if call_id != path.name and _CALL_ID.fullmatch(call_id) and path.is_file():
                found[call_id] = RawPair(call_id, spool)
    return sorted(found.values(), key=lambda pair: (pair.written_at, pair.call_id))


def epoch_in(call_id: str) -> int | None:
    """Asterisk's time stamp in a Uniqueid (``hotline-1732300000.12``), seconds; None if absent."""
    match = _EPOCH.search(call_of(call_id)[0])
    return int(match.group(1)) if match else None


def _is_finished(path: Path, is_live: bool | None) -> bool:
    try:
        written = has_writer(path)
        if written is None:
            return is_live is False and time.time() - path.stat().st_mtime > QUIET_S
    except FileNotFoundError:
        return True
    return not written


def has_writer(path: Path) -> bool | None:
    """Whether any process holds the file open for writing; None when the kernel cannot tell.

    A read lease (fcntl(2), F_SETLEASE) is granted only on a file that nobody has open for writing,
    so asking for one is the exact question, whoever the writer is and however long he pauses. It
    is given back at once. Unknown: a file of another user, or a filesystem without leases.

    Raises:
        FileNotFoundError: the file is gone.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # A writer who comes in these microseconds would make the kernel send SIGIO, which kills;
        # SIGURG is ignored unless asked for.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    finally:
        os.close(handle)
    return False
