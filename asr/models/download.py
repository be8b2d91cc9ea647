"""Downloading over HTTP, resuming where an earlier attempt broke off."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

from asr.models.report import FetchError, Reporter

CHUNK_BYTES: Final = 1 << 16
ATTEMPTS: Final = 5
LIST_LIMIT_BYTES: Final = 5_000_000


def download(
    url: str,
    target: Path,
    reporter: Reporter,
    *,
    size: int | None = None,
    timeout_s: float = 20.0,
) -> None:
    """Fetch ``url`` into ``target``; what there is already of ``target.part`` is not fetched again.

    Args:
        url: https, or http for a machine of one's own.
        target: appears only when it is whole.
        reporter: shows progress.
        size: bytes expected, when known.
        timeout_s: for connecting, and for every read.

    Raises:
        FetchError: unreachable, refused, broken off repeatedly, or of another size.
        OSError: when the disk refuses.
    """
    part = target.with_name(target.name + ".part")
    for attempt in range(1, ATTEMPTS + 1):
        before = part.stat().st_size if part.exists() else 0
        whole = _continue(url, part, reporter, size, timeout_s)
        if whole:
            part.replace(target)
            return
        if part.stat().st_size <= before and attempt > 1:
            break
    raise FetchError(
        f"{_host(url)} breaks the connection off again and again; try again later, "
        "what has been fetched is kept"
    )


def fetch_json(url: str, *, timeout_s: float = 20.0) -> Any:
    """Fetch a small JSON document.

    Raises:
        FetchError: unreachable, refused, or not JSON.
    """
    with _response(url, {}, timeout_s) as response:
        try:
            return json.loads(response.read(LIST_LIMIT_BYTES))
        except (ValueError, OSError, HTTPException) as error:
            raise FetchError(f"{url} cannot be read: {error}") from error


def _continue(url: str, part: Path, reporter: Reporter, size: int | None, timeout_s: float) -> bool:
    """Fetch what is missing; False when the connection broke off."""
    have = part.stat().st_size if part.exists() else 0
    if size is not None and have > size:
        part.unlink()
        have = 0
    if size is not None and have == size:
        return True
    headers = {"Range": f"bytes={have}-"} if have else {}
    with _response(url, headers, timeout_s) as response:
        if response.status == 416:
            # the file there is not longer than what is here, so this is no part of it
            part.unlink()
            return False
        start, total = _extent(response, have)
        if size is not None and total is not None and total != size:
            raise FetchError(
                f"{url} has {total} bytes, not the expected {size}; "
                "its publisher has changed it, so wait for a new version of this software"
            )
        with part.open("r+b" if start else "wb") as file:
            file.seek(start)
            done = start
            while chunk := _read(response):
                file.write(chunk)
                done += len(chunk)
                reporter.progress(part.stem, done, total)
    if total is None:
        return chunk is not None
    return done == total


def _read(response: HTTPResponse) -> bytes | None:
    """The next piece; empty at the end, None when the connection broke."""
    try:
        return response.read(CHUNK_BYTES)
    except (OSError, HTTPException):
        return None


def _extent(response: HTTPResponse, have: int) -> tuple[int, int | None]:
    """Where the body begins in the file, and how long the whole file is."""
    length = response.headers.get("Content-Length", "")
    body = int(length) if length.isdigit() else None
    if response.status == 206:
        span = response.headers.get("Content-Range", "")
        begins, _, total = span.removeprefix("bytes ").partition("/")
        if begins.split("-")[0] == str(have):
            return have, int(total) if total.isdigit() else None
        raise FetchError(f"the server answers with another part than asked for: {span!r}")
    return 0, body


@contextmanager
def _response(url: str, headers: dict[str, str], timeout_s: float) -> Iterator[HTTPResponse]:
    if urlsplit(url).scheme not in ("http", "https"):
        raise FetchError(f"{url} is neither http nor https")
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url, headers={"User-Agent": "hotline", **headers}
    )
    try:
        response = cast(
            HTTPResponse,
            urllib.request.urlopen(request, timeout=timeout_s),  # noqa: S310 - likewise
        )
    except urllib.error.HTTPError as error:
        if error.code == 416:
            with contextlib.closing(error):
                yield cast(HTTPResponse, error)
            return
        with contextlib.closing(error):
            raise FetchError(f"{_host(url)} answers {error.code} for {url}") from error
    except (OSError, HTTPException) as error:
        cause = getattr(error, "reason", error)
        reason = getattr(cause, "strerror", None) or cause
        raise FetchError(f"{_host(url)} cannot be reached ({reason})") from error
    with response:
        yield response


def _host(url: str) -> str:
    return urlsplit(url).netloc or url
