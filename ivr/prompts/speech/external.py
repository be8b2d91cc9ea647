"""Voices that are programs of their own: espeak-ng, or whatever command the operator names."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pypinyin import Style, lazy_pinyin

from ivr.prompts.interfaces import Language, Sound, SynthesisError
from ivr.prompts.speech.mandarin import read_numbers
from ivr.prompts.wavefile import UnreadableSoundError, read_sound

_DEADLINE_S = 120
PLACEHOLDERS = ("{text}", "{lang}", "{out}")


class CommandVoice:
    """``Synthesiser`` that runs a command once a prompt.

    The command's words may hold ``{text}``, ``{lang}`` (zh or en) and ``{out}``, the file to write
    (WAV, FLAC, Ogg, any rate). No shell is involved. The text is also given on standard input.
    """

    name = "command"

    def __init__(self, command: Sequence[str]) -> None:
        """Args: command: program and arguments; ``{out}`` must be among them."""
        if not any("{out}" in word for word in command):
            raise ValueError("the command for prompts must contain {out}, the file it writes")
        self._command = tuple(command)
        self.version = " ".join(command)

    def synthesise(self, text: str, lang: Language) -> Sound:
        """Run the command and read what it wrote.

        Raises:
            SynthesisError: when it fails, takes over two minutes, or writes no audio.
        """
        return _run(self._command, text, lang)


class EspeakVoice:
    """``Synthesiser`` on the host's espeak-ng: clear enough in English, barely in Mandarin."""

    name = "espeak"

    def __init__(self, program: Path) -> None:
        """Args: program: the executable."""
        self._program = program
        self.version = _first_line([str(program), "--version"])

    @staticmethod
    def find() -> Path | None:
        """espeak-ng or espeak on this host."""
        found = shutil.which("espeak-ng") or shutil.which("espeak")
        return Path(found) if found else None

    def synthesise(self, text: str, lang: Language) -> Sound:
        """Speak; Mandarin goes in as pinyin, since releases before 1.52 spell out characters.

        Raises:
            SynthesisError: when espeak fails.
        """
        voice = "en-us" if lang == "en" else "cmn-latn-pinyin"
        words = text if lang == "en" else _pinyin(text)
        return _run(
            (str(self._program), "-v", voice, "-s", "150", "-w", "{out}", "{text}"), words, lang
        )


def _pinyin(text: str) -> str:
    syllables = lazy_pinyin(
        re.sub(r"[^\w\s，。！？、：；,.!?:;]", " ", read_numbers(text)),
        style=Style.TONE3,
        neutral_tone_with_five=True,
        tone_sandhi=True,
    )
    return " ".join(syllables).translate(str.maketrans("，。！？、：；", ",.!?,:;"))


def _run(command: Sequence[str], text: str, lang: Language) -> Sound:
    with tempfile.TemporaryDirectory(prefix="hotline-prompt-") as folder:
        out = Path(folder) / "prompt.wav"
        values = {"{text}": text, "{lang}": lang, "{out}": str(out)}
        # one pass, so that a text which contains "{out}" stays text
        words = [
            re.sub(r"\{(?:text|lang|out)\}", lambda match: values[match[0]], word)
            for word in command
        ]
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
                words, input=text.encode(), capture_output=True, timeout=_DEADLINE_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SynthesisError(f"{command[0]} could not be run: {error}") from error
        if done.returncode:
            complaint = done.stderr.decode(errors="replace").strip()[-300:]
            raise SynthesisError(f"{command[0]} ended with code {done.returncode}: {complaint}")
        try:
            return read_sound(out)
        except UnreadableSoundError as error:
            raise SynthesisError(f"{command[0]} wrote no audio: {error}") from error


def _first_line(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a program found on the path
            command, capture_output=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.decode(errors="replace").strip().split("\n", 1)[0]
