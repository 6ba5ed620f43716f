"""In which fields a platform's entry differs from a record, as it may be shown (字段差异)."""

from collections.abc import Mapping
from dataclasses import dataclass

from xinqiao.mapping.engine import CompiledFormat
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.verdicts import differing
from xinqiao.records.kinds import kind_of

_NOT_SHOWN = "（证件号码不显示）"
_PICTURES_NOT_SHOWN = "（图片不显示）"
_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that both sides tell and that differs.

    Attributes:
        field: The platform's code of it.
        name: Its Chinese name.
        ours: What we would send; of fields with identity numbers a remark instead.
        theirs: What the platform shows, likewise.
    """

    field: str
    name: str
    ours: str
    theirs: str


def field_differences(
    compiled: CompiledFormat, kind: str, ours: Mapping[str, str], theirs: Mapping[str, str]
) -> tuple[FieldDifference, ...]:
    """Return the fields in which ``theirs`` differs from ``ours``, masked."""
    return tuple(
        FieldDifference(code, compiled.fields[code].name, *_shown(compiled, kind, code, pair))
        for code in differing(ours, theirs)
        for pair in ((ours[code], theirs[code]),)
    )


def _shown(
    compiled: CompiledFormat, kind: str, code: str, pair: tuple[str, str]
) -> tuple[str, str]:
    path = compiled.fields[code].source_path
    if path in kind_of(kind).identity_fields:
        return (_NOT_SHOWN, _NOT_SHOWN)
    if path in kind_of(kind).pictures:
        return (_PICTURES_NOT_SHOWN, _PICTURES_NOT_SHOWN)
    ours, theirs = (mask_identity_numbers(text) for text in pair)
    return (_short(ours), _short(theirs))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
