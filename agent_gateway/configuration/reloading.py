"""Changing number plan, menus and directory while calls go on.

How to use it. The service has one :class:`Reloader` (``GatewayContext.reloader``). A part that goes
by the files registers what it does with new ones, once::

    reloader.taken.append(lambda loaded: handler.take(loaded.menus))

Whoever has changed a file (a REST handler, the command line) then awaits ``reloader.reload(who)``.
It validates all files together, speaks what is new, renders Asterisk's configuration anew and has
Asterisk read its dialplan again; only then the registered parts hear of it, on the event loop, and
the file becomes a version with who and when. Anything wrong is a ``ConfigError`` (or another of the
errors below) and nothing has changed. ``reloader.roll_back(name, version, who)`` puts an earlier
version of a file (``number_plan``, ``menus``, ``directory``) back and reloads. Live calls go on:
Asterisk's ``dialplan reload`` leaves channels alone, and whatever lasts in the dialplan lies in
contexts that do not depend on the files.

Without a running service the command line makes a Reloader of its own; the next service starts
with the files as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import structlog

from agent_gateway.configuration.loaded import (
    Loaded,
    file_of,
    keep_files,
    load_files,
    load_with,
    versions_of,
)
from agent_gateway.service.asterisk_config import apply_dialplan
from agent_gateway.store import ChangedMeanwhileError
from config.errors import ConfigError
from config.settings import Secrets, Settings
from config.versions import Change, now_text, replace_file, sha256
from ivr.prompts import prompt_texts, render_prompts
from ivr.prompts.catalogue import load_shared_texts

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Speaking:
    """How far the prompts of a change are: ``done`` of ``total``, ``prompt`` is being looked at."""

    done: int
    total: int
    prompt: str


class Reloader:
    """Takes changed files into use. One change at a time.

    Attributes:
        current: what is in use.
        taken: called in this order with what is in use from now on; must not wait.
        speaking: the change whose prompts are being spoken; None: there is none.
        fault: why the last change was refused; "" when it was not.
        fault_zh: the same in Chinese.
    """

    def __init__(self, settings: Settings, secrets: Secrets, current: Loaded) -> None:
        self.current = current
        self.taken: list[Callable[[Loaded], None]] = []
        self.speaking: Speaking | None = None
        self.fault = self.fault_zh = ""
        self._settings = settings
        self._secrets = secrets
        self._one = asyncio.Lock()

    async def adopt(self) -> None:
        """Keep the files that the service started with, if they are no kept versions yet."""
        try:
            await asyncio.to_thread(keep_files, self._settings, "", "adopt")
        except (OSError, ValueError) as error:
            log.error("configuration.not_kept", reason=str(error)[:300])  # noqa: TRY400 - said

    async def reload(self, who: str) -> Loaded:
        """Validate the files and take them into use.

        Goes on to its end when the caller is cancelled: a change is never half made.

        Raises:
            ConfigError: a file is wrong, or needs a restart; nothing has changed.
            RenderError, InstallationError: Asterisk's configuration cannot be made; same.
            SQLAlchemyError: the accounts of the agents cannot be read; same.
            AsteriskProcessError: Asterisk did not take it; it will at its next start.
            OSError: the data folder cannot be written.
        """
        return await self._to_the_end(self._reload(who))

    async def roll_back(self, name: str, version: int, who: str, read: str | None = None) -> Change:
        """Put an earlier version of a file in its place and take it into use.

        Args:
            name: of the file.
            version: which.
            who: changes it.
            read: SHA-256 of the content that is to be replaced; None: whatever is there now.

        Raises:
            LookupError: no such file, no such version, or it was altered.
            ChangedMeanwhileError: another content than ``read`` is there; nothing has changed.
            ConfigError: the version does not fit the other files; nothing has changed.
            OSError, …: as :meth:`reload`.
        """
        return await self._to_the_end(self._roll_back(name, version, who, read))

    async def put(self, name: str, content: bytes, who: str, why: str, read: str) -> Change:
        """Replace the content of a file and take it into use, once all its prompts are spoken.

        Args:
            name: of the file.
            content: the new one.
            who: changes it.
            why: their reason.
            read: SHA-256 of the content that is to be replaced.

        Raises:
            LookupError: no such file, or the package's own is in use.
            ChangedMeanwhileError: another content than ``read`` is there; nothing has changed.
            ConfigError: the content is wrong or does not fit the other files; nothing has changed.
            OSError, …: as :meth:`reload`.
        """
        return await self._to_the_end(self._put(name, content, who, why, read))

    async def _to_the_end(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.shield(asyncio.create_task(self._noted(work), name="reload"))

    async def _noted(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            done = await work
        except (LookupError, ChangedMeanwhileError):
            raise
        except Exception as error:
            self.fault = str(error)
            self.fault_zh = (
                error.message_zh
                if isinstance(error, ConfigError)
                else "文件无误，但未能启用；通话不受影响，原因见服务日志"
            )
            log.error("configuration.refused", reason=str(error)[:500])  # noqa: TRY400 - said
            raise
        finally:
            self.speaking = None
        self.fault = self.fault_zh = ""
        return done

    def history(self, name: str) -> list[Change]:
        """Changes of a file, oldest first; the last is in use. Blocking.

        Raises:
            LookupError: there is no such file.
            OSError: it cannot be read.
            ValueError: it is damaged.
        """
        return versions_of(self._settings, name).history()

    def _content(self, name: str, file: Path, read: str | None) -> bytes:
        content = file.read_bytes()
        now = sha256(content)
        if read not in (None, now):
            changes = self.history(name)
            known = changes and changes[-1].sha256 == now
            raise ChangedMeanwhileError(changes[-1].who if known else "")
        return content

    async def _roll_back(self, name: str, version: int, who: str, read: str | None) -> Change:
        file = file_of(self._settings, name)
        if file is None:
            raise LookupError(f"{name} is the package's own; name a file in the settings first")
        versions = versions_of(self._settings, name)
        kept, content = await asyncio.to_thread(versions.content, version)
        async with self._one:
            before = await asyncio.to_thread(self._content, name, file, read)
            await asyncio.to_thread(keep_files, self._settings, who, "adopt")
            await asyncio.to_thread(replace_file, file, content)
            change = Change(now_text(), who, "rollback", version, kept.original, kept.sha256)
            try:
                loaded = await asyncio.to_thread(load_files, self._settings)
                await self._take(loaded)
            except BaseException:
                await asyncio.to_thread(replace_file, file, before)
                raise
            await asyncio.to_thread(_note, self._settings, name, change)
            self._tell(loaded, who)
            return change

    async def _put(self, name: str, content: bytes, who: str, why: str, read: str) -> Change:
        file = file_of(self._settings, name)
        if file is None:
            raise LookupError(f"{name} is the package's own; name a file in the settings first")
        async with self._one:
            before = await asyncio.to_thread(self._content, name, file, read)
            # the file itself is touched only when all is well: a crash must not leave a wrong one
            loaded = await asyncio.to_thread(load_with, self._settings, name, content)
            self._check_queues(loaded)
            await asyncio.to_thread(self._speak, loaded)
            await asyncio.to_thread(keep_files, self._settings, who, "adopt")
            await asyncio.to_thread(replace_file, file, content)
            try:
                await apply_dialplan(self._settings, self._secrets)
            except BaseException:
                await asyncio.to_thread(replace_file, file, before)
                raise
            change = await asyncio.to_thread(_kept, self._settings, name, content, who, why)
            self._tell(loaded, who)
            return change

    async def _reload(self, who: str) -> Loaded:
        async with self._one:
            loaded = await asyncio.to_thread(load_files, self._settings)
            await self._take(loaded)
            await asyncio.to_thread(keep_files, self._settings, who, "import")
            self._tell(loaded, who)
            return loaded

    async def _take(self, loaded: Loaded) -> None:
        self._check_queues(loaded)
        await asyncio.to_thread(self._speak, loaded)
        await apply_dialplan(self._settings, self._secrets)

    def _tell(self, loaded: Loaded, who: str) -> None:
        self.current = loaded
        for take in self.taken:
            try:
                take(loaded)
            except Exception:
                log.exception("configuration.part_failed")
        log.info("configuration.reloaded", who=who, lines=len(loaded.plan.lines))

    def _check_queues(self, loaded: Loaded) -> None:
        known = {line.queue for line in self.current.plan.answered}
        for line in loaded.plan.answered:
            if line.queue not in known:
                raise ConfigError(
                    self._settings.number_plan or Path("numberplan.toml"),
                    f"lines.{line.number}.queue",
                    f"{line.queue} is a new queue; agents are in it after a restart only",
                    f"{line.queue} 是新队列，重启后坐席才在其中",
                )

    def _speak(self, loaded: Loaded) -> None:
        texts = prompt_texts(loaded.plan, loaded.menus, load_shared_texts())
        # callers may still be hearing what is not in the files any more
        render_prompts(self._settings, texts, keep_others=True, progress=self._progress)

    def _progress(self, done: int, total: int, prompt: str) -> None:
        self.speaking = Speaking(done, total, prompt)


def _note(settings: Settings, name: str, change: Change) -> None:
    versions = versions_of(settings, name)
    with versions.only_one():
        versions.note(change)


def _kept(settings: Settings, name: str, content: bytes, who: str, why: str) -> Change:
    versions = versions_of(settings, name)
    with versions.only_one():
        file = file_of(settings, name)
        return versions.keep(content, who, "import", file.name if file else "", why=why)
