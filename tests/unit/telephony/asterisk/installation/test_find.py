import json
import shutil
from pathlib import Path

import pytest

from config.settings import AsteriskSettings, Settings
from telephony.asterisk.installation import InstallationError, find_installation


def settings(tmp_path: Path, binary: Path | None = None) -> Settings:
    return Settings(install_dir=tmp_path, asterisk=AsteriskSettings(binary=binary))


def write(folder: Path) -> None:
    (folder / "root/modules").mkdir(parents=True)
    (folder / "root/data").mkdir()
    (folder / "root/modules/app_queue.so").touch()
    (folder / "root/loader").touch()
    (folder / "installation.json").write_text(
        json.dumps(
            {
                "recipe": 1,
                "source": "unpacked packages",
                "asterisk_argv": ["@HERE@/root/loader", "--library-path", "@HERE@/a:@HERE@/b", "x"],
                "sipp_argv": None,
                "modules_dir": "@HERE@/root/modules",
                "data_dir": "@HERE@/root/data",
                "version": [22, 10, 1],
            }
        )
    )


def fake_asterisk(folder: Path, says: str) -> Path:
    binary = folder / "usr/sbin/asterisk"
    binary.parent.mkdir(parents=True)
    binary.write_text(f"#!/bin/sh\necho '{says}'\n")
    binary.chmod(0o755)
    (folder / "usr/lib/x86_64-linux-gnu/asterisk/modules").mkdir(parents=True)
    (folder / "usr/share/asterisk").mkdir(parents=True)
    return binary


def test_given_a_moved_folder_when_found_then_every_path_follows_it(tmp_path: Path) -> None:
    write(tmp_path / "asterisk")
    shutil.move(tmp_path / "asterisk", tmp_path / "elsewhere" / "asterisk")
    there = tmp_path / "elsewhere"

    found = find_installation(settings(there))

    assert found.asterisk_argv == (
        f"{there}/asterisk/root/loader",
        "--library-path",
        f"{there}/asterisk/a:{there}/asterisk/b",
        "x",
    )
    assert found.modules_dir == there / "asterisk/root/modules"
    assert found.version == (22, 10, 1)
    assert found.version_text == "22.10.1"
    assert found.has_module("app_queue")
    assert found.has_module("app_queue.so")
    assert not found.has_module("res_cdrel_custom")


def test_given_nothing_installed_when_found_then_the_error_says_make_install(
    tmp_path: Path,
) -> None:
    with pytest.raises(InstallationError, match="run: make install"):
        find_installation(settings(tmp_path))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"source": 1}', "\x00\xff"])
def test_given_a_damaged_record_when_found_then_a_plain_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "asterisk").mkdir()
    (tmp_path / "asterisk/installation.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InstallationError, match="damaged"):
        find_installation(settings(tmp_path))


def test_given_a_deleted_tree_when_found_then_the_error_names_what_is_gone(tmp_path: Path) -> None:
    write(tmp_path / "asterisk")
    shutil.rmtree(tmp_path / "asterisk/root/modules")
    with pytest.raises(InstallationError, match=r"root/modules is missing; run: make install"):
        find_installation(settings(tmp_path))


def test_given_a_named_binary_when_found_then_it_wins_over_the_provided_one(tmp_path: Path) -> None:
    write(tmp_path / "asterisk")
    binary = fake_asterisk(tmp_path, "Asterisk 20.6.0~dfsg+~cs6.13.40431414-2build5")

    found = find_installation(settings(tmp_path, binary))

    assert found.asterisk_argv == (str(binary),)
    assert found.version == (20, 6, 0)
    assert found.modules_dir == tmp_path / "usr/lib/x86_64-linux-gnu/asterisk/modules"
    assert found.data_dir == tmp_path / "usr/share/asterisk"


@pytest.mark.parametrize(
    ("says", "why"), [("Asterisk 18.2.0", "20 or newer"), ("hello", "does not tell its version")]
)
def test_given_an_unfit_binary_when_found_then_refused(tmp_path: Path, says: str, why: str) -> None:
    with pytest.raises(InstallationError, match=why):
        find_installation(settings(tmp_path, fake_asterisk(tmp_path, says)))


def test_given_a_binary_that_is_missing_when_found_then_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallationError, match="does not run"):
        find_installation(settings(tmp_path, tmp_path / "no-such"))


def test_given_library_settings_when_started_then_they_are_not_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/other")
    write(tmp_path / "asterisk")
    environment = find_installation(settings(tmp_path)).environment()
    assert "LD_LIBRARY_PATH" not in environment
    assert "PATH" in environment
