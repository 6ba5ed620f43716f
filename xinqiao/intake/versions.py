"""Deciding for every row whether it is a new record, a new version or nothing new (版本)."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal

from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.record_store import protect
from xinqiao.intake import store
from xinqiao.intake.census import Census
from xinqiao.intake.reading import Draft
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.changes import Change
from xinqiao.queue.transitions import Cause
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.keys import same_name, subject_identifier
from xinqiao.records.kind import Kind, SubjectInKey

WITHDRAWN = "这条记录已登记撤回（决定已撤销或失效），内容虽有变化也不再报送；误登记的请先取消撤回"
"""Why a row about a withdrawn record is not taken."""

Effect = Literal["new", "changed", "unchanged", "ignored"]


@dataclass(frozen=True, slots=True)
class NewVersion:
    """One row of a file on its way into the hub.

    Attributes:
        draft: The row as read.
        key: Its matching key, if every part of it is there.
        document: Key of its document alone.
        digest: Keyed hash of its content.
        secret_fields: Parts of the key that hold an identity number: never planned with.
        storable: False for a row whose key is claimed by another row of the same file.
    """

    draft: Draft
    key: str | None
    document: str | None
    digest: str
    secret_fields: tuple[str, ...] = ()
    storable: bool = True

    @property
    def valid(self) -> bool:
        """Whether the record can be reported."""
        return self.draft.valid


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one row.

    Attributes:
        draft: The row as read.
        record_id: Its record, or the one that it names; None for neither.
        effect: What happened to that record.
        findings: What was found about the row beside the record.
        current: Whether the row is the record's present version.
    """

    draft: Draft
    record_id: str | None
    effect: Effect
    findings: tuple[Finding, ...] = ()
    current: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a chunk of rows, and the changes to be planned."""

    rows: list[Written]
    changes: list[Change]

    @property
    def reportable(self) -> list[str]:
        """Ids of the records whose present version is a row without errors."""
        return [
            row.record_id
            for row in self.rows
            if row.record_id is not None and row.current and row.draft.valid
        ]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes rows of one file in the caller's transaction.

    Attributes:
        connection: The transaction.
        keys: The workspace's keys.
        kind: Kind of the rows.
        run_id: The import.
        department: Who answers for new records (责任科室).
        cause: Who imports, and when.
        census: Which rows of the same file mean which record.
    """

    connection: Connection
    keys: KeyRing
    kind: Kind
    run_id: int
    department: str
    cause: Cause
    census: Census

    def write(self, rows: Sequence[NewVersion]) -> Outcome:
        """Write a chunk of rows; see :class:`Outcome`."""
        earlier = store.earlier_versions(
            self.connection, self.kind.identifier, {row.digest for row in rows}
        )
        superseded = {digest: record_id for record_id, digest in sorted(earlier)}
        named = {row.draft.record_id for row in rows if row.draft.record_id is not None}
        corrected = {self._corrected_by_number(row) for row in rows}
        known = store.find(
            self.connection,
            self.kind.identifier,
            ids=named | set(superseded.values()) | corrected - {""},
            keys={row.key for row in rows if row.key is not None},
            hashes={row.digest for row in rows if row.key is None},
        )
        others = self._siblings(rows, known)
        matched = [(row, *self._match(row, known, superseded, others)) for row in rows]
        pending = _Pending()
        written = [
            self._place(row, record, finding, earlier, pending) for row, record, finding in matched
        ]
        store.insert_records(self.connection, pending.records)
        store.update_records(self.connection, pending.updates)
        store.insert_versions(self.connection, pending.versions)
        append(self.connection, pending.entries, actor=self.cause.actor, at=self.cause.at)
        return Outcome(written, pending.changes)

    def _siblings(
        self, rows: Sequence[NewVersion], known: store.KnownRecords
    ) -> dict[str, list[store.Sibling]]:
        """Return document → its records that no row of the file says it is, for rows not found."""
        if self.kind.subject_in_key is not SubjectInKey.JOINT:
            return {}
        documents = {
            row.document
            for row in rows
            if row.document is not None
            and row.document != row.key
            and row.draft.record_id is None
            and (row.key is None or known.with_key(row.key) is None)
        }
        found: dict[str, list[store.Sibling]] = {}
        for sibling in store.siblings(self.connection, documents):
            key = sibling.record.matching_key
            if key is None or not self.census.claims(key):
                found.setdefault(sibling.document, []).append(sibling)
        return found

    def _match(
        self,
        row: NewVersion,
        known: store.KnownRecords,
        superseded: Mapping[str, str],
        siblings: Mapping[str, Sequence[store.Sibling]],
    ) -> tuple[store.Known | None, Finding | None]:
        by_key = known.with_key(row.key) if row.key is not None else known.with_hash(row.digest)
        if row.draft.record_id is None:
            # a record whose number was corrected is still met under its old one
            found = by_key or known.with_id(superseded.get(row.digest, ""))
            found = found or known.with_id(self._corrected_by_number(row))
            return found or self._corrected(row, siblings.get(row.document or "", ())), None
        record = known.with_id(row.draft.record_id)
        if record is None or record.kind != self.kind.identifier:
            return None, _error(
                "unknown_record", "记录标识在本库中没有：请保留疑点表原有的记录标识，新记录则留空"
            )
        if by_key is not None and by_key.id != record.id:
            return None, _error(
                "key_taken",
                f"改正后的{self.kind.key_name}已属于另一条记录：请核对{self.kind.key_name}，"
                "或删去多余的一行",
            )
        return record, None

    def _corrected_by_number(self, row: NewVersion) -> str:
        """Return the record whose number the row corrects or fills in; empty for none."""
        return (self.census.corrected(row.key) or "") if row.key is not None else ""

    def _corrected(self, row: NewVersion, siblings: Sequence[store.Sibling]) -> store.Known | None:
        """Return the record of the same document and name: its subject's number was corrected.

        A row that shares neither name nor number with any record of its document is about another
        offender (共同违法).
        """
        name = row.draft.content.get("subject.name", "")
        alike = [one.record for one in siblings if same_name(one.name, name)]
        return alike[0] if len(alike) == 1 else None

    def _place(
        self,
        row: NewVersion,
        record: store.Known | None,
        finding: Finding | None,
        earlier: set[tuple[str, str]],
        pending: "_Pending",
    ) -> Written:
        if finding is not None or not row.storable:
            findings = (finding,) if finding is not None else ()
            return Written(row.draft, row.draft.record_id, "ignored", findings, current=False)
        if record is None:
            record_id = str(uuid.uuid4())
            pending.records.append(self._record_row(row, record_id))
            self._add_version(row, record_id, 1, "record.imported", pending)
            beside = self.census.beside(row.key)
            return Written(row.draft, record_id, "new", (beside,) if beside is not None else ())
        if (record.content_hash, record.valid) == (row.digest, row.valid):
            return Written(row.draft, record.id, "unchanged")
        if record.withdrawn:
            withdrawn = Finding("", "withdrawn", Severity.WARNING, WITHDRAWN)
            return Written(row.draft, record.id, "unchanged", (withdrawn,), current=False)
        if (record.id, row.digest) in earlier and record.content_hash != row.digest:
            older = Finding(
                "",
                "older_version",
                Severity.WARNING,
                "与本库中较早的版本相同，现有的较新版本保持不变；确要改回，请在备注中写明后再导入",
            )
            # what was wrong with the row has been corrected since, if the present version is valid
            draft = replace(row.draft, findings=()) if record.valid else row.draft
            return Written(draft, record.id, "unchanged", (older,), current=False)
        version = record.version + 1
        pending.updates.append(self._record_row(row, record.id, version))
        self._add_version(row, record.id, version, "record.changed", pending)
        return Written(row.draft, record.id, "changed")

    def _record_row(self, row: NewVersion, record_id: str, version: int = 1) -> dict[str, Any]:
        identifier = subject_identifier(row.draft.content)
        return {
            "id": record_id,
            "kind": self.kind.identifier,
            "matching_key": row.key,
            "document_key": row.document,
            "unkeyed_hash": row.digest if row.key is None else None,
            "subject_hash": self.keys.lookup_hash(identifier.encode()) if identifier else None,
            "department": self.department,
            "current_version": version,
            "created_at": self.cause.at,
        }

    def _add_version(
        self, row: NewVersion, record_id: str, version: int, action: str, pending: "_Pending"
    ) -> None:
        draft = row.draft
        decided_on = decision_date(draft, self.kind.decision_date_fields)
        pending.versions.append(
            {
                "record_id": record_id,
                "version": version,
                "content": protect(draft.content, record_id, self.kind.identity_fields, self.keys),
                "content_hash": row.digest,
                "valid": row.valid,
                "findings": [asdict(finding) for finding in draft.findings],
                "decided_on": decided_on,
                "import_run_id": self.run_id,
                "source_row": draft.row,
                "created_at": self.cause.at,
            }
        )
        pending.entries.append(
            Entry(
                action,
                record_id=record_id,
                reason=self.cause.reason,
                details={
                    "kind": self.kind.identifier,
                    "version": version,
                    "run": self.run_id,
                    "row": draft.row,
                    "valid": row.valid,
                },
            )
        )
        content = {
            path: text for path, text in draft.content.items() if path not in row.secret_fields
        }
        pending.changes.append(
            Change(record_id, self.kind.identifier, version, content, row.valid, decided_on)
        )


class _Pending:
    """Rows to be written at once at the end of a chunk."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.versions: list[dict[str, Any]] = []
        self.entries: list[Entry] = []
        self.changes: list[Change] = []


def decision_date(draft: Draft, fields: Sequence[str]) -> date | None:
    """Return the first of the dates that is filled; None when it is missing or in error."""
    field = next((path for path in fields if path in draft.content), None)
    if field is None:
        return None
    doubtful = any(one.field == field and one.severity is Severity.ERROR for one in draft.findings)
    return None if doubtful else date.fromisoformat(draft.content[field])


def _error(code: str, message: str) -> Finding:
    return Finding("", code, Severity.ERROR, message)
