"""What the person who started the hotline is told."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from agent_gateway.service import Prepared
from config.settings import Settings
from config.settings.secrets import FILE_NAME as SECRETS_FILE


def announce(
    console: Console, settings: Settings, prepared: Prepared, log_file: Path | None
) -> None:
    """Print where to log in, with which password, and how to make the first call."""
    command = short(Path(sys.executable).parent / "hotline")
    web = settings.web
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(web.host, web.host)  # noqa: S104
    rows = Table.grid(padding=(0, 2))
    rows.add_row("Log in", f"http://{host}:{web.port}/")
    if prepared.accounts:
        for account in prepared.accounts:
            telephone = (
                f"   telephone {account.sip_user}, {account.sip_password}"
                if account.sip_user
                else ""
            )
            rows.add_row("", f"{account.username}, password {account.password}{telephone}")
    else:
        secrets = short(settings.data_dir / SECRETS_FILE)
        rows.add_row("", f"admin, first password: admin_password in {secrets}")
        rows.add_row("", f"forgotten passwords: {command} user --help")
    rows.add_row("Test call", f"{command} call 12345")
    rows.add_row("All well?", f"{command} doctor")
    if log_file is not None:
        rows.add_row("Log", short(log_file))
    rows.add_row("Stop", "Ctrl-C")
    title = "The hotline is running"
    console.print(Panel(rows, title=title, title_align="left", expand=False), soft_wrap=True)
    if prepared.accounts:
        console.print("These passwords are shown this once; write them down.")


def short(path: Path) -> str:
    """The path as one types it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
