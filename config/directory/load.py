"""Reading the directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config.data_file import DEFAULTS, read_data, validated
from config.directory.models import Department, Directory, EntryKind
from config.errors import ConfigError
from config.numberplan.variants import EMERGENCY_NUMBERS

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
    _check_reachable(directory, file)
    return directory


def _placed(directory: Directory) -> Iterator[tuple[str, Department]]:
    for name, items in (("departments", directory.departments), ("contacts", directory.contacts)):
        for index, item in enumerate(items):
            yield f"{name}.{index}", item


def _check_unique(directory: Directory, file: Path) -> None:
    keys: dict[str, str] = {}
    names: dict[str, str] = {}
    categories: dict[str, str] = {}
    for where, item in _placed(directory):
        if (item.kind is EntryKind.DEPARTMENT) != where.startswith("departments"):
            raise ConfigError(
                file,
                f"{where}.kind",
                "departments are of the kind department, contacts of another one",
                "departments 中的 kind 应为 department，contacts 中的不能是",
            )
        first = keys.setdefault(item.key, where)
        if first != where:
            raise ConfigError(
                file,
                f"{where}.key",
                f"{item.key} is {first} already",
                f"键 {item.key} 已用于 {first}",
            )
        for name in (item.name, *item.aliases):
            owner = names.setdefault(name, item.key)
            if owner != item.key:
                raise ConfigError(
                    file,
                    where,
                    f"the name {name} belongs to {owner} already",
                    f"名称“{name}”已属于 {owner}",
                )
        for category in item.categories:
            owner = categories.setdefault(category, item.key)
            if owner != item.key:
                raise ConfigError(
                    file,
                    f"{where}.categories",
                    f"{category} is handled by {owner} already",
                    f"事项 {category} 已由 {owner} 承办",
                )


def _check_reachable(directory: Directory, file: Path) -> None:
    for where, item in _placed(directory):
        fallback = item.fallback
        for number in (*item.all_numbers, *((fallback.number,) if fallback else ())):
            if number in EMERGENCY_NUMBERS:
                raise ConfigError(
                    file,
                    where,
                    f"{number} is an emergency line, which has its own button",
                    f"{number} 是应急号码，另有专用按钮",
                )
        way, one = [item.key], item
        while one.fallback and one.fallback.entry:
            found = directory.get(one.fallback.entry)
            if found is None:
                raise ConfigError(
                    file,
                    f"{where}.fallback.entry",
                    f"there is no entry {one.fallback.entry}",
                    f"没有条目 {one.fallback.entry}",
                )
            way.append(found.key)
            if found.key in way[:-1]:
                raise ConfigError(
                    file,
                    f"{where}.fallback.entry",
                    f"goes round in a circle: {' > '.join(way)}",
                    f"循环：{' > '.join(way)}",
                )
            one = found
