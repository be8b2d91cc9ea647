"""Every version of a file is kept, and what was kept is what comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.versions import Versions, replace_file


def test_given_versions_when_asked_then_each_is_what_was_kept_and_the_history_says_who(
    tmp_path: Path,
) -> None:
    versions = Versions(tmp_path / "plan", ".toml")
    with versions.only_one():
        versions.keep(b"a", "", "adopt", "plan.toml")
        versions.keep(b"b", "admin", "import", "plan.toml")
    assert [(c.version, c.who, c.action) for c in versions.history()] == [
        (1, "", "adopt"),
        (2, "admin", "import"),
    ]
    assert [versions.content(n)[1] for n in (1, 2)] == [b"a", b"b"]


def test_given_a_version_that_was_altered_or_never_was_when_asked_then_refused(
    tmp_path: Path,
) -> None:
    versions = Versions(tmp_path, ".toml")
    with versions.only_one():
        versions.keep(b"a", "admin", "import")
    (tmp_path / "1.toml").write_bytes(b"altered")
    with pytest.raises(LookupError, match="not what was kept"):
        versions.content(1)
    with pytest.raises(LookupError, match="no version 2"):
        versions.content(2)


def test_given_a_damaged_history_when_read_then_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text("{half", encoding="utf-8")
    with pytest.raises(ValueError, match=r"history\.jsonl is damaged"):
        Versions(tmp_path, ".toml").history()


def test_given_a_write_that_fails_then_the_old_file_stays_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plan.toml"
    replace_file(file, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
