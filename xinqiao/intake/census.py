"""Which rows of a file mean the same record, noted before anything is written.

A row claims a number (or, without one, its content) and, when it corrects a record, a record id.
Rows that claim the same and say the same are repeats; rows that say different things are all in
error, since nobody but a person knows which one is meant.

A number that was wrong and has been corrected makes another key. Such a row is led back to its
record by the name and the rest of the key, as long as only one row and one record can be meant.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from xinqiao.intake.likeness import may_be_misspelled
from xinqiao.intake.reading import Draft
from xinqiao.intake.store import Doubtful, Known
from xinqiao.privacy.keys import KeyRing
from xinqiao.records.doubtful_text import may_hold_identity_number
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.keys import (
    content_for_hash,
    document_key,
    matching_key,
    number_in_doubt,
    plain_number,
    subject_identifier,
    subject_text,
)
from xinqiao.records.kind import Kind, SubjectInKey
from xinqiao.records.kinds import kind_of


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a row stands: its sheet, where the file has several tables, and its row number."""

    sheet: str
    row: int

    @property
    def shown(self) -> str:
        """Return the place as people read it."""
        return f"“{self.sheet}”第 {self.row} 行" if self.sheet else f"第 {self.row} 行"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a row says about which record it is.

    Attributes:
        key: Matching key, if every part of it is there and none holds an identity number.
        document: Key of the document alone, under the same condition.
        digest: Keyed hash of the content.
        record_id: 记录标识, when the row corrects a record.
        name: The subject's name without what makes no difference.
        sound: Whether nothing is wrong with the subject's number, so that another number under
            the same document means another subject.
        number: The subject's number; never shown.
        one_of_a_name: Whether a name under one document means one subject: so of organisations,
            and of joint offenders. People of one name are told apart by their numbers.
        unusable: Parts of the key that hold an identity number, which may never stand in a key.
    """

    key: str | None
    document: str | None
    digest: str
    record_id: str | None
    name: str
    sound: bool
    number: str = field(default="", repr=False)
    one_of_a_name: bool = True
    unusable: tuple[str, ...] = ()

    def may_mean(self, number: str) -> bool:
        """Tell whether a subject of the same name and of ``number`` may be this one."""
        return self.one_of_a_name or may_be_misspelled(self.number, number)

    @property
    def number_claim(self) -> str:
        """The claim by number, or by content where there is no number."""
        return f"key {self.key}" if self.key is not None else f"content {self.digest}"

    @property
    def claims(self) -> tuple[str, ...]:
        """Everything that no other row may claim with other content."""
        if self.record_id is None:
            return (self.number_claim,)
        return (f"id {self.record_id}", self.number_claim)


def identify(kind: str, draft: Draft, keys: KeyRing) -> Identity:
    """Return which record a row says that it is."""
    definition = kind_of(kind)
    unusable = tuple(
        path
        for path in definition.key_fields
        if may_hold_identity_number(draft.content.get(path, ""))
    )
    document = None if unusable else document_key(kind, draft.content)
    number = subject_identifier(draft.content)
    subject = None
    if definition.subject_in_key is not SubjectInKey.NO:
        subject = keys.lookup_hash(subject_text(draft.content).encode())
    key = matching_key(document, subject) if document is not None else None
    owned = definition.subject_in_key is SubjectInKey.OWNER
    return Identity(
        # nobody knows whether two subjects without a number are one
        key=None if owned and not number else key,
        document=document,
        digest=keys.lookup_hash(content_for_hash(draft.content)),
        record_id=draft.record_id,
        name=plain_number(draft.content.get("subject.name", "")),
        sound=not _number_in_doubt(draft),
        number=number,
        one_of_a_name=not (owned and definition.is_about_person(draft.content)),
        unusable=unusable,
    )


def _number_in_doubt(draft: Draft) -> bool:
    return number_in_doubt(one.field for one in draft.findings if one.severity is Severity.ERROR)


def unusable_key(path: str) -> Finding:
    """Return the finding about a part of the key that holds an identity number."""
    message = "此处疑似写有身份证号码，不能用来识别记录，请改填原件上的编号或文字"
    return Finding(path, "identity_number_in_key", Severity.ERROR, message)


@dataclass(slots=True)
class Census:
    """The claims of all rows of a file that are of one kind; see the module."""

    kind: Kind
    _first: dict[str, tuple[Place, Identity]] = field(default_factory=dict)
    _documents: dict[tuple[str, str], list[tuple[Place, Identity]]] = field(default_factory=dict)
    _conflicting: dict[str, list[Place]] = field(default_factory=dict)
    _meant: dict[str, str] = field(default_factory=dict)
    _corrected: dict[str, str] = field(default_factory=dict)
    _undecided: set[str] = field(default_factory=set)

    @property
    def record_ids(self) -> set[str]:
        """The 记录标识 that rows of the file name."""
        return {one.record_id for _, one in self._first.values() if one.record_id is not None}

    def claims(self, key: str) -> bool:
        """Return whether a row of the file says that it is the record of ``key``."""
        return f"key {key}" in self._first

    def note(self, row: Place, identity: Identity) -> None:
        """Note the claims of one row; rows are noted in order."""
        if identity.document is not None and identity.key not in (None, identity.document):
            self._note_subject(row, identity, identity.document)
        for claim in identity.claims:
            first_row, first = self._first.setdefault(claim, (row, identity))
            if claim in self._conflicting:
                self._conflicting[claim].append(row)
            elif (first.digest, first.record_id) != (identity.digest, identity.record_id):
                self._conflicting[claim] = [first_row, row]

    def _note_subject(self, row: Place, identity: Identity, document: str) -> None:
        """Note whose row of a document it is: one name with a wrong number is no second subject."""
        if not identity.name:
            return
        others = self._documents.setdefault((document, identity.name), [])
        for other_row, other in others:
            in_doubt = not (identity.sound and other.sound)
            if identity.key != other.key and in_doubt and identity.may_mean(other.number):
                for claim in (f"key {identity.key}", f"key {other.key}"):
                    self._conflicting.setdefault(claim, []).extend((other_row, row))
        others.append((row, identity))

    @property
    def documents(self) -> set[str]:
        """The documents under which rows of the file name a subject."""
        return {document for document, _ in self._documents}

    def meant_by(self, doubtful: Iterable[Doubtful]) -> set[tuple[str, str]]:
        """Return (matching key of rows, record) that may be one, the record's number being wrong.

        What a row of the file means by its own key or by 记录标识 is none of them.
        """
        named = self.record_ids
        return {
            (identity.key, record.id)
            for record in doubtful
            if record.id not in named and not self.claims(record.matching_key)
            for _, identity in self._documents.get((record.document, record.name), ())
            if identity.key is not None
            and identity.record_id is None
            and identity.may_mean(record.number)
        }

    def note_corrected(self, pairs: Collection[tuple[str, str]]) -> None:
        """Note which rows correct which record, and which may correct one of several."""
        keys = Counter(key for key, _ in pairs)
        records = Counter(record_id for _, record_id in pairs)
        for key, record_id in pairs:
            if keys[key] == records[record_id] == 1:
                self._corrected[key] = record_id
            else:
                self._undecided.add(key)

    def corrected(self, key: str) -> str | None:
        """Return the record whose wrong number the rows of ``key`` correct, if there is one."""
        return self._corrected.get(key)

    def undecided(self, key: str | None) -> Finding | None:
        """Return the finding about a row that may correct one of several records, or not."""
        if key not in self._undecided:
            return None
        message = (
            "本库里有同名、号码有误的记录，不能断定与这一行是不是同一条，已另存一条："
            "如是同一条，请登记撤回有误的那一条"
        )
        return Finding("", "perhaps_corrected", Severity.WARNING, message)

    def note_known(self, records: Iterable[Known]) -> None:
        """Note the records that rows name by 记录标识: another row may mean one by its number."""
        for record in records:
            claim = f"content {record.unkeyed_hash}"
            if record.matching_key is not None:
                claim = f"key {record.matching_key}"
            other = self._first.get(claim)
            mine = self._first.get(f"id {record.id}")
            if other is not None and other[1].record_id is None and mine is not None:
                self._conflicting.setdefault(f"id {record.id}", []).extend((mine[0], other[0]))
                self._meant[claim] = f"id {record.id}"

    def repeats(self, row: Place, identity: Identity) -> Place | None:
        """Return the earlier row that ``row`` repeats word for word, if there is one."""
        first = self._first[identity.number_claim][0]
        return None if first == row or self.conflict(row, identity) is not None else first

    def conflict(self, row: Place, identity: Identity) -> Finding | None:
        """Return the finding about a row that claims what another row claims, if there is one."""
        meant = self._meant.get(identity.number_claim, "")
        for claim in (meant, *identity.claims):
            rows = sorted({one for one in self._conflicting.get(claim, ()) if one != row})
            if rows:
                return _conflict(self.kind, claim, "、".join(one.shown for one in rows))
        return None


def _conflict(kind: Kind, claim: str, others: str) -> Finding:
    name, field = kind.key_name, kind.key_fields[-1]
    if claim.startswith("key "):
        message = f"{name}与{others}相同而内容不同：请核对是{name}写错，还是多余的一行"
        return Finding(field, "key_conflict", Severity.ERROR, message)
    if claim.startswith("content "):
        message = f"与{others}内容相同而记录标识不同：请删去多余的一行"
        return Finding("", "key_conflict", Severity.ERROR, message)
    message = f"与{others}是同一条记录而内容不同：请核对记录标识和{name}，删去多余的一行"
    return Finding("", "record_conflict", Severity.ERROR, message)
