"""Names of files by pattern: the same batch always has the same name (文件名)."""

import hashlib
import re
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from xinqiao.adapters.base import SealedBatch
from xinqiao.clock import SHANGHAI
from xinqiao.errors import SettingsError

NamePattern = str
"""A file name with placeholders in braces."""

_FORMATS = {
    "batch": re.compile(""),
    "kind": re.compile(""),
    "operation": re.compile(""),
    "file": re.compile(""),
    "stem": re.compile(""),
    "serial": re.compile(r"0[5-9]d"),
    "date": re.compile(r"(%[YmdHMSy]|[-_.])+"),
}
"""Placeholder → what may stand behind its colon."""

_OF_THE_ANSWER = frozenset({"file", "stem"})
_BINDING = frozenset({"batch", "serial", "file", "stem"})
_FORBIDDEN = frozenset('/\\:*?"<>|')
_MOST_BYTES = 200
_STRONG_DIGITS = 8
_SERIALS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class NameParts:
    """What a name is made of.

    Attributes:
        batch: What was sealed.
        kind: The platform's word for its kind.
        operation: The platform's word for its operation.
        file: Name of the file that was sent, where the name is that of an answer.
    """

    batch: SealedBatch
    kind: str
    operation: str
    file: str = ""


def check_name(text: str) -> str:
    """Return ``text`` if it is a pattern for files that we write.

    Raises:
        ValueError: With a Chinese message, when it is not.
    """
    used = _placeholders(text)
    if used & _OF_THE_ANSWER or "*" in text:
        raise ValueError("文件名里不能写 {file}、{stem} 和 *，那是回执文件名用的")
    if not used & _BINDING:
        raise ValueError("文件名须含 {batch} 或 {serial:05d}，否则两个批次会同名")
    return text


def check_search_name(text: str) -> str:
    """Return ``text`` if it is a pattern for files that answer us; empty is none.

    Raises:
        ValueError: With a Chinese message, when it is not.
    """
    _placeholders(text)
    return text


def binds(text: str) -> bool:
    """Return whether a name of this pattern says which batch is meant."""
    return bool(_placeholders(text) & _BINDING)


def is_weak(text: str) -> bool:
    """Return whether two batches may come to one name, if seldom: it has but a short serial."""
    pieces = list(string.Formatter().parse(text))
    if any(field == "batch" for _, field, _, _ in pieces):
        return False
    digits = [int((spec or "09d")[1]) for _, field, spec, _ in pieces if field == "serial"]
    return not digits or max(digits) < _STRONG_DIGITS


def file_name(pattern: NamePattern, parts: NameParts) -> str:
    """Return the name of the file for a batch.

    Raises:
        SettingsError: The name cannot be made, or no folder takes it.
    """
    name = "".join(
        literal + (_filled(field, spec, parts) if field else "")
        for literal, field, spec, _ in string.Formatter().parse(pattern)
    )
    if (
        not name
        or name.startswith((".", " "))
        or len(name.encode("utf-8", "replace")) > _MOST_BYTES
        or any(letter in _FORBIDDEN or not letter.isprintable() for letter in name)
    ):
        raise SettingsError(
            f"按平台配置的文件名格式「{pattern}」得不到可用的文件名，请检查 name 和对照词（words）",
            code="profile",
        )
    return name


def search_expression(pattern: NamePattern, parts: NameParts) -> re.Pattern[str]:
    """Return what the names of a batch's answers look like.

    Raises:
        SettingsError: As :func:`file_name`.
    """
    return re.compile(
        _expression(pattern, lambda field, spec: re.escape(_filled(field, spec, parts))), re.DOTALL
    )


