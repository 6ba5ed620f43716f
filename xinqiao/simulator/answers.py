"""What the stand-in answers, and the manner in which the bytes go out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


class Manner(Enum):
    """How an answer is delivered."""

    WHOLE = auto()
    """At once and whole, as a sound platform does."""

    SILENT = auto()
    """Not at all: the connection is held until the client gives up, then closed."""

    HALF = auto()
    """Half of the body, then the connection is closed."""

    TRICKLE = auto()
    """In small pieces, spread over some seconds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer before it is sent.

    Attributes:
        status: HTTP status code.
        body: The body's bytes.
        content_type: What the Content-Type header claims.
        headers: Further headers.
        manner: How the bytes go out.
        seconds: How long a manner other than WHOLE lasts at most.
        clock_offset: Seconds by which the platform's clock is fast, as the Date header tells.
    """

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.WHOLE
    seconds: float = 0.0
    clock_offset: float = 0.0


def json_answer(
    payload: Mapping[str, object], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return ``payload`` as a JSON answer in UTF-8."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    return Answer(status, body, headers=headers or {})
