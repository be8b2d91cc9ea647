from __future__ import annotations

from collections.abc import Callable

import pytest

from asr.prefill import FieldGuess, Prefiller

Fill = Callable[..., dict[str, FieldGuess]]


@pytest.fixture(scope="session")
def prefiller() -> Prefiller:
    return Prefiller()


@pytest.fixture(scope="session")
def fill(prefiller: Prefiller) -> Fill:
    """Fields of a call given as lines ``a …`` and ``c …``; the call is on Wednesday 2026-07-15."""

    def run(*lines: str, dialled: str = "12345", cli: str = "13800001111") -> dict[str, FieldGuess]:
        session = prefiller.start("2026-07-15T10:00:00+08:00", dialled, cli)
        for line in lines:
            session.hear("agent" if line[0] == "a" else "caller", line[2:])
        return session.fields

    return run
