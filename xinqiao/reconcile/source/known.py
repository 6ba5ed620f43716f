"""Which listed decisions the hub has records of (已导入的决定).

A decision finds its record as an imported row does: by its document, and where one document may be
about several subjects, by the subject's number or else by its name. A number that was corrected
here, or mistyped there, is still the same subject under the same document.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import PRESENT_VERSION, record, record_version
from xinqiao.mapping.engine import KEY_SEPARATOR
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.reconcile.source.columns import AUTHORITY
from xinqiao.reconcile.source.listed import Listed
from xinqiao.records.keys import (
    document_key,
    matching_key,
    plain_number,
    subject_identifier,
    subject_text,
)
from xinqiao.records.kind import Kind, SubjectInKey

_CODE_LENGTH = 18
"""Characters of a 统一社会信用代码, by which authorities are named."""

_NAME = "subject.name"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a decision is looked for by.

    Attributes:
        key: What tells it from every other decision of the list, for people.
        documents: Keys of its document; several where the list does not tell the authority.
        matching: Keys of record and subject together, where the list tells the subject's number.
        name: The subject's name without what makes no difference; empty where it is not told.
    """

    key: str
    documents: tuple[str, ...]
    matching: frozenset[str]
    name: str


@dataclass(frozen=True, slots=True)
class Known:
    """A record of the hub."""

    id: str
    document: str
    matching_key: str | None
    name: str
    exempt: bool


class Finder:
    """Finds the records of listed decisions.

    Args:
        kind: Record kind.
        keys: Of the workspace.
        authorities: Codes of the authorities that decisions without one may be of.
    """

    def __init__(self, kind: Kind, keys: KeyRing, authorities: Collection[str]) -> None:
        self._kind = kind
        self._keys = keys
        self._authorities = sorted(authorities)
        self._joint = kind.subject_in_key is SubjectInKey.JOINT

    def wanted(self, listed: Listed) -> Wanted:
        """Return what a decision is looked for by."""
        content = listed.content
        documents = tuple(
            found
            for whole in self._with_authority(content)
            if (found := document_key(self._kind.identifier, whole)) is not None
        )
        number = subject_identifier(content) if self._joint else ""
        name = plain_number(content.get(_NAME, "")) if self._joint else ""
        subject = self._keys.lookup_hash(subject_text(content).encode()) if number else ""
        matching = [matching_key(one, subject) for one in documents if subject]
        return Wanted(self._shown(content, name, subject), documents, frozenset(matching), name)

    def find(self, connection: Connection, wanted: Sequence[Wanted]) -> list[Known | None]:
        """Return the record of each of ``wanted``, None for one that was never imported."""
        documents = {one for each in wanted for one in each.documents}
        by_document: dict[str, list[Known]] = {}
        for one in self._records(connection, documents):
            by_document.setdefault(one.document, []).append(one)
        return [self._choose(one, by_document) for one in wanted]

    def is_sure_of(self, wanted: Wanted) -> bool:
        """Tell whether ``wanted`` tells subjects of one document apart, where there may be many."""
        return bool(wanted.name) or not self._joint

    def _choose(self, wanted: Wanted, held: Mapping[str, list[Known]]) -> Known | None:
        candidates = [one for document in wanted.documents for one in held.get(document, ())]
        if not candidates or not self._joint:
            return next(iter(candidates), None)
        by_number = (one for one in candidates if one.matching_key in wanted.matching)
        by_name = (one for one in candidates if wanted.name and one.name in (wanted.name, ""))
        # a list that does not name the subject tells of the document alone
        by_document = iter(candidates if not wanted.name else ())
        return next(by_number, None) or next(by_name, None) or next(by_document, None)

    def _records(self, connection: Connection, documents: Iterable[str]) -> Iterable[Known]:
        for chunk in in_chunks(sorted(documents)):
            statement = (
                sa.select(
                    record.c.id,
                    record.c.document_key,
                    record.c.matching_key,
                    record_version.c.content if self._joint else sa.null(),
                    record.c.exemption,
                )
                .join(record_version, PRESENT_VERSION)
                .where(record.c.document_key.in_(chunk), record.c.kind == self._kind.identifier)
                .order_by(record.c.created_at, record.c.id)
            )
            for number, document, key, content, exemption in connection.execute(statement):
                # content that is gone tells no name: it may be anybody's
                name = plain_number((content or {}).get(_NAME, ""))
                yield Known(number, document, key, name, exemption is not None)

    def _with_authority(self, content: Mapping[str, str]) -> Iterable[Mapping[str, str]]:
        if AUTHORITY not in self._kind.key_fields or AUTHORITY in content:
            return [content]
        return [{**content, AUTHORITY: code} for code in self._authorities]

    def _shown(self, content: Mapping[str, str], name: str, subject: str) -> str:
        parts = [content[self._kind.number_field]]
        others = (one for one in self._kind.key_fields if one != self._kind.number_field)
        parts += [content[path] for path in others if content.get(path)]
        parts += [name or f"当事人 {subject[:8]}"] if name or subject else []
        return KEY_SEPARATOR.join(plain_number(one) for one in parts)


def identifying(kind: Kind, content: Mapping[str, str]) -> dict[str, str]:
    """Return what of a decision tells which one it is, without what may be an identity number."""
    paths = (*kind.key_fields, _NAME)
    return {path: mask_identity_numbers(content[path]) for path in paths if path in content}


def authorities(connection: Connection, kind: str) -> set[str]:
    """Return the codes of the authorities of which there are records of ``kind``."""
    begins = len(kind) + 2  # SQL counts from 1, and a separator stands between
    code = sa.func.substr(record.c.document_key, begins, _CODE_LENGTH + 1)
    statement = (
        sa.select(code).where(record.c.kind == kind, record.c.document_key.is_not(None)).distinct()
    )
    found = connection.execute(statement).scalars()
    return {one.removesuffix("|") for one in found if one.endswith("|")}
