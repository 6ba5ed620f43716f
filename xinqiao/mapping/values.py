"""Compiles what one field does with its text: checks characters, maps words, writes dates.

The functions made here are pydantic validators: they take the record's text, return what is sent,
and raise errors whose ``type`` is the code of the finding. No error carries the value itself.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from xinqiao.mapping.personal import holds_identity_number
from xinqiao.mapping.tables import CodeTable, FormatField
from xinqiao.records.doubtful_text import may_hold_identity_number
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


def annotate(
    field: FormatField,
    codes: Mapping[str, CodeTable],
    charset: str,
    *,
    public: bool = False,
    key: bool = False,
) -> Any:
    """Return the annotated type that holds the rendered text of ``field``.

    Args:
        field: The field.
        codes: The code tables that it may name.
        charset: What the wire can carry.
        public: Whether everybody can read what is sent.
        key: Whether it is one of the fields by which the platform knows a record: keys are kept
            and shown in clear.
    """
    checks = [_characters(charset, long_text=field.type == "long_text"), *_conversion(field, codes)]
    if public:
        checks.insert(0, _shown_to_everybody)
    if key:
        checks.insert(0, _kept_in_clear)
    # before-validators run from the last to the first
    return Annotated[str, *_extent(field, charset), *map(BeforeValidator, reversed(checks))]


def _extent(field: FormatField, charset: str) -> list[Any]:
    """Return what limits the length of the text that is sent, of all but numbers and dates."""
    if field.length is None or field.type in ("decimal", "integer", "year"):
        return []
    if field.unit == "characters":
        return [StringConstraints(max_length=field.length)]
    return [AfterValidator(_byte_limit(field.length, charset))]


def _conversion(field: FormatField, codes: Mapping[str, CodeTable]) -> list[Convert]:
    """Return what turns the record's text into that of the platform, if anything does."""
    if field.codes is not None and field.separator is not None:
        return [_codes(codes[field.codes], field.separator)]
    if field.codes is not None:
        return [_code(codes[field.codes])]
    if field.pattern is not None:
        return [_date(field.pattern)]
    if field.decimals is not None:
        return [_decimal(field.length or 0, field.decimals)]
    if field.type == "integer":
        return [_integer(field.length or 0)]
    return [_year] if field.type == "year" else []


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


def _shown_to_everybody(text: str) -> str:
    if holds_identity_number(text):
        raise PydanticCustomError("identity_number", "an identity number")
    return text


def _kept_in_clear(text: str) -> str:
    if may_hold_identity_number(text):
        raise PydanticCustomError("identity_number_as_key", "an identity number")
    return text


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
