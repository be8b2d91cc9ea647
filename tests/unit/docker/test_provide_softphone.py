import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path

import provide_softphone
import pytest
from debian_packages import CannotProvideError
from provide_softphone import ensure, fetch, licences, unpack

ESBUILD = b"""#!/bin/sh
echo "made of $1" > jssip.js
"""


def package(**files: bytes) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    return held.getvalue()


def digest(archive: bytes) -> str:
    return base64.b64encode(hashlib.sha512(archive).digest()).decode()


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror of npm with small packages, which are the pinned ones."""
    mirror = tmp_path / "npm"
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", mirror.as_uri())
    monkeypatch.setattr("provide_softphone.time.sleep", lambda _: None)

    def put(name: str, version: str, archive: bytes) -> str:
        folder = mirror / name / "-"
        folder.mkdir(parents=True)
        (folder / f"{name.rpartition('/')[2]}-{version}.tgz").write_bytes(archive)
        return digest(archive)

    files = {"package/LICENSE": b"MIT", "package/lib/JsSIP.js": b"..."}
    pinned = {name: ("1.0.0", put(name, "1.0.0", package(**files))) for name in ("jssip", "ms")}
    builder = package(**{"package/bin/esbuild": ESBUILD})
    tool = ("@esbuild/x", put("@esbuild/x", provide_softphone.ESBUILD_VERSION, builder))
    monkeypatch.setattr(provide_softphone, "PACKAGES", pinned)
    monkeypatch.setattr(provide_softphone, "esbuild", lambda: tool)
    return mirror


def test_given_the_packages_when_provided_then_one_file_with_its_licences_and_only_once(
    mirror: Path, tmp_path: Path
) -> None:
    into = tmp_path / "softphone"
    ensure(into)
    assert "JsSIP.js" in (into / "jssip.js").read_text()
    assert (into / "LICENSES.txt").read_text().count("MIT") == 2
    assert json.loads((into / "softphone.json").read_text())["version"] == provide_softphone.VERSION
    assert not list(into.glob("*.partial"))
    written = (into / "jssip.js").stat().st_mtime_ns
    ensure(into)
    assert (into / "jssip.js").stat().st_mtime_ns == written
    (into / "jssip.js").write_text("something else")
    ensure(into)
    assert "JsSIP.js" in (into / "jssip.js").read_text()


def test_given_another_package_under_its_name_when_fetched_then_refused(mirror: Path) -> None:
    with pytest.raises(CannotProvideError, match="not the published package"):
        fetch("jssip", "1.0.0", digest(b"the published one"))


def test_given_no_network_when_fetched_then_it_says_what_to_do(mirror: Path) -> None:
    with pytest.raises(CannotProvideError, match="name a mirror"):
        fetch("jssip", "2.0.0", "")


def test_given_a_package_that_points_outside_when_unpacked_then_nothing_is_written_there(
    tmp_path: Path,
) -> None:
    unpack(package(**{"package/../../evil": b"x", "package/fine": b"y"}), tmp_path / "in" / "it")
    assert [one.name for one in tmp_path.rglob("*") if one.is_file()] == ["fine"]


def test_given_a_package_without_a_licence_then_it_is_not_used(
    mirror: Path, tmp_path: Path
) -> None:
    with pytest.raises(CannotProvideError, match="no licence"):
        licences(tmp_path)
