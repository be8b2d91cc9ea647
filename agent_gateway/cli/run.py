"""``hotline run``: everything, from settings to a hotline that takes calls."""

from __future__ import annotations

import errno
import os
import socket
from typing import Annotated, NoReturn

import typer

from agent_gateway.cli.command import Config


def run(
    config: Config = None,
    log_to_terminal: Annotated[
        bool, typer.Option("--log-to-terminal", help="Log here, not into DATA/log (containers).")
    ] = False,
) -> None:
    """Start Asterisk and the service, restart whichever dies; Ctrl-C stops both.

    Asterisk outlives the service, so that calls go on while it is restarted; and if this command
    itself is killed, the next one takes over the Asterisk that still runs.
    """
    from rich.console import Console
    from sqlalchemy.exc import SQLAlchemyError

    from agent_gateway.supervisor import AlreadyRunningError
    from agent_gateway.supervisor.launch import LaunchError, launch
    from config.errors import ConfigError
    from config.settings import load_settings
    from config.settings.load import FILE_VARIABLE
    from telephony.asterisk.installation import InstallationError
    from telephony.asterisk.rendering import RenderError

    if config is not None:
        os.environ[FILE_VARIABLE] = str(config.resolve())  # the service reads the same file
    try:
        status = launch(load_settings(), Console(highlight=False), log_to_terminal=log_to_terminal)
    except (
        AlreadyRunningError,
        ConfigError,
        InstallationError,
        LaunchError,
        RenderError,
    ) as error:
        _fail(str(error))
    except SQLAlchemyError as error:
        _fail(f"the database does not answer ({error}); check database.url")
    except (ConnectionError, TimeoutError, socket.gaierror) as error:
        said = str(error) or "no answer in time"
        _fail(f"the database does not answer ({said}); check database.url")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            _fail("the disk is full; make room and start again")
        place = error.filename or "the data folder"
        _fail(f"{place} cannot be used: {error.strerror}; check data_dir and its permissions")
    raise typer.Exit(status)


def _fail(reason: str) -> NoReturn:
    typer.echo(f"The hotline cannot start: {reason}", err=True)
    raise typer.Exit(1)
