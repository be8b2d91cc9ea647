"""Taking changed data files into use, their versions, and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import asdict
from typing import ClassVar, TypeVar

from pydantic import BaseModel, Field

from agent_gateway.auth import Role
from agent_gateway.configuration.loaded import FILES, file_of, versions_of
from agent_gateway.configuration.reloading import Reloader
from agent_gateway.http.conflicts import AsRead, Shared
from agent_gateway.http.errors import ApiError, ErrorDetail, not_found
from agent_gateway.http.route import LEADERS, AnyRoute, Exchange, Nothing, Route
from config.errors import ConfigError
from config.versions import sha256
from telephony.asterisk.installation import InstallationError
from telephony.asterisk.process import AsteriskProcessError
from telephony.asterisk.rendering import RenderError

T = TypeVar("T")
# what a request may hold, less the quoting
MAX_CHARS = 60_000
ADMINS = frozenset({Role.ADMIN})


class Version(BaseModel):
    """One change of a file; see ``config.versions.Change``."""

    at: str
    who: str
    action: str
    version: int
    original: str
    sha256: str
    seconds: float
    why: str


class Versions(BaseModel):
    """Oldest first; the last is in use."""

    versions: list[Version]


class FileAsRead(AsRead):
    """``read``: the SHA-256 of the content that was read."""

    of: ClassVar = Shared(
        name="该文件", name_en="the file", read="文件的 sha256", read_en="the file's sha256"
    )
    read: str = Field(pattern="^[0-9a-f]{64}$")


class Back(FileAsRead):
    """Which version to return to, and what was read of the one in use."""

    version: int = Field(ge=1)


class NewContent(FileAsRead):
    """A file's new content, what was read of the old one, and why it changes."""

    content: str = Field(min_length=1, max_length=MAX_CHARS)
    why: str = Field(min_length=1, max_length=200, pattern=r"\S")


class Progress(BaseModel):
    """Prompts of a change that is on its way."""

    done: int
    total: int
    prompt: str


class State(BaseModel):
    """Whether a change is on its way, and what became of the last.

    Attributes:
        speaking: null: none is.
        fault: why the last change was refused; "" when it was not.
        fault_zh: the same in Chinese.
        files: by name, the path of the deployment's own file; "" for the package's.
    """

    speaking: Progress | None
    fault: str
    fault_zh: str
    files: dict[str, str]


class Content(BaseModel):
    """What is in a file now, or was as a version."""

    content: str
    sha256: str


class InUse(BaseModel):
    """What is in use now: the numbers of the plan."""

    lines: list[str]


async def reload(exchange: Exchange[Nothing, Nothing]) -> InUse:
    """Validate the files and take them into use."""
    reloader = _reloader(exchange)
    await _changed(reloader.reload(exchange.user.username))
    await exchange.audit("configuration.reload")
    return InUse(lines=list(reloader.current.plan.lines))


async def state(exchange: Exchange[Nothing, Nothing]) -> State:
    """How the last change goes."""
    reloader = _reloader(exchange)
    speaking = reloader.speaking
    settings = exchange.context.settings
    return State(
        speaking=Progress(**asdict(speaking)) if speaking else None,
        fault=reloader.fault,
        fault_zh=reloader.fault_zh,
        files={name: str(file_of(settings, name) or "") for name in FILES},
    )


async def content(exchange: Exchange[Nothing, Nothing]) -> Content:
    """What is in a file now."""
    try:
        file = file_of(exchange.context.settings, exchange.path("file"))
    except LookupError as error:
        raise not_found("文件", "file") from error
    if file is None:
        raise _own_needed(exchange.path("file"))
    return _content(await asyncio.to_thread(file.read_bytes))


async def version(exchange: Exchange[Nothing, Nothing]) -> Content:
    """What was in a file as one of its versions."""
    try:
        kept = versions_of(exchange.context.settings, exchange.path("file"))
        _, content = await asyncio.to_thread(kept.content, exchange.number("version"))
    except LookupError as error:
        raise not_found("文件或版本", "file or version") from error
    return _content(content)


def _content(content: bytes) -> Content:
    return Content(content=content.decode("utf-8", "replace"), sha256=sha256(content))


