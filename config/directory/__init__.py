"""The directory: to whom matters and calls are handed."""

from config.directory.load import DEFAULT_DIRECTORY, load_directory
from config.directory.models import Department, Directory, EntryKind, Fallback
from config.directory.route import Attempt, EntryRoute, route_of

__all__ = [
    "DEFAULT_DIRECTORY",
    "Attempt",
    "Department",
    "Directory",
    "EntryKind",
    "EntryRoute",
    "Fallback",
    "load_directory",
    "route_of",
]
