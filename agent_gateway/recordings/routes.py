"""GET /api/recordings/{call_id}: the sealed audio, also in ranges (RFC 9110 section 14)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog
from aiohttp import web
from pydantic import Field

from agent_gateway.calls.access import visible_call
from agent_gateway.http.errors import ApiError
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route, Strict
from agent_gateway.store import RecordingRow
from telephony.recordings.manifest import FILE_NAME, Deleted, read_manifest

log = structlog.get_logger(__name__)

_TYPES = {".flac": "audio/flac", ".wav": "audio/wav", ".ogg": "audio/ogg", ".opus": "audio/ogg"}


class PartQuery(Strict):
    """``part``: one of the call's consultations, or who joined it; "" for the call itself."""

    part: str = Field("", pattern=r"^(?:(?:consult|joined)[0-9]{1,12})?$")


async def play(exchange: Exchange[PartQuery, Nothing]) -> web.FileResponse:
    """The recording: caller left, all others right; of a part, the agent or who joined is left."""
    call = await visible_call(exchange, "recording.play")
    part = exchange.query.part
    name = f"{call.id}-{part}" if part else call.id
    row = await exchange.context.store.calls.recording(name)
    if row is None:
        raise ApiError(
            404,
            "no_recording",
            "该通话没有录音，或录音尚未归档",
            "the call has no recording, or it is not sealed yet",
        )
    archive = exchange.context.settings.archive_dir
    file = await asyncio.to_thread(_inside, archive, row.path)
    if file is None and (gone := await asyncio.to_thread(_deleted, archive, row)):
        day = gone.at.astimezone(exchange.context.settings.city.zone).date().isoformat()
        raise ApiError(
            410,
            "recording_deleted",
            f"录音保存期满，已于 {day} 删除",
            f"the recording was deleted on {day}, after its retention",
        )
    if file is None:
        log.error("recording.file_missing", call_id=call.id, path=row.path)
        raise ApiError(
            404,
            "recording_missing",
            "录音文件缺失，请联系管理员核查归档",
            "the recording's file is missing; have the archive verified",
        )
    return web.FileResponse(
        file,
        headers={
            "Content-Type": _TYPES.get(file.suffix, "application/octet-stream"),
            "Content-Disposition": f'inline; filename="{row.sha256[:16]}{file.suffix}"',
            "Cache-Control": "private, no-store",
        },
    )


def _inside(archive: Path, relative: str) -> Path | None:
    """The file, if it is one and lies in the archive (whatever the database says)."""
    root = archive.resolve()
    file = (root / relative).resolve()
    return file if file.is_relative_to(root) and file.is_file() else None


def _deleted(archive: Path, row: RecordingRow) -> Deleted | None:
    """What the manifest says of its deletion; None when it was not deleted in due time."""
    root = archive.resolve()
    manifest = (root / row.path).resolve().parent / FILE_NAME
    try:
        return (
            read_manifest(manifest).deleted.get(row.sha256)
            if manifest.is_relative_to(root)
            else None
        )
    except OSError:
        return None


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/recordings/{call_id}",
        play,
        "A call's recording; Range requests are answered with 206",
        "recordings",
        PartQuery,
        Nothing,
        media="audio/flac",
    ),
)
