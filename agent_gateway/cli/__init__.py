"""The ``hotline`` command; one module a subcommand, imported only when it is called."""

import typer

app = typer.Typer(
    name="hotline",
    help="Runs and looks after a 12345 government hotline on Asterisk.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Entry point of the ``hotline`` command."""
    app()
