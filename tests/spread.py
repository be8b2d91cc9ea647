"""How a test run is spread over its workers (``--dist loadfile``)."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadFileScheduling

# Their tests share one hotline: on two workers there would be two.
ONE_HOTLINE = ("tests/browser/", "tests/live/queues/", "tests/live/postgresql/")


class CallsFirst(LoadFileScheduling):  # type: ignore[misc]  # has no types
    """Files in their order, with one worker that begins at the other end.

    Calls in real time are most of a run, and mostly wait: the workers begin with them, side by
    side. One worker does unit tests meanwhile, which need the processor. What is left of these is
    for all of them, so that none has to wait for another's long call at the end.
    """

    def _split_scope(self, nodeid: str) -> str:
        shared = (folder for folder in ONE_HOTLINE if nodeid.startswith(folder))
        return next(shared, None) or str(super()._split_scope(nodeid))

    def _assign_work_unit(self, node: Any) -> None:
        if len(self.nodes) > 1 and node is self.nodes[0] and len(self.workqueue) > 1:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)
