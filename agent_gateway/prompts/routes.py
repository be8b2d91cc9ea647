"""Prompts: the list, the sound of each, recordings brought and taken back."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from aiohttp import BodyPartReader, web
from pydantic import BaseModel, Field

from agent_gateway.auth import Role
from agent_gateway.http.errors import ApiError, not_found
from agent_gateway.http.route import LEADERS, AnyRoute, B, Exchange, Nothing, Q, Route, Strict
from config.numberplan import Text
from config.versions import Change
from ivr.prompts import Language, prompt_texts, render_prompts
from ivr.prompts.catalogue import load_shared_texts
from ivr.prompts.decoding import KINDS, MAX_BYTES, UnfitRecordingError
from ivr.prompts.interfaces import LANGUAGES
from ivr.prompts.render import read_manifest
from ivr.prompts.versions import RecordingVersions
from ivr.prompts.wavefile import UnreadableSoundError

ADMINS = frozenset({Role.ADMIN})
_CHUNK = 256 << 10


class Prompt(BaseModel):
    """One prompt: what it says, and who speaks it (``studio``: a recording; "": not made yet)."""

    key: str
    zh: str
    en: str
    zh_voice: str
    en_voice: str


class Prompts(BaseModel):
    """All prompts of this installation, by key."""

    prompts: list[Prompt]


class RecordingChange(BaseModel):
    """One change of a prompt's recording; version 0: the voice speaks."""

    at: str
    who: str
    action: str
    version: int
    original: str
    sha256: str
    seconds: float


class RecordingHistory(BaseModel):
    """Oldest first; the last is in use."""

    versions: list[RecordingChange]


class Back(Strict):
    """Which version to return to; 0: the voice."""

    version: int = Field(ge=0)


async def prompts(exchange: Exchange[Nothing, Nothing]) -> Prompts:
    """List them."""
    texts = await asyncio.to_thread(_texts, exchange)
    made = await asyncio.to_thread(read_manifest, exchange.context.settings.prompts_dir)

    def voice(lang: str, key: str) -> str:
        return made.get(f"{lang}/{key}", {}).get("voice", "")

    return Prompts(
        prompts=[
            Prompt(
                key=key,
                zh=text.zh,
                en=text.en,
                zh_voice=voice("zh", key),
                en_voice=voice("en", key),
            )
            for key, text in sorted(texts.items())
        ]
    )


async def sound(exchange: Exchange[Nothing, Nothing]) -> web.FileResponse:
    """As callers hear it."""
    lang, key, _ = await _named(exchange)
    file = exchange.context.settings.prompts_dir / lang / f"{key}.wav"
    if not await asyncio.to_thread(file.is_file):
        raise not_found("提示音", "prompt")
    return web.FileResponse(file, headers={"Content-Type": "audio/wav"})


async def history(exchange: Exchange[Nothing, Nothing]) -> RecordingHistory:
    """Who changed its recording, and when."""
    lang, key, _ = await _named(exchange)
    versions = RecordingVersions(exchange.context.settings.prompts_dir, lang, key)
    changes = await asyncio.to_thread(versions.history)
    return RecordingHistory(versions=[_view(change) for change in changes])


async def bring(exchange: Exchange[Nothing, Nothing]) -> RecordingChange:
    """Check a recording, keep it, and let the next caller hear it."""
    lang, key, texts = await _named(exchange)
    settings, who = exchange.context.settings, exchange.user.username
    with tempfile.TemporaryDirectory(prefix="hotline-prompt-") as folder:
        file, original = await _received(exchange.request, Path(folder))
        versions = RecordingVersions(settings.prompts_dir, lang, key)
        try:
            change = await asyncio.to_thread(versions.add, file, who, original)
        except (UnreadableSoundError, UnfitRecordingError) as error:
            raise ApiError(
                422,
                "unfit_recording",
                f"录音不合格，未更换：{error}",
                f"the recording was refused, nothing was changed: {error}",
            ) from error
    await _in_use(exchange, texts, "prompt.import", lang, key, change)
    return _view(change)


