"""Reading the menus and checking the way they hang together."""

from __future__ import annotations

from pathlib import Path

from config.data_file import DEFAULTS, read_data, validated
from config.errors import ConfigError
from config.menus.models import ACTION_NAMES, Back, Menus, ToMenu

DEFAULT_MENUS = DEFAULTS / "menus.toml"
# More levels than this nobody remembers the way through.
MAX_DEPTH = 3


def load_menus(file: Path | None) -> Menus:
    """Read and validate the menus.

    Args:
        file: the deployment's menus (``settings.menus``); None: those shipped.

    Raises:
        ConfigError: naming the file, the key (``menus.example.keys.1``) and the reason.
    """
    file = file or DEFAULT_MENUS
    values = read_data(file)
    menus = values.get("menus", {})
    if not isinstance(menus, dict):
        raise ConfigError(file, "menus", "must hold one table per menu", "每个菜单应为一张表")
    for key, menu in menus.items():
        if not isinstance(menu, dict):
            raise ConfigError(file, f"menus.{key}", "must be a table", "应为一张表")
        if "key" in menu:
            raise ConfigError(
                file,
                f"menus.{key}.key",
                "the table's name is the menu's key",
                "表名就是菜单的键，请删除",
            )
        menu["key"] = key
    loaded = validated(Menus, values, file, tags=ACTION_NAMES)
    _check_graph(loaded, file)
    return loaded


def _check_graph(menus: Menus, file: Path) -> None:
    reached: set[str] = set()
    for key in sorted(menus.entries):
        _walk(menus, file, key, (), reached)
    for key, menu in menus.menus.items():
        if key not in reached:
            # a circle without an entrance is better called a circle
            _walk(menus, file, key, (), set(), strict=False)
            raise ConfigError(
                file,
                f"menus.{key}",
                "no menu leads here; link it, or set entry = true",
                "没有菜单通到这里；请接上，或设 entry = true",
            )
        if menu.entry:
            for digit, action in menu.keys.items():
                if isinstance(action, Back):
                    raise ConfigError(
                        file,
                        f"menus.{key}.keys.{digit}",
                        "an entry menu has nothing to go back to",
                        "入口菜单没有上一级可返回",
                    )


def _walk(
    menus: Menus,
    file: Path,
    key: str,
    path: tuple[str, ...],
    reached: set[str],
    *,
    strict: bool = True,
) -> None:
    path = (*path, key)
    if strict and len(path) > MAX_DEPTH:
        raise ConfigError(
            file,
            f"menus.{key}",
            f"is level {len(path)} ({' > '.join(path)}); {MAX_DEPTH} at most",
            f"是第 {len(path)} 级（{' > '.join(path)}），最多 {MAX_DEPTH} 级",
        )
    reached.add(key)
    for digit, action in menus.menus[key].keys.items():
        if not isinstance(action, ToMenu):
            continue
        where = f"menus.{key}.keys.{digit}.menu"
        if action.menu not in menus.menus:
            raise ConfigError(file, where, f"no menu {action.menu!r}", f"没有菜单“{action.menu}”")
        if action.menu in path:
            raise ConfigError(
                file,
                where,
                f"leads in a circle ({' > '.join(path)} > {action.menu}); use back or repeat",
                f"循环（{' > '.join(path)} > {action.menu}）；请用 back 或 repeat",
            )
        _walk(menus, file, action.menu, path, reached, strict=strict)
