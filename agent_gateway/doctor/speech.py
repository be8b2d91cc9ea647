"""What callers hear and whether they are heard."""

from __future__ import annotations

import time
from collections.abc import Iterator

from agent_gateway.doctor.finding import Finding, fail, ok, warn
from asr.recogniser.build import build_recogniser, vosk_model_dir
from config.errors import ConfigError
from config.settings import Settings
from ivr.prompts import check_prompts, installation_texts


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
    recogniser = build_recogniser(settings)
    if recogniser is None:
        yield fail(
            "model",
            f"no model in {settings.models_dir} loads; calls go on without transcripts",
            "hotline model fetch, or hotline model list to see what there is",
        )
        return
    took = f"{recogniser.name}, loaded in {time.monotonic() - began:.1f} s"
    if vosk_model_dir(settings) is None and settings.asr.engine != "whisper":
        yield warn(
            "model",
            f"{took}: the stand-in, which writes a sentence when it is finished",
            "hotline model fetch, where the publisher can be reached",
        )
    else:
        yield ok("model", took)
