"""The project's own Python environment, ``.venv``, exactly as the lock file says."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections import deque
from pathlib import Path

from bootstrap_pip import CannotBootstrapError, bootstrap_pip
from progress_line import Progress

NEEDED_FREE_BYTES = 2500 * 2**20
STAMP = ".installed"


class CannotInstallError(Exception):
    """The environment cannot be made; the message says what to do."""


class Environment:
    """``.venv`` in the project's folder."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.folder = project / ".venv"
        self.python = self.folder / "bin" / "python"
        self.stamp = self.folder / STAMP

    def ensure(self, *, dev: bool) -> None:
        """Bring it to the state of the lock file; nothing is done when it is in that state.

        Raises:
            CannotInstallError: saying what to do.
        """
        # what is needed to develop includes what is needed to run
        wanted = {"runtime": self._state("requirements.lock")}
        if dev:
            wanted["dev"] = self._state("requirements-dev.lock")
        present = self._present()
        if wanted.items() <= present.items() and self._usable():
            return
        free = shutil.disk_usage(self.project).free
        if not present and free < NEEDED_FREE_BYTES:
            raise CannotInstallError(
                f"{NEEDED_FREE_BYTES // 2**20} MB must be free in {self.project}, "
                f"there are {free // 2**20}; make room and run it again"
            )
        if not self._usable():
            self._create()
        self.stamp.unlink(missing_ok=True)
        self._fill(self.project / ("requirements-dev.lock" if dev else "requirements.lock"))
        if not dev and "dev" in present and wanted["runtime"] == present.get("runtime"):
            wanted["dev"] = present["dev"]
        self.stamp.write_text(json.dumps(wanted), encoding="utf-8")

    def _state(self, lock: str) -> str:
        digest = hashlib.sha256(str(self.folder).encode())
        digest.update(sys.version.encode())
        for name in (lock, "pyproject.toml"):
            digest.update((self.project / name).read_bytes())
        return digest.hexdigest()

    def _present(self) -> dict[str, str]:
        try:
            return {str(k): str(v) for k, v in json.loads(self.stamp.read_text()).items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _usable(self) -> bool:
        """Whether it is complete with pip, and of the Python that runs this."""
        told = "import pip, sys; print(sys.version, sys.prefix, sep='|')"
        try:
            said = subprocess.run(  # noqa: S603 - the environment's own Python
                [self.python, "-c", told], capture_output=True, text=True, check=False
            ).stdout
        except OSError:
            return False
        try:
            # a folder that was moved here still has the other place's path in its commands
            placed = str(self.python) in (self.folder / "bin/pip").read_text()[:1000]
        except OSError:
            return False
        return placed and said.strip() == f"{sys.version}|{self.folder}"

    def _create(self) -> None:
        print("Python environment: creating .venv", file=sys.stderr)
        has_pip = importlib.util.find_spec("ensurepip") is not None
        try:
            venv.create(self.folder, clear=True, symlinks=True, with_pip=has_pip)
            if not has_pip:
                bootstrap_pip(self.python)
        except CannotBootstrapError as error:
            raise CannotInstallError(str(error)) from error
        except subprocess.CalledProcessError as error:
            raise CannotInstallError(
                f"Python's own venv fails ({error}); install the package python3-venv, run it again"
            ) from error

    def _fill(self, lock: Path) -> None:
        text = lock.read_text(encoding="utf-8")
        total = len(re.findall(r"(?m)^[a-z0-9].*==", text))
        setuptools = re.search(r"(?m)^setuptools==.*\\\n(?:    --hash.*\n?)+", text)
        if setuptools is None:
            raise CannotInstallError(f"{lock.name} has no setuptools; run: make lock")
        builder = self.folder / "build.lock"
        builder.write_text(setuptools[0], encoding="utf-8")
        # setuptools first: two packages have no wheel and are built by it, unfetched and pinned
        self._pip("Python packages", 1, "--require-hashes", "-r", str(builder))
        self._pip(
            *("Python packages", total),
            *("--require-hashes", "--no-build-isolation", "--use-pep517", "-r", str(lock)),
        )
        self._pip(
            *("Python packages", 1),
            *("--no-deps", "--no-build-isolation", "--editable", str(self.project)),
        )

    def _pip(self, label: str, total: int, *arguments: str) -> None:
        progress = Progress(label, total, "looked at")
        said: deque[str] = deque(maxlen=200)
        argv = [str(self.python), "-m", "pip", "install", "--no-input"]
        argv += ["--disable-pip-version-check", "--no-warn-script-location", *arguments]
        with subprocess.Popen(  # noqa: S603 - the environment's own pip
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # no answer is asked for; a user's "pip install --user" setting has no place here
            env=os.environ | {"PIP_NO_INPUT": "1", "PIP_USER": "0", "PIP_PROGRESS_BAR": "off"},
        ) as pip:
            for line in pip.stdout or ():
                said.append(line.rstrip())
                if total > 1 and (found := re.match(r"(?:Collecting|\S+ already) ?(\S*)", line)):
                    progress.add(1, found[1])
                elif total > 1 and line.startswith("Installing"):
                    progress.show(total, "installing")
        if pip.returncode != 0:
            raise CannotInstallError(explain(list(said)))
        if total > 1:
            progress.close()


def explain(said: list[str]) -> str:
    """What to do about pip's complaint."""
    text = "\n".join(said)
    last = next((line for line in reversed(said) if line.startswith("ERROR")), text[-200:])
    if "No space left" in text:
        return "the disk is full; make room and run it again"
    if re.search(r"NewConnectionError|name resolution|ConnectTimeout|ReadTimeout|ProxyError", text):
        return "the package index cannot be reached; check network and proxy, then run it again"
    if "DO NOT MATCH THE HASHES" in text:
        return "the package index gives a file that is not the locked one; use another index"
    if "No matching distribution" in text:
        return (
            f"the package index lacks a package for this machine ({os.uname().machine}, Python "
            f"{sys.version_info.major}.{sys.version_info.minor}): {last}"
        )
    return f"pip failed: {last}"
