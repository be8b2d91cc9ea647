"""Gathering the texts from where they belong: the catalogue, the number plan and the menus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from config.data_file import DEFAULTS, read_data, validated
from config.menus import Info, Menus
from config.numberplan import CancelledLine, MergedLine, NumberPlan, OfficeLine, Text

DEFAULT_PROMPTS = DEFAULTS / "prompts.toml"
PromptKey = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]


class _Catalogue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    prompts: dict[PromptKey, Text]


def greeting_key(number: str) -> str:
    """The prompt with which a call to that number is greeted."""
    return f"greeting-{number}"


def announcement_key(number: str) -> str:
    """The prompt that tells what became of a number out of service."""
    return f"announcement-{number}"


def prompt_texts(plan: NumberPlan, menus: Menus, file: Path | None = None) -> dict[str, Text]:
    """Every prompt of the installation by key.

    Every line has a greeting, also those out of service: should a call to one arrive all the same,
    it is greeted as the line that serves it.

    Raises:
        ConfigError: when the catalogue is faulty.
    """
    file = file or DEFAULT_PROMPTS
    texts: dict[str, Text] = dict(validated(_Catalogue, read_data(file), file).prompts)
    for number, line in plan.lines.items():
        texts[greeting_key(number)] = plan.serving(number).greeting
        if isinstance(line, MergedLine | CancelledLine | OfficeLine) and line.announcement:
            texts[announcement_key(number)] = line.announcement
    for menu in menus.menus.values():
        texts[menu.prompt_key] = menu.prompt
        for key, action in menu.keys.items():
            if isinstance(action, Info):
                texts[menu.info_prompt_key(key)] = action.text
    return texts
