"""The data files that decide about calls, read and validated together."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.calendar import WorkCalendar, load_calendar
from config.directory import Directory, load_directory
from config.errors import ConfigError
from config.menus import Menus, load_menus
from config.numberplan import NumberPlan, load_number_plan
from config.settings import Settings
from config.versions import Action, Versions, sha256

# Names of the files by which their versions are kept; also the names of their settings.
FILES = ("number_plan", "menus", "directory", "calendar")


@dataclass(frozen=True, slots=True)
class Loaded:
    """Number plan, menus, directory and calendar that fit each other."""

    plan: NumberPlan
    menus: Menus
    directory: Directory
    calendar: WorkCalendar


def load_files(settings: Settings) -> Loaded:
    """Read all of them. Blocking.

    Raises:
        ConfigError: for the first fault, naming file, key and reason.
    """
    menus = load_menus(settings.menus)
    return Loaded(
        plan=load_number_plan(settings.number_plan, settings.city, menus.entries),
        menus=menus,
        directory=load_directory(settings.directory),
        calendar=load_calendar(settings.calendar),
    )


def load_with(settings: Settings, name: str, content: bytes) -> Loaded:
    """What would be in use if a file had another content. Blocking; the file is not touched.

    Raises:
        LookupError: there is no such file's name, or the package's own is in use.
        ConfigError: for the first fault, naming the file, the key and the reason.
    """
    file = file_of(settings, name)
    if file is None:
        raise LookupError(f"{name} is the package's own; name a file in the settings first")
    with tempfile.TemporaryDirectory(prefix="hotline-") as folder:
        tried = Path(folder) / file.name
        tried.write_bytes(content)
        try:
            return load_files(settings.model_copy(update={name: tried}))
        except ConfigError as error:
            raise ConfigError(
                file if error.file == tried else error.file,
                error.key,
                error.reason,
                error.reason_zh,
            ) from error


def file_of(settings: Settings, name: str) -> Path | None:
    """The deployment's own file; None: the one that comes with the package is in use.

    Raises:
        LookupError: there is no such file's name.
    """
    if name not in FILES:
        raise LookupError(f"there is no file {name!r}; there are: {', '.join(FILES)}")
    file: Path | None = getattr(settings, name)
    return file


def versions_of(settings: Settings, name: str) -> Versions:
    """The kept versions of a file, ``<data_dir>/versions/<name>/<n>.toml``."""
    file = file_of(settings, name)
    suffix = file.suffix if file else ".toml"
    return Versions(settings.data_dir / "versions" / name, suffix)


def keep_files(settings: Settings, who: str, action: Action) -> None:
    """Keep every file as a version that is not the last one already. Blocking.

    Raises:
        OSError: they cannot be kept.
        ValueError: a history is damaged.
    """
    for name in FILES:
        file = file_of(settings, name)
        if file is None:
            continue
        versions = versions_of(settings, name)
        content = file.read_bytes()
        with versions.only_one():
            changes = versions.history()
            if not changes or changes[-1].sha256 != sha256(content):
                versions.keep(content, who, action, file.name)
