"""From the value of a body to its bytes: JSON, form, query string, multipart, XML (报文编码).

The same value always gives the same bytes, so that a batch can be sent again as it was sealed.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import xmltodict

from xinqiao.adapters.http.exchange import BodyAs, Charset
from xinqiao.adapters.http.reading import as_text
from xinqiao.errors import SettingsError

# XML 1.0 §2.2: everything else cannot stand in a document, not even as a reference
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotEncodableError(Exception):
    """The body holds a character that cannot be written as the platform wants it.

    Its text never shows the value.
    """


def encode(body_as: BodyAs, value: Any, charset: Charset = "utf-8") -> tuple[bytes, str]:
    """Return the bytes of a body and its content type.

    Args:
        body_as: How it is written; ``query`` is none of a body's ways.
        value: What a profile's expression built. A form takes a table of texts. Multipart takes a
            table whose values are texts, or files: a table of ``filename`` and ``content``
            (written as JSON, or as it stands if it is a text). XML takes a table with one root;
            members named ``@x`` are attributes, ``#text`` is an element's text beside them, a list
            is an element several times.
        charset: Character set of everything but JSON, which is UTF-8 (RFC 8259 §8.1).

    Raises:
        NotEncodableError: A character is not in the character set, or may not stand in XML.
        SettingsError: The value has not the shape that ``body_as`` needs.
    """
    try:
        if body_as == "json":
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            return text.encode(), "application/json; charset=utf-8"
        fields = _table(body_as, value)
        if body_as == "xml":
            return _xml(fields, charset), f"application/xml; charset={charset}"
        if body_as == "multipart":
            return _multipart(fields, charset)
        form = urlencode(fields_of(value), encoding=charset)
    except UnicodeEncodeError:
        # the cause is left out: it quotes the value
        raise NotEncodableError(charset) from None
    return form.encode(), f"application/x-www-form-urlencoded; charset={charset}"


def fields_of(value: Any) -> dict[str, str]:
    """Return the fields of a form or query string; whatever is no text is written as JSON.

    Raises:
        SettingsError: The value is no table.
    """
    return {name: as_text(part) for name, part in _table("form", value).items()}


def fits(body_as: BodyAs, text: str, charset: Charset) -> bool:
    """Return whether ``text`` can stand in a body that is written so."""
    if body_as == "xml" and _NO_XML.search(text):
        return False
    try:
        text.encode("utf-8" if body_as == "json" else charset)
    except UnicodeEncodeError:
        return False
    return True


def _table(body_as: BodyAs, value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping) and (body_as != "xml" or len(value) == 1):
        return value
    wanted = "只有一个根元素的 XML" if body_as == "xml" else "一组表单项（名称: 值）"
    raise SettingsError(f"平台配置中 body 应得出{wanted}，请更正", code="profile")


def _xml(value: Mapping[str, Any], charset: Charset) -> bytes:
    try:
        text = xmltodict.unparse(value, encoding=charset)
    except ValueError:
        raise SettingsError(
            "平台配置中 body 得出的元素名或属性名不能用于 XML，请更正", code="profile"
        ) from None
    if _NO_XML.search(text):
        raise NotEncodableError("xml")
    return text.encode(charset)


def _multipart(parts: Mapping[str, Any], charset: Charset) -> tuple[bytes, str]:
    written = [_part(name, value, charset) for name, value in parts.items()]
    # of the content alone: a resend is byte-identical, and no content can hold its own hash
    boundary = f"xinqiao-{hashlib.sha256(b''.join(map(_framed, written))).hexdigest()[:40]}"
    line = f"--{boundary}".encode()
    body = b"".join(line + b"\r\n" + part + b"\r\n" for part in written) + line + b"--\r\n"
    return body, f"multipart/form-data; boundary={boundary}"


def _framed(part: bytes) -> bytes:
    return len(part).to_bytes(8) + part


def _part(name: str, value: Any, charset: Charset) -> bytes:
    head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    if not isinstance(value, Mapping):
        kind = "" if charset == "utf-8" else f"\r\nContent-Type: text/plain; charset={charset}"
        return f"{head}{kind}\r\n\r\n{as_text(value)}".encode(charset)
    if set(value) != {"filename", "content"}:
        raise SettingsError(
            f"平台配置中 body 的文件项 {name} 应写明 filename（文件名）和 content（内容）",
            code="profile",
        )
    content = value["content"]
    kind = f"text/plain; charset={charset}" if isinstance(content, str) else "application/json"
    head += f'; filename="{_quoted(as_text(value["filename"]))}"\r\nContent-Type: {kind}'
    written = charset if isinstance(content, str) else "utf-8"
    return f"{head}\r\n\r\n".encode(charset) + as_text(content).encode(written)


def _quoted(name: str) -> str:
    # as browsers write names (HTML standard, "multipart/form-data encoding algorithm")
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
