"""Puts what belongs to one attempt into a request that was rendered before (附加认证信息).

The rendered request is the same for the same batch; tokens, times, nonces and signatures are not,
and come in here.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from xinqiao.adapters.http.encoding import NotEncodableError, encode
from xinqiao.adapters.http.exchange import BodyAs, HttpRequest
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


BODIES: Mapping[Place, tuple[BodyAs, ...]] = {
    Place.FORM: ("form", "multipart"),
    Place.JSON: ("json",),
}
"""Place → bodies that have it; the first is made where a request has no body."""


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
    written_as = BODIES[place][0] if request.body is None else request.members_as
    if written_as is None or written_as not in BODIES[place]:
        raise SettingsError(
            f"平台配置中 {request.template or request.path} 的 body 不是可以放进 {name} 的"
            "一组名称和值，请更正",
            code="profile",
        )
    members = {**(request.members or {}), name: text}
    try:
        body, content_type = encode(written_as, members, request.charset)
    except NotEncodableError:
        # the rest of the body was written before
        raise SettingsError(
            f"{name} 的值含有 {request.charset} 容纳不了的字，请更正平台配置或凭据", code="profile"
        ) from None
    return replace(
        request,
        headers={**request.headers, "content-type": content_type},
        body=body,
        members=members,
        members_as=written_as,
    )
