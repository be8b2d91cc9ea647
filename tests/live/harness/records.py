"""What the hotline has written down about a call, found by the number that called."""

from __future__ import annotations

from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import Hotline, until


async def record_of(admin: Api, caller: str) -> Message | None:
    """The newest call's record with its path and events; None when the number has not called."""
    calls = (await admin.get(f"/api/calls?caller={caller}"))["calls"]
    if not calls:
        return None
    record: Message = await admin.get(f"/api/calls/{calls[0]['call_id']}")
    return record


async def ended_call(admin: Api, caller: str) -> Message:
    """The number's newest call, once it is over and its recording is in the archive."""

    async def complete() -> Message | None:
        record = await record_of(admin, caller)
        return record if record and record["ended_at"] and record["has_recording"] else None

    record = await until(complete, f"finished record with a recording of {caller}'s call")
    assert record is not None
    return record


async def closed(admin: Api, caller: str) -> Message:
    """The number's newest call, once it is over."""

    async def over() -> Message | None:
        record = await record_of(admin, caller)
        return record if record and record["ended_at"] else None

    record = await until(over, f"finished record of {caller}'s call")
    assert record is not None
    return record


async def reached(admin: Api, caller: str, step: str, **values: str) -> Message:
    """The number's call, once its path has this step."""

    async def there() -> Message | None:
        record = await record_of(admin, caller)
        steps = record["path"] if record else []
        found = any({"step": step, **values}.items() <= one.items() for one in steps)
        return record if found else None

    record = await until(there, f"{step} {values} in the path of {caller}'s call")
    assert record is not None
    return record


async def waiting(hotline: Hotline, callers: int) -> None:
    """Return once so many callers are in the queue."""

    async def so_many() -> bool:
        said = await hotline.asterisk.command("queue show hotline")
        return said.startswith(f"hotline has {callers} calls")

    await until(so_many, f"{callers} callers in the queue")


async def agent_state(admin: Api, extension: str, state: str) -> None:
    """Return once the agent is in this state, with no call."""

    async def so() -> bool:
        agents = (await admin.get("/api/agents"))["agents"]
        return any(
            (one["extension"], one["state"], one["call_id"]) == (extension, state, "")
            for one in agents
        )

    await until(so, f"{state} agent {extension}")
