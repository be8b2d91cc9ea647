"""Telling Asterisk which kind of telephone an agent has, and asking whether one is there."""

from __future__ import annotations

import asyncio
from enum import StrEnum

import structlog

from agent_gateway.service.asterisk_config import apply_endpoints
from agent_gateway.store import Store
from config.errors import ConfigError
from config.settings import Secrets, Settings
from telephony.agents import AGENT_ENDPOINT
from telephony.agents.seats import AmiActions
from telephony.ami import actions
from telephony.asterisk.installation import InstallationError
from telephony.asterisk.process import AsteriskProcessError
from telephony.asterisk.rendering import RenderError

log = structlog.get_logger(__name__)

# Device states of a telephone that has not registered.
_ABSENT = frozenset({"", "INVALID", "UNAVAILABLE", "UNKNOWN"})


class TelephoneKind(StrEnum):
    """What an agent's telephone is. ``UNDECIDED`` counts as a desk telephone for Asterisk."""

    UNDECIDED = ""
    BROWSER = "browser"
    DESK = "desk"


class TelephoneError(Exception):
    """Asterisk was not told; everything is as it was."""


class Telephones:
    """The agents' telephones. A change reloads Asterisk's endpoints; calls are not touched."""

    def __init__(self, settings: Settings, secrets: Secrets, store: Store, ami: AmiActions) -> None:
        self._settings = settings
        self._secrets = secrets
        self._store = store
        self._ami = ami
        # each change renders all telephones from the database: one after the other
        self._one = asyncio.Lock()

    @property
    def softphone(self) -> bool:
        """Whether the browser can be a telephone here: it is set so, and its library is there."""
        there = (self._settings.softphone_dir / "jssip.js").is_file()
        return self._settings.softphone.enabled and there

    async def registered(self, extension: str) -> bool:
        """Whether a telephone of the agent is there now; True when Asterisk does not say.

        Nobody takes over from a telephone that may be in use.
        """
        state = actions.getvar(f"DEVICE_STATE({AGENT_ENDPOINT}{extension})")
        try:
            answer = await self._ami.action(state)
        except OSError as error:
            log.warning("telephone.not_known", extension=extension, reason=str(error)[:200])
            return True
        return answer[0].get("Value", "").upper() not in _ABSENT

    async def use(self, extension: str, kind: TelephoneKind) -> None:
        """Have Asterisk ring this kind of telephone.

        Raises:
            TelephoneError: it cannot be told.
            SQLAlchemyError: the database does not answer.
        """
        async with self._one:
            before = await self._store.users.set_telephone(extension, kind)
            if before is None or before == kind:
                return
            try:
                await apply_endpoints(self._settings, self._secrets)
            except (
                *(ConfigError, InstallationError, RenderError, AsteriskProcessError),
                OSError,
            ) as error:
                await self._store.users.set_telephone(extension, before)
                raise TelephoneError(str(error)) from error
        log.info("telephone.changed", extension=extension, kind=kind.value)
