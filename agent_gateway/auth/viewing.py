"""The audit entry that goes before every look at a call, transcript, recording or ticket."""

from __future__ import annotations

import time
from collections import OrderedDict

from agent_gateway.auth.principal import Principal
from agent_gateway.store import Store

_SAME_LOOK_S = 600.0
_REMEMBERED = 10_000


class ViewAudit:
    """Writes who looks at what. Repeated looks within ten minutes are one look.

    (A player fetches one recording in many ranges; a page asks for its call again and again.)
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    async def look(self, who: Principal, action: str, thing: str, ip: str) -> None:
        """Write the entry, then return: nobody sees anything that is not in the audit trail.

        Raises:
            SQLAlchemyError: it cannot be written; show nothing.
        """
        key = (who.username, action, thing)
        now = time.monotonic()
        if now - self._seen.get(key, -_SAME_LOOK_S) < _SAME_LOOK_S:
            return
        await self._store.audit.add(who.username, action, thing, ip=ip)
        self._seen[key] = now
        self._seen.move_to_end(key)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
