"""An installed Asterisk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


class InstallationError(Exception):
    """There is no usable Asterisk; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where Asterisk is and how it is started.

    Attributes:
        asterisk_argv: command prefix of the server. It may begin with a loader, so append the
            arguments to it and never take its first word for Asterisk itself.
        sipp_argv: command prefix of sipp, the test caller; None when there is none.
        modules_dir: folder of the ``.so`` modules (``astmoddir``).
        data_dir: folder of sounds and module documentation (``astdatadir``).
        version: major, minor, patch.
        source: where it comes from, for people.
    """

    asterisk_argv: tuple[str, ...]
    sipp_argv: tuple[str, ...] | None
    modules_dir: Path
    data_dir: Path
    version: tuple[int, int, int]
    source: str

    @property
    def version_text(self) -> str:
        """The version as people write it, ``22.10.1``."""
        return ".".join(str(number) for number in self.version)

    def has_module(self, name: str) -> bool:
        """Whether a module such as ``app_queue`` (with or without ``.so``) can be loaded."""
        return (self.modules_dir / f"{name.removesuffix('.so')}.so").is_file()

    @staticmethod
    def environment() -> dict[str, str]:
        """Environment for its programs: this process's, without what would mix up libraries."""
        return {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
