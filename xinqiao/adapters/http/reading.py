"""From the bytes of an answer to JSON, text and instants; nothing here raises for what came in."""

import json
import math
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from xinqiao.adapters.http.exchange import HttpAnswer
from xinqiao.clock import SHANGHAI

LONGEST_WAIT = 86_400.0
"""Seconds; a longer Retry-After is taken for this one, so that a slip does not stop a platform."""

_CHINESE_CHARSETS = frozenset({"gbk", "gb2312", "gb18030"})


@dataclass(frozen=True, slots=True)
class Body:
    """An answer's body.

    Attributes:
        value: The JSON value; None when it could not be read.
        problem: Empty, or why not: ``empty``, ``html``, ``wrong_encoding``, ``cut_off``,
            ``not_json``.
    """

    value: Any = field(default=None, repr=False)
    problem: str = ""


def read_body(answer: HttpAnswer) -> Body:
    """Return the JSON of an answer, or why there is none.

    JSON is UTF-8 (RFC 8259 §8.1); a Chinese character set is read only when the answer says so.
    """
    if not answer.body.strip():
        return Body(problem="empty")
    text = _decode(answer)
    if text is None:
        return Body(problem="wrong_encoding")
    if text.lstrip()[:15].lower().startswith(("<!doctype html", "<html", "<head", "<body")):
        return Body(problem="html")
    try:
        return Body(json.loads(text, parse_constant=_refuse_constant))
    except json.JSONDecodeError as error:
        return Body(problem="cut_off" if _breaks_off(text, error) else "not_json")
    except (ValueError, RecursionError):
        return Body(problem="not_json")


def as_text(value: Any) -> str:
    """Return a JSON value as text that every database can store; null is empty."""
    if value is None:
        return ""
    if not isinstance(value, str):
        try:
            value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        except RecursionError:
            return ""
    # lone surrogates and NUL are legal in JSON and in no database
    return str(value).encode("utf-8", "replace").decode().replace("\0", "")


def as_count(value: Any) -> int | None:
    """Return a JSON number or its text as an integer from 0; None for anything else."""
    text = as_text(value)
    return (
        int(text) if text.isascii() and text.isdigit() and len(text) <= len("999999999") else None
    )


def as_instant(value: Any) -> datetime | None:
    """Return an instant in UTC, or None when it cannot be read.

    Read are ISO 8601, ``YYYY-MM-DD hh:mm:ss``, ``YYYYMMDDhhmmss`` and the date of HTTP (RFC 9110
    §5.6.7). Without an offset Asia/Shanghai is meant.
    """
    text = as_text(value).strip().replace("/", "-")
    for read in (datetime.fromisoformat, _compact, parsedate_to_datetime):
        with suppress(ValueError, OverflowError, TypeError):
            instant = read(text)
            if instant.tzinfo is None:
                instant = instant.replace(tzinfo=SHANGHAI)
            return instant.astimezone(UTC)
    return None


def as_wait(value: Any, now: datetime) -> float | None:
    """Return the seconds of a Retry-After, given as a number or a date; None when unreadable."""
    text = as_text(value).strip()
    seconds: float | None = None
    with suppress(ValueError):
        seconds = float(text)
    if seconds is None and (instant := as_instant(text)) is not None:
        seconds = (instant - now).total_seconds()
    if seconds is None or not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _decode(answer: HttpAnswer) -> str | None:
    with suppress(UnicodeDecodeError):
        return answer.body.decode("utf-8-sig")
    declared = Message()
    declared["content-type"] = answer.headers.get("content-type", "")
    if str(declared.get_content_charset()) in _CHINESE_CHARSETS:
        with suppress(UnicodeDecodeError):
            return answer.body.decode("gb18030")
    return None


def _breaks_off(text: str, error: json.JSONDecodeError) -> bool:
    begun = text.lstrip().startswith(("{", "["))
    at_end = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    return begun and at_end


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _compact(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
