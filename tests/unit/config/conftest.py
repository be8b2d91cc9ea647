from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.errors import ConfigError

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def _every_fault_is_told_in_chinese_too(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever fault the tests of the loaders bring about."""
    told: list[ConfigError] = []
    original = ConfigError.__init__

    def noting(self: ConfigError, file: Path | None, key: str, reason: str, reason_zh: str) -> None:
        original(self, file, key, reason, reason_zh)
        told.append(self)

    monkeypatch.setattr(ConfigError, "__init__", noting)
    yield
    for error in told:
        assert CHINESE.search(error.reason_zh), error
        assert error.reason_zh != "内容有误", f"too general for {error}"
        assert error.reason_zh in error.message_zh
        assert error.reason in str(error)
