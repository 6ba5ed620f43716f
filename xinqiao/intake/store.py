"""The SQL of importing: finding known records, writing new ones and new versions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.record_store import content_gone, reveal
from xinqiao.database.tables import (
    PRESENT_VERSION,
    holding,
    import_run,
    record,
    record_version,
    withdrawal,
)
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.reviewing import AWAITING, RETURNED, says
from xinqiao.queue.transitions import Cause
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.keys import number_in_doubt, plain_number, subject_identifier
from xinqiao.records.kinds import KINDS
from xinqiao.records.pictures import Picture, read_pictures
from xinqiao.routing.platforms import platform_name


@dataclass(frozen=True, slots=True)
class Known:
    """A record that is in the hub already, with its present version."""

    id: str
    kind: str
    matching_key: str | None
    unkeyed_hash: str | None
    version: int
    content_hash: str
    valid: bool
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Sibling:
    """A record under a document number that another row names too (同一文书号的另一当事人)."""

    record: Known
    document: str
    name: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A record whose subject's number is in error (号码有误的记录).

    Attributes:
        id: 记录标识.
        matching_key: Its key, made with the wrong number.
        document: Key of its document.
        name: Its subject's name without what makes no difference.
        number: The wrong number; never shown.
    """

    id: str
    matching_key: str
    document: str
    name: str
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Owned:
    """A record of a subject that rows of a file are about (同一主体的记录).

    Attributes:
        id: 记录标识.
        matching_key: Its key.
        document: Key of its document.
        subject: Keyed hash of the subject's number.
    """

    id: str
    matching_key: str
    document: str
    subject: str


class KnownRecords:
    """The records that rows of a file may be about, found by id, key or content."""

    def __init__(self, found: Collection[Known]) -> None:
        """Index what was found."""
        self.all = tuple(found)
        self._by_id = {one.id: one for one in found}
        self._by_key = {one.matching_key: one for one in found if one.matching_key is not None}
        self._by_hash = {one.unkeyed_hash: one for one in found if one.unkeyed_hash is not None}

    def with_id(self, record_id: str) -> Known | None:
        """Return the record of that 记录标识."""
        return self._by_id.get(record_id)

    def with_key(self, key: str) -> Known | None:
        """Return the record of that matching key."""
        return self._by_key.get(key)

    def with_hash(self, content_hash: str) -> Known | None:
        """Return the keyless record of that content."""
        return self._by_hash.get(content_hash)


def find(
    connection: Connection,
    kind: str,
    *,
    ids: Collection[str],
    keys: Collection[str],
    hashes: Collection[str],
) -> KnownRecords:
    """Return every record that one of ``ids``, ``keys`` or ``hashes`` names."""
    found: list[Known] = []
    statement = sa.select(*_KNOWN).join(record_version, PRESENT_VERSION)
    searches = (
        (record.c.id, ids, ()),
        (record.c.matching_key, keys, (record.c.kind == kind,)),
        (record.c.unkeyed_hash, hashes, (record.c.kind == kind,)),
    )
    for column, wanted, further in searches:
        for chunk in in_chunks(wanted):
            rows = connection.execute(statement.where(column.in_(chunk), *further))
            found += [Known(*row) for row in rows]
    return KnownRecords(found)


_KNOWN = (
    record.c.id,
    record.c.kind,
    record.c.matching_key,
    record.c.unkeyed_hash,
    record.c.current_version,
    record_version.c.content_hash,
    record_version.c.valid,
    sa.exists().where(withdrawal.c.record_id == record.c.id),
)


def siblings(connection: Connection, documents: Collection[str]) -> list[Sibling]:
    """Return the records under ``documents``, with the names of their subjects.

    Raises:
        DamageError: The present content of one is gone.
    """
    found: list[Sibling] = []
    for chunk in in_chunks(documents):
        statement = (
            sa.select(*_KNOWN, record.c.document_key, record_version.c.content)
            .join(record_version, PRESENT_VERSION)
            .where(record.c.document_key.in_(chunk))
            .order_by(record.c.created_at, record.c.id)
        )
        for *known, document, content in connection.execute(statement):
            one = Known(*known)
            if content is None:
                raise content_gone(one.id)
            found.append(Sibling(one, document, content.get("subject.name", "")))
    return found


def doubtful(
    connection: Connection, kind: str, documents: Collection[str], keys: KeyRing
) -> list[Doubtful]:
    """Return the records under ``documents`` whose subject's number is in error.

    Withdrawn ones are left out: a row that corrects what nobody should report would be lost.

    Raises:
        DamageError: The present content of one is gone.
    """
    found: list[Doubtful] = []
    for chunk in in_chunks(documents):
        statement = (
            sa.select(
                record.c.id,
                record.c.matching_key,
                record.c.document_key,
                record_version.c.content,
                record_version.c.findings,
            )
            .join(record_version, PRESENT_VERSION)
            .where(
                record.c.document_key.in_(chunk),
                record.c.kind == kind,
                record.c.matching_key.is_not(None),
                record_version.c.valid.is_(False),
                ~sa.exists().where(withdrawal.c.record_id == record.c.id),
            )
        )
        for row in connection.execute(statement):
            wrong = (one["field"] for one in row.findings if one["severity"] == Severity.ERROR)
            if not number_in_doubt(wrong):
                continue
            if row.content is None:
                raise content_gone(row.id)
            content = reveal(row.content, row.id, keys)
            name = plain_number(content.get("subject.name", ""))
            number = subject_identifier(content)
            found.append(Doubtful(row.id, row.matching_key, row.document_key, name, number))
    return found


