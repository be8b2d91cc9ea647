"""Getting models into the models' folder."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from asr.models.catalogue import (
    VOSK_ARCHIVES,
    VOSK_PUBLISHER,
    VOSK_SMALL,
    WHISPER_BASE,
    WHISPER_BASE_FILES,
    WHISPER_BASE_SIZE,
    VoskArchive,
)
from asr.models.download import download, fetch_json
from asr.models.packaged import assemble
from asr.models.report import FetchError, Reporter
from asr.models.structure import fault_of_vosk_model, fault_of_whisper_model
from asr.models.unpack import replacing, unpack

MARGIN_BYTES: Final = 50_000_000


def model_names() -> tuple[str, ...]:
    """All models that can be fetched, the default first."""
    return (VOSK_SMALL, *(name for name in VOSK_ARCHIVES if name != VOSK_SMALL), WHISPER_BASE)


def is_installed(name: str, models_dir: Path) -> bool:
    """Whether a model is there and complete."""
    fault = fault_of_whisper_model if name == WHISPER_BASE else fault_of_vosk_model
    return fault(models_dir / name) is None


def fetch_model(
    name: str,
    models_dir: Path,
    reporter: Reporter,
    *,
    force: bool = False,
    archive: Path | None = None,
    publisher: str = VOSK_PUBLISHER,
    timeout_s: float = 20.0,
) -> Path:
    """Make a model available; blocks for as long as it takes.

    Args:
        name: one of :func:`model_names`.
        models_dir: where models live.
        reporter: shows progress.
        force: again, even when it is there.
        archive: a Vosk model's zip that was brought here by other means.
        publisher: address of the folder with the archives.
        timeout_s: for connecting, and for every read.

    Returns:
        The model's folder.

    Raises:
        FetchError: with one plain sentence that says what to do.
    """
    if name not in model_names():
        raise FetchError(f"unknown model {name!r}; there are: {', '.join(model_names())}")
    folder = models_dir / name
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with _alone(models_dir):
            if is_installed(name, models_dir) and not force:
                return folder
            if name == WHISPER_BASE:
                _check_space(models_dir, WHISPER_BASE_SIZE)
                with replacing(folder) as fresh:
                    assemble(WHISPER_BASE_FILES, fresh, reporter)
                return folder
            _fetch_vosk(VOSK_ARCHIVES[name], models_dir, reporter, archive, publisher, timeout_s)
    except OSError as error:
        raise FetchError(
            f"{models_dir} cannot be written to: {error.strerror or error}; "
            "make room or correct its permissions"
        ) from error
    return folder


def _fetch_vosk(
    wanted: VoskArchive,
    models_dir: Path,
    reporter: Reporter,
    archive: Path | None,
    publisher: str,
    timeout_s: float,
) -> None:
    if archive is not None and not archive.is_file():
        raise FetchError(f"there is no file {archive}")
    here = archive or models_dir / f"{wanted.name}.zip"
    algorithm, digest, size = _checksum(wanted, publisher, timeout_s, local=archive is not None)
    _check_space(models_dir, wanted.unpacked_size + (0 if archive else size or 0))
    if archive is None:
        try:
            download(
                f"{publisher}/{wanted.name}.zip", here, reporter, size=size, timeout_s=timeout_s
            )
        except FetchError as error:
            raise FetchError(f"{error}{_OTHER_WAYS.format(name=wanted.name)}") from error
    try:
        if digest and _digest(here, algorithm, reporter) != digest:
            raise FetchError(
                f"{here.name} is damaged or not the published file ({algorithm} differs); "
                "fetch it again"
            )
        with replacing(models_dir / wanted.name) as fresh:
            unpack(here, wanted.name, fresh, reporter)
            if fault := fault_of_vosk_model(fresh):
                raise FetchError(f"{here.name} holds no complete model: {fault}")
    finally:
        if archive is None:
            here.unlink(missing_ok=True)


_OTHER_WAYS: Final = (
    "; fetch {name}.zip on another machine and run: hotline model fetch {name} --archive FILE, "
    f"or use the engine that needs no download: hotline model fetch {WHISPER_BASE}"
)


def _checksum(
    wanted: VoskArchive, publisher: str, timeout_s: float, *, local: bool
) -> tuple[str, str, int | None]:
    """Algorithm, digest ("" when nothing vouches for the file), and size."""
    if wanted.sha256 is not None:
        return "sha256", wanted.sha256, wanted.size
    try:
        listed = _listed(fetch_json(f"{publisher}/model-list.json", timeout_s=timeout_s), wanted)
    except FetchError as error:
        if local:
            # the operator brought the file and answers for it; its structure is still checked
            return "md5", "", None
        raise FetchError(f"{error}{_OTHER_WAYS.format(name=wanted.name)}") from error
    return "md5", *listed


def _listed(document: Any, wanted: VoskArchive) -> tuple[str, int | None]:
    for entry in document if isinstance(document, list) else []:
        if isinstance(entry, dict) and entry.get("name") == wanted.name:
            digest, size = entry.get("md5"), entry.get("size")
            if isinstance(digest, str) and len(digest) == 32:
                return digest.lower(), size if isinstance(size, int) else None
    raise FetchError(f"the publisher's list has no checksum for {wanted.name}")


def _digest(file: Path, algorithm: str, reporter: Reporter) -> str:
    # MD5 is all the publisher offers for the large model; it guards against damage, not malice
    digest = hashlib.new(algorithm, usedforsecurity=algorithm != "md5")
    total, done = file.stat().st_size, 0
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
            done += len(chunk)
            reporter.progress(f"checking {file.name}", done, total)
    return digest.hexdigest()


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + MARGIN_BYTES:
        raise FetchError(
            f"{folder} has {free // 1_000_000} MB free and "
            f"{(needed + MARGIN_BYTES) // 1_000_000} MB are needed; make room"
        )


@contextmanager
def _alone(models_dir: Path) -> Iterator[None]:
    """Two commands at once would download into the same file; the second waits."""
    with (models_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
