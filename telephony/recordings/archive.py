"""The archive of sealed recordings: ``YYYY/MM/DD/<sha256>.flac`` and a manifest for each day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import structlog

from config.settings import Settings
from telephony.recordings.manifest import (
    FILE_NAME,
    Sealed,
    append_record,
    make_folder,
    manifests,
    read_manifest,
    sync_folder,
)
from telephony.recordings.spool import RawPair, call_of, epoch_in
from telephony.recordings.stereo import SAMPLE_RATE, write_stereo

log = structlog.get_logger(__name__)

PARTIAL = ".partial"
EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a call apart from its audio; everything may be missing.

    Attributes:
        line: the dialled line.
        caller: the caller's number, already masked.
        participants: endpoints that took part.
        started_at: when recording began (aware).
        ended_at: when the call ended (aware).
    """

    line: str = ""
    caller: str = ""
    participants: tuple[str, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Archived:
    """A recording with its place: ``path`` is relative to the archive's root."""

    entry: Sealed
    path: Path


class Archive:
    """Seals, finds and lists recordings. All methods block: call them from a worker thread.

    Args:
        root: folder of the archive; raw files may be on another filesystem.
        zone: time zone in which days begin.
        retention_days: how long a recording is kept after the end of its call.
    """

    def __init__(self, root: Path, zone: ZoneInfo, retention_days: int) -> None:
        self.root = root
        self.zone = zone
        self._retention = timedelta(days=retention_days)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The archive that the settings describe."""
        return cls(settings.archive_dir, settings.city.zone, settings.recording.retention_days)

    def seal(self, pair: RawPair, facts: CallFacts) -> Archived | None:
        """Move one call's recording from the spool into the archive.

        May be killed at any point and called again: the same audio gives the same file and is
        listed once. The order is what makes it so: stereo file complete and on disk under
        ``.partial``; renamed to its hash; listed in the manifest; the raw files marked as sealed;
        only then are they removed. The day is that of the call's arrival, which the call id itself
        tells, so a second attempt finds the first one's manifest.

        Returns:
            The sealed recording, or None when there is not a single sample; such raw files are
            put aside in the spool's folder ``empty``. None, too, when no raw files are there (any
            more).

        Raises:
            StereoError, OSError: nothing is lost, the raw files are still there; try again.
        """
        if pair.sealed_mark.exists() and (sealed := self.find(pair.call_id)):
            pair.remove()
            return sealed[-1]
        if not pair.files:
            return None
        if not any(path.stat().st_size > 1 for path in pair.files):
            self._put_aside(pair)
            return None
        self._warn_of_oddities(pair)
        written_at = datetime.fromtimestamp(pair.written_at, UTC)
        partial = self._partial(pair)
        stereo = write_stereo(pair.rx, pair.tx, partial, pair.call_id)

        duration = timedelta(milliseconds=stereo.duration_ms)
        is_part = bool(call_of(pair.call_id)[1])
        begun = None if is_part else facts.started_at
        started_at = begun or written_at - duration
        ended_at = max(facts.ended_at or written_at, written_at)
        folder = self._day_folder(pair.call_id, written_at - duration)
        entry = Sealed(
            at=datetime.now(UTC),
            sha256=stereo.sha256,
            call_id=pair.call_id,
            line=facts.line,
            caller=facts.caller,
            participants=facts.participants,
            started_at=started_at.astimezone(UTC),
            ended_at=ended_at.astimezone(UTC),
            duration_ms=stereo.duration_ms,
            rx_ms=stereo.rx_frames * 1000 // SAMPLE_RATE,
            tx_ms=stereo.tx_frames * 1000 // SAMPLE_RATE,
            size=stereo.size,
            retain_until=(ended_at + self._retention).astimezone(UTC),
        )
        archived = self._keep(partial, folder, entry)
        pair.remove()
        return archived

    def recordings(self, *, since: str = "") -> list[Archived]:
        """Every recording that is to be in the archive, in the order of days and sealing.

        Args:
            since: first day wanted as ``YYYY/MM/DD``; "" for all.

        Raises:
            OSError: a manifest cannot be read.
        """
        return [one for path in manifests(self.root, since=since) for one in self._listed(path)]

    def find(self, recording_id: str) -> list[Archived]:
        """All recordings with this id: none, one, or more if the recording was begun again.

        Raises:
            OSError: a manifest cannot be read.
        """
        return self._find(recording_id, lambda one: one.entry.call_id == recording_id)

    def of_call(self, call_id: str) -> list[Archived]:
        """All that was recorded of a call: the call itself, its consultations, who joined.

        Raises:
            OSError: a manifest cannot be read.
        """
        return self._find(call_id, lambda one: call_of(one.entry.call_id)[0] == call_id)

    def manifest_of(self, recording: Archived) -> Path:
        """The manifest that lists a recording."""
        return self.root / recording.path.with_name(FILE_NAME)

    def _find(self, recording_id: str, wanted: Callable[[Archived], bool]) -> list[Archived]:
        if epoch := epoch_in(recording_id):
            day = self.root / self._day(datetime.fromtimestamp(epoch, UTC))
            if found := [*filter(wanted, self._listed(day / FILE_NAME))]:
                return found
        # its id tells no day, or days began elsewhere when it was sealed
        return [*filter(wanted, self.recordings())]

    def placed(self, manifest: Path, entry: Sealed) -> Archived:
        """An entry of that manifest with its place."""
        return Archived(entry, manifest.parent.relative_to(self.root) / f"{entry.sha256}.flac")

    def _listed(self, manifest: Path) -> list[Archived]:
        return [self.placed(manifest, entry) for entry in read_manifest(manifest).present]

    def _partial(self, pair: RawPair) -> Path:
        folder = self.root / PARTIAL
        make_folder(folder)
        return folder / f"{pair.call_id}.flac"

    def _day(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).strftime("%Y/%m/%d")

    def _day_folder(self, call_id: str, otherwise: datetime) -> Path:
        epoch = epoch_in(call_id)
        moment = otherwise if epoch is None else datetime.fromtimestamp(epoch, UTC)
        return self.root / self._day(moment)

    def _keep(self, partial: Path, folder: Path, entry: Sealed) -> Archived:
        make_folder(folder)
        partial.chmod(0o440)
        partial.replace(folder / f"{entry.sha256}.flac")
        sync_folder(folder)
        listed = read_manifest(folder / FILE_NAME).sealed.get(entry.sha256)
        if listed is None:
            append_record(folder / FILE_NAME, entry)
        return self.placed(folder / FILE_NAME, listed or entry)

    def _put_aside(self, pair: RawPair) -> None:
        folder = pair.spool / EMPTY
        make_folder(folder)
        for path in pair.files:
            path.replace(folder / path.name)
        log.error("recording.empty", call_id=pair.call_id, put_aside=str(folder))

    def _warn_of_oddities(self, pair: RawPair) -> None:
        for path in (pair.rx, pair.tx):
            size = path.stat().st_size if path.is_file() else 0
            if size == 0:
                log.warning("recording.one_sided", call_id=pair.call_id, silent=path.name)
            elif size % 2:
                log.warning("recording.half_sample_at_end", call_id=pair.call_id, file=path.name)
