#!/usr/bin/env python3
"""Make ``requirements.lock`` and ``requirements-dev.lock`` anew from ``pyproject.toml``.

One file for every machine: all supported Python versions, x86_64 and aarch64. Every file of
every package is named by its SHA-256, and no address is written down, so that any index serves.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

UV = "uv>=0.8,<1"
# what pyproject.toml builds with, and what builds the two packages that are published as source
BUILDER = "setuptools>=77\n"


def main() -> int:
    """Write both files; 0 when done."""
    project = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        tools = Path(folder) / "bin"
        subprocess.run([tools / "pip", "install", "--quiet", UV], check=True)  # noqa: S603
        runtime = ["--extra", "postgres", "-o", "requirements.lock"]
        dev = ["--extra", "dev", "-c", "requirements.lock", "-o", "requirements-dev.lock"]
        for arguments in (runtime, dev):
            subprocess.run(  # noqa: S603 - fixed arguments
                [
                    *(str(tools / "uv"), "pip", "compile", "pyproject.toml", "-", *arguments),
                    *("--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade"),
                    *("--no-emit-index-url", "--no-emit-find-links", "--no-annotate"),
                    *("--no-header", "--quiet"),
                ],
                input=BUILDER,
                text=True,
                cwd=project,
                check=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
