"""Logging: one line of JSON per event; the event name is the contract, never the text.

Identity numbers are masked in a processor, so no call site can forget it.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, cast

import structlog

from xinqiao.privacy.masking import mask_identity_numbers


def configure(level: str, file: Path | None = None) -> None:
    """Send log events to ``file`` (created 0600, appended), or to standard error.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        file: Path of the log; its folder must exist.
    """
    previous = structlog.get_config()["logger_factory"]
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
        logger_factory=_Output(_opened(file)),
        cache_logger_on_first_use=False,
    )
    if isinstance(previous, _Output):
        previous.close()


class _Forgiving:
    """A stream on which an event that cannot be written is lost, and nothing else.

    A full disk or a terminal that has gone must not stop what is told about.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class _Output:
    """Makes loggers that write to one file, or to standard error; owns the file."""

    def __init__(self, file: TextIO | None) -> None:
        self._file = file
        stream = cast("TextIO", _Forgiving(file or sys.stderr))
        self._loggers = structlog.WriteLoggerFactory(stream)

    def __call__(self, *names: Any) -> structlog.WriteLogger:
        return self._loggers(*names)

    def close(self) -> None:
        if self._file is not None:
            # what could not be written is tried once more on closing
            with suppress(OSError):
                self._file.close()


def _opened(file: Path | None) -> TextIO | None:
    if file is None:
        return None
    # a workspace that can only be read is still worth reading: then events go to the terminal
    with suppress(OSError):
        file.touch(mode=0o600, exist_ok=True)
        # a file name may hold bytes that are no text; an event must not fail because of it
        return file.open("a", encoding="utf-8", errors="backslashreplace")
    return None


def mask_values(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Mask identity numbers in an event, however deep, keys too (a structlog processor)."""
    return {mask_identity_numbers(name): _masked(value) for name, value in event.items()}


def _masked(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return _masked_number(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    if isinstance(value, Mapping):
        return {mask_identity_numbers(str(key)): _masked(item) for key, item in value.items()}
    return mask_identity_numbers(str(value))


def _masked_number(value: float | None) -> float | str | None:
    # spreadsheets hand identity numbers over as numbers
    text = f"{value:.0f}" if isinstance(value, float) else str(value)
    masked = mask_identity_numbers(text)
    return value if masked == text else masked
