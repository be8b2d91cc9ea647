"""Having some engine's model before the service starts."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Final, Literal

from asr.models.catalogue import VOSK_PUBLISHER, VOSK_SMALL, WHISPER_BASE
from asr.models.fetch import fetch_model, is_installed
from asr.models.report import FetchError, Reporter
from asr.models.structure import fault_of_vosk_model
from config.settings import Settings

Engine = Literal["vosk", "whisper", "none"]

REACH_S: Final = 6.0
TRY_AGAIN_S: Final = 24 * 3600
_ATTEMPT: Final = ".vosk-attempt.json"


def ensure_model(
    settings: Settings, reporter: Reporter, *, publisher: str = VOSK_PUBLISHER
) -> Engine:
    """Make sure that a recogniser can start; blocks.

    The default model is asked of its publisher once; when that fails, it is said, remembered for a
    day, and the engine that needs no download is made ready instead.

    Args:
        settings: which engine is wanted, and where models live.
        reporter: shows progress and says what happens.
        publisher: address of the folder with the archives.

    Returns:
        The engine that will be used; ``none`` when calls will have no transcripts.
    """
    if not settings.asr.enabled:
        return "none"
    wanted = settings.asr.engine
    if wanted != "whisper" and _vosk(settings, reporter, publisher):
        return "vosk"
    if wanted != "vosk" and _whisper(settings, reporter):
        reporter.say("Speech is recognised by Whisper.")
        return "whisper"
    reporter.say("No speech recogniser is ready: calls will have no transcripts.")
    return "none"


def forget_failed_attempt(models_dir: Path) -> None:
    """Let :func:`ensure_model` ask the publisher again."""
    (models_dir / _ATTEMPT).unlink(missing_ok=True)


def _vosk(settings: Settings, reporter: Reporter, publisher: str) -> bool:
    configured = settings.asr.vosk_model
    if configured is not None:
        fault = fault_of_vosk_model(configured)
        if fault:
            reporter.say(f"asr.vosk_model names {configured}, which is no model: {fault}.")
        return fault is None
    # any of the publisher's Chinese models will do, and the largest is taken
    from asr.recogniser.build import vosk_model_dir

    if vosk_model_dir(settings) is not None:
        return True
    if settings.asr.engine == "auto" and _failed_lately(settings.models_dir):
        return False
    try:
        fetch_model(
            VOSK_SMALL, settings.models_dir, reporter, publisher=publisher, timeout_s=REACH_S
        )
    except FetchError as error:
        reason = str(error).partition(";")[0]
        reporter.say(f"The Vosk model was not fetched: {reason}. Try later: hotline model fetch")
        _remember_failure(settings.models_dir, str(error))
        return False
    forget_failed_attempt(settings.models_dir)
    return True


def _whisper(settings: Settings, reporter: Reporter) -> bool:
    if is_installed(WHISPER_BASE, settings.models_dir):
        return True
    try:
        fetch_model(WHISPER_BASE, settings.models_dir, reporter)
    except FetchError as error:
        reporter.say(f"The Whisper model is not ready: {error}.")
        return False
    return True


def _failed_lately(models_dir: Path) -> bool:
    try:
        failed_at = float(json.loads((models_dir / _ATTEMPT).read_text(encoding="utf-8"))["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return 0 <= time.time() - failed_at < TRY_AGAIN_S


def _remember_failure(models_dir: Path, reason: str) -> None:
    note = json.dumps({"at": time.time(), "reason": reason}, ensure_ascii=False)
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        (models_dir / _ATTEMPT).write_text(note + "\n", encoding="utf-8")
    except OSError:
        # it will be tried again at the next start, which costs seconds
        return
