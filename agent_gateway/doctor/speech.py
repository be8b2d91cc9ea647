"""What callers hear and whether they are heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.doctor.finding import Finding, fail, ok, warn
from agent_gateway.store import SecondBacklog, Store
from asr.apart import RecogniserApart
from asr.models.structure import fault_of_model
from asr.recogniser.build import load_recogniser, model_dir, vosk_model_dir
from asr.recogniser.interface import Recogniser, RecogniserError
from config.errors import ConfigError
from config.settings import Settings
from ivr.prompts import check_prompts, installation_texts

ANSWER_S = 5.0
LONG_WAIT = timedelta(days=1)


def check_prompts_present(settings: Settings) -> Iterator[Finding]:
    """Whether every prompt is there and fit to be heard."""
    try:
        texts = installation_texts(settings)
    except ConfigError:
        return  # said by the check of the number plan
    faults = check_prompts(settings.prompts_dir, texts)
    if not faults:
        yield ok("prompts", f"{len(texts)} in each language")
        return
    missing = [fault.prompt for fault in faults if "missing" in fault.fault]
    if missing:
        yield fail(
            "prompts",
            f"{len(missing)} are missing: {', '.join(missing[:3])}{' …' if missing[3:] else ''}",
            "hotline prompts render",
        )
    others = [f"{fault.prompt} {fault.fault}" for fault in faults if fault.prompt not in missing]
    if others:
        more = f" and {len(others) - 3} more" if others[3:] else ""
        yield warn("prompts", "; ".join(others[:3]) + more, "hotline prompts check shows them all")


def check_model(settings: Settings) -> Iterator[Finding]:
    """Whether a recogniser's model is there and loads."""
    if not settings.asr.enabled:
        yield ok("model", "recognition is off (asr.enabled)")
        return
    began = time.monotonic()
    opened: list[RecogniserApart] = []

    def load(engine: str, model: Path, *, threads: int) -> Recogniser:
        # a model that ends the process which loads it must not end the diagnosis
        opened.append(RecogniserApart(engine, model, threads=1))
        return opened[-1]

    try:
        recogniser = load_recogniser(settings, settings.asr.engine, load)
    except RecogniserError as error:
        yield fail(
            "model",
            f"calls go on without transcripts: {error}",
            "put the model right (hotline model fetch or list), then restart the service",
        )
        return
    finally:
        for one in opened:
            one.close()
    took = f"{recogniser.name}, loaded in {time.monotonic() - began:.1f} s"
    if vosk_model_dir(settings) is None and settings.asr.engine != "whisper":
        yield warn(
            "model",
            f"{took}: the stand-in, which writes a sentence when it is finished",
            "hotline model fetch, where the publisher can be reached",
        )
    else:
        yield ok("model", took)


def check_second_pass(settings: Settings) -> Iterator[Finding]:
    """Whether calls that are over can be heard again, and how many wait for it."""
    wanted = settings.second_pass
    if not wanted.lines:
        yield ok("second pass", "off (second_pass.lines)")
        return
    if not settings.asr.enabled:
        yield warn("second pass", "recognition is off", "set asr.enabled, or no second_pass.lines")
        return
    try:
        model = wanted.model or model_dir(settings, wanted.engine)
        fault = fault_of_model(wanted.engine, model)
    except RecogniserError as error:
        fault = str(error)
    if fault is not None:
        yield fail(
            "second pass",
            f"its model cannot be used: {fault}",
            "hotline model fetch, or correct second_pass.model; the calls wait meanwhile",
        )
        return
    try:
        backlog = asyncio.run(_backlog(settings.database_url))
    except (OSError, SQLAlchemyError, TimeoutError):
        return  # said by the check of the database
    waited = datetime.now(UTC) - backlog.since if backlog.since else timedelta()
    said = f"{backlog.waiting} calls wait, the oldest for {waited.total_seconds() / 3600:.1f} h"
    if backlog.failed:
        yield warn(
            "second pass",
            f"{backlog.failed} recordings could not be heard again; {said}",
            "hotline recordings verify; then hotline asr again",
        )
    elif waited > LONG_WAIT:
        yield warn(
            "second pass",
            said,
            "give the machine more processors, raise second_pass.live_streams, or take lines out",
        )
    else:
        yield ok("second pass", said)


async def _backlog(url: str) -> SecondBacklog:
    store = Store(url)
    try:
        async with asyncio.timeout(ANSWER_S):
            return await store.second.backlog()
    finally:
        await store.close()
