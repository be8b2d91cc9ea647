"""``hotline replay``: what a recorded AMI stream says about its calls."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_gateway.cli.command import WRONG_USE, fail

if TYPE_CHECKING:
    from telephony.replay import Replay


def replay_command(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="The recording; - reads the standard input. AMI wire format (with or without "
            "banner, responses, log lines in between) or JSON (a list, or an object a line); "
            "plain or gzip.",
        ),
    ] = "",
    source: Annotated[
        str, typer.Option("--from", metavar="FILE", help="Same as the argument FILE.")
    ] = "",
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object with 'events' and 'calls'."),
    ] = False,
    events: Annotated[
        bool, typer.Option("--events/--no-events", help="Print the domain events too.")
    ] = True,
) -> None:
    """Read a recorded AMI stream and tell its calls.

    Prints the domain events and one summary line a call: who called whom, who answered,
    transfers, who hung up, why. Takes recordings of any Asterisk from 1.4 to 22 and of any channel
    driver; what it does not know it passes over.

    JSON: calls[] has call_id, caller, caller_name, dialled, line, channel, started_at, queue,
    queue_result, wait_seconds, offers[{endpoint,channel,outcome}], answered_by, answered_at,
    answers[], agent, parties[], transfers[{kind,target,by,outcome}], holds, keys, ended_at,
    hung_up_by, hung_up_party, hung_up_basis, cause, cause_text, joined_to, disposition,
    duration_seconds, talk_seconds. Times are UTC, null where the recording has none.

    Exit code: 0 read; 2 the file cannot be read or holds no AMI message.
    """
    from telephony.replay import NotARecording, read_recording, replay

    name = file or source
    if not name:
        fail("Say which file to read, or - for the standard input: hotline replay FILE", WRONG_USE)
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        told = replay(read_recording(data))
    except NotARecording as error:
        fail(f"{_shown(name)} is not a recorded AMI stream: {error}.", WRONG_USE)
    except OSError as error:
        fail(f"{name} cannot be read: {error.strerror or error}.", WRONG_USE)
    try:
        if as_json:
            _print_json(told, with_events=events)
        else:
            _print_text(told, with_events=events)
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        sys.stderr.close()


def _print_json(told: Replay, *, with_events: bool) -> None:
    import json

    from telephony.events import event_to_json

    result: dict[str, object] = {}
    if with_events:
        result["events"] = [
            event_to_json(event) | ({} if told.timed else {"at": None}) for event in told.events
        ]
    result["calls"] = [call.to_json(timed=told.timed) for call in told.calls]
    typer.echo(json.dumps(result, ensure_ascii=False, indent=2))


def _print_text(told: Replay, *, with_events: bool) -> None:
    from telephony.events import event_to_json
    from telephony.replay import sentence

    if with_events:
        for event in told.events:
            values = event_to_json(event)
            name = values.pop("type")
            at = values.pop("at") if told.timed else ""
            details = " ".join(
                f"{key}={_plain(value)}" for key, value in values.items() if value not in ("", 0)
            )
            typer.echo(f"{at} {name} {details}".strip())
        typer.echo("")
    for call in told.calls:
        typer.echo(_plain(sentence(call, timed=told.timed)))
    if not told.calls:
        typer.echo(f"No calls in {told.messages} events.")


def _plain(value: object) -> str:
    """Text without control characters: a recording must not steer the terminal."""
    return "".join(c if c.isprintable() else "?" for c in str(value))


def _shown(name: str) -> str:
    return "The standard input" if name == "-" else name
