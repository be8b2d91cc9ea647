"""The directory of departments."""

from config.directory.load import DEFAULT_DIRECTORY, load_directory
from config.directory.models import Department, Directory

__all__ = ["DEFAULT_DIRECTORY", "Department", "Directory", "load_directory"]
