"""From a text to the value that expressions read: JSON, and XML without its dangers.

XML becomes what JSON could be: an element is a table of its children, or its text; attributes are
members named ``@x``, text beside them ``#text``; an element that comes several times is a list.
"""

import json
import re
from collections.abc import Collection
from typing import Any
from xml.parsers.expat import ExpatError, errors

import xmltodict

DEEPEST_XML = 64
"""Elements inside one another; what is deeper is refused."""

_ENDED_EARLY = frozenset(
    errors.codes[name]
    for name in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_PARTIAL_CHAR,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)


_DOCTYPE = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*<!DOCTYPE", re.DOTALL)


class UnreadableError(Exception):
    """The text is not what it should be; its text is the name of the problem."""


def parse(text: str, parsed_as: str, lists: Collection[str] = ()) -> Any:
    """Return the value of ``text``.

    Args:
        text: JSON, XML or any text.
        parsed_as: ``json``, ``xml`` or ``text``.
        lists: Names of XML elements that are lists even when there is only one of them.

    Raises:
        UnreadableError: ``not_json``, ``not_xml``, or ``cut_off`` where the text breaks off.
    """
    if parsed_as == "json":
        return _json(text)
    return _xml(text, lists) if parsed_as == "xml" else text


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise UnreadableError("cut_off" if _breaks_off(text, error) else "not_json") from None
    except (ValueError, RecursionError):
        raise UnreadableError("not_json") from None


def _breaks_off(text: str, error: json.JSONDecodeError) -> bool:
    begun = text.lstrip().startswith(("{", "["))
    at_end = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    return begun and at_end


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _xml(text: str, lists: Collection[str]) -> Any:
    if _DOCTYPE.match(text):
        # no data exchange needs one: its entities grow a text when it is read, or leave holes in it
        raise UnreadableError("not_xml")
    try:
        # as UTF-8 whatever the text declares: it was decoded already
        value = xmltodict.parse(
            text.strip(), encoding="utf-8", force_list=tuple(lists), postprocessor=_not_too_deep
        )
    except ExpatError as error:
        raise UnreadableError("cut_off" if error.code in _ENDED_EARLY else "not_xml") from None
    except (ValueError, RecursionError):
        raise UnreadableError("not_xml") from None
    return value


def _not_too_deep(path: list[Any], key: str, value: Any) -> tuple[str, Any]:
    if len(path) > DEEPEST_XML:
        raise ValueError("too deep")
    return key, value
