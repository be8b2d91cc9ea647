from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings
from telephony.recordings import Archive, RawPair, raw_pair

CALL = "hotline-1761700000.7"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def archive(settings: Settings) -> Archive:
    return Archive.of(settings)


@pytest.fixture
def pair(settings: Settings) -> RawPair:
    return raw_pair(settings.recording_spool, CALL)
