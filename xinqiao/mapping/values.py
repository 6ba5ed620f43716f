"""Compiles what one field does with its text: checks characters, maps words, writes dates.

The functions made here are pydantic validators: they take the record's text, return what is sent,
and raise errors whose ``type`` is the code of the finding. No error carries the value itself.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from xinqiao.mapping.tables import CodeTable, FormatField
from xinqiao.records.fields import iso_date, split_words

Convert = Callable[[str], str]
"""Takes a field's text; gives the text that comes after it, or raises PydanticCustomError."""

_PLAIN_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_PLAIN_INTEGER = re.compile(r"([+-]?)0*([0-9]+)")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")

# control characters, surrogates, and characters that cannot be seen: soft hyphen, zero-width and
# bidirectional marks, line and paragraph separators, byte order mark, non-characters
_INVISIBLE = r"\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\uffff"
_FORBIDDEN = re.compile(rf"[\x00-\x1f{_INVISIBLE}]")
_FORBIDDEN_IN_LONG_TEXT = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f{_INVISIBLE}]")


def annotate(field: FormatField, codes: Mapping[str, CodeTable], charset: str) -> Any:
    """Return the annotated type that holds the rendered text of ``field``."""
    parts: list[Any] = []
    if field.decimals is not None:
        parts.append(BeforeValidator(_decimal(field.length or 0, field.decimals)))
    elif field.type == "integer":
        parts.append(BeforeValidator(_integer(field.length or 0)))
    elif field.type == "year":
        parts.append(BeforeValidator(_year))
    elif field.length is not None and field.unit == "characters":
        parts.append(StringConstraints(max_length=field.length))
    elif field.length is not None:
        parts.append(AfterValidator(_byte_limit(field.length, charset)))
    # before-validators run from the last to the first: characters, then the conversion
    if field.codes is not None and field.separator is not None:
        parts.append(BeforeValidator(_codes(codes[field.codes], field.separator)))
    elif field.codes is not None:
        parts.append(BeforeValidator(_code(codes[field.codes])))
    elif field.pattern is not None:
        parts.append(BeforeValidator(_date(field.pattern)))
    parts.append(BeforeValidator(_characters(charset, long_text=field.type == "long_text")))
    return Annotated[str, *parts]


def _characters(charset: str, *, long_text: bool) -> Convert:
    forbidden = _FORBIDDEN_IN_LONG_TEXT if long_text else _FORBIDDEN

    def check(text: str) -> str:
        # isprintable() is a fast yes for nearly every value; the expression decides the rest
        if not text.isprintable() and (found := forbidden.search(text)):
            raise _special_character(text, found.start())
        if charset != "utf-8":
            try:
                text.encode(charset)
            except UnicodeEncodeError as error:
                raise _special_character(text, error.start) from None
        return text

    return check


def _special_character(text: str, index: int) -> PydanticCustomError:
    point = f"U+{ord(text[index]):04X}"
    context = {"position": index + 1, "point": point}
    return PydanticCustomError("special_characters", "a character not carried", context)


def _byte_limit(limit: int, charset: str) -> Convert:
    def check(text: str) -> str:
        length = len(text.encode(charset))
        if length > limit:
            raise PydanticCustomError("too_long", "too many bytes", {"actual_length": length})
        return text

    return check


def _code(table: CodeTable) -> Convert:
    plain = {entry.word: entry.wire for entry in table.entries if not entry.detail}
    detailed = {entry.word: entry.wire for entry in table.entries if entry.detail}

    def convert(text: str) -> str:
        if not text:
            return text
        if text in plain:
            return plain[text]
        word, dash, detail = text.partition("-")
        if word not in detailed:
            raise PydanticCustomError("not_in_list", "not a word of the list")
        if not dash or not detail.strip():
            raise PydanticCustomError("detail_missing", "no concrete kind", {"word": word})
        return f"{detailed[word]}-{detail}"

    return convert


def _codes(table: CodeTable, separator: str) -> Convert:
    """Map each of several words; words that become the same are sent once."""
    convert = _code(table)

    def convert_all(text: str) -> str:
        return separator.join(dict.fromkeys(convert(word) for word in split_words(text)))

    return convert_all


def _decimal(digits: int, decimals: int) -> Convert:
    def convert(text: str) -> str:
        if not text:
            return text
        if not _PLAIN_DECIMAL.fullmatch(text):
            raise PydanticCustomError("not_an_amount", "not a plain decimal number")
        whole, _, fraction = text.partition(".")
        whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
        if len(fraction) > decimals:
            context = {"actual_length": len(fraction), "decimals": decimals}
            raise PydanticCustomError("too_many_decimals", "too many decimals", context)
        if len(whole) > digits - decimals:
            context = {"actual_length": len(whole), "digits": digits - decimals}
            raise PydanticCustomError("too_many_digits", "too many digits", context)
        return f"{whole or '0'}.{fraction}" if fraction else whole or "0"

    return convert


def _integer(digits: int) -> Convert:
    def convert(text: str) -> str:
        if not text:
            return text
        read = _PLAIN_INTEGER.fullmatch(text)
        if read is None:
            raise PydanticCustomError("not_whole", "not a whole number")
        sign, number = read.groups()
        if len(number) > digits:
            context = {"actual_length": len(number), "digits": digits}
            raise PydanticCustomError("too_many_digits", "too many digits", context)
        return f"-{number}" if sign == "-" and number != "0" else number

    return convert


def _year(text: str) -> str:
    if text and not _YEAR.fullmatch(text):
        raise PydanticCustomError("not_a_year", "not a year written YYYY")
    return text


def _date(pattern: str) -> Convert:
    template = pattern.replace("{", "{{").replace("}", "}}")
    for part, slot in (("YYYY", "{0:04d}"), ("MM", "{1:02d}"), ("DD", "{2:02d}")):
        template = template.replace(part, slot)
    write = template.format

    def convert(text: str) -> str:
        if not text:
            return text
        day = iso_date(text)
        if day is None:
            raise PydanticCustomError("not_a_date", "not a date written YYYY-MM-DD")
        return write(day.year, day.month, day.day)

    return convert
