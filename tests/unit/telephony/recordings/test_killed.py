"""Sealing is killed at every single step, and done again: nothing is lost, nothing is doubled."""

from __future__ import annotations

import subprocess
import sys


def test_given_a_kill_at_any_step_when_sealed_again_then_one_recording_with_all_samples() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.unit.telephony.recordings.killing"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    steps = int(ran.stdout.split()[-1])
    assert steps > 10