def any_search_expression(
    pattern: NamePattern,
    sent: Sequence[NamePattern],
    kinds: Sequence[str],
    operations: Sequence[str],
) -> re.Pattern[str]:
    """Return what the names of answers look like, whichever batch they are about.

    Args:
        pattern: That of answers.
        sent: Those of the files that are sent.
        kinds: The platform's words for record kinds.
        operations: Its words for operations.
    """
    known = {
        "batch": ".+",
        "serial": "[0-9]+",
        "date": ".+",
        "kind": _one_of(map(re.escape, kinds)),
        "operation": _one_of(map(re.escape, operations)),
    }
    files = [_expression(name, lambda field, _: known[field]) for name in sent]
    stems = [_expression(_stem(name), lambda field, _: known[field]) for name in sent]
    known |= {"file": _one_of(files), "stem": _one_of(stems)}
    return re.compile(_expression(pattern, lambda field, _: known[field]), re.DOTALL)


def _one_of(expressions: Iterable[str]) -> str:
    return f"(?:{'|'.join(expressions)})"


def _stem(pattern: NamePattern) -> NamePattern:
    """Return the pattern of a file that is sent without its ending."""
    head, brace, tail = pattern.rpartition("}")
    return head + brace + (tail.rpartition(".")[0] if "." in tail else tail)


def _expression(pattern: NamePattern, filled: Callable[[str, str | None], str]) -> str:
    """Return ``pattern`` as an expression; ``filled`` says what stands for a placeholder."""
    return "".join(
        re.escape(literal).replace(r"\*", ".*") + (filled(field, spec) if field else "")
        for literal, field, spec, _ in string.Formatter().parse(pattern)
    )


def search_text(pattern: NamePattern, parts: NameParts) -> str:
    """Return for people what the names of a batch's answers look like; ``*`` is any text.

    Raises:
        SettingsError: As :func:`file_name`.
    """
    return "".join(
        literal + (_filled(field, spec, parts) if field else "")
        for literal, field, spec, _ in string.Formatter().parse(pattern)
    )


def serial_of(number: str) -> int:
    """Return a number of nine digits made from a batch number.

    It says nothing of an order, and cut to a few digits it may be that of another batch: a name
    that is taken is noticed when the file is put in place.
    """
    digest = hashlib.sha256(number.encode()).digest()
    return int.from_bytes(digest[:8]) % _SERIALS


def sealed_at(batch: SealedBatch) -> datetime:
    """Return when the batch was sealed, in Asia/Shanghai.

    Raises:
        SettingsError: It was sealed by a release that did not note it.
    """
    if batch.sealed_at is None:
        raise SettingsError(
            f"批次 {batch.number} 没有记录封存时间，不能按日期命名或填写，请撤销后重新报送",
            code="profile",
        )
    return batch.sealed_at.astimezone(SHANGHAI)


def _filled(field: str, spec: str | None, parts: NameParts) -> str:
    if field == "date":
        return sealed_at(parts.batch).strftime(spec or "%Y%m%d")
    if field == "serial":
        digits = int((spec or "09d")[1])
        return f"{serial_of(parts.batch.number) % 10**digits:0{digits}d}"
    if field == "stem":
        return parts.file.rpartition(".")[0] or parts.file
    values = {
        "batch": parts.batch.number,
        "kind": parts.kind,
        "operation": parts.operation,
        "file": parts.file,
    }
    return values[field]


def _placeholders(text: str) -> frozenset[str]:
    used = set()
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError:
        raise ValueError("文件名格式中的花括号不成对") from None
    for _, field, spec, conversion in pieces:
        if field is None:
            continue
        allowed = _FORMATS.get(field)
        if allowed is None or conversion:
            raise ValueError(
                "文件名格式中可用的有 {batch}、{serial:05d}、{date:%Y%m%d}、{kind}、{operation}，"
                "回执文件名另有 {file}、{stem}"
            )
        if spec and not allowed.fullmatch(spec):
            raise ValueError(
                f"文件名格式中 {{{field}}} 的写法不对，例如 {{serial:05d}}、{{date:%Y%m%d}}"
            )
        used.add(field)
    return frozenset(used)
