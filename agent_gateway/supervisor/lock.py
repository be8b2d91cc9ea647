"""One supervisor per data folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

FILE_NAME = "supervisor.lock"


class AlreadyRunningError(Exception):
    """Another supervisor looks after this data folder; the message names its process."""


@contextlib.contextmanager
def only_supervisor(data_dir: Path) -> Iterator[None]:
    """Hold the data folder's lock; the kernel gives it back whatever ends this process.

    Raises:
        AlreadyRunningError: when another process holds it.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / FILE_NAME).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            pid = file.read().strip()
            raise AlreadyRunningError(
                f"the hotline of {data_dir} already runs (process {pid or 'unknown'}); "
                "stop that one first, or set data_dir to another folder"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def supervisor_pid(data_dir: Path) -> int | None:
    """Process id of the supervisor that holds the lock, or None when none does."""
    try:
        with (data_dir / FILE_NAME).open(encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read().strip() or 0) or None
    except (OSError, ValueError):
        return None
    return None
