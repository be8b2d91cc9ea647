"""What the person who started the hotline is told."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from agent_gateway.service import Prepared
from agent_gateway.service.preparation import FIRST_AGENTS
from config.settings import Settings
from config.settings.secrets import FILE_NAME as SECRETS_FILE


def announce(
    console: Console, settings: Settings, prepared: Prepared, log_file: Path | None
) -> None:
    """Print where to log in, with which password, and how to make the first call."""
    command = short(Path(sys.executable).parent / "hotline")
    web = settings.web
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(web.host, web.host)  # noqa: S104
    console.print("\nThe hotline is running.", style="bold green")
    rows: list[tuple[str, str]] = [("Log in", f"http://{host}:{web.port}/")]
    for account in prepared.accounts:
        rows.append(("", f"{account.username}, password {account.password}"))
        if account.sip_user:
            rows.append(("", f"    telephone {account.sip_user}, password {account.sip_password}"))
    if prepared.accounts:
        rows.append(("", "These passwords are shown this once; write them down."))
    else:
        secrets = short(settings.data_dir / SECRETS_FILE)
        rows.append(("", f"admin, first password: see admin_password in {secrets}"))
    rows += [
        ("Test call", f"{command} call 12345 --agent {FIRST_AGENTS[0]}"),
        ("All well?", f"{command} doctor"),
    ]
    if log_file is not None:
        rows.append(("Log", short(log_file)))
    rows.append(("Stop", "Ctrl-C"))
    for label, text in rows:
        # one line each, however narrow the terminal: they are to be copied
        console.print(f"  {label:<10} {text}", soft_wrap=True, markup=False)


def short(path: Path) -> str:
    """The path as one types it from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