def owned(connection: Connection, kind: str, subjects: Collection[str]) -> list[Owned]:
    """Return the records of ``subjects`` that are not withdrawn, oldest first."""
    found: list[Owned] = []
    for chunk in in_chunks(subjects):
        statement = (
            sa.select(
                record.c.id, record.c.matching_key, record.c.document_key, record.c.subject_hash
            )
            .where(
                record.c.subject_hash.in_(chunk),
                record.c.kind == kind,
                record.c.matching_key.is_not(None),
                ~sa.exists().where(withdrawal.c.record_id == record.c.id),
            )
            .order_by(record.c.created_at, record.c.id)
        )
        found += [Owned(*row) for row in connection.execute(statement)]
    return found


def held_pictures(connection: Connection, keys: KeyRing, record_id: str) -> dict[str, Picture]:
    """Return name → picture of what a record holds now; nothing for a record that is not there.

    Raises:
        SettingsError: The key of an encrypted value is missing.
        DamageError: An encrypted value was changed.
    """
    row = connection.execute(
        sa.select(record.c.kind, record_version.c.content)
        .join(record_version, PRESENT_VERSION)
        .where(record.c.id == record_id)
    ).one_or_none()
    if row is None or row.content is None or row.kind not in KINDS:
        return {}
    stored = {path: row.content[path] for path in KINDS[row.kind].pictures if path in row.content}
    texts = reveal(stored, record_id, keys).values()
    return {one.name: one for text in texts for one in _whole_pictures(text)}


def _whole_pictures(text: str) -> list[Picture]:
    try:
        return [one for one in read_pictures(text) if one.data]
    except ValueError:
        return []


def misfits(connection: Connection, ids: Collection[str]) -> dict[str, tuple[Finding, ...]]:
    """Return record → what must be put right before its present version can be sent.

    What several platforms say stands once. What only waits for a second person is in order.
    """
    found: dict[str, dict[Finding, list[str]]] = {}
    empty = sa.literal([], holding.c.findings.type)
    for chunk in in_chunks(ids):
        statement = (
            sa.select(holding.c.record_id, holding.c.platform, holding.c.findings)
            .where(holding.c.record_id.in_(chunk), holding.c.findings != empty)
            .order_by(holding.c.record_id, holding.c.platform)
        )
        for row in connection.execute(statement):
            wrong = [one for one in row.findings if one["code"] != AWAITING]
            if not wrong:
                continue
            theirs = found.setdefault(row.record_id, {})
            for one in wrong:
                finding = Finding(**{**one, "severity": Severity(one["severity"])})
                theirs.setdefault(finding, []).append(row.platform)
    return {
        record_id: tuple(_said_by(one, platforms) for one, platforms in theirs.items())
        for record_id, theirs in found.items()
    }


def to_review(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return those of ``ids`` whose present version waits for a second person (待审核)."""
    found: set[str] = set()
    for chunk in in_chunks(ids):
        statement = sa.select(holding.c.record_id).where(
            holding.c.record_id.in_(chunk), says(AWAITING)
        )
        found.update(connection.execute(statement).scalars())
    return found


def _said_by(finding: Finding, platforms: Sequence[str]) -> Finding:
    """Return ``finding``, with the names of the platforms where it is of several."""
    if len(platforms) == 1 or finding.code in ("invalid", RETURNED):
        return finding
    names = "、".join(map(platform_name, platforms))
    return replace(finding, message=f"{finding.message}（{names}都如此）")


def exempt(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return record → the rule by which nobody is owed it, of those that one covers."""
    found: dict[str, str] = {}
    for chunk in in_chunks(ids):
        statement = sa.select(record.c.id, record.c.exemption).where(
            record.c.id.in_(chunk), record.c.exemption.is_not(None)
        )
        found.update({row[0]: row[1] for row in connection.execute(statement)})
    return found


def earlier_versions(
    connection: Connection, kind: str, hashes: Collection[str]
) -> set[tuple[str, str]]:
    """Return (record id, content hash) of the replaced versions that have one of ``hashes``."""
    found: set[tuple[str, str]] = set()
    for chunk in in_chunks(hashes):
        statement = (
            sa.select(record_version.c.record_id, record_version.c.content_hash)
            .join(record)
            .where(
                record.c.kind == kind,
                record_version.c.content_hash.in_(chunk),
                record_version.c.version < record.c.current_version,
            )
        )
        found.update((row[0], row[1]) for row in connection.execute(statement))
    return found


def open_run(
    connection: Connection,
    *,
    file_name: str,
    file_sha256: str,
    kind: str,
    department: str,
    cause: Cause,
) -> int:
    """Record that a file is being read in; return the run's id."""
    run_id: int = connection.execute(
        sa.insert(import_run).returning(import_run.c.id),
        {
            "file_name": file_name,
            "file_sha256": file_sha256,
            "kind": kind,
            "department": department,
            "actor": cause.actor,
            "started_at": cause.at,
            "counts": {},
        },
    ).scalar_one()
    return run_id


def close_run(connection: Connection, run_id: int, counts: Mapping[str, int]) -> None:
    """Record what a run came to."""
    connection.execute(
        sa.update(import_run).where(import_run.c.id == run_id).values(counts=dict(counts))
    )


def insert_records(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert new records."""
    if rows:
        connection.execute(sa.insert(record), list(rows))


def insert_versions(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert new versions."""
    if rows:
        connection.execute(sa.insert(record_version), list(rows))


def update_records(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Point records at their new version; a corrected key replaces the old one."""
    if not rows:
        return
    names = ("current_version", "matching_key", "document_key", "unkeyed_hash", "subject_hash")
    statement = (
        sa.update(record)
        .where(record.c.id == sa.bindparam("which"))
        .values({name: sa.bindparam(f"new_{name}") for name in names})
    )
    parameters = [
        {"which": row["id"]} | {f"new_{name}": row[name] for name in names} for row in rows
    ]
    connection.execute(statement, parameters)
