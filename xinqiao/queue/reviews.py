"""Reviewing what is sent, as commands ask for it: listing, looking, approving, returning (审核)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.engine import Database
from xinqiao.database.tables import PRESENT_VERSION, import_run, record, record_version, review
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.acting import Acting
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.review_changes import Field, fields_of
from xinqiao.queue.review_desk import REFUSED, ReviewDesk
from xinqiao.queue.reviewing import Version, Word
from xinqiao.queue.to_review import Line, Present, Waiting, Wanted, lines, waiting
from xinqiao.queue.verbs import Obstacle

PORTION = 500
"""Versions in one transaction."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one version at some time.

    Attributes:
        version: Which version.
        word: What was said.
    """

    version: int
    word: Word


@dataclass(frozen=True, slots=True)
class Sheet:
    """A record's present version as whoever reviews it reads it: everything but secrets.

    Attributes:
        record: 记录标识.
        kind: Its kind.
        version: Number of the present version.
        importer: Who imported it.
        file: The file that it came in, or the command.
        row: Row of the file.
        compared_with: The version that it replaces; None for a first report.
        fields: Every field that is filled now or was before, masked.
        history: What was said of its versions, oldest first.
        line: How it waits, or was returned; None where neither.
    """

    record: str
    kind: str
    version: int
    importer: str
    file: str
    row: int
    compared_with: int | None
    fields: tuple[Field, ...]
    history: tuple[Said, ...]
    line: Line | None

    def plain(self) -> dict[str, Any]:
        """Return the sheet as ``--json`` shows it."""
        return asdict(self) | {
            "fields": [one.plain() for one in self.fields],
            "history": [
                {"version": one.version} | asdict(one.word) | {"at": one.word.at.isoformat()}
                for one in self.history
            ],
            "line": None if self.line is None else self.line.plain(),
        }


@dataclass(slots=True)
class Decided:
    """What came of approving or returning.

    Attributes:
        done: Of which versions something was said.
        refused: Version → why nothing was said of it.
    """

    done: list[Version] = field(default_factory=list)
    refused: dict[Version, Obstacle] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reviews:
    """Reviewing in one workspace.

    Attributes:
        database: The hub's database.
        keys: The workspace's keys.
        planner: Plans what follows.
        acting: Opens a write transaction of the person at the keyboard.
        present: Tells by what urgency is judged now.
    """

    database: Database
    keys: KeyRing
    planner: Planner
    acting: Acting
    present: Callable[[Connection], Present]

    @property
    def any_required(self) -> bool:
        """Whether any kind is to be reviewed."""
        return bool(self.planner.reviewed)

    def waiting(self, wanted: Wanted) -> list[Waiting]:
        """Return what waits, or was returned, the most urgent first."""
        with self.database.reading() as connection:
            return waiting(connection, wanted, self.present(connection))

    def lines(self, found: Sequence[Waiting]) -> list[Line]:
        """Return what a person sees of some of what waits."""
        with self.database.reading() as connection:
            return list(lines(connection, self.keys, found, self.present(connection)))

    def sheet(self, record_id: str) -> Sheet:
        """Return everything about the present version of a record but its secrets."""
        with self.database.reading() as connection:
            row = connection.execute(
                sa.select(
                    record.c.kind,
                    record_version.c.version,
                    record_version.c.source_row,
                    import_run.c.actor,
                    import_run.c.file_name,
                )
                .join(record_version, PRESENT_VERSION)
                .join(import_run, import_run.c.id == record_version.c.import_run_id)
                .where(record.c.id == record_id)
            ).one()
            version = (record_id, row.version)
            base, fields = fields_of(connection, self.keys, {version: row.kind})[version]
            present = self.present(connection)
            found = [
                one
                for returned in (False, True)
                for one in waiting(
                    connection, Wanted(records=(record_id,), returned=returned), present
                )
            ]
            shown = list(lines(connection, self.keys, found, present))
            return Sheet(
                record=record_id,
                kind=row.kind,
                version=row.version,
                importer=row.actor,
                file=row.file_name,
                row=row.source_row,
                compared_with=base,
                fields=fields,
                history=tuple(_history(connection, record_id)),
                line=shown[0] if shown else None,
            )

    def present_version(self, record_id: str) -> Version:
        """Return a record with the number of its present version."""
        statement = sa.select(record.c.current_version).where(record.c.id == record_id)
        with self.database.reading() as connection:
            return record_id, connection.execute(statement).scalar_one()

    def approve(self, versions: Sequence[Version]) -> Decided:
        """Approve versions that somebody else imported; see :meth:`decide`."""
        return self.decide(versions, approved=True)

    def send_back(self, versions: Sequence[Version]) -> Decided:
        """Return versions to their department; see :meth:`decide`."""
        return self.decide(versions, approved=False)

    def decide(self, versions: Sequence[Version], *, approved: bool) -> Decided:
        """Say of versions whether they may be sent, in portions of a transaction each.

        What stands in the way of one stops no other, and is audited in a transaction of its own.
        """
        decided = Decided()
        remaining = iter(dict.fromkeys(versions))
        while portion := list(islice(remaining, PORTION)):
            with self.acting() as (connection, cause):
                desk = ReviewDesk(connection, self.planner, self.keys, cause)
                refused = desk.decide(portion, approved=approved)
            self._note_refused(refused, approved=approved)
            decided.refused |= refused
            decided.done += [one for one in portion if one not in refused]
        return decided

    def _note_refused(self, refused: dict[Version, Obstacle], *, approved: bool) -> None:
        if not refused:
            return
        with self.acting() as (connection, cause):
            entries = [
                Entry(
                    REFUSED,
                    record_id=record_id,
                    reason=mask_identity_numbers(cause.reason),
                    details={
                        "version": version,
                        "as": "approved" if approved else "returned",
                        "code": obstacle.code,
                        "message": obstacle.message,
                    },
                )
                for (record_id, version), obstacle in refused.items()
            ]
            append(connection, entries, actor=cause.actor, at=cause.at)


def _history(connection: Connection, record_id: str) -> Iterator[Said]:
    statement = sa.select(review).where(review.c.record_id == record_id).order_by(review.c.id)
    for row in connection.execute(statement):
        yield Said(row.version, Word(row.approved, row.reason, row.actor, row.at))
