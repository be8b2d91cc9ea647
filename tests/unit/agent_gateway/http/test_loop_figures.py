"""What is under way is counted, and what has ended is not."""

from __future__ import annotations

import asyncio

from agent_gateway.http.loop_figures import LoopFigures


def _figures(figures: LoopFigures) -> dict[str, float]:
    return {
        sample.labels.get("name", sample.name): sample.value
        for metric in figures.collect()
        for sample in metric.samples
    }


async def test_given_tasks_and_timers_when_scraped_from_a_thread_then_counted_by_their_names() -> (
    None
):
    figures = LoopFigures()
    figures.loop = loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    tasks = [
        loop.create_task(stop.wait(), name="asr-attach PJSIP/one"),
        loop.create_task(stop.wait(), name="asr-attach PJSIP/two"),
        loop.create_task(stop.wait()),
    ]
    before = await asyncio.to_thread(_figures, figures)
    timer = loop.call_later(60, stop.set)
    during = await asyncio.to_thread(_figures, figures)
    assert during["asr-attach"] == 2
    assert during["unnamed"] >= 1
    assert during["hotline_timers"] == before["hotline_timers"] + 1
    timer.cancel()
    stop.set()
    await asyncio.gather(*tasks)
    after = await asyncio.to_thread(_figures, figures)
    assert "asr-attach" not in after
    assert after["hotline_timers"] == before["hotline_timers"]


def test_given_no_loop_yet_when_scraped_then_there_is_nothing() -> None:
    assert _figures(LoopFigures()) == {}
