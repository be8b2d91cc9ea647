import json
from pathlib import Path
from typing import Any

import provide_browser
import pytest
from debian_packages import CannotProvideError
from provide_browser import ensure

SHELL = "usr/lib/chromium/chromium-headless-shell"


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian without a browser and without a network; its programs are in ``bin``."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(provide_browser, "os_release", lambda: {"ID": "debian"})

    def no_network(*_: object, **__: object) -> Path:
        raise CannotProvideError("no network")

    monkeypatch.setattr(provide_browser, "unpacked", no_network)
    return tmp_path


def put(file: Path, script: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def record(host: Path) -> Any:
    return json.loads((host / "var/browser.json").read_text())


def test_given_a_browser_on_the_host_when_provided_then_it_is_used(host: Path) -> None:
    put(host / "bin/chromium", "exit 1")  # one that does not start is passed over
    chrome = put(host / "bin/google-chrome", "echo Google Chrome 150.0.7871.100")
    ensure(host / "var")
    assert record(host) == {
        "executable": str(chrome),
        "environment": {},
        "version": "150.0.7871.100",
        "recipe": provide_browser.RECIPE,
    }


def test_given_none_on_the_host_when_provided_then_unpacked_and_started_with_its_libraries(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, object] = {}

    def unpack(into: Path, packages: list[str], **options: object) -> Path:
        asked.update(options, packages=packages)
        (into / "root/usr/lib/x86_64-linux-gnu").mkdir(parents=True)
        # starts only with what the record must say
        put(
            into / "root" / SHELL,
            f'[ -f "$FONTCONFIG_FILE" ] && case "$LD_LIBRARY_PATH" in '
            f"{into}/root/usr/lib/x86_64-linux-gnu:*) echo Chromium 150.0.1.2;; esac",
        )
        return into / "root"

    monkeypatch.setattr(provide_browser, "unpacked", unpack)
    ensure(host / "var")
    assert asked["for_host"] is True
    found = record(host)
    assert (found["executable"], found["version"]) == (f"@HERE@/root/{SHELL}", "150.0.1.2")
    assert str(host) not in json.dumps(found), "the folder could not be moved"

    monkeypatch.setattr(provide_browser, "provide", lambda _: pytest.fail("done again"))
    ensure(host / "var")


def test_given_packages_that_do_not_start_when_provided_then_it_says_so_and_no_record_is_left(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provide_browser, "unpacked", lambda into, *_, **__: into / "root")
    with pytest.raises(CannotProvideError, match="do not start on this machine"):
        ensure(host / "var")
    assert not (host / "var/browser.json").exists()


def test_given_another_system_without_a_browser_when_provided_then_it_says_what_to_do(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provide_browser, "os_release", lambda: {"ID": "ubuntu"})
    with pytest.raises(CannotProvideError, match="this is ubuntu; install Chromium or Chrome"):
        ensure(host / "var")


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"recipe": 0}', '{"recipe": 1, "executable": 3, "environment": null}'],
)
def test_given_an_older_or_damaged_record_when_run_again_then_it_is_made_anew(
    host: Path, text: str
) -> None:
    put(host / "bin/chromium", "echo Chromium 150.0.1.2")
    (host / "var").mkdir()
    (host / "var/browser.json").write_text(text)
    ensure(host / "var")
    assert record(host)["version"] == "150.0.1.2"


def test_given_the_host_was_upgraded_when_run_again_then_the_record_follows(host: Path) -> None:
    put(host / "bin/chromium", "echo Chromium 150.0.1.2")
    ensure(host / "var")
    put(host / "bin/chromium", "echo Chromium 151.0.1.2")
    ensure(host / "var")
    assert record(host)["version"] == "151.0.1.2"
