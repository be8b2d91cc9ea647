"""The ``hotline`` command; one module a subcommand, imported only when it is called."""

import logging
import sys

import structlog
import typer

from agent_gateway.cli import (
    asr,
    call,
    configuration,
    database,
    doctor,
    model,
    numbers,
    prefill,
    prompts,
    recordings,
    replay,
    run,
    user,
)

app = typer.Typer(
    name="hotline",
    help="Runs and looks after a 12345 government hotline on Asterisk.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

app.add_typer(asr.app, name="asr")
app.add_typer(configuration.app, name="configuration")
app.add_typer(database.app, name="database")
app.add_typer(model.app, name="model")
app.add_typer(numbers.app, name="numbers")
app.add_typer(prefill.app, name="prefill")
app.add_typer(prompts.app, name="prompts")
app.add_typer(recordings.app, name="recordings")
app.add_typer(user.app, name="user")
app.command()(call.call)
app.command()(run.run)
app.command()(doctor.doctor)
app.command("replay")(replay.replay_command)


def main() -> None:
    """Entry point of the ``hotline`` command."""
    # standard output is for what was asked for, and may be read by a program
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    app()
