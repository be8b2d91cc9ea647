from __future__ import annotations

import sys
from pathlib import Path

import pytest

from asr.models.catalogue import WHISPER_BASE_SIZE, PackagedFile
from asr.models.packaged import assemble
from asr.models.report import FetchError, Silent
from tests.unit.asr.models.publisher import sha256


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "pieces_of_a_model"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "part1").write_bytes(b"one ")
    (folder / "part2").write_bytes(b"two")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, folder.name, raising=False)
    return folder.name


def test_given_the_real_packages_when_assembled_then_every_byte_is_the_pinned_one(
    whisper_dir: Path,
) -> None:
    # assembling refuses anything else, so that the folder exists says it all
    assert sum(file.stat().st_size for file in whisper_dir.iterdir()) == WHISPER_BASE_SIZE


def test_given_parts_when_assembled_then_joined_in_order(package: str, tmp_path: Path) -> None:
    file = PackagedFile("whole", ((package, "part1"), (package, "part2")), sha256(b"one two"))
    assemble([file], tmp_path, Silent())
    assert (tmp_path / "whole").read_bytes() == b"one two"


def test_given_other_bytes_than_pinned_when_assembled_then_refused(
    package: str, tmp_path: Path
) -> None:
    file = PackagedFile("whole", ((package, "part1"),), sha256(b"something else"))
    with pytest.raises(FetchError, match="make install"):
        assemble([file], tmp_path, Silent())


def test_given_a_package_that_is_not_installed_when_assembled_then_said(tmp_path: Path) -> None:
    file = PackagedFile("whole", (("no_such_model_package", "part1"),), "0" * 64)
    with pytest.raises(FetchError, match="no-such-model-package is not installed"):
        assemble([file], tmp_path, Silent())
