"""The labels of a ticket and what people call them; the categories are in the lexicon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from asr.prefill.lexicon import read_table
from config.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Key → name, in the order of the data."""

    request_types: Mapping[str, str]
    urgency: Mapping[str, str]
    emergency_lines: Mapping[str, str]
    reject_reasons: Mapping[str, str]
    districts: tuple[str, ...]


@cache
def taxonomy() -> Taxonomy:
    """The embedded labels.

    Raises:
        ConfigError: naming the file and the entry at fault.
    """
    path, table = read_table("taxonomy.json")

    def names(key: str) -> dict[str, str]:
        entries = table.get(key)
        if not isinstance(entries, dict):
            raise ConfigError(path, key, "must be an object of key and name", "应为键和名称的对象")
        return {str(one): str(name) for one, name in entries.items()}

    districts = table.get("districts")
    if not isinstance(districts, list):
        raise ConfigError(path, "districts", "must be a list of names", "应为名称的列表")
    return Taxonomy(
        request_types=names("request_types"),
        urgency=names("urgency"),
        emergency_lines=names("emergency_lines"),
        reject_reasons=names("reject_reasons"),
        districts=tuple(map(str, districts)),
    )
