"""How ``hotline asr eval`` shows what it measured: a table, and a plot as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class Heard:
    """One file.

    Attributes:
        file: its name.
        seconds: of sound.
        characters: that should have been heard.
        errors: characters wrong, missing or too much.
        cpu_s: processor time that recognition took in this process.
        wall_s: time that passed meanwhile.
        late_ms: for each sentence, from its last word to its final text, in a live call on this
            machine: what had to be heard after it, and the time the last piece took. Whisper gives
            no times of words: there it counts from the end of the silence that ended the sentence.
        heard: the text.
    """

    file: str
    seconds: float
    characters: int
    errors: int
    cpu_s: float
    wall_s: float
    late_ms: tuple[int, ...]
    heard: str

    def as_row(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


def total(rows: Sequence[Heard], engine: str) -> dict[str, Any]:
    """The figures over all files; ``late_*`` are None when nothing was heard."""
    characters = max(1, sum(row.characters for row in rows))
    seconds = max(1e-9, sum(row.seconds for row in rows))
    late = sorted(ms for row in rows for ms in row.late_ms)
    return {
        "engine": engine,
        "files": len(rows),
        "seconds": round(seconds, 2),
        "character_error_rate": round(sum(row.errors for row in rows) / characters, 4),
        "cpu_per_second": round(sum(row.cpu_s for row in rows) / seconds, 3),
        "real_time_factor": round(sum(row.wall_s for row in rows) / seconds, 3),
        "late_ms_median": late[len(late) // 2] if late else None,
        "late_ms_p95": late[min(len(late) - 1, int(len(late) * 0.95))] if late else None,
    }


def table(rows: Sequence[Heard], summed: dict[str, Any]) -> str:
    """Rows for people."""
    lines = [f"{'file':<28} {'s':>6} {'CER':>7} {'RTF':>6} {'late ms':>8}  heard"]
    for row in rows:
        rate = row.errors / max(1, row.characters)
        factor = row.wall_s / max(1e-9, row.seconds)
        late = str(max(row.late_ms)) if row.late_ms else "-"
        lines.append(
            f"{row.file[:28]:<28} {row.seconds:>6.1f} {rate:>7.1%} {factor:>6.2f} {late:>8}"
            f"  {row.heard}"
        )
    lines.append(
        f"{summed['engine']}: {summed['character_error_rate']:.1%} of characters wrong, "
        f"{summed['cpu_per_second']} s of processor time a second of speech, "
        f"final texts {summed['late_ms_median']} ms after the last word (p95 "
        f"{summed['late_ms_p95']})"
    )
    return "\n".join(lines)


BAR, GAP, LEFT, WIDTH = 14, 6, 220, 460


def plot(rows: Sequence[Heard], summed: dict[str, Any]) -> str:
    """An SVG with one bar a file: its character error rate, 0 to 100 %."""
    height = 60 + len(rows) * (BAR + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 80}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="10" y="20">{escape(summed["engine"])}: character error rate '
        f"{summed['character_error_rate']:.1%}, real-time factor {summed['real_time_factor']}"
        "</text>",
    ]
    for number, row in enumerate(rows):
        rate = row.errors / max(1, row.characters)
        top = 40 + number * (BAR + GAP)
        parts += [
            f'<text x="{LEFT - 8}" y="{top + BAR - 3}" text-anchor="end">{escape(row.file)}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{min(1.0, rate) * WIDTH:.1f}" height="{BAR}" '
            'fill="#2b6cb0"/>',
            f'<text x="{LEFT + min(1.0, rate) * WIDTH + 6:.1f}" y="{top + BAR - 3}">'
            f"{rate:.0%}</text>",
        ]
    return "\n".join([*parts, "</svg>", ""])
