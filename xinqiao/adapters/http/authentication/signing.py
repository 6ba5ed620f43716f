"""Carries a signing recipe out on one request (签名)."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xinqiao.adapters.http.authentication.algorithms import ALGORITHMS, ENCODINGS
from xinqiao.adapters.http.authentication.patterns import fill
from xinqiao.adapters.http.authentication.steps import Parameters, SignStep
from xinqiao.adapters.http.authentication.times import write_time
from xinqiao.adapters.http.exchange import HttpRequest
from xinqiao.adapters.http.reading import as_text
from xinqiao.adapters.http.stamping import BODIES, stamp
from xinqiao.errors import SettingsError

_CASES: Mapping[str, Callable[[str], str]] = {
    "as_is": lambda text: text,
    "lower": str.lower,
    "upper": str.upper,
}

_ORDERS: Mapping[str, Callable[[str], Any]] = {
    "ascii": lambda name: name,
    "ascii_ignoring_case": lambda name: (name.lower(), name),
}

_BYTES_THAT_ARE_NO_TEXT = "surrogateescape"
"""How bytes of a body that are no text of the recipe's character set come through unchanged."""


@dataclass(frozen=True, slots=True)
class Known:
    """What placeholders can name, never shown in any representation.

    Attributes:
        settings: The workspace's values.
        credentials: The secrets.
        tokens: Name (``known_as``) → token.
    """

    settings: Mapping[str, str] = field(repr=False)
    credentials: Mapping[str, str] = field(repr=False)
    tokens: Mapping[str, str] = field(repr=False)

    def value_of(self, placeholder: str) -> str:
        """Return the value of ``settings.app_id`` and the like."""
        table, _, name = placeholder.partition(".")
        values: Mapping[str, str] = getattr(self, table)
        return values[name]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is made anew for every attempt.

    Attributes:
        now: The present instant, aware.
        nonce: The random text.
    """

    now: datetime
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signing:
    """A signature and how it came about; shown in no representation.

    Attributes:
        parameters: What ``{parameters}`` stood for.
        text: The text as the recipe puts it together.
        digested: The text as it was digested: in the recipe's case.
        signature: The signature as the recipe writes it.
        placed: The same as it was put into the request.
        request: The request with the signature.
    """

    parameters: str = field(repr=False)
    text: str = field(repr=False)
    digested: str = field(repr=False)
    signature: str = field(repr=False)
    placed: str = field(repr=False)
    request: HttpRequest


def sign(step: SignStep, request: HttpRequest, known: Known, attempt: Attempt) -> Signing:
    """Return the signature of ``request``.

    Raises:
        SettingsError: A character does not fit the recipe's character set, or a value does not fit
            its place. The message shows neither.
    """

    def value_of(name: str) -> str:
        if "." in name:
            return known.value_of(name)
        return beside[name]

    beside = {
        "time": write_time(step.time_format, attempt.now),
        "date": write_time(step.date_format, attempt.now),
        "nonce": attempt.nonce,
    }
    sent = {value.name: fill(value.value, value_of) for value in step.values}
    for value in step.values:
        request = stamp(request, value.place, value.name, sent[value.name])
    body = request.body or b""
    beside |= {
        "path": request.path,
        "method": request.method,
        "parameters": _parameters(step.parameters, request, sent),
        "body": body.decode(step.charset, _BYTES_THAT_ARE_NO_TEXT),
        "body_base64": base64.b64encode(body).decode(),
    }
    text = fill(step.text, value_of)
    digested = _CASES[step.case](text)
    signature = _signature(step, digested, fill(step.key or "", value_of))
    placed = fill(step.pattern, lambda name: signature if name == "signature" else value_of(name))
    return Signing(
        parameters=beside["parameters"],
        text=text,
        digested=digested,
        signature=signature,
        placed=placed,
        request=stamp(request, step.place, step.name, placed),
    )


def _signature(step: SignStep, text: str, key: str) -> str:
    try:
        data = text.encode(step.charset, _BYTES_THAT_ARE_NO_TEXT)
        secret = key.encode(step.charset)
    except UnicodeEncodeError:
        # the cause is left out: it quotes the text
        raise SettingsError(
            f"要签名的文本含有字符集 {step.charset} 里没有的字，请更正平台配置中签名步骤"
            f"（{step.name}）的 charset",
            code="profile",
        ) from None
    return ENCODINGS[step.encoding](ALGORITHMS[step.algorithm].sign(secret, data))


def _parameters(table: Parameters | None, request: HttpRequest, sent: Mapping[str, str]) -> str:
    if table is None:
        return ""
    written_as = request.members_as
    parts: Mapping[str, Mapping[str, Any]] = {
        "query": request.query,
        **{place: _texts(request) for place, bodies in BODIES.items() if written_as in bodies},
        "values": sent,
    }
    found = {
        name: as_text(value)
        for part in table.taken_from
        for name, value in parts.get(part, {}).items()
    }
    names = table.names or sorted(found, key=_ORDERS[table.order])
    pairs = [(name, found.get(name, "")) for name in names if name not in table.skip]
    return table.separator.join(
        fill(table.pair, {"name": name, "value": value}.__getitem__)
        for name, value in pairs
        if value or not table.skip_empty
    )


def _texts(request: HttpRequest) -> Mapping[str, Any]:
    """Return the members of a body; the files of a multipart form are none that are signed."""
    files = request.members_as == "multipart"
    return {
        name: value
        for name, value in (request.members or {}).items()
        if not (files and isinstance(value, Mapping))
    }
