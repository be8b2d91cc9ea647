"""Choosing and loading the engine that the settings ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import structlog

from asr.models.catalogue import VOSK_CHINESE, WHISPER_BASE
from asr.models.structure import fault_of_vosk_model, fault_of_whisper_model
from asr.recogniser.engines import load_engine
from asr.recogniser.interface import Recogniser, RecogniserError
from config.settings import Settings

log = structlog.get_logger(__name__)


def vosk_model_dir(settings: Settings) -> Path | None:
    """The configured Vosk model, else a fetched Chinese one (the larger first); None if neither."""
    if settings.asr.vosk_model is not None:
        return settings.asr.vosk_model
    for name in VOSK_CHINESE:
        folder = settings.models_dir / name
        if fault_of_vosk_model(folder) is None:
            return folder
    return None


def whisper_model_dir(settings: Settings) -> Path | None:
    """The assembled Whisper model; None when it isn't there."""
    folder = settings.models_dir / WHISPER_BASE
    return folder if fault_of_whisper_model(folder) is None else None


def model_dir(settings: Settings, engine: str) -> Path:
    """The folder of an engine's model.

    Raises:
        RecogniserError: there is none; the message says what to do.
    """
    if engine == "sherpa":
        if settings.asr.sherpa_model is None:
            raise RecogniserError("sherpa needs asr.sherpa_model, the folder of its model")
        return settings.asr.sherpa_model
    if engine == "vosk":
        folder, fetch = vosk_model_dir(settings), "hotline model fetch"
    else:
        folder, fetch = whisper_model_dir(settings), f"hotline model fetch {WHISPER_BASE}"
    if folder is None:
        name = engine.capitalize()
        raise RecogniserError(f"no {name} model in {settings.models_dir}; run: {fetch}")
    return folder


class EngineLoader(Protocol):
    """How an engine is loaded: here or in a process of its own."""

    def __call__(self, engine: str, model: Path, *, threads: int) -> Recogniser:
        """Load it.

        Raises:
            RecogniserError: the model cannot be loaded.
        """


def build_recogniser(
    settings: Settings, engine: str = "", load: EngineLoader = load_engine
) -> Recogniser | None:
    """Load the engine; blocks for seconds, so call it in a thread.

    Never fails: without a usable engine calls go on without transcripts, and the log says what to
    do about it.

    Args:
        settings: of the installation.
        engine: ``auto``, ``vosk``, ``whisper`` or ``sherpa``; without it the one of the settings.
        load: how.

    Returns:
        The recogniser, or None when recognition is off or impossible.
    """
    if not settings.asr.enabled:
        log.info("asr.off", reason="asr.enabled is false in the settings")
        return None
    try:
        recogniser = load_recogniser(settings, engine or settings.asr.engine, load)
    except RecogniserError as error:
        log.warning("asr.no_engine", reason=str(error))
        return None
    except Exception:
        log.exception("asr.no_engine", reason="the engine's library failed")
        return None
    log.info("asr.engine_ready", engine=recogniser.name, threads=settings.asr.threads)
    return recogniser


def load_recogniser(settings: Settings, engine: str, load: EngineLoader) -> Recogniser:
    """Like :func:`build_recogniser`, for who must know why there is none.

    Raises:
        RecogniserError: which model cannot be used and why, or that there is none.
    """
    threads = settings.asr.threads
    vosk_dir = vosk_model_dir(settings)
    whisper_dir = whisper_model_dir(settings)
    if engine != "auto":
        return load(engine, model_dir(settings, engine), threads=threads)
    if vosk_dir is not None:
        try:
            return load("vosk", vosk_dir, threads=threads)
        except RecogniserError as error:
            if whisper_dir is None:
                raise
            log.warning("asr.vosk_unusable", reason=str(error), instead=WHISPER_BASE)
    if whisper_dir is not None:
        return load("whisper", whisper_dir, threads=threads)
    raise RecogniserError(
        f"no model in {settings.models_dir}; calls go on without transcripts until you run: "
        f"hotline model fetch (or, where the publisher cannot be reached, "
        f"hotline model fetch {WHISPER_BASE})"
    )
