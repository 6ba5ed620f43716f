"""Values of one HTTP exchange, free of any HTTP library's types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request.

    Headers, query and body are left out of the representation: they hold secrets and personal data.

    Attributes:
        method: ``GET`` or ``POST``.
        path: Path below the profile's base address, beginning with ``/``.
        query: Parameters, in order.
        headers: Header name → value, printable ASCII.
        body: Bytes to send; None for a request without a body.
        members: The body as names and values, where it is a form or a JSON object: what belongs to
            one attempt can be put among them.
        members_as: ``form`` or ``json``: how they are written; empty where there are none.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    members: Mapping[str, Any] | None = field(default=None, repr=False)
    members_as: str = ""


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
