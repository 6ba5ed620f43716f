"""Pictures inside a record (图片): one text holds them all, so they live as every other field does.

The text is a JSON array in ASCII, one object for each picture, in the order in which they are
shown::

    [{"name": "会议.jpg", "type": "image/jpeg", "data": "<base64 of the file>"}]

Versioned, hashed, sealed and pruned with the record, a picture is never lost beside it. One that
could not be read stands there by its name alone; such a record has an error. The form is this
project's own.
"""

import base64
import binascii
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

MOST_PICTURES = 9
"""A record holds so many at most; a limit of this project, none is published."""

LARGEST_PICTURE = 2 * 1024 * 1024
"""Bytes of the file of one picture at most; a limit of this project, none is published."""

MEDIA_TYPES = ("image/jpeg", "image/png")
"""What a picture may be."""

NAME_SEPARATOR = "；"
"""Stands between the names of several pictures where they are shown."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture.

    Attributes:
        name: Name of its file, without folders.
        media_type: One of :data:`MEDIA_TYPES`; empty for a picture that could not be read.
        data: The bytes of the file; empty for a picture that could not be read.
    """

    name: str
    media_type: str = ""
    data: bytes = b""


def picture_name(name: str) -> str:
    """Return the name of a file as records keep it: widths make no difference."""
    return unicodedata.normalize("NFKC", name).strip()


def pictures_text(pictures: Iterable[Picture]) -> str:
    """Return ``pictures`` as the text of one field."""
    plain = []
    for one in pictures:
        entry = {"name": one.name}
        if one.data:
            entry |= {"type": one.media_type, "data": base64.b64encode(one.data).decode()}
        plain.append(entry)
    # ASCII: looking through megabytes for numbers in other widths would take seconds
    return json.dumps(plain, ensure_ascii=True)


def read_pictures(text: str) -> tuple[Picture, ...]:
    """Return the pictures that :func:`pictures_text` wrote.

    Raises:
        ValueError: ``text`` is not of that form.
    """
    plain = json.loads(text)
    if not isinstance(plain, list):
        raise ValueError("not a list")  # noqa: TRY004 - one kind of refusal for every fault
    return tuple(_picture(entry) for entry in plain)


def picture_names(text: str) -> str:
    """Return the names of the pictures in ``text``, for people; a text of no form as it is."""
    try:
        return NAME_SEPARATOR.join(one.name for one in read_pictures(text))
    except ValueError:
        return text


def _picture(entry: object) -> Picture:
    match entry:
        case {"name": str(name), "type": str(kind), "data": str(data), **rest} if not rest:
            if kind not in MEDIA_TYPES or not data:
                raise ValueError("no picture")
            try:
                return Picture(name, kind, base64.b64decode(data, validate=True))
            except binascii.Error as error:
                raise ValueError("not base64") from error
        case {"name": str(name), **rest} if not rest:
            return Picture(name)
        case _:
            raise ValueError("no picture")


def _check(value: str) -> str:
    try:
        found = read_pictures(value)
    except ValueError:
        raise PydanticCustomError("pictures", "not the form of pictures") from None
    if not all(one.data for one in found):
        raise PydanticCustomError("pictures", "a picture that could not be read")
    if not 0 < len(found) <= MOST_PICTURES:
        raise PydanticCustomError("pictures", "no pictures, or too many")
    return value


@dataclass(frozen=True, slots=True)
class PictureField(AfterValidator):
    """The validator of a field of pictures; by it a kind knows which of its fields hold them."""


Pictures = Annotated[str, PictureField(_check)]
"""Pictures in the form that this module describes."""
