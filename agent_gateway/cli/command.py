"""What the commands share: the settings they work with, who runs them, how they fail."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from config.settings import Settings

Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file; else $HOTLINE_CONFIG, hotline.toml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
WRONG_USE = 2
"""Exit code for words or settings that cannot be used; what went wrong otherwise is 1."""


def settings_of(config: Path | None) -> Settings:
    """The settings; a fault in them ends the command."""
    from config.errors import ConfigError
    from config.settings import load_settings

    try:
        return load_settings(config)
    except ConfigError as error:
        fail(str(error), WRONG_USE)


def operator() -> str:
    """Who runs the command, for audit trail and versions.

    ``cli:`` and the name of the system's user; ``cli`` when it has none.
    """
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


def fail(reason: str, code: int = 1) -> NoReturn:
    """End the command with a sentence on the standard error."""
    typer.echo(reason, err=True)
    raise typer.Exit(code)
