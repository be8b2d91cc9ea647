"""Making all prompts of an installation: at start, and whenever a text changes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from config.numberplan import Text
from config.settings import Settings
from ivr.prompts import hold_music, shaping
from ivr.prompts.catalogue import installation_texts
from ivr.prompts.interfaces import LANGUAGES, Language, Sound, Synthesiser, SynthesisError
from ivr.prompts.levels import faults
from ivr.prompts.library import is_prompt_key
from ivr.prompts.sources import RenderedSpeech, Source, recording_source, studio_recording
from ivr.prompts.speech.choice import voices_in_order
from ivr.prompts.speech.tones import Tones
from ivr.prompts.wavefile import UNFINISHED, UnreadableSoundError, read_sound, write_wav

log = structlog.get_logger(__name__)

Progress = Callable[[int, int, str], None]

HOLD_MUSIC = Path("moh") / "hold.wav"
_MANIFEST = "manifest.json"


@dataclass(slots=True)
class RenderReport:
    """What was done; names are ``<lang>/<key>``.

    Attributes:
        unchanged: how many were there already.
        spoken: how many a voice had to speak now.
        reused: how many were spoken at another time.
        recorded: how many came from studio recordings.
        without_voice: play three notes because nothing could speak them.
        by_hand: somebody replaced the file; it was left alone.
        faults: what is wrong, by prompt.
    """

    unchanged: int = 0
    spoken: int = 0
    reused: int = 0
    recorded: int = 0
    without_voice: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)


def render_prompts(
    settings: Settings,
    texts: Mapping[str, Text] | None = None,
    *,
    voices: Sequence[Synthesiser] | None = None,
    progress: Progress | None = None,
    force: bool = False,
    keep_others: bool = False,
) -> RenderReport:
    """Make what is missing or out of date in ``settings.prompts_dir``. Blocking, maybe minutes.

    A studio recording wins over a voice. A prompt that fails is reported and logged; the others are
    made all the same, and nothing of this stops a start.

    Args:
        settings: of the installation.
        texts: what to say by key; None: everything the installation's files name.
        voices: in order of preference; None: as the settings say.
        progress: called with (done, total, name) before each prompt.
        force: make everything anew, files replaced by hand excepted.
        keep_others: leave prompts that ``texts`` does not name; callers may still hear them.

    Raises:
        ConfigError: when ``texts`` is None and one of the files is wrong.
    """
    texts = installation_texts(settings) if texts is None else texts
    voices = voices_in_order(settings.prompts) if voices is None else voices
    speech = RenderedSpeech(settings.install_dir / "cache" / "prompts", voices)
    report = RenderReport()
    jobs = [(lang, key, text) for lang in LANGUAGES for key, text in sorted(texts.items())]
    try:
        with _only_one(settings.prompts_dir):
            run = _Run(settings.prompts_dir, speech, report, force=force)
            for done, (lang, key, text) in enumerate(jobs):
                if progress is not None:
                    progress(done, len(jobs), f"{lang}/{key}")
                run.make(lang, key, text.get(lang))
            run.finish(None if keep_others else {f"{lang}/{key}" for lang, key, _ in jobs})
    except OSError as error:
        report.faults["prompts"] = [f"{settings.prompts_dir} cannot be written: {error.strerror}"]
    _tell(report)
    return report


@contextmanager
def _only_one(prompts_dir: Path) -> Iterator[None]:
    prompts_dir.mkdir(parents=True, exist_ok=True)
    with (prompts_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # left by a process that was killed while it wrote
        for torn in prompts_dir.glob(f"*/.*{UNFINISHED}"):
            torn.unlink(missing_ok=True)
        yield


class _Run:
    """One pass over the prompts, with the list of what the last pass wrote."""

    def __init__(
        self, folder: Path, speech: RenderedSpeech, report: RenderReport, *, force: bool
    ) -> None:
        self._folder = folder
        self._speech = speech
        self._report = report
        self._force = force
        self._manifest = read_manifest(folder)

    def make(self, lang: Language, key: str, text: str) -> None:
        name = f"{lang}/{key}"
        try:
            self._make(lang, key, text)
        except (SynthesisError, UnreadableSoundError) as error:
            self._report.faults[name] = [str(error)]
        except OSError as error:
            self._report.faults[name] = [f"cannot be written: {error.strerror}"]

    def _make(self, lang: Language, key: str, text: str) -> None:
        name = f"{lang}/{key}"
        file = self._folder / lang / f"{key}.wav"
        recording = studio_recording(self._folder, lang, key)
        wanted = recording_source(recording) if recording else self._speech.best_source(text, lang)
        made = self._manifest.get(name)
        if file.is_file() and (made is None or made["sha256"] != _sha256(file)):
            if recording is None and _is_sound(file):
                self._report.by_hand.append(name)
                return
        elif (
            file.is_file() and made and made["made_from"] == wanted.fingerprint and not self._force
        ):
            self._report.unchanged += 1
            return
        sound, source = self._sound(recording, wanted, text, lang)
        if found := faults(sound):
            self._report.faults[name] = found
        if source.voice == Tones.name:
            self._report.without_voice.append(name)
        write_wav(file, sound)
        self._manifest[name] = {
            "made_from": source.fingerprint,
            "voice": source.voice,
            "sha256": _sha256(file),
        }

    def _sound(
        self, recording: Path | None, wanted: Source, text: str, lang: Language
    ) -> tuple[Sound, Source]:
        if recording is not None:
            try:
                sound = shaping.to_telephone(read_sound(recording))
            except UnreadableSoundError as error:
                # the recording cannot be played; a spoken prompt is better than none
                self._report.faults[f"studio/{lang}/{recording.name}"] = [str(error)]
            else:
                self._report.recorded += 1
                return sound, wanted
        sound, source, spoken = self._speech.get(text, lang)
        if spoken:
            self._report.spoken += 1
        else:
            self._report.reused += 1
        return sound, source

    def finish(self, names: set[str] | None) -> None:
        """Take away prompts that are not among the names, make the music, write the list."""
        for name in sorted(self._manifest.keys() - names) if names is not None else ():
            (self._folder / f"{name}.wav").unlink(missing_ok=True)
            del self._manifest[name]
        music = self._folder / HOLD_MUSIC
        if not has_hold_music(self._folder):
            write_wav(music, hold_music.compose())
        temporary = self._folder / f".{_MANIFEST}.{os.getpid()}"
        temporary.write_text(json.dumps(self._manifest, indent=1, sort_keys=True), "utf-8")
        temporary.replace(self._folder / _MANIFEST)


def has_hold_music(prompts_dir: Path) -> bool:
    """Whether ``moh/`` holds anything that Asterisk would play."""
    folder = (prompts_dir / HOLD_MUSIC).parent
    return folder.is_dir() and any(not file.name.startswith(".") for file in folder.iterdir())


def read_manifest(prompts_dir: Path) -> dict[str, dict[str, str]]:
    """What the last rendering wrote: ``made_from``, ``voice``, ``sha256`` by ``<lang>/<key>``."""
    try:
        values = json.loads((prompts_dir / _MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(values, dict):
        return {}
    fields = {"made_from", "voice", "sha256"}
    return {
        name: entry
        for name, entry in values.items()
        if isinstance(entry, dict) and fields <= entry.keys() and _is_name(name)
    }


def _is_name(name: str) -> bool:
    """Whether it can be a prompt's: what the list names may be deleted, so it is checked."""
    lang, _, key = name.partition("/")
    return lang in LANGUAGES and is_prompt_key(key)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _is_sound(file: Path) -> bool:
    try:
        read_sound(file)
    except UnreadableSoundError:
        return False
    return True


def _tell(report: RenderReport) -> None:
    if report.without_voice:
        log.error(
            "prompt.no_voice",
            count=len(report.without_voice),
            advice="callers hear three notes instead of words; run make install for the built-in "
            "voice, install espeak-ng, or put recordings into prompts/studio/<lang>/<key>.wav",
        )
    for name, found in report.faults.items():
        log.warning("prompt.faulty", prompt=name, faults=found)
    for name in report.by_hand:
        log.warning(
            "prompt.replaced_by_hand", prompt=name, advice="put recordings into prompts/studio"
        )
