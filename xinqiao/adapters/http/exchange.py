"""Values of one HTTP exchange, free of any HTTP library's types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

BodyAs = Literal["json", "form", "query", "multipart", "xml"]
"""Ways in which a body is written."""

Charset = Literal["utf-8", "gbk", "gb18030"]
"""Character sets that bodies are written in."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request.

    Headers, query and body are left out of the representation: they hold secrets and personal data.

    Attributes:
        method: ``GET`` or ``POST``.
        path: Path below the profile's base address, beginning with ``/``; left out of the
            representation too, since a document number may stand in it.
        query: Parameters, in order.
        headers: Header name → value, printable ASCII.
        body: Bytes to send; None for a request without a body.
        template: The path as the profile writes it, for logs.
        members: The body as names and values, where it is a form, a JSON object or multipart: what
            belongs to one attempt can be put among them.
        members_as: ``form``, ``json`` or ``multipart``: how they are written; None where there are
            none.
        charset: Character set of the body.
    """

    method: str
    path: str = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    template: str = ""
    members: Mapping[str, Any] | None = field(default=None, repr=False)
    members_as: BodyAs | None = None
    charset: Charset = "utf-8"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer that was read whole.

    Attributes:
        status: HTTP status code.
        headers: Lower-case header name → value.
        body: The decoded body.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Arrival(StrEnum):
    """Whether a request that came to nothing can have reached the other side."""

    NEVER_SENT = "never_sent"
    """Not one byte of the request left (未发出)."""

    MAYBE_SENT = "maybe_sent"
    """Some or all of it may have arrived (可能已送达)."""


@dataclass(frozen=True, slots=True)
class HttpFailure:
    """A request without a whole answer.

    Attributes:
        arrival: Whether the request can have arrived.
        code: Stable English name of what happened, such as ``read_timeout``.
        partial: What was read of the answer before it broke off, for evidence.
    """

    arrival: Arrival
    code: str
    partial: bytes = field(default=b"", repr=False)
