"""``hotline doctor``: what is wrong, and how to mend it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from agent_gateway.cli.command import Config

if TYPE_CHECKING:
    from agent_gateway.doctor import Finding

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(
    config: Config = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object: well, findings.")
    ] = False,
) -> None:
    """Look at every part, say what is wrong and how to mend it; exit code 1 if anything fails.

    Warnings alone leave the exit code 0.
    """
    import logging
    from dataclasses import asdict

    import structlog

    from agent_gateway.doctor import Finding, Status, examine
    from config.errors import ConfigError
    from config.settings import load_settings

    # what the parts would log is said by the findings
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    findings: list[Finding] = []
    try:
        for finding in examine(load_settings(config)):
            findings.append(finding)
            if not as_json:
                _show(finding)
    except ConfigError as error:
        findings.append(Finding("settings", Status.FAIL, str(error), "correct the settings"))
        if not as_json:
            _show(findings[-1])
    well = all(finding.status is not Status.FAIL for finding in findings)
    if as_json:
        found = [asdict(finding) for finding in findings]
        typer.echo(json.dumps({"well": well, "findings": found}, ensure_ascii=False, indent=1))
    raise typer.Exit(0 if well else 1)


def _show(finding: Finding) -> None:
    state = typer.style(f"{finding.status:<5}", fg=_COLOURS[finding.status])
    typer.echo(f"{state} {finding.check:<12} {finding.message}")
    if finding.mend:
        typer.echo(f"{'':<18} -> {finding.mend}")
