"""The kinds of record (记录类型) that the hub knows; one more kind is one more entry."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel

from xinqiao.errors import InputError
from xinqiao.records.fields import Words
from xinqiao.records.findings import Finding
from xinqiao.records.penalty import Penalty, penalty_rules
from xinqiao.records.permit import Permit, permit_rules
from xinqiao.records.subject import IDENTITY_FIELDS

Rules = Callable[[Mapping[str, str], date], Iterable[Finding]]
"""Takes content and today's date; gives what is wrong among the fields."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the hub knows about one kind of record.

    Attributes:
        identifier: English identifier, such as ``permit``.
        name: Chinese name for operators.
        model: Form of the single fields; the titles of its fields are their Chinese names.
        rules: What must hold among the fields.
        identity_fields: Paths of fields that hold identity numbers (身份证号 and the like).
        key_fields: Paths of the fields that make the key of the document.
        subject_in_key: Whether one document may be about several subjects, each a record of its
            own (共同违法), so that the matching key holds a hash of the subject's number too.
        decision_date_field: Path of the date at which the reporting duty begins.
        free_text_fields: Paths of fields in which a person may have written anything.
        labels: Field path → Chinese name, in the order of the format.
        required: Paths that every record of the kind must fill.
        words: Field path → the words that it takes, of fields with a list of words.
    """

    identifier: str
    name: str
    model: type[BaseModel]
    rules: Rules
    identity_fields: frozenset[str]
    key_fields: tuple[str, ...]
    subject_in_key: bool
    decision_date_field: str
    free_text_fields: tuple[str, ...]
    labels: Mapping[str, str]
    required: frozenset[str]
    words: Mapping[str, tuple[str, ...]]


def kind_of(identifier: str) -> Kind:
    """Return the kind called ``identifier``.

    Raises:
        InputError: No such kind; the message lists those there are.
    """
    if identifier not in KINDS:
        known = "、".join(f"{kind.identifier}（{kind.name}）" for kind in KINDS.values())
        raise InputError(f"没有“{identifier}”这种记录类型，可用的有：{known}", code="unknown_kind")
    return KINDS[identifier]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One field of a model: where it stands, what it is called, and what it takes."""

    path: str
    label: str
    required: bool
    words: tuple[str, ...]


def _leaves(model: type[BaseModel], prefix: str = "") -> Iterable[_Leaf]:
    """Yield every field below ``model``."""
    for name, info in model.model_fields.items():
        annotation = info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _leaves(annotation, f"{prefix}{name}.")
        else:
            yield _Leaf(
                f"{prefix}{name}",
                info.title or name,
                info.is_required(),
                _words([*info.metadata, annotation]),
            )


def _words(parts: Iterable[Any]) -> tuple[str, ...]:
    """Return the words that an annotation, or one inside it, takes."""
    for part in parts:
        if isinstance(part, Words):
            return part.words
        if found := _words([*get_args(part), *getattr(part, "__metadata__", ())]):
            return found
    return ()


def _kind(
    identifier: str,
    name: str,
    model: type[BaseModel],
    rules: Rules,
    *,
    free_text_fields: tuple[str, ...],
    subject_in_key: bool,
) -> Kind:
    leaves = tuple(_leaves(model))
    return Kind(
        identifier=identifier,
        name=name,
        model=model,
        rules=rules,
        identity_fields=frozenset(IDENTITY_FIELDS),
        key_fields=("authority_code", "document_number"),
        subject_in_key=subject_in_key,
        decision_date_field="decision_date",
        free_text_fields=free_text_fields,
        labels=MappingProxyType({leaf.path: leaf.label for leaf in leaves}),
        required=frozenset(leaf.path for leaf in leaves if leaf.required),
        words=MappingProxyType({leaf.path: leaf.words for leaf in leaves if leaf.words}),
    )


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "permit": _kind(
            "permit",
            "行政许可",
            Permit,
            permit_rules,
            free_text_fields=("content", "remarks"),
            subject_in_key=False,
        ),
        "penalty": _kind(
            "penalty",
            "行政处罚",
            Penalty,
            penalty_rules,
            free_text_fields=("violation_kind", "violation_facts", "content", "remarks"),
            # 共同违法: one document punishes several offenders, each a record of its own
            subject_in_key=True,
        ),
    }
)
"""Kind identifier → kind."""
