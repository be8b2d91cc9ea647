import json
from pathlib import Path
from typing import Any

import provide_postgresql
import pytest
from debian_packages import CannotProvideError
from provide_postgresql import ensure, host_server


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian without a server and without a network; its programs are in ``usr``."""
    monkeypatch.setattr(provide_postgresql, "host_server", lambda: host_server(tmp_path / "usr"))

    def no_network(*_: object, **__: object) -> Path:
        raise CannotProvideError("no network")

    monkeypatch.setattr(provide_postgresql, "unpacked", no_network)
    return tmp_path


def server(usr: Path, version: str, script: str = "") -> Path:
    programs = usr / "lib/postgresql" / version.split(".")[0] / "bin"
    programs.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        said = script or f"echo 'postgres (PostgreSQL) {version} (Debian {version}-1)'"
        (programs / name).write_text(f"#!/bin/sh\n{said}\n")
        (programs / name).chmod(0o755)
    return programs


def record(host: Path) -> Any:
    return json.loads((host / "var/postgresql.json").read_text())


def test_given_servers_on_the_host_when_provided_then_the_newest_that_starts_is_used(
    host: Path,
) -> None:
    server(host / "usr", "9.6.24")
    newest = server(host / "usr", "15.18")
    server(host / "usr", "16.2", "exit 1")
    ensure(host / "var")
    assert record(host) == {
        "programs": str(newest),
        "environment": {},
        "version": "15.18",
        "recipe": provide_postgresql.RECIPE,
    }


def test_given_only_an_old_server_when_provided_then_it_is_not_used(host: Path) -> None:
    server(host / "usr", "13.1")
    with pytest.raises(CannotProvideError, match="no network"):
        ensure(host / "var")


def test_given_none_on_the_host_when_provided_then_unpacked_and_started_with_its_libraries(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, object] = {}

    def unpack(into: Path, packages: list[str], **options: object) -> Path:
        asked.update(options, packages=packages)
        libraries = into / "root/usr/lib/x86_64-linux-gnu"
        libraries.mkdir(parents=True)
        (libraries / "libLLVM-14.so.1").touch()
        # starts only with what the record must say
        wanted = f'[ "$LD_LIBRARY_PATH" = "{libraries}" ] && echo postgres 15.18'
        server(into / "root/usr", "15.18", wanted)
        return into / "root"

    monkeypatch.setattr(provide_postgresql, "unpacked", unpack)
    ensure(host / "var")
    assert asked["for_host"] is True
    found = record(host)
    assert found["programs"] == "@HERE@/root/usr/lib/postgresql/15/bin"
    assert found["environment"] == {"LD_LIBRARY_PATH": "@HERE@/root/usr/lib/x86_64-linux-gnu"}
    assert not list((host / "var").rglob("libLLVM*"))


def test_given_one_that_was_provided_when_asked_again_then_nothing_is_done(host: Path) -> None:
    server(host / "usr", "15.18")
    ensure(host / "var")
    written = (host / "var/postgresql.json").stat().st_mtime_ns
    ensure(host / "var")
    assert (host / "var/postgresql.json").stat().st_mtime_ns == written
