"""Structured logs: one JSON object a line, with call ids, without telephone numbers in clear."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

# Mainland mobile numbers: the first three and last four digits stay, as on any receipt.
_MOBILE = re.compile(r"(?<!\d)((?:\+?86|0086|0)?[- ]?1[3-9]\d)\d{4}(\d{4})(?!\d)")
# 0931-8772182, 02087654321: area code and the last two digits stay.
_LANDLINE = re.compile(r"(?<!\d)((?:010|02\d|0[3-9]\d{2})[- ]?)[2-8]\d{4,5}(\d{2})(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)")


def masked(text: str) -> str:
    """The text with the middle of telephone and identity numbers hidden."""
    text = _MOBILE.sub(r"\1****\2", text)
    return _LANDLINE.sub(r"\1*****\2", _IDENTITY.sub(r"\1********\2", text))


def configure_logging(level: int = logging.INFO) -> None:
    """Send everything, the libraries' logs too, to standard error as JSON."""
    shared: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _mask,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # it logs every message of the wire
    logging.getLogger("panoramisk").setLevel(logging.WARNING)


def _mask(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        event[key] = _masked_value(value)
    return event


def _masked_value(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, list | tuple):
        return [_masked_value(item) for item in value]
    if isinstance(value, dict):
        return {key: _masked_value(item) for key, item in value.items()}
    return value
