"""Every version of a file, kept beside the history of its changes.

One mechanism for whatever people change: the number plan, the menus, the recordings of prompts.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

_HISTORY = "history.jsonl"
Action = Literal["import", "adopt", "rollback"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of what is in use.

    Attributes:
        at: ISO 8601, UTC.
        who: did it; "" when nobody said.
        action: ``import``; ``adopt``: it was found lying in its place; ``rollback``.
        version: in use from then on; 0: none, what comes with the package.
        original: name of the file that was imported.
        sha256: of the version's file.
        seconds: length of a recording; 0 for other files.
        why: the reason they gave.
    """

    at: str
    who: str
    action: Action
    version: int
    original: str = ""
    sha256: str = ""
    seconds: float = 0.0
    why: str = ""


class Versions:
    """All versions of one file: ``<folder>/<n><suffix>`` and ``history.jsonl``. Blocking."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder = folder
        self._suffix = suffix

    def history(self) -> list[Change]:
        """All changes, oldest first.

        Raises:
            OSError: the history cannot be read.
            ValueError: it is damaged.
        """
        file = self.folder / _HISTORY
        if not file.exists():
            return []
        lines = file.read_text(encoding="utf-8").splitlines()
        try:
            return [Change(**json.loads(line)) for line in lines]
        except (TypeError, ValueError) as error:
            raise ValueError(f"{file} is damaged: {error}") from error

    def content(self, version: int) -> tuple[Change, bytes]:
        """What was kept as this version, and the change that brought it.

        Raises:
            LookupError: there is no such version, or it was altered.
            OSError: it cannot be read.
            ValueError: the history is damaged.
        """
        kept = next((c for c in self.history() if c.version == version and c.sha256), None)
        file = self.folder / f"{version}{self._suffix}"
        if kept is None or not file.is_file():
            raise LookupError(f"there is no version {version}")
        content = file.read_bytes()
        if sha256(content) != kept.sha256:
            raise LookupError(f"{file} is not what was kept as version {version}")
        return kept, content

    def keep(
        self,
        content: bytes,
        who: str,
        action: Action,
        original: str = "",
        seconds: float = 0.0,
        why: str = "",
    ) -> Change:
        """Add the next version. The caller holds :meth:`only_one`.

        Raises:
            OSError: it cannot be kept.
            ValueError: the history is damaged.
        """
        version = 1 + max((change.version for change in self.history()), default=0)
        replace_file(self.folder / f"{version}{self._suffix}", content)
        change = Change(now_text(), who, action, version, original, sha256(content), seconds, why)
        return self.note(change)

    def note(self, change: Change) -> Change:
        """Add a line to the history. The caller holds :meth:`only_one`."""
        with (self.folder / _HISTORY).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(change), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return change

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """No other process changes anything while the block lasts."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def replace_file(file: Path, content: bytes) -> None:
    """Write a file; a reader sees the old one or the new one, never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as writer:
            writer.write(content)
            writer.flush()
            os.fsync(writer.fileno())
        # mkstemp's 0600 would hide it from an Asterisk that runs as another user
        os.chmod(temporary, 0o644)  # noqa: PTH101 - a name from mkstemp; nothing in it is secret
        os.replace(temporary, file)  # noqa: PTH105 - same
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def now_text() -> str:
    """The time as the history writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def sha256(content: bytes) -> str:
    """Hexadecimal digest."""
    return hashlib.sha256(content).hexdigest()
