"""Unpacking a model's archive, so that it is there whole or not at all."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from asr.models.report import FetchError, Reporter

MAX_FILES: Final = 10_000
MAX_BYTES: Final = 20_000_000_000
CHUNK_BYTES: Final = 1 << 20


def unpack(archive: Path, name: str, into: Path, reporter: Reporter) -> None:
    """Write the archive's members, all of which must lie in the folder ``name``, to ``into``.

    Raises:
        FetchError: not a zip, damaged, or with members that belong elsewhere.
        OSError: when the disk refuses.
    """
    try:
        with zipfile.ZipFile(archive) as source:
            members = [(info, _place(info, name)) for info in source.infolist()]
            total = sum(info.file_size for info, _ in members)
            if len(members) > MAX_FILES or total > MAX_BYTES:
                raise FetchError(f"{archive.name} is far too large for a model")
            done = 0
            for info, place in members:
                target = into.joinpath(*place.parts)
                if info.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with source.open(info) as packed, target.open("xb") as plain:
                    while chunk := packed.read(CHUNK_BYTES):
                        plain.write(chunk)
                        done += len(chunk)
                        reporter.progress(f"unpacking {name}", done, total)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise FetchError(f"{archive.name} is damaged ({error}); fetch it again") from error
    except FileExistsError as error:
        raise FetchError(f"{archive.name} holds one file twice") from error


def _place(info: zipfile.ZipInfo, name: str) -> PurePosixPath:
    """Where a member goes below the model's folder."""
    path = PurePosixPath(info.filename)
    link = stat.S_ISLNK(info.external_attr >> 16)
    if link or path.is_absolute() or ".." in path.parts or "\\" in info.filename:
        raise FetchError(f"the archive holds {info.filename!r}, which would be written elsewhere")
    if not path.parts or path.parts[0] != name:
        raise FetchError(f"the archive holds {info.filename!r} outside of its folder {name!r}")
    return PurePosixPath(*path.parts[1:])


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new empty folder that takes the place of ``folder`` if the block succeeds.

    Raises:
        OSError: when the disk refuses.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield fresh
        fresh.chmod(0o755)
        if folder.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
            folder.replace(old)
            fresh.replace(folder)
            shutil.rmtree(old, ignore_errors=True)
        else:
            fresh.replace(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
