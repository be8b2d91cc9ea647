"""What holds for all tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).parent
IN_REAL_TIME = (
    HERE / "live",
    HERE / "browser",
    HERE / "unit" / "telephony" / "testphone",
    HERE / "unit" / "agent_gateway" / "cli" / "test_call_command.py",
)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Tests with real audio are run once more when they fail.

    A machine that stalls for a moment may spoil a call that runs in real time. Once more tells a
    stall from a fault, and the report names what was run again.
    """
    for item in items:
        if any(place == item.path or place in item.path.parents for place in IN_REAL_TIME):
            item.add_marker(pytest.mark.flaky(reruns=1))
