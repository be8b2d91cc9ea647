"""Which prompts there are and what each says: the shared ones, the lines' and the menus'."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from config.data_file import DEFAULTS, read_data, validated
from config.errors import ConfigError
from config.menus import Menus, load_menus
from config.menus.models import Enter, Info
from config.numberplan import AnsweredLine, NumberPlan, Text, load_number_plan, notices_of
from config.prompts import announcement_key, closed_key, greeting_key, notice_key
from config.settings import Settings
from ivr.prompts.library import is_prompt_key

DEFAULT_PROMPTS = DEFAULTS / "prompts.toml"


class _PromptFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    prompts: Annotated[dict[str, Text], Field(min_length=1)]


def load_shared_texts(file: Path = DEFAULT_PROMPTS) -> dict[str, Text]:
    """The prompts that belong to no line and no menu.

    Raises:
        ConfigError: naming the file, the key (``prompts.queue-wait.zh``) and the reason.
    """
    loaded = validated(_PromptFile, read_data(file), file)
    for key in loaded.prompts:
        if not is_prompt_key(key):
            raise ConfigError(
                file,
                f"prompts.{key}",
                "use letters, digits, '-' and '_' in the name",
                "名称只能用字母、数字、- 和 _",
            )
    return loaded.prompts


def prompt_texts(plan: NumberPlan, menus: Menus, shared: dict[str, Text]) -> dict[str, Text]:
    """Every prompt by key: ``greeting-<line>``, ``announcement-<number>``, ``menu-…``, shared.

    Those of a line's stage end in its first day: ``announcement-<number>-<YYYYMMDD>``, those of a
    notice in ``-notice<YYYYMMDD>``.
    """
    texts = dict(shared)
    for line in itertools.chain.from_iterable(line.history for line in plan.lines.values()):
        if isinstance(line, AnsweredLine):
            texts[greeting_key(line.number, line.begins)] = line.greeting
        if line.closed:
            texts[closed_key(line.number, line.begins)] = line.closed.greeting
        announcement = getattr(line, "announcement", None)
        if isinstance(announcement, Text):
            texts[announcement_key(line.number, line.begins)] = announcement
        for notice in notices_of(line):
            texts[notice_key(line.number, notice.begins)] = notice.announcement
    for menu in menus.menus.values():
        texts[menu.prompt_key] = menu.prompt
        for key, action in menu.keys.items():
            if isinstance(action, Info | Enter):
                texts[menu.info_prompt_key(key)] = action.text
    return texts


def installation_texts(settings: Settings) -> dict[str, Text]:
    """Every prompt of this installation, from the files that its settings name.

    Raises:
        ConfigError: for the first fault in the number plan, the menus or the shared prompts.
    """
    menus = load_menus(settings.menus)
    plan = load_number_plan(settings.number_plan, settings.city, menus.entries)
    return prompt_texts(plan, menus, load_shared_texts())
