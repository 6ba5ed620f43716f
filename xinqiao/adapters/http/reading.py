"""From an answer's bytes to values, text and instants; nothing here raises for what came in."""

import json
import math
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from xinqiao.adapters.http.exchange import HttpAnswer
from xinqiao.adapters.http.parsing import UnreadableError, parse
from xinqiao.clock import SHANGHAI

LONGEST_WAIT = 86_400.0
"""Seconds; a longer Retry-After is taken for this one, so that a slip does not stop a platform."""

_CHINESE_CHARSETS = frozenset({"gbk", "gb2312", "gb18030"})
_XML_CHARSET = re.compile(rb"""\s*<\?xml[^>]*\sencoding=["']([A-Za-z0-9._-]+)["']""")


@dataclass(frozen=True, slots=True)
class Body:
    """An answer's body.

    Attributes:
        value: The value; None when it could not be read.
        problem: Empty, or why not: ``empty``, ``html``, ``wrong_encoding``, ``cut_off``,
            ``not_json``, ``not_xml``; or ``not_unwrapped`` when only a text inside it could not be
            read.
    """

    value: Any = field(default=None, repr=False)
    problem: str = ""


def read_body(
    answer: HttpAnswer,
    answer_as: str = "json",
    charset: str | None = None,
    lists: Collection[str] = (),
) -> Body:
    """Return the value of an answer, or why there is none.

    Args:
        answer: The answer.
        answer_as: ``json``, ``xml`` or ``text``.
        charset: As in :func:`decode`.
        lists: Names of XML elements that are lists even when there is only one of them.
    """
    if not answer.body.strip():
        return Body(problem="empty")
    text = decode(answer, charset)
    if text is None:
        return Body(problem="wrong_encoding")
    if is_page(text):
        return Body(problem="html")
    try:
        return Body(parse(text, answer_as, lists))
    except UnreadableError as error:
        return Body(problem=str(error))


def decode(answer: HttpAnswer, charset: str | None = None) -> str | None:
    """Return the text of an answer, or None when its encoding is wrong.

    Everything is UTF-8 first, as JSON must be (RFC 8259 §8.1): Chinese text in another character
    set is almost never good UTF-8. Another one is read only when the header of the answer, the
    first line of XML or ``charset`` says so.
    """
    with suppress(UnicodeDecodeError):
        return answer.body.decode("utf-8-sig")
    declared = Message()
    declared["content-type"] = answer.headers.get("content-type", "")
    in_xml = _XML_CHARSET.match(answer.body)
    named = {str(declared.get_content_charset()), charset or ""}
    if in_xml:
        named.add(in_xml[1].decode("ascii").lower())
    if named & _CHINESE_CHARSETS:
        with suppress(UnicodeDecodeError):
            return answer.body.decode("gb18030")
    return None


def is_page(text: str) -> bool:
    """Return whether a text begins as a page of the web does."""
    return text.lstrip()[:15].lower().startswith(("<!doctype html", "<html", "<head", "<body"))


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


def _compact(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
