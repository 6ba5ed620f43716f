"""What the hub knows about one kind of record (记录类型), and how a kind is put together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, get_args

from pydantic import AfterValidator, BaseModel

from xinqiao.records.fields import Words
from xinqiao.records.findings import Finding
from xinqiao.records.pictures import PictureField

Rules = Callable[[Mapping[str, str], date], Iterable[Finding]]
"""Takes content and today's date; gives what is wrong among the fields."""

CATEGORY = "subject.category"
"""Path of the field that tells what sort of subject a record is about, where kinds have one."""


class SubjectInKey(StrEnum):
    """What the subject has to do with the key by which a row finds its record."""

    NO = "no"
    """Nothing: the document number alone names the record."""

    JOINT = "joint"
    """One document may be about several subjects, each a record of its own (共同违法)."""

    OWNER = "owner"
    """The record belongs to its subject: a subject and a period, or a subject alone, name it."""


class About(StrEnum):
    """Whether records of a kind are about natural persons (自然人)."""

    ORGANISATIONS = "organisations"
    """Never (法人、非法人组织、个体工商户), or about nobody."""

    PERSONS = "persons"
    """Always."""

    CATEGORY = "category"
    """The field :data:`CATEGORY` tells."""


PERSON_WORDS = frozenset({"自然人", "从业人员"})
"""Words of :data:`CATEGORY` that mean a natural person."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the hub knows about one kind of record.

    Attributes:
        identifier: English identifier, such as ``permit``.
        name: Chinese name for operators.
        model: Form of the single fields; the titles of its fields are their Chinese names.
        rules: What must hold among the fields.
        about: Whether it is about natural persons.
        incoming: Whether it comes back from platforms: imported and compared, never sent by us.
        identity_fields: Paths of fields that hold identity numbers (身份证号 and the like).
        key_fields: Paths of the fields that make the key of the document.
        optional_key_fields: Those of them that may be blank.
        key_name: What people call the key, in Chinese, such as 文书号.
        number_field: Path of the number by which people name a record; empty where there is none.
        subject_in_key: What the subject has to do with the key.
        decision_date_fields: Paths of dates at which the reporting duty begins: the first that is
            filled. None for a kind whose duty begins when the hub learns of the record.
        free_text_fields: Paths of fields in which a person may have written anything.
        labels: Field path → Chinese name, in the order of the format.
        required: Paths that every record of the kind must fill.
        words: Field path → the words that it takes, of fields with a list of words.
        open_words: Those of them that also take 其他 with the concrete word behind it (其他-…).
        pictures: Paths of fields that hold pictures; nobody is shown their text.
    """

    identifier: str
    name: str
    model: type[BaseModel]
    rules: Rules
    about: About
    incoming: bool
    identity_fields: frozenset[str]
    key_fields: tuple[str, ...]
    optional_key_fields: frozenset[str]
    key_name: str
    number_field: str
    subject_in_key: SubjectInKey
    decision_date_fields: tuple[str, ...]
    free_text_fields: tuple[str, ...]
    labels: Mapping[str, str]
    required: frozenset[str]
    words: Mapping[str, tuple[str, ...]]
    open_words: frozenset[str]
    pictures: frozenset[str]

    def is_about_person(self, content: Mapping[str, str]) -> bool:
        """Tell whether a record is about a natural person (自然人)."""
        if self.about is About.CATEGORY:
            return content.get(CATEGORY, "") in PERSON_WORDS
        return self.about is About.PERSONS


def define(
    identifier: str,
    name: str,
    model: type[BaseModel],
    rules: Rules,
    *,
    about: About,
    key: Sequence[str],
    key_name: str,
    subject_in_key: SubjectInKey,
    decided_on: Sequence[str],
    identity_fields: Iterable[str] = (),
    optional_key: Iterable[str] = (),
    number_field: str = "",
    free_text: Sequence[str] = (),
    incoming: bool = False,
) -> Kind:
    """Return a kind; what its model tells about single fields is read from the model.

    Args:
        identifier: See :class:`Kind`, like all the others.
        name: Chinese name.
        model: Form of the fields.
        rules: What must hold among them.
        about: Whether it is about natural persons.
        key: ``key_fields``.
        key_name: What people call the key.
        subject_in_key: What the subject has to do with it.
        decided_on: ``decision_date_fields``.
        identity_fields: Fields with identity numbers.
        optional_key: Fields of the key that may be blank.
        number_field: The number by which people name a record.
        free_text: ``free_text_fields``.
        incoming: Whether it comes back from platforms.
    """
    leaves = tuple(_leaves(model))
    return Kind(
        identifier=identifier,
        name=name,
        model=model,
        rules=rules,
        about=about,
        incoming=incoming,
        identity_fields=frozenset(identity_fields),
        key_fields=tuple(key),
        optional_key_fields=frozenset(optional_key),
        key_name=key_name,
        number_field=number_field,
        subject_in_key=subject_in_key,
        decision_date_fields=tuple(decided_on),
        free_text_fields=tuple(free_text),
        labels=MappingProxyType({leaf.path: leaf.label for leaf in leaves}),
        required=frozenset(leaf.path for leaf in leaves if leaf.required),
        words=MappingProxyType({leaf.path: leaf.words for leaf in leaves if leaf.words}),
        open_words=frozenset(leaf.path for leaf in leaves if leaf.open),
        pictures=frozenset(leaf.path for leaf in leaves if leaf.pictures),
    )


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One field of a model: where it stands, what it is called, and what it takes."""

    path: str
    label: str
    required: bool
    words: tuple[str, ...]
    open: bool
    pictures: bool


def _leaves(model: type[BaseModel], prefix: str = "") -> Iterable[_Leaf]:
    """Yield every field below ``model``."""
    for name, info in model.model_fields.items():
        annotation = info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _leaves(annotation, f"{prefix}{name}.")
        else:
            validators = tuple(_validators([*info.metadata, annotation]))
            yield _Leaf(
                f"{prefix}{name}",
                info.title or name,
                info.is_required(),
                next((one.words for one in validators if isinstance(one, Words)), ()),
                any(isinstance(one, Words) and one.other is not None for one in validators),
                any(isinstance(one, PictureField) for one in validators),
            )


def _validators(parts: Iterable[Any]) -> Iterable[AfterValidator]:
    """Yield the validators of an annotation, and those inside it."""
    for part in parts:
        if isinstance(part, AfterValidator):
            yield part
        yield from _validators([*get_args(part), *getattr(part, "__metadata__", ())])
