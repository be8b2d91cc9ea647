"""Which Asterisk is used and how its programs are started."""

from telephony.asterisk.installation.find import find_installation
from telephony.asterisk.installation.model import Installation, InstallationError

__all__ = ["Installation", "InstallationError", "find_installation"]
