"""Which rows of a file mean the same record, noted before anything is written.

A row claims a number (or, without one, its content) and, when it corrects a record, a record id.
Rows that claim the same and say the same are repeats; rows that say different things are all in
error, since nobody but a person knows which one is meant.

A number that was wrong and has been corrected makes another key. Such a row is led back to its
record by the name and the rest of the key, as long as only one row and one record can be meant.
So is a row that fills in what was blank in the key of a record of the same subject.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from xinqiao.intake.likeness import may_be_misspelled
from xinqiao.intake.reading import Draft
from xinqiao.intake.store import Doubtful, Known, Owned
from xinqiao.privacy.keys import KeyRing
from xinqiao.records.doubtful_text import may_hold_identity_number
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.keys import (
    completes,
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

_MOST_NAMED = 3


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
        subject: Keyed hash of that number; None without one, and where no key holds the subject.
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
    subject: str | None = None
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
        subject=subject if number else None,
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
    _subjects: dict[str, dict[str, Identity]] = field(default_factory=dict)
    _beside: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def record_ids(self) -> set[str]:
        """The 记录标识 that rows of the file name."""
        return {one.record_id for _, one in self._first.values() if one.record_id is not None}

    @property
    def may_be_completed(self) -> bool:
        """Whether a record of the kind belongs to its subject and may lack a part of its key."""
        owner = self.kind.subject_in_key is SubjectInKey.OWNER
        return owner and bool(self.kind.optional_key_fields)

    @property
    def subjects(self) -> set[str]:
        """Keyed hashes of the numbers of the subjects, of kinds that :attr:`may_be_completed`."""
        return set(self._subjects)

    def claims(self, key: str) -> bool:
        """Return whether a row of the file says that it is the record of ``key``."""
        return f"key {key}" in self._first

    def note(self, row: Place, identity: Identity) -> None:
        """Note the claims of one row; rows are noted in order."""
        if identity.document is not None and identity.key not in (None, identity.document):
            self._note_subject(row, identity, identity.document)
        if self.may_be_completed and identity.subject is not None and identity.key is not None:
            self._subjects.setdefault(identity.subject, {})[identity.key] = identity
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
        decided = _without_choice(pairs)
        self._corrected |= decided
        self._undecided |= {key for key, _ in pairs} - set(decided)

    def note_owned(self, records: Iterable[Owned]) -> None:
        """Note which rows fill in the number of a record, and which stand beside others.

        Args:
            records: The records of :attr:`subjects`, asked for before anything is written.
        """
        held: dict[str, list[Owned]] = {}
        for record in records:
            held.setdefault(record.subject, []).append(record)
        named = self.record_ids
        pairs: list[tuple[str, str]] = []
        for subject, theirs in held.items():
            keys = {one.matching_key for one in theirs}
            free = [
                one for one in theirs if one.id not in named and not self.claims(one.matching_key)
            ]
            for key, identity in self._subjects[subject].items():
                if key in keys or identity.record_id is not None or identity.document is None:
                    continue
                self._beside[key] = tuple(one.id for one in theirs)
                pairs += [
                    (key, one.id) for one in free if completes(identity.document, one.document)
                ]
        self._corrected |= _without_choice(pairs)

    def beside(self, key: str | None) -> Finding | None:
        """Return the finding about a new record whose subject has others already, if it has."""
        ids = self._beside.get(key or "", ())
        if not ids:
            return None
        more = f" 等 {len(ids)} 条" if len(ids) > _MOST_NAMED else ""
        message = (
            f"本库已有同一业户的其他记录（记录标识 {'、'.join(ids[:_MOST_NAMED])}{more}），"
            "这一行另存一条：是另一许可的不用处理；"
            "换证的请带记录标识导入，已另存的请登记撤回换证前的那一条"
        )
        return Finding(self.kind.number_field, "another_licence", Severity.WARNING, message)

    def corrected(self, key: str) -> str | None:
        """Return the record whose number the rows of ``key`` correct or fill in; None for none."""
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


def _without_choice(pairs: Collection[tuple[str, str]]) -> dict[str, str]:
    """Return the pairs of key and record of which neither stands in another pair."""
    keys = Counter(key for key, _ in pairs)
    records = Counter(record_id for _, record_id in pairs)
    return {key: record_id for key, record_id in pairs if keys[key] == records[record_id] == 1}


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
