"""Reading the configuration's data files: one way to open, validate and complain."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config.errors import ConfigError
from config.faults import problem_zh, syntax_zh, unreadable_zh

DEFAULTS = Path(__file__).parent / "defaults"

_Model = TypeVar("_Model", bound=BaseModel)

_PLAIN_REASONS = {
    "extra_forbidden": "unknown key; remove it or correct its spelling",
    "missing": "is required",
}


def read_data(file: Path) -> dict[str, Any]:
    """The table in a ``.toml`` or ``.json`` file.

    Raises:
        ConfigError: when the file cannot be read or parsed, or holds something else than a table.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            file, "", f"cannot be read: {error.strerror}", unreadable_zh(error)
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            file, "", f"is not UTF-8 text: {error.reason}", "不是 UTF-8 文本"
        ) from error
    try:
        values = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ConfigError(file, "", f"is not valid: {error}", syntax_zh(error)) from error
    if not isinstance(values, dict):
        raise ConfigError(file, "", "must hold one table of keys", "应为一张由键组成的表")
    return values


def validated(
    model: type[_Model], values: dict[str, Any], file: Path, *, tags: Collection[str] = ()
) -> _Model:
    """The values as a model.

    Args:
        model: what the file must look like.
        values: what the file holds.
        file: named in the complaint.
        tags: names that pydantic adds to a key's path for the member of a union it tried; they are
            not in the file, so they are left out of the complaint.

    Raises:
        ConfigError: for the first fault, with the key as it is written in the file.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise first_fault(error, file, values, tags) from error


def first_fault(
    error: ValidationError,
    file: Path | None,
    values: Mapping[str, Any] | None = None,
    tags: Collection[str] = (),
) -> ConfigError:
    """The first of pydantic's faults; arguments as of :func:`validated`."""
    first = error.errors()[0]
    key = ".".join(_written_path(values, first["loc"], tags))
    reason = _PLAIN_REASONS.get(first["type"], first["msg"])
    return ConfigError(file, key, reason, problem_zh(first["type"], first.get("ctx", {})))


def _written_path(values: Any, path: tuple[int | str, ...], tags: Collection[str]) -> list[str]:
    """The path without the tags: names that pydantic put in and that are no keys of the file."""
    written: list[str] = []
    tagged = False
    for part in path:
        if part in tags and not tagged and isinstance(values, dict) and part not in values:
            tagged = True
            continue
        written.append(str(part))
        tagged = False
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            values = None
    return written
