#!/usr/bin/env python3
"""Install everything into the project's own folder: Python packages, Asterisk, models.

Nothing outside the folder is changed and no root is needed. A second run finds everything in
place and ends at once. Standard library only: this runs with the system's Python.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import platform
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)
MACHINES = ("x86_64", "aarch64")


def main() -> int:
    """Install; 0 when everything is in place."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    options = parser.parse_args()
    project = Path(__file__).resolve().parent.parent
    if trouble := unfit():
        print(f"Cannot be installed: {trouble}", file=sys.stderr)
        return 1
    # imported only now: an older Python could not even read them
    from debian_packages import CannotProvideError
    from environment import CannotInstallError, Environment
    from provide_asterisk import ensure as ensure_asterisk
    from provide_browser import ensure as ensure_browser
    from provide_postgresql import ensure as ensure_postgresql
    from provide_softphone import ensure as ensure_softphone

    folder = install_dir(project)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two at once: the second finds all done
            Environment(project).ensure(dev=options.dev)
            ensure_asterisk(folder / "asterisk")
            try:
                ensure_softphone(folder / "softphone")
            except CannotProvideError as error:
                print(f"There will be no telephone in the browser: {error}", file=sys.stderr)
            if options.dev:
                try:
                    ensure_browser(folder / "browser")
                except CannotProvideError as error:
                    print(f"The agents' page will not be tested: {error}", file=sys.stderr)
                try:
                    ensure_postgresql(folder / "postgresql")
                except CannotProvideError as error:
                    print(f"PostgreSQL will not be tested: {error}", file=sys.stderr)
            return models(project)
    except (CannotInstallError, CannotProvideError) as error:
        print(f"Cannot be installed: {error}", file=sys.stderr)
    except OSError as error:
        print(f"Cannot be installed: {error.filename or folder}: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nInterrupted; run it again to go on.", file=sys.stderr)
        return 130
    return 1


def install_dir(project: Path) -> Path:
    """Where ``hotline.toml`` or the environment wants Asterisk and the models."""
    import tomllib

    file = Path(os.environ.get("HOTLINE_CONFIG") or project / "hotline.toml")
    try:
        set_in_file = tomllib.loads(file.read_text(encoding="utf-8")).get("install_dir")
    except (OSError, ValueError):
        set_in_file = None  # the program itself will say what is wrong with it
    named = os.environ.get("HOTLINE_INSTALL_DIR") or set_in_file
    return Path(named).expanduser() if isinstance(named, str) else project / "var"


def unfit() -> str | None:
    """Why this machine cannot run the hotline, or None."""
    if sys.version_info < OLDEST_PYTHON:
        return (
            f"Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed, this is "
            f"{platform.python_version()}; install it and run: make PYTHON=python3.11"
        )
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        return f"only Linux on {' or '.join(MACHINES)} is supported, not {platform.platform()}"
    return None


def models(project: Path) -> int:
    """Have the project itself fetch the recogniser's model."""
    hotline = project / ".venv/bin/hotline"
    return subprocess.run([hotline, "model", "ensure"], cwd=project, check=False).returncode  # noqa: S603 - the project's own command


if __name__ == "__main__":
    sys.exit(main())
