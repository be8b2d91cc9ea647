"""Progress on standard error, for the scripts that run before anything is installed."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path


class Progress:
    """One line that is redrawn on a terminal, and a line per quarter elsewhere."""

    def __init__(self, label: str, total: int, unit: str) -> None:
        self.label, self.total, self.unit = label, max(total, 1), unit
        self.done = 0
        self._drawn = -1
        self._lock = threading.Lock()

    def add(self, amount: int, detail: str = "") -> None:
        """More has been done; ``detail`` is what is being done now, for terminals."""
        self.show(self.done + amount, detail)

    def show(self, done: int, detail: str = "") -> None:
        """``done`` of the total has been done."""
        with self._lock:
            self.done = done
            percent = min(100, 100 * done // self.total)
            text = f"{self.label} {percent:3d} % of {self.total} {self.unit}"
            if sys.stderr.isatty():
                print(f"\r{text} {detail}\x1b[K", end="", file=sys.stderr, flush=True)
            elif percent // 25 != self._drawn:
                self._drawn = percent // 25
                print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leave the line."""
        self.show(self.total)
        if sys.stderr.isatty():
            print(file=sys.stderr)


@contextlib.contextmanager
def watch(label: str, folder: Path, total: int) -> Iterator[None]:
    """Show how a folder grows to ``total`` bytes."""
    progress = Progress(label, total // 10**6, "MB")
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.3):
            size = 0
            for file in folder.rglob("*"):
                with contextlib.suppress(OSError):  # apt renames what is complete
                    size += file.stat().st_size
            progress.show(min(size, total) // 10**6)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    progress.close()
