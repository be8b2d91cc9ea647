"""The processes of the service that a test disturbs."""

from __future__ import annotations

from pathlib import Path

from tests.live.harness.hotline import Hotline


def recogniser_pid(hotline: Hotline) -> int:
    """The service's child that recognises."""
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except (OSError, IndexError):
            continue
        if b"asr.apart" in words and parent == str(hotline.service_pid):
            return int(folder.name)
    raise AssertionError("no recogniser")
