"""Puts what belongs to one attempt into a request that was rendered before (附加认证信息).

The rendered request is the same for the same batch; tokens, times, nonces and signatures are not,
and come in here.
"""

from dataclasses import replace
from enum import StrEnum

from xinqiao.adapters.http.exchange import HttpRequest
from xinqiao.adapters.http.rendering import CONTENT_TYPES, encode
from xinqiao.errors import SettingsError


class Place(StrEnum):
    """Where a value is put (放置位置)."""

    HEADER = "header"
    """A header."""
    QUERY = "query"
    """A parameter of the address."""
    FORM = "form"
    """A field of the form in the body."""
    JSON = "json"
    """A member at the top of the JSON object in the body."""
    NONE = "none"
    """Nowhere: it is kept for later steps."""


def stamp(request: HttpRequest, place: Place, name: str, text: str) -> HttpRequest:
    """Return ``request`` with ``text`` in it; a name that it has already keeps its position.

    Raises:
        SettingsError: The text cannot stand in a header, or the body has no members. The message
            names the name and never shows the text.
    """
    if place is Place.NONE:
        return request
    if place is Place.HEADER:
        if not fits_header(text):
            raise SettingsError(
                f"请求头 {name} 的值为空，或含有中文等不能放进请求头的字符，请更正平台配置或凭据",
                code="profile",
            )
        return replace(request, headers={**request.headers, name.lower(): text})
    if place is Place.QUERY:
        return replace(request, query={**request.query, name: text})
    return _with_member(request, place, name, text)


def fits_header(text: str) -> bool:
    """Return whether ``text`` can be the value of a header (RFC 9110 §5.5, printable ASCII)."""
    return bool(text) and text.isascii() and text.isprintable() and text.strip() == text


def _with_member(request: HttpRequest, place: Place, name: str, text: str) -> HttpRequest:
    body_as = place.value
    if request.body is not None and request.members_as != body_as:
        raise SettingsError(
            f"平台配置中 {request.path} 的 body 不是可以放进 {name} 的一组名称和值，请更正",
            code="profile",
        )
    members = {**(request.members or {}), name: text}
    return replace(
        request,
        headers={**request.headers, "content-type": CONTENT_TYPES[body_as]},
        body=encode(body_as, members),
        members=members,
        members_as=body_as,
    )
