"""Starting, adopting, watching and stopping the Asterisk process."""

from telephony.asterisk.process.ports import PortUse, port_troubles, service_ports, telephone_ports
from telephony.asterisk.process.process import AsteriskProcess, AsteriskProcessError

__all__ = [
    "AsteriskProcess",
    "AsteriskProcessError",
    "PortUse",
    "port_troubles",
    "service_ports",
    "telephone_ports",
]
