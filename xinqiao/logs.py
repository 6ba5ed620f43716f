"""Logging: one line of JSON per event; the event name is the contract, never the text.

Identity numbers are masked in a processor, so no call site can forget it.
"""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import structlog

from xinqiao.privacy.masking import mask_identity_numbers


def configure(level: str, file: Path | None = None) -> None:
    """Send log events to ``file`` (created 0600, appended), or to standard error.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        file: Path of the log; its folder must exist.
    """
    stream: TextIO = sys.stderr
    if file is not None:
        # a workspace that can only be read is still worth reading: then events go to the terminal
        with suppress(OSError):
            file.touch(mode=0o600, exist_ok=True)
            stream = file.open("a", encoding="utf-8")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_values,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def mask_values(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Mask identity numbers in every value of an event, however deep (a structlog processor)."""
    for name, value in event.items():
        event[name] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    if isinstance(value, int | float | bool | None):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _masked(item) for key, item in value.items()}
    return mask_identity_numbers(str(value))
