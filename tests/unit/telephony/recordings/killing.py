"""Kills a sealing child at its first, second, third … file operation and checks what is left.

A program of its own because it forks. The child dies by ``_exit`` inside an audit hook, before the
operation that it was about to do.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from config.settings import Settings
from telephony.recordings import Archive, CallFacts, RawPair, raw_pair
from telephony.recordings.stereo import Samples

from .signals import read_stereo, tone, write_raw

_KILLED = 77
_OPERATIONS = {
    "open",
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.chmod",
    "os.truncate",
    "fcntl.flock",
}


def die_at(step: int, root: Path) -> None:
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        # locks name no path
        ours = event == "fcntl.flock" or str(root) in str(arguments[:1])
        if event in _OPERATIONS and ours:
            seen += 1
            if seen == step:
                os._exit(_KILLED)

    sys.addaudithook(hook)


def seal_in_child(archive: Archive, pair: RawPair, step: int, root: Path) -> int:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            die_at(step, root)
            archive.seal(pair, CallFacts())
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def check(archive: Archive, pair: RawPair, rx: Samples, tx: Samples) -> None:
    [recording] = archive.recordings()
    left, right = read_stereo(archive.root / recording.path)
    assert np.array_equal(left, rx)
    assert np.array_equal(right, tx)
    assert list(pair.spool.iterdir()) == []
    files = list(archive.root.rglob("*.flac"))
    assert files == [archive.root / recording.path], files
    manifest = (archive.root / recording.path).with_name("manifest.jsonl")
    assert manifest.read_bytes().count(b"\n") == 1


def kept(archive: Archive, pair: RawPair) -> bool:
    """Whether at this instant the call's audio is whole, in one place or the other."""
    return len(pair.files) == 2 or len(archive.recordings()) == 1


def main() -> None:
    rx, tx = tone(440, 1), tone(1000, 1)
    for step in range(1, 1000):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            settings = Settings(data_dir=root)
            archive = Archive.of(settings)
            pair = raw_pair(settings.recording_spool, "hotline-1761700000.7")
            write_raw(pair, rx, tx)
            code = seal_in_child(archive, pair, step, root)
            assert code in (0, _KILLED), code
            assert kept(archive, pair), step
            if code == 0:
                check(archive, pair, rx, tx)
                print("steps", step - 1)
                return
            # a second death at the same step, then the attempt that lives
            seal_in_child(archive, pair, step, root)
            assert kept(archive, pair), step
            archive.seal(pair, CallFacts())
            check(archive, pair, rx, tx)
    raise SystemExit("never came to an end")


if __name__ == "__main__":
    main()
