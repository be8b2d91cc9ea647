"""Reading the directory of departments."""

from __future__ import annotations

from pathlib import Path

from config.data_file import DEFAULTS, read_data, validated
from config.directory.models import Directory
from config.errors import ConfigError

DEFAULT_DIRECTORY = DEFAULTS / "departments.json"


def load_directory(file: Path | None) -> Directory:
    """Read and validate the directory.

    Args:
        file: the deployment's directory, ``.json`` or ``.toml`` (``settings.directory``); None: the
            example shipped.

    Raises:
        ConfigError: naming the file, the key (``departments.3.name``) and the reason.
    """
    file = file or DEFAULT_DIRECTORY
    directory = validated(Directory, read_data(file), file)
    _check_unique(directory, file)
    return directory


def _check_unique(directory: Directory, file: Path) -> None:
    keys: dict[str, int] = {}
    names: dict[str, str] = {}
    categories: dict[str, str] = {}
    for index, department in enumerate(directory.departments):
        where = f"departments.{index}"
        first = keys.setdefault(department.key, index)
        if first != index:
            raise ConfigError(
                file, f"{where}.key", f"{department.key} is departments.{first} already"
            )
        for name in (department.name, *department.aliases):
            owner = names.setdefault(name, department.key)
            if owner != department.key:
                raise ConfigError(file, where, f"the name {name} belongs to {owner} already")
        for category in department.categories:
            owner = categories.setdefault(category, department.key)
            if owner != department.key:
                raise ConfigError(
                    file, f"{where}.categories", f"{category} is handled by {owner} already"
                )