async def put(exchange: Exchange[Nothing, NewContent]) -> Version:
    """Change a file; the answer comes when it is in use."""
    name, who, body = exchange.path("file"), exchange.user.username, exchange.body
    if name not in FILES:
        raise not_found("文件", "file")
    if file_of(exchange.context.settings, name) is None:
        raise _own_needed(name)
    changing = _reloader(exchange).put(name, body.content.encode(), who, body.why, body.read)
    change = await _changed(changing)
    await exchange.audit("configuration.put", name, detail=f"version={change.version}; {body.why}")
    return Version(**asdict(change))


def _own_needed(name: str) -> ApiError:
    return ApiError(
        409,
        "no_own_file",
        f"正在使用随附的文件，请先在设置中用 {name} 指定自己的文件",
        f"the package's own file is in use; name a file by {name} in the settings first",
    )


async def versions(exchange: Exchange[Nothing, Nothing]) -> Versions:
    """Who changed a file, and when."""
    try:
        changes = await asyncio.to_thread(_reloader(exchange).history, exchange.path("file"))
    except LookupError as error:
        raise not_found("文件", "file") from error
    return Versions(versions=[Version(**asdict(change)) for change in changes])


async def roll_back(exchange: Exchange[Nothing, Back]) -> Version:
    """Use an earlier version again."""
    name, number = exchange.path("file"), exchange.body.version
    try:
        change = await _changed(
            _reloader(exchange).roll_back(name, number, exchange.user.username, exchange.body.read)
        )
    except LookupError as error:
        raise ApiError(
            404, "not_found", f"不能回到第 {number} 版：没有该文件或该版本", str(error.args[0])
        ) from error
    await exchange.audit("configuration.rollback", name, detail=f"version={number}")
    return Version(**asdict(change))


async def _changed(work: Awaitable[T]) -> T:
    try:
        return await work
    except ConfigError as error:
        raise ApiError(
            422,
            "invalid_configuration",
            f"文件有误，未生效：{error.message_zh}",
            f"a file is wrong, nothing was changed: {error}",
            details=[
                ErrorDetail(field=error.key, problem=error.reason, problem_zh=error.reason_zh)
            ],
        ) from error
    except (RenderError, InstallationError, AsteriskProcessError) as error:
        raise ApiError(
            503,
            "asterisk_not_changed",
            "Asterisk 没有接受新的配置，通话不受影响",
            f"Asterisk did not take it; calls go on: {error}",
        ) from error


def _reloader(exchange: Exchange[Nothing, T]) -> Reloader:  # type: ignore[type-var]
    reloader = exchange.context.reloader
    if reloader is None:
        raise not_found("接口", "interface")
    return reloader


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/configuration",
        state,
        "Whether a change is on its way, and why the last was refused",
        "configuration",
        Nothing,
        Nothing,
        State,
        roles=LEADERS,
    ),
    Route(
        "GET",
        "/api/configuration/{file}",
        content,
        "Content of number_plan, menus, directory or calendar",
        "configuration",
        Nothing,
        Nothing,
        Content,
        roles=LEADERS,
    ),
    Route(
        "PUT",
        "/api/configuration/{file}",
        put,
        "Change a file; live for the next call once its prompts are spoken",
        "configuration",
        Nothing,
        NewContent,
        Version,
        roles=ADMINS,
    ),
    Route(
        "POST",
        "/api/configuration/reload",
        reload,
        "Validate number plan, menus and directory and take them into use; calls go on",
        "configuration",
        Nothing,
        Nothing,
        InUse,
        roles=ADMINS,
    ),
    Route(
        "GET",
        "/api/configuration/{file}/versions",
        versions,
        "Who changed number_plan, menus or directory, and when",
        "configuration",
        Nothing,
        Nothing,
        Versions,
        roles=LEADERS,
    ),
    Route(
        "GET",
        "/api/configuration/{file}/versions/{version}",
        version,
        "Content of an earlier version of a file",
        "configuration",
        Nothing,
        Nothing,
        Content,
        roles=LEADERS,
    ),
    Route(
        "POST",
        "/api/configuration/{file}/rollback",
        roll_back,
        "Use an earlier version of a file again",
        "configuration",
        Nothing,
        Back,
        Version,
        roles=ADMINS,
    ),
)