async def roll_back(exchange: Exchange[Nothing, Back]) -> RecordingChange:
    """Use an earlier version again."""
    lang, key, texts = await _named(exchange)
    versions = RecordingVersions(exchange.context.settings.prompts_dir, lang, key)
    try:
        change = await asyncio.to_thread(
            versions.roll_back, exchange.body.version, exchange.user.username
        )
    except LookupError as error:
        raise not_found("版本", "version") from error
    await _in_use(exchange, texts, "prompt.rollback", lang, key, change)
    return _view(change)


async def _in_use(
    exchange: Exchange[Q, B],
    texts: Mapping[str, Text],
    action: str,
    lang: Language,
    key: str,
    change: Change,
) -> None:
    settings = exchange.context.settings
    await asyncio.to_thread(lambda: render_prompts(settings, {key: texts[key]}, keep_others=True))
    await exchange.audit(
        action, f"{lang}/{key}", detail=f"version={change.version} file={change.original}"
    )


async def _received(request: web.Request, folder: Path) -> tuple[Path, str]:
    """The file of the form's first part, and what the sender calls it."""
    if request.content_type != "multipart/form-data":
        raise ApiError(
            415,
            "no_file",
            "请以 multipart/form-data 上传一个录音文件",
            "send the recording as multipart/form-data",
        )
    file = folder / "recording"
    size = 0
    try:
        part = await (await request.multipart()).next()
        named = part.filename if isinstance(part, BodyPartReader) else None
        if not isinstance(part, BodyPartReader) or not named:
            raise _no_file("the form has no file")
        with await asyncio.to_thread(file.open, "wb") as out:
            while chunk := await part.read_chunk(_CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise ApiError(
                        413,
                        "too_large",
                        f"录音文件过大，最多 {MAX_BYTES >> 20} MB",
                        f"the file is too large, at most {MAX_BYTES >> 20} MB",
                    )
                await asyncio.to_thread(out.write, chunk)
    except (ValueError, AssertionError) as error:
        raise _no_file(str(error)[:100]) from error
    return file, Path(named).name[:100]


def _no_file(reason: str) -> ApiError:
    return ApiError(
        422,
        "no_file",
        f"没有收到录音文件，请上传 {KINDS} 文件",
        f"no file came ({reason}); upload {KINDS}",
    )


async def _named(exchange: Exchange[Q, B]) -> tuple[Language, str, Mapping[str, Text]]:
    """Language and key in the path, if there is such a prompt; and all texts."""
    texts = await asyncio.to_thread(_texts, exchange)
    lang = next((one for one in LANGUAGES if one == exchange.path("lang")), None)
    key = exchange.path("key")
    if lang is None or key not in texts:
        raise not_found("提示音", "prompt")
    return lang, key, texts


def _texts(exchange: Exchange[Q, B]) -> Mapping[str, Text]:
    reloader = exchange.context.reloader
    if reloader is None:
        raise not_found("提示音", "prompt")
    loaded = reloader.current
    return prompt_texts(loaded.plan, loaded.menus, load_shared_texts())


def _view(change: Change) -> RecordingChange:
    return RecordingChange(**asdict(change))


_ONE = "/api/prompts/{lang}/{key}"
ROUTES: tuple[AnyRoute, ...] = (
    Route(
        *("GET", "/api/prompts", prompts, "All prompts and who speaks them", "prompts"),
        *(Nothing, Nothing, Prompts),
        roles=LEADERS,
    ),
    Route(
        *("GET", f"{_ONE}/audio", sound, "A prompt as callers hear it", "prompts"),
        *(Nothing, Nothing),
        media="audio/wav",
        roles=LEADERS,
    ),
    Route(
        *("GET", f"{_ONE}/versions", history, "Who changed a prompt's recording", "prompts"),
        *(Nothing, Nothing, RecordingHistory),
        roles=LEADERS,
    ),
    Route(
        *("POST", _ONE, bring, f"Bring a recording ({KINDS}; form field file)", "prompts"),
        *(Nothing, Nothing, RecordingChange),
        roles=ADMINS,
    ),
    Route(
        *("POST", f"{_ONE}/rollback", roll_back, "Use an earlier recording again", "prompts"),
        *(Nothing, Back, RecordingChange),
        roles=ADMINS,
    ),
)
