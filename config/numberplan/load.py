"""Reading the number plan."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from config.data_file import DEFAULTS, read_data, validated
from config.errors import ConfigError
from config.numberplan.check import check_plan
from config.numberplan.models import Mode, NumberPlan
from config.settings.models import CitySettings

DEFAULT_PLAN = DEFAULTS / "numberplan.toml"


def load_number_plan(
    file: Path | None, city: CitySettings, menu_keys: Collection[str] = ()
) -> NumberPlan:
    """Read and validate the number plan.

    Args:
        file: the deployment's plan (``settings.number_plan``); None: the one shipped.
        city: gives the area code.
        menu_keys: the menus that a line may name (``Menus.entries``).

    Raises:
        ConfigError: naming the file, the key (``lines.12328.priority``) and the reason.
    """
    file = file or DEFAULT_PLAN
    values = read_data(file)
    lines = values.get("lines")
    if not isinstance(lines, dict) or not lines:
        raise ConfigError(
            file, "lines", "is required: one table per public number", "必填：每个对外号码一张表"
        )
    for number, line in lines.items():
        if not isinstance(line, dict):
            raise ConfigError(file, f"lines.{number}", "must be a table", "应为一张表")
        if "number" in line:
            raise ConfigError(
                file,
                f"lines.{number}.number",
                "the table's name is the number",
                "表名就是号码，请删除",
            )
        line["number"] = number
        _name_stages(line, file)
    plan = validated(NumberPlan, values, file, tags=frozenset(mode.value for mode in Mode))
    check_plan(plan, file, area_code=city.area_code, menu_keys=menu_keys)
    return plan


def _name_stages(line: dict[str, Any], file: Path) -> None:
    """A stage is of the same number, and called the same unless it says otherwise."""
    stages = line.get("stages", [])
    key = f"lines.{line['number']}.stages"
    if not isinstance(stages, list) or not all(isinstance(stage, dict) for stage in stages):
        raise ConfigError(file, key, f"must be tables: [[{key}]]", f"应为表：[[{key}]]")
    for index, stage in enumerate(stages):
        for name in ("number", "aliases", "stages"):
            if name in stage:
                raise ConfigError(
                    file,
                    f"{key}.{index}.{name}",
                    "belongs to the line, not a stage",
                    "属于线路，不属于阶段",
                )
        stage["number"] = line["number"]
        if "name" in line:
            stage.setdefault("name", line["name"])
