#!/usr/bin/env python3
"""Find or fetch an Asterisk, and write down how to start it.

Asterisk on the search path is used when it is version 20 or newer and has the modules the
hotline needs. Otherwise Debian's (or Ubuntu's) packages are downloaded with apt, signatures
checked, and unpacked into a folder of their own. They run with the loader and the libraries they
came with, as an ordinary process: no root, no chroot, nothing on the host is changed.

Standard library only: this runs with the system's Python before anything is installed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from debian_packages import CannotProvideError, unpacked
from provision import ensured, read_record, reported, write_record

RECIPE = 1  # raise it when the unpacked tree must be made anew
OLDEST = 20
NEEDED_MODULES = (
    "app_audiosocket",
    "app_chanspy",
    "app_confbridge",
    "app_mixmonitor",
    "app_queue",
    "chan_pjsip",
    "pbx_config",
    "res_agi",
    "res_musiconhold",
    "res_pjsip",
    "res_rtp_asterisk",
)
SERVER_PACKAGES = ["asterisk", "asterisk-modules", "asterisk-core-sounds-en-wav"]
CALLER_PACKAGES = ["sip-tester"]


def main() -> int:
    """Provide Asterisk; 0 when done or already there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=Path("var/asterisk"), help="target folder")
    parser.add_argument("--again", action="store_true", help="provide it anew")
    options = parser.parse_args()
    return reported("Asterisk", options.into, lambda: ensure(options.into, again=options.again))


def ensure(into: Path, *, again: bool = False) -> None:
    """Provide Asterisk in ``into`` unless that has been done.

    Raises:
        CannotProvideError: saying what to do.
    """
    ensured(into, lambda folder: not again and still_good(folder), provide)


def still_good(into: Path) -> bool:
    """Whether the last run's result is complete, of this recipe and still starts."""
    try:
        found = read_record(into / "installation.json", RECIPE)
        if found is None:
            return False
        argv = [word.replace("@HERE@", str(into)) for word in found["asterisk_argv"]]
        return bool(list(version_of(argv) or ()) == found["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def provide(into: Path) -> None:
    """Write ``installation.json``, unpacking packages where the host has none."""
    found = host_asterisk()
    sipp = shutil.which("sipp")
    if found is None:
        root = unpacked(into, SERVER_PACKAGES + CALLER_PACKAGES)
        found = unpacked_asterisk(root)
        found["sipp_argv"] = [*loader(root), str(root / "usr/bin/sipp")]
    elif sipp:
        found["sipp_argv"] = [sipp]
    else:
        try:
            root = unpacked(into, CALLER_PACKAGES)
            found["sipp_argv"] = [*loader(root), str(root / "usr/bin/sipp")]
        except CannotProvideError as error:
            print(f"Asterisk: going on without a test caller (sipp): {error}", file=sys.stderr)
            found["sipp_argv"] = None
    write_record(into / "installation.json", found, RECIPE)
    print(f"Asterisk {'.'.join(map(str, found['version']))}: {found['source']}", file=sys.stderr)


def host_asterisk() -> dict[str, Any] | None:
    """The host's own Asterisk, or None when it is missing, too old or lacks modules."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"])
    binary = shutil.which("asterisk", path=path)
    version = version_of([binary]) if binary else None
    if not binary or not version or version[0] < OLDEST:
        return None
    prefixes = [Path(binary).resolve().parent.parent, Path("/usr"), Path("/usr/local")]
    modules = first_folder(
        prefixes, ["lib/*/asterisk/modules", "lib64/asterisk/modules", "lib/asterisk/modules"]
    )
    data = first_folder([*prefixes, Path("/var")], ["share/asterisk", "lib/asterisk"])
    if modules is None or data is None:
        return None
    if not all((modules / f"{name}.so").is_file() for name in NEEDED_MODULES):
        return None
    return {
        "source": f"the host's own, {binary}",
        "asterisk_argv": [binary],
        "modules_dir": str(modules),
        "data_dir": str(data),
        "version": version,
    }


def unpacked_asterisk(root: Path) -> dict[str, Any]:
    """How to start what was unpacked into ``root``."""
    argv = [*loader(root), str(root / "usr/sbin/asterisk")]
    version = version_of(argv)
    modules = first_folder([root / "usr"], ["lib/*/asterisk/modules", "lib/asterisk/modules"])
    if version is None or modules is None:
        raise CannotProvideError(
            f"the packages were unpacked into {root}, but do not start on this machine; "
            "install Asterisk 20 or newer yourself, then run this again"
        )
    return {
        "source": "unpacked packages",
        "asterisk_argv": argv,
        "modules_dir": str(modules),
        "data_dir": str(root / "usr/share/asterisk"),
        "version": version,
    }


def loader(root: Path) -> list[str]:
    """Command prefix that runs a program of ``root`` with root's own libraries."""
    for pattern in ("usr/lib/*/ld-linux*.so.*", "lib/*/ld-linux*.so.*"):
        for found in sorted(root.glob(pattern)):
            triplet = found.parent.name
            folders = [root / "usr/lib" / triplet, root / "lib" / triplet]
            path = ":".join(str(folder) for folder in folders if folder.is_dir())
            # without the cache it can not pick up a host's library of another version
            return [str(found), "--inhibit-cache", "--library-path", path]
    raise CannotProvideError(
        f"no loader in {root}: this machine's architecture ({os.uname().machine}) is not "
        "supported; install Asterisk 20 or newer yourself, then run this again"
    )


def version_of(argv: list[str]) -> tuple[int, int, int] | None:
    """The version which an Asterisk says it has, or None when it does not run."""
    try:
        said = subprocess.run(  # noqa: S603 - a program this script found or unpacked
            [*argv, "-V"], capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    if numbers is None:
        return None
    return int(numbers[1]), int(numbers[2]), int(numbers[3] or 0)


def first_folder(prefixes: list[Path], patterns: list[str]) -> Path | None:
    """The first folder that matches a pattern under a prefix."""
    for prefix in prefixes:
        for pattern in patterns:
            for found in sorted(prefix.glob(pattern)):
                if found.is_dir():
                    return found
    return None


if __name__ == "__main__":
    sys.exit(main())
