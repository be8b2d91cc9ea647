"""Where a piece of decoded audio lies on the party's clock.

A channel that rings, is held or suppresses silence sends nothing at all, so the amount of audio
received falls behind the time that has passed. The recogniser only counts audio.
"""

from __future__ import annotations

from bisect import bisect_right


class Timeline:
    """Maps milliseconds of audio to milliseconds since the party's first stream began."""

    def __init__(self, begins_at_ms: int) -> None:
        """``begins_at_ms``: where the first sample lies."""
        self._audio_ms = [0]
        self._offset_ms = [begins_at_ms]

    def skip(self, at_audio_ms: int, gap_ms: int) -> None:
        """Time passed without audio, after ``at_audio_ms`` of audio; calls come in order."""
        self._offset_ms.append(self._offset_ms[-1] + gap_ms)
        # last, since another thread looks here first
        self._audio_ms.append(at_audio_ms)

    def at(self, audio_ms: int) -> int:
        """The party's clock at ``audio_ms`` of audio."""
        index = bisect_right(self._audio_ms, audio_ms) - 1
        return audio_ms + self._offset_ms[max(0, index)]

    def ends_at(self, audio_ms: int) -> int:
        """Like ``at`` for the end of something: a gap that begins there does not count."""
        index = bisect_right(self._audio_ms, audio_ms - 1) - 1
        return audio_ms + self._offset_ms[max(0, index)]
