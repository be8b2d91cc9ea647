"""The agents' page: plain files, served as they are."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
SOFTPHONE_FILES = ("jssip.js", "LICENSES.txt")


def add_pages(app: web.Application, softphone: Path) -> None:
    """``/``, ``/static/``, and the softphone's library, which is provided in ``softphone``."""

    async def index(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    async def library(request: web.Request) -> web.FileResponse:
        file = softphone / request.path.rpartition("/")[2]
        if not file.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(file, headers={"Cache-Control": "no-cache"})

    app.router.add_get("/", index)
    app.router.add_static("/static/", STATIC)
    for name in SOFTPHONE_FILES:
        app.router.add_get(f"/softphone/{name}", library)
