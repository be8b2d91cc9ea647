"""Starts Asterisk and the service, restarts whichever dies, stops both in order."""

from agent_gateway.supervisor.backoff import Backoff
from agent_gateway.supervisor.lock import AlreadyRunningError, only_supervisor
from agent_gateway.supervisor.service_process import ServiceError, ServiceProcess
from agent_gateway.supervisor.supervisor import Supervisor

__all__ = [
    "AlreadyRunningError",
    "Backoff",
    "ServiceError",
    "ServiceProcess",
    "Supervisor",
    "only_supervisor",
]
