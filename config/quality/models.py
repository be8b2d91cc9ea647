"""The rules as data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from config.data_file import DEFAULTS, read_data, validated
from config.faults import fault

DEFAULT_RULES = DEFAULTS / "quality.toml"


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise fault(f"不是正则表达式：{error}", f"is not a regular expression: {error}") from error
    return text


Expression = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_expression)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Forbidden(_Table):
    """Words that agents must not say."""

    says: Annotated[tuple[Expression, ...], Field(min_length=1)]


class Greeting(_Table):
    """One of these must be in the agent's first turns."""

    says: Annotated[tuple[Expression, ...], Field(min_length=1)]
    within_turns: Annotated[int, Field(ge=1, le=10)] = 2


class Interruption(_Table):
    """The agent speaks while the caller still does, for so long."""

    overlap_ms: Annotated[int, Field(ge=200, le=10_000)] = 800


class Silence(_Table):
    """Nobody speaks for so long."""

    seconds: Annotated[float, Field(ge=3, le=600)] = 20.0


class QualityRules(_Table):
    """All rules; None: off."""

    version: Literal[1]
    forbidden: Forbidden | None = None
    greeting: Greeting | None = None
    interruption: Interruption | None = None
    silence: Silence | None = None


def load_quality_rules(file: Path | None) -> QualityRules:
    """Read and validate the rules.

    Args:
        file: the deployment's rules (``settings.quality_rules``); None: those shipped.

    Raises:
        ConfigError: naming the file, the key (``forbidden.says.3``) and the reason.
    """
    file = file or DEFAULT_RULES
    return validated(QualityRules, read_data(file), file)
