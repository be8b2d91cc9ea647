"""Recordings: from Asterisk's raw files to a sealed archive that can prove itself."""

from telephony.recordings.archive import Archive, Archived, CallFacts
from telephony.recordings.manifest import Sealed
from telephony.recordings.retention import (
    Due,
    delete_due,
    due_recordings,
    set_hold,
)
from telephony.recordings.sealer import Sealer
from telephony.recordings.spool import RawPair, has_writer, raw_pair, raw_pairs
from telephony.recordings.stereo import StereoError
from telephony.recordings.verify import Damage, Fault, VerifyReport, verify_archive

__all__ = [
    "Archive",
    "Archived",
    "CallFacts",
    "Damage",
    "Due",
    "Fault",
    "RawPair",
    "Sealed",
    "Sealer",
    "StereoError",
    "VerifyReport",
    "delete_due",
    "due_recordings",
    "has_writer",
    "raw_pair",
    "raw_pairs",
    "set_hold",
    "verify_archive",
]
