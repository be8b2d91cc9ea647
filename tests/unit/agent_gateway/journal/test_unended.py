from __future__ import annotations

from collections.abc import Sequence

from agent_gateway.journal import UnendedCalls, fold_call
from agent_gateway.store import Call, Entry, Store
from telephony.events import CallEvent, EventBus, LinkState, LinkStateChanged
from tests.unit.agent_gateway.scenes import answer, arrival, at, end, until


async def _keep(store: Store, events: Sequence[CallEvent], begin: int = 0) -> None:
    await store.events.append([Entry(begin + n, one) for n, one in enumerate(events)], fold_call)


async def _call(store: Store, call_id: str) -> Call:
    call = await store.calls.get(call_id)
    assert call is not None
    return call


async def test_given_calls_that_died_with_asterisk_when_the_link_is_up_again_then_they_are_closed(
    store: Store, bus: EventBus
) -> None:
    await _keep(store, [*arrival("1.1"), *answer("1.1")])
    await _keep(store, arrival("1.2"))
    await _keep(store, [*arrival("1.3"), *answer("1.3")])
    closed: list[str] = []
    async with UnendedCalls(
        store, bus, lambda call_id: call_id == "1.3", closed=closed.append, settle_s=0
    ):
        bus.publish(LinkStateChanged(at=at(60), state=LinkState.UP))
        await until(lambda: len(closed) == 2, "closed")
    answered, waiting, live = [await _call(store, f"1.{n}") for n in (1, 2, 3)]
    assert answered.ended_at == at(9)
    assert (answered.disposition, answered.recovered) == ("answered", True)
    assert (waiting.disposition, waiting.ended_at) == ("abandoned_in_queue", at(5))
    assert live.ended_at is None
    assert await store.calls.without_ticket() == ["1.1"]


async def test_given_a_call_heard_of_since_when_looked_then_it_is_not_touched(
    store: Store, bus: EventBus
) -> None:
    await _keep(store, arrival("1.1"))
    await UnendedCalls(store, bus, lambda _: False).close_all(before=at(5))
    assert (await _call(store, "1.1")).ended_at is None


async def test_given_a_concluded_end_when_the_true_one_is_heard_then_it_counts(
    store: Store, bus: EventBus
) -> None:
    await _keep(store, [*arrival("1.1"), *answer("1.1")])
    await UnendedCalls(store, bus, lambda _: False).close_all(before=at(20))
    await _keep(store, [end("1.1")], begin=100)
    call = await _call(store, "1.1")
    assert call.ended_at == at(30)
    assert call.talk_seconds == 21
    assert call.hung_up_by == "caller"
