import json
from pathlib import Path

import provide_asterisk
import pytest
from debian_packages import CannotProvideError
from provide_asterisk import NEEDED_MODULES, ensure


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty host: what is put into its usr is all it has."""
    (tmp_path / "usr/bin").mkdir(parents=True)
    monkeypatch.setenv("PATH", f"{tmp_path}/usr/bin:/usr/bin:/bin")

    def no_packages(_: Path, packages: list[str]) -> Path:
        raise CannotProvideError(f"asked for {packages}")

    monkeypatch.setattr(provide_asterisk, "unpacked", no_packages)
    return tmp_path


def put(host: Path, version: str, modules: tuple[str, ...] = NEEDED_MODULES) -> Path:
    binary = host / "usr/bin/asterisk"
    binary.write_text(f"#!/bin/sh\necho Asterisk {version}\n")
    binary.chmod(0o755)
    folder = host / "usr/lib/x86_64-linux-gnu/asterisk/modules"
    folder.mkdir(parents=True)
    (host / "usr/share/asterisk").mkdir(parents=True)
    for name in modules:
        (folder / f"{name}.so").touch()
    return binary


def test_given_a_new_asterisk_on_the_host_when_provided_then_it_is_used(host: Path) -> None:
    binary = put(host, "22.4.1~dfsg-1")
    sipp = host / "usr/bin/sipp"
    sipp.write_text("#!/bin/sh\n")
    sipp.chmod(0o755)

    ensure(host / "var")

    found = json.loads((host / "var/installation.json").read_text())
    assert found["asterisk_argv"] == [str(binary)]
    assert found["sipp_argv"] == [str(sipp)]
    assert found["version"] == [22, 4, 1]
    assert found["modules_dir"] == f"{host}/usr/lib/x86_64-linux-gnu/asterisk/modules"


def test_given_no_test_caller_when_provided_then_the_rest_is_still_provided(host: Path) -> None:
    put(host, "20.6.0")
    ensure(host / "var")
    found = json.loads((host / "var/installation.json").read_text())
    assert found["sipp_argv"] is None


@pytest.mark.parametrize(
    ("version", "modules"), [("18.20.0", NEEDED_MODULES), ("22.1.0", NEEDED_MODULES[1:])]
)
def test_given_an_unfit_asterisk_when_provided_then_packages_are_fetched(
    host: Path, version: str, modules: tuple[str, ...]
) -> None:
    put(host, version, modules)
    with pytest.raises(CannotProvideError, match="asterisk-modules"):
        ensure(host / "var")
    assert not (host / "var/installation.json").exists()


def test_given_it_was_provided_when_run_again_then_nothing_is_done(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(host, "22.4.1")
    ensure(host / "var")
    monkeypatch.setattr(provide_asterisk, "provide", lambda _: pytest.fail("done again"))
    ensure(host / "var")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"recipe": 0}'])
def test_given_an_older_or_damaged_record_when_run_again_then_it_is_made_anew(
    host: Path, text: str
) -> None:
    put(host, "22.4.1")
    (host / "var").mkdir()
    (host / "var/installation.json").write_text(text)
    ensure(host / "var")
    assert json.loads((host / "var/installation.json").read_text())["version"] == [22, 4, 1]


def test_given_the_host_was_upgraded_when_run_again_then_the_record_follows(host: Path) -> None:
    binary = put(host, "22.4.1")
    ensure(host / "var")
    binary.write_text("#!/bin/sh\necho Asterisk 23.0.0\n")
    ensure(host / "var")
    assert json.loads((host / "var/installation.json").read_text())["version"] == [23, 0, 0]


@pytest.mark.parametrize(
    "loader",
    [
        "x86_64-linux-gnu/ld-linux-x86-64.so.2",
        "aarch64-linux-gnu/ld-linux-aarch64.so.1",
    ],
)
def test_given_a_tree_of_either_architecture_when_asked_then_its_own_loader(
    tmp_path: Path, loader: str
) -> None:
    file = tmp_path / "usr/lib" / loader
    file.parent.mkdir(parents=True)
    file.touch()
    assert provide_asterisk.loader(tmp_path) == [
        str(file),
        "--inhibit-cache",
        "--library-path",
        str(file.parent),
    ]
