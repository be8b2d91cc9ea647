"""``hotline call``: play a caller, and see what the system does with the call."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from agent_gateway.cli.command import Config

if TYPE_CHECKING:
    from agent_gateway.cli.call_story import SystemSide
    from config.settings import Settings
    from telephony.testphone import PhoneCall, TestPhone

_NORMAL_CLEARING = 16
_DEFAULT_SPEECH_S = 1.0
_SYSTEM_DEADLINE_S = 15.0
_TIMED = re.compile(r"(\d+(?:\.\d+)?):(.+)", re.DOTALL)


def call(
    number: Annotated[str, typer.Argument(help="The number to dial, e.g. 12345.")],
    speak: Annotated[
        list[str] | None,
        typer.Option(
            help="Sound file to say, [SECONDS:]FILE, counted from the answer; may be repeated."
        ),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="Keys to press, SECONDS:KEYS from the answer, e.g. 3.5:0; repeatable."),
    ] = None,
    caller: Annotated[str, typer.Option(help="The caller's number.")] = "13900000001",
    hangup_after: Annotated[
        float | None, typer.Option(min=0, help="Hang up this many seconds after the answer.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=1, max=3600, help="Hang up after this many seconds in any case.")
    ] = 60.0,
    agent: Annotated[
        str,
        typer.Option(help="Extension of an agent whose telephone this command plays too."),
    ] = "",
    agent_speak: Annotated[
        list[str] | None,
        typer.Option(help="Sound file that agent says, [SECONDS:]FILE; may be repeated."),
    ] = None,
    save_heard: Annotated[
        Path | None, typer.Option(help="Keep what the caller heard in this WAV file.")
    ] = None,
    config: Config = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object instead of text.")
    ] = False,
) -> None:
    """Place a real SIP call and print what both sides saw of it.

    The caller is a second small Asterisk that lives as long as the call. Exit code 0: the hotline
    answered and the call ended normally; 1: it did not; 2: the call could not be tried.
    """
    from config.errors import ConfigError
    from config.settings import load_settings
    from telephony.asterisk.installation import InstallationError
    from telephony.testphone import PhoneError

    try:
        settings = load_settings(config)
        speeches = [_speech(text) for text in speak or ()]
        keys = [_keys(text) for text in key or ()]
        answered_by = (agent, [_speech(text) for text in agent_speak or ()])
        result = asyncio.run(
            _call(
                settings,
                number,
                caller,
                speeches,
                keys,
                hangup_after,
                timeout,
                save_heard,
                answered_by,
            )
        )
    except (ConfigError, InstallationError, PhoneError, ValueError, OSError) as error:
        _fail(str(error), as_json)
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    else:
        _print(result)
    raise typer.Exit(0 if result["ok"] else 1)


async def _call(
    settings: Settings,
    number: str,
    caller: str,
    speeches: list[tuple[float, Path]],
    keys: list[tuple[float, str]],
    hangup_after: float | None,
    timeout_s: float,
    save_heard: Path | None,
    answered_by: tuple[str, list[tuple[float, Path]]],
) -> dict[str, Any]:
    from rich.console import Console

    from agent_gateway.cli.call_agent import seated
    from telephony.asterisk.installation import find_installation
    from telephony.testphone import PhoneError, TestPhone, answers_sip

    bind, port = settings.asterisk.sip_bind, settings.asterisk.sip_port
    host = "127.0.0.1" if bind in ("0.0.0.0", "::") else bind  # noqa: S104 - compared, not bound
    if not await answers_sip(host, port):
        raise PhoneError(
            f"Nobody answers SIP at {host}:{port}; the hotline is not running there. "
            "Start it with: hotline run"
        )
    installation = await asyncio.to_thread(find_installation, settings)
    console = Console(stderr=True)
    with console.status(f"calling {number} at {host}:{port} as {caller}") as status:
        async with TestPhone(installation, (host, port), codec=settings.trunk.codecs[0]) as phone:
            async with seated(settings, phone, *answered_by):
                call = await _one_call(
                    phone, number, caller, speeches, keys, hangup_after, timeout_s
                )
                await call.wait_ended(timeout_s + 10)
            heard = await asyncio.to_thread(_heard, call, save_heard)
        status.update("the call is over; waiting for its recording and ticket")
        side, trouble = await _system(settings, call)
    return _result(call, heard, side, trouble, timeout_s)


async def _one_call(
    phone: TestPhone,
    number: str,
    caller: str,
    speeches: list[tuple[float, Path]],
    keys: list[tuple[float, str]],
    hangup_after: float | None,
    timeout_s: float,
) -> PhoneCall:
    call = await phone.dial(number, caller=caller, speak=speeches, keys=keys, max_s=timeout_s)
    if hangup_after is not None:
        call.do(call.hangup_at(hangup_after))
    return call


async def _system(settings: Settings, call: PhoneCall) -> tuple[SystemSide | None, str]:
    """What the system did, or None and why that is not known."""
    from sqlalchemy.exc import SQLAlchemyError

    from agent_gateway.cli.call_story import system_side

    if not call.sip_call_id:
        return None, "the call was over too soon to be looked up"
    if not settings.database.url and not (settings.data_dir / "hotline.db").exists():
        return None, f"there is no database in {settings.data_dir}"
    try:
        side = await system_side(settings.database_url, call, _SYSTEM_DEADLINE_S)
    except (SQLAlchemyError, OSError) as error:
        return None, f"the database does not answer: {str(error).splitlines()[0]}"
    if not side.call_id:
        return None, "the service has no record of this call; is it running? Ask: hotline doctor"
    return side, ""


def _heard(call: PhoneCall, save: Path | None) -> list[dict[str, Any]]:
    from telephony.testphone import PhoneError, heard_sounds

    try:
        sounds = heard_sounds(call.heard)
    except PhoneError:
        return []  # refused at once: there is no file
    if save is not None:
        shutil.copyfile(call.heard, save)
    return [asdict(sound) for sound in sounds]


def _result(
    call: PhoneCall,
    heard: list[dict[str, Any]],
    side: SystemSide | None,
    trouble: str,
    timeout_s: float,
) -> dict[str, Any]:
    from agent_gateway.cli.call_story import telephone_side

    lines = sorted(
        [*telephone_side(call), *(side.lines if side else ())], key=lambda line: line.offset_s
    )
    failure = _failure(call, timeout_s)
    turns = side.transcript if side else []
    return {
        "ok": not failure,
        "failure": failure,
        "number": call.number,
        "caller": call.caller,
        "began_at": call.began_at.isoformat(),
        "sip_call_id": call.sip_call_id,
        "answered": call.is_answered,
        "cause": call.cause,
        "cause_text": call.cause_text,
        "sip_status": call.sip_status,
        "call_id": side.call_id if side else "",
        "disposition": side.disposition if side else "",
        "timeline": [asdict(line) for line in lines],
        "transcript": [{"speaker": who, "text": text} for who, text in turns],
        "ticket": side.ticket if side else "",
        "recording": side.recording if side else "",
        "heard": heard,
        "system_unknown": trouble,
    }


def _failure(call: PhoneCall, timeout_s: float) -> str:
    """Why the call failed, in one sentence; "" when it did not."""
    if call.is_answered:
        if call.cause == _NORMAL_CLEARING:
            return ""
        return f"The call was answered but did not end normally: {call.end}."
    if call.sip_status in (401, 403):
        return (
            f"The hotline does not take calls from this telephone ({call.end}); "
            "trunk.addresses must contain 127.0.0.1 for test calls."
        )
    if call.sip_status == 0 and call.cause == _NORMAL_CLEARING:
        return f"The call was not answered within {timeout_s:g} s."
    return f"The call was not answered: {call.end}."


def _print(result: dict[str, Any]) -> None:
    for line in result["timeline"]:
        text = f"{line['offset_s']:9.2f} s  {line['source']:9}  {line['kind']:18} {line['detail']}"
        typer.echo(text.rstrip())
    for sound in result["heard"]:
        begin, end = sound["start_ms"] / 1000, sound["end_ms"] / 1000
        typer.echo(f"heard      sound at {begin:.2f}-{end:.2f} s, {sound['level_dbfs']} dBFS")
    for turn in result["transcript"]:
        typer.echo(f"{turn['speaker']:10} {turn['text']}")
    for name in ("ticket", "recording"):
        if result[name]:
            typer.echo(f"{name:10} {result[name]}")
    if result["system_unknown"]:
        typer.echo(f"What the system did is unknown: {result['system_unknown']}.", err=True)
    if result["failure"]:
        typer.echo(result["failure"], err=True)
    else:
        typer.echo(f"The call was answered and ended normally ({result['cause_text']}).")


def _speech(text: str) -> tuple[float, Path]:
    timed = _TIMED.fullmatch(text)
    seconds, name = (float(timed[1]), timed[2]) if timed else (_DEFAULT_SPEECH_S, text)
    if not Path(name).is_file():
        raise ValueError(f"--speak: there is no file {name}")
    return seconds, Path(name)


def _keys(text: str) -> tuple[float, str]:
    timed = _TIMED.fullmatch(text)
    if timed is None or not set(timed[2]) <= set("0123456789*#ABCD"):
        raise ValueError(f"--key must be SECONDS:KEYS such as 3.5:0, not {text!r}")
    return float(timed[1]), timed[2]


def _fail(reason: str, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps({"ok": False, "failure": reason}, ensure_ascii=False))
    typer.echo(reason, err=True)
    raise typer.Exit(2)
