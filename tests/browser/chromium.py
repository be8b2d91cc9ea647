"""The browser that ``make install-dev`` has found or fetched."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

# nothing is asked of any other server, and root may start it
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextlib.asynccontextmanager
async def chromium(folder: Path, *more: str) -> AsyncIterator[Browser]:
    """The browser, running; ``folder`` is where it was provided, ``more`` are arguments.

    Without one the tests are skipped, but where all tests must run (``CI`` is set) they fail.
    """
    record = folder / "browser.json"
    if not record.is_file():
        missing = f"there is no browser in {folder}; run: make install-dev"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    found = json.loads(record.read_text(encoding="utf-8").replace("@HERE@", str(folder)))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found["executable"],
            env={**os.environ, **found["environment"]},
            args=(*ARGUMENTS, *more),
        )
        try:
            yield browser
        finally:
            await browser.close()
