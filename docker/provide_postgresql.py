#!/usr/bin/env python3
"""Find or fetch a PostgreSQL server for the tests, and write down how to start it.

Debian's or Ubuntu's own, already installed, is used; no service of the host's is touched, the tests
start a server of their own. Otherwise the packages are unpacked, with the libraries that the host
lacks, into a folder of its own: no root, nothing on the host is changed. ``initdb`` starts the
server by its own path, so that it cannot run with another loader than the host's; hence the host's
own release.

Standard library only: this runs with the system's Python before anything is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from debian_packages import CannotProvideError, unpacked
from provision import command, ensured, in_place, read_record, write_record

RECIPE = 1  # raise it when the unpacked tree must be made anew
OLDEST = 14
PACKAGES = ["postgresql"]  # of whatever version the release has


def main() -> int:
    """Provide a server; 0 when done or already there."""
    return command(__doc__, "PostgreSQL", "var/postgresql", ensure)


def ensure(into: Path) -> None:
    """Provide a server in ``into`` unless that has been done.

    ``postgresql.json`` there tells the folder of its programs (``programs``), what must be in their
    environment (``environment``) and its version; ``@HERE@`` stands for the folder.

    Raises:
        CannotProvideError: saying what to do.
    """
    ensured(into, still_good, provide)


def still_good(into: Path) -> bool:
    """Whether the last run's result is of this recipe and still starts."""
    try:
        found = read_record(into / "postgresql.json", RECIPE)
        if found is None:
            return False
        programs = Path(found["programs"].replace("@HERE@", str(into)))
        environment = in_place(found["environment"], into)
        return bool(version_of(programs, environment) == found["version"] is not None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def provide(into: Path) -> None:
    """Write ``postgresql.json``, unpacking packages where the host has no server."""
    found = host_server() or unpacked_server(into)
    write_record(into / "postgresql.json", found, RECIPE)
    print(f"PostgreSQL {found['version']}: {found['programs']}", file=sys.stderr)


def host_server(usr: Path = Path("/usr")) -> dict[str, Any] | None:
    """The host's own newest server, or None when it has none that starts."""
    for programs in server_folders(usr):
        version = version_of(programs, {})
        if version and int(version.split(".")[0]) >= OLDEST:
            return {"programs": str(programs), "environment": {}, "version": version}
    return None


def unpacked_server(into: Path) -> dict[str, Any]:
    """How to start the server that was unpacked into ``into/root``."""
    root = unpacked(into, PACKAGES, what="PostgreSQL", for_host=True)
    # the compiler of large queries: half of all bytes, and tests have no large queries
    for left_out in (*root.glob("usr/lib/*-linux-gnu/libLLVM*"), *root.glob("usr/lib/llvm*")):
        if left_out.is_dir():
            shutil.rmtree(left_out)
        else:
            left_out.unlink()
    libraries = [*root.glob("usr/lib/*-linux-gnu"), *root.glob("lib/*-linux-gnu")]
    environment = {"LD_LIBRARY_PATH": os.pathsep.join(str(folder) for folder in libraries)}
    for programs in server_folders(root / "usr"):
        if version := version_of(programs, environment):
            return {"programs": str(programs), "environment": environment, "version": version}
    raise CannotProvideError(
        f"the packages were unpacked into {root}, but do not start on this machine; "
        f"install PostgreSQL {OLDEST} or newer, then run this again"
    )


def server_folders(usr: Path) -> list[Path]:
    """Where Debian puts each version's programs, the newest version first."""
    found = [file.parent for file in usr.glob("lib/postgresql/*/bin/postgres")]
    return sorted(found, key=lambda bin_: int("0" + bin_.parent.name.split(".")[0]), reverse=True)


def version_of(programs: Path, environment: dict[str, str]) -> str | None:
    """The version which a server says it has, or None when it does not run."""
    if not (programs / "initdb").is_file():
        return None
    try:
        said = subprocess.run(  # noqa: S603 - a program this script found or unpacked
            [programs / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env=os.environ | environment,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = re.search(r"\d+(?:\.\d+)+", said)
    return numbers[0] if numbers else None


if __name__ == "__main__":
    sys.exit(main())
