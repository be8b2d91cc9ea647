"""Reading what ``docker/provide_asterisk.py`` wrote down."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from config.settings import Settings
from telephony.asterisk.installation.model import Installation, InstallationError

FILE_NAME = "installation.json"
HERE = "@HERE@"
OLDEST = 20
_MODULE_PLACES = ("lib/*/asterisk/modules", "lib64/asterisk/modules", "lib/asterisk/modules")
_DATA_PLACES = ("share/asterisk", "var/lib/asterisk")


class _Written(BaseModel):
    """The file's form; ``@HERE@`` stands for the folder that it is in."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    source: str
    asterisk_argv: tuple[str, ...]
    sipp_argv: tuple[str, ...] | None
    modules_dir: Path
    data_dir: Path
    version: tuple[int, int, int]


def find_installation(settings: Settings) -> Installation:
    """The Asterisk named by ``asterisk.binary``, else the one that the installation provided.

    Blocking: reads a file, and runs ``asterisk -V`` when ``asterisk.binary`` is set.

    Raises:
        InstallationError: when there is none, or it is too old or incomplete.
    """
    provided = _provided(settings.asterisk_root)
    binary = settings.asterisk.binary
    if binary is not None:
        return _named(binary, provided.sipp_argv if provided else None)
    if provided is None:
        raise InstallationError(
            f"no Asterisk in {settings.asterisk_root}; run: make install (or name an Asterisk "
            f"{OLDEST} or newer with asterisk.binary)"
        )
    for path in (Path(provided.asterisk_argv[0]), provided.modules_dir, provided.data_dir):
        if not path.exists():
            raise InstallationError(f"{path} is missing; run: make install")
    return provided


def _provided(root: Path) -> Installation | None:
    file = root / FILE_NAME
    try:
        values: Any = _with_place(json.loads(file.read_text(encoding="utf-8")), str(root))
        written = _Written.model_validate(values)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InstallationError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, ValidationError) as error:
        raise InstallationError(f"{file} is damaged; delete it and run: make install") from error
    if not written.asterisk_argv:
        raise InstallationError(f"{file} is damaged; delete it and run: make install")
    return Installation(**dict(written))


def _with_place(value: Any, place: str) -> Any:
    if isinstance(value, str):
        return value.replace(HERE, place)
    if isinstance(value, list):
        return [_with_place(item, place) for item in value]
    if isinstance(value, dict):
        return {name: _with_place(item, place) for name, item in value.items()}
    return value


def _named(binary: Path, sipp_argv: tuple[str, ...] | None) -> Installation:
    try:
        said = subprocess.run(  # noqa: S603 - the operator's own setting
            [binary, "-V"], capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise InstallationError(f"asterisk.binary: {binary} does not run: {error}") from error
    numbers = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    if numbers is None:
        raise InstallationError(f"asterisk.binary: {binary} does not tell its version")
    version = (int(numbers[1]), int(numbers[2]), int(numbers[3] or 0))
    if version[0] < OLDEST:
        raise InstallationError(
            f"asterisk.binary: {binary} is version {version[0]}, {OLDEST} or newer is needed"
        )
    prefix = binary.resolve().parent.parent
    if sipp_argv is None and (sipp := shutil.which("sipp")):
        sipp_argv = (sipp,)
    return Installation(
        asterisk_argv=(str(binary),),
        sipp_argv=sipp_argv,
        modules_dir=_first(binary, prefix, _MODULE_PLACES),
        data_dir=_first(binary, prefix, _DATA_PLACES),
        version=version,
        source=f"asterisk.binary, {binary}",
    )


def _first(binary: Path, prefix: Path, places: tuple[str, ...]) -> Path:
    for root in (prefix, Path("/usr"), Path("/usr/local"), Path("/")):
        for place in places:
            for found in sorted(root.glob(place)):
                if found.is_dir():
                    return found
    raise InstallationError(
        f"asterisk.binary: nothing like {places[0]} beside {binary} or under /usr"
    )
