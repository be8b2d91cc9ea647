#!/usr/bin/env python3
"""Fetch JsSIP, the SIP library of the softphone in the agents' page, and make one file of it.

The packages come from npm, each exactly the pinned one (SHA-512); no node is needed: esbuild is a
program of its own, used here once and not kept. ``jssip.js`` is a module for browsers;
``LICENSES.txt`` beside it has the licences (all MIT) of what is in it.

Standard library only: this runs with the system's Python before anything is installed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from pathlib import Path

from debian_packages import CannotProvideError
from provision import command, ensured, read_record, write_record

RECIPE = 1  # raise it when the file must be made anew
REGISTRY = "https://registry.npmjs.org"
TIMEOUT_S = 60
TRIES = 3
VERSION = "3.13.8"
# name -> version and SHA-512, as npm publishes it
PACKAGES = {
    "jssip": (
        VERSION,
        "ErxEdy13vXR5izGo42fpXOU64UmC2VF7Shg4oYG7R2NzZF0FTPeYikffkIIQa9w+/11YvTlgezG1nSaycWYXPA==",
    ),
    "debug": (
        "4.4.3",
        "RGwwWnwQvkVfavKVt22FGLw+xYSdzARwm0ru6DhTVA3umU5hZc28V3kO4stgYryrTlLpuvgI9GiijltAjNbcqA==",
    ),
    "ms": (
        "2.1.3",
        "6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==",
    ),
    "events": (
        "3.3.0",
        "mQw+2fkQbALzQ7V0MY0IqdnXNOeTtP4r0lN9z7AAawCXgqea7bDii20AYrIBrFd/Hx0M2Ocz6S111CaFkUcb0Q==",
    ),
    "sdp-transform": (
        "2.15.0",
        "KrOH82c/W+GYQ0LHqtr3caRpM3ITglq3ljGUIb8LTki7ByacJZ9z+piSGiwZDsRyhQbYBOBJgr2k6X4BZXi3Kw==",
    ),
}
ESBUILD_VERSION = "0.27.2"
ESBUILD = {
    "x86_64": (
        "@esbuild/linux-x64",
        "uwp2Tip5aPmH+NRUwTcfLb+W32WXjpFejTIOWZFw/v7/KnpCDKG66u4DLcurQpiYTiYwQ9B7KOeMJvLCu/OvbA==",
    ),
    "aarch64": (
        "@esbuild/linux-arm64",
        "hYxN8pr66NsCCiRFkHUAsxylNOcAQaxSSkHMMjcpx0si13t1LHFphxJZUiGwojB1a/Hd5OiPIqDdXONia6bhTw==",
    ),
}


def main() -> int:
    """Provide the library; 0 when done or already there."""
    return command(__doc__, "Softphone", "var/softphone", ensure)


def ensure(into: Path) -> None:
    """Provide ``jssip.js`` in ``into`` unless that has been done.

    Raises:
        CannotProvideError: saying what to do.
    """
    ensured(into, still_good, provide)


def still_good(into: Path) -> bool:
    """Whether the file is the one that the last run of this recipe has made."""
    try:
        found = read_record(into / "softphone.json", RECIPE)
        return found is not None and found["sha256"] == sha256(into / "jssip.js")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def provide(into: Path) -> None:
    """Fetch the packages, make one file of them and write down which."""
    print(f"Softphone: fetching JsSIP {VERSION} from npm", file=sys.stderr)
    with tempfile.TemporaryDirectory(suffix=".partial", dir=into) as folder:
        work = Path(folder)
        for name, (version, digest) in PACKAGES.items():
            unpack(fetch(name, version, digest), work / "node_modules" / name)
        name, digest = esbuild()
        unpack(fetch(name, ESBUILD_VERSION, digest), work / "esbuild")
        bundle(work)
        licences(work)
        for file in ("LICENSES.txt", "jssip.js"):
            (work / file).replace(into / file)
    write_record(
        into / "softphone.json", {"version": VERSION, "sha256": sha256(into / "jssip.js")}, RECIPE
    )


def esbuild() -> tuple[str, str]:
    """The package with esbuild for this machine, and its SHA-512."""
    try:
        return ESBUILD[platform.machine()]
    except KeyError as error:
        raise CannotProvideError(f"there is no esbuild for {platform.machine()}") from error


def fetch(name: str, version: str, digest: str) -> bytes:
    """A package's archive from npm, or from the mirror that ``NPM_CONFIG_REGISTRY`` names.

    Raises:
        CannotProvideError: it cannot be fetched, or is not the pinned one.
    """
    registry = os.environ.get("NPM_CONFIG_REGISTRY") or REGISTRY
    file = f"{name.rpartition('/')[2]}-{version}.tgz"
    address = f"{registry.rstrip('/')}/{name}/-/{file}"
    if not address.startswith(("https://", "http://", "file://")):
        raise CannotProvideError(f"NPM_CONFIG_REGISTRY is no address that can be used: {registry}")
    archive = b""
    for left in reversed(range(TRIES)):
        try:
            with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:  # noqa: S310 - scheme checked above
                archive = answer.read()
            break
        except OSError as error:
            if not left:
                raise CannotProvideError(
                    f"{address} cannot be fetched ({error}); check network and proxy, or name a "
                    "mirror of npm in NPM_CONFIG_REGISTRY, then run it again"
                ) from error
            time.sleep(1)
    if base64.b64encode(hashlib.sha512(archive).digest()).decode() != digest:
        raise CannotProvideError(
            f"{address} is not the published package; name another mirror of npm in "
            "NPM_CONFIG_REGISTRY, then run it again"
        )
    return archive


def unpack(archive: bytes, into: Path) -> None:
    """The files of a package; npm has them in a folder ``package``. Its bytes were checked."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            inner = Path(*Path(member.name).parts[1:])
            content = tar.extractfile(member) if member.isfile() else None
            if content is None or ".." in inner.parts:
                continue
            target = into / inner
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
            target.chmod(member.mode & 0o755)


def bundle(work: Path) -> None:
    """One module for browsers, ``jssip.js``, of all packages.

    Raises:
        CannotProvideError: esbuild does not run here, or complains.
    """
    command = [str(work / "esbuild/bin/esbuild"), "node_modules/jssip/lib/JsSIP.js", "--bundle"]
    command += ["--minify", "--format=esm", "--target=es2022", "--outfile=jssip.js"]
    try:
        done = subprocess.run(  # noqa: S603 - the pinned program
            command, cwd=work, capture_output=True, text=True, check=False, timeout=120
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotProvideError(f"esbuild does not run on this machine: {error}") from error
    if done.returncode != 0:
        raise CannotProvideError(f"esbuild failed: {done.stderr.strip()[-500:]}")


def licences(work: Path) -> None:
    """``LICENSES.txt`` of what is in the module."""
    parts = []
    for name, (version, _) in PACKAGES.items():
        texts = sorted((work / "node_modules" / name).glob("[Ll][Ii][Cc][Ee][Nn][SsCc][Ee]*"))
        if not texts:
            raise CannotProvideError(f"the package {name} {version} has no licence in it")
        parts.append(f"{name} {version}\n\n{texts[0].read_text(encoding='utf-8').strip()}\n")
    (work / "LICENSES.txt").write_text("\n\n".join(parts), encoding="utf-8")


def sha256(file: Path) -> str:
    """Of a file's content, hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
