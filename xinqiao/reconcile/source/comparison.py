"""Comparing a list of the case system with the hub (源头对账), in bounded memory.

Nothing is imported and nothing is owed by it: what never reached the hub is told, kept as a
difference, and ends when it was imported. Only a list whose days a person states can tell that a
record of the hub is missing in it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy.engine import Connection

from xinqiao.clock import Clock, local_date
from xinqiao.database.dialect import database_time
from xinqiao.database.engine import Database
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.transitions import Cause
from xinqiao.reconcile.differences.store import (
    Found,
    Sides,
    close_under,
    close_unseen,
    note_differences,
)
from xinqiao.reconcile.key_hash import hash_of_key
from xinqiao.reconcile.ledgers.readings import (
    OVERTAKEN,
    Origin,
    Reading,
    begin,
    drop_lines,
    finish,
    goes_on,
)
from xinqiao.reconcile.source.columns import comparable, is_comparable
from xinqiao.reconcile.source.findings import NeverImported, NotInSource, SourceFindings
from xinqiao.reconcile.source.imported import close_imported
from xinqiao.reconcile.source.known import Finder, Known, Wanted, authorities, identifying
from xinqiao.reconcile.source.listed import Listed, SourceList, open_source
from xinqiao.reconcile.source.ours import Decided, key_of, not_shown, note_seen
from xinqiao.reconcile.source.owed import Owing
from xinqiao.reconcile.window import Window
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting
from xinqiao.routing.exemptions import Exemption
from xinqiao.routing.routes import open_routes

SOURCE = "source"
"""Stands for the platform in differences and readings of the case system."""

MISSING = "never_imported"
STRANGER = "not_in_source"

_CHUNK = 300
"""Decisions that are looked up together."""

_NO_DAYS = "没有用 --from 和 --to 写明清单的起止日期，不判断本地的哪些记录不在清单里"


@dataclass(frozen=True, slots=True)
class SourceLists:
    """Compares lists of the case system with one workspace.

    Attributes:
        database: The hub's database.
        keys: The workspace's keys.
        clock: The clock.
        actor: Who compares.
        calendar: The working days.
        counting: Whether the decision day counts.
        exemptions: What is owed to nobody.
        switches: Kind → platform → whether it goes there, where that differs from the table.
        report_from: Decisions from this day on are owed through the hub; None: all.
        bureau_code: 统一社会信用代码 of the bureau, for lists that do not tell the authority.
    """

    database: Database
    keys: KeyRing
    clock: Clock
    actor: str
    calendar: WorkingCalendar
    counting: Counting
    exemptions: tuple[Exemption, ...]
    switches: Mapping[str, Mapping[str, bool]]
    report_from: date | None = None
    bureau_code: str = ""

    def compare(
        self, path: Path, kind: str, window: Window | None, department: str = ""
    ) -> SourceFindings:
        """Compare the list in a file.

        Args:
            path: A workbook or a text file.
            kind: What it lists.
            window: Days of decision for which the list is whole; None where nobody says.
            department: Whose decisions it lists; empty for everybody's.

        Raises:
            InputError: The file cannot be used; nothing was compared.
        """
        source = open_source(path, comparable(kind), window)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with self.database.reading() as connection:
            codes = authorities(connection, kind) | ({self.bureau_code} - {""})
        days = window or Window(source.first or date.min, source.last or date.max)
        with self.database.writing() as connection:
            cause = self.cause(connection)
            yesterday = local_date(cause.at) - timedelta(days=1)
            asked = Reading(0, SOURCE, kind, days, yesterday, None)
            reading, left = begin(connection, asked, Origin("file", source.name, digest), cause)
        drop_lines(self.database, left)
        run = _Run(self, source, reading, Finder(source.kind, self.keys, codes), department)
        run.compare()
        with self.database.writing() as connection:
            whole = run.findings.unreadable or run.findings.not_judged
            of_some = f"只是{department}的清单" if department else ""
            finish(connection, reading, source.inside, whole or of_some, self.cause(connection))
        drop_lines(self.database, [reading.id])
        return run.findings

    def close_imported(self, kind: str) -> int:
        """End what lists told of decisions of ``kind`` that are imported by now; return how many.

        Raises:
            DamageError: Content in the database was changed.
        """
        if not is_comparable(kind):
            return 0
        with self.database.reading() as connection:
            codes = authorities(connection, kind) | ({self.bureau_code} - {""})
        finder = Finder(comparable(kind), self.keys, codes)
        return close_imported(self.database, finder, Sides(SOURCE, kind), self.cause)

    def cause(self, connection: Connection) -> Cause:
        """Return who compares, and when by the database's clock."""
        return Cause(self.actor, database_time(connection, self.clock))

    def owing(self, kind: str) -> Owing:
        """Return by what decisions of ``kind`` are owed."""
        routes = open_routes(kind, self.switches.get(kind))
        return Owing(kind, routes, self.exemptions, self.counting, self.calendar, self.report_from)


@dataclass(slots=True)
class _Run:
    """One list on its way beside the hub."""

    lists: SourceLists
    source: SourceList
    reading: Reading
    finder: Finder
    department: str
    findings: SourceFindings = field(init=False)
    sides: Sides = field(init=False)
    owing: Owing = field(init=False)

    def __post_init__(self) -> None:
        kind = self.source.kind.identifier
        window = self.source.window
        self.sides = Sides(SOURCE, kind, self.reading.id)
        self.owing = self.lists.owing(kind)
        self.findings = SourceFindings(
            self.source.name,
            kind,
            None if window is None else window.start,
            None if window is None else window.end,
            unreadable=_unreadable(self.source),
            remarks=_remarks(self.source),
            undated=self.source.undated.count,
        )
        self.findings.not_judged = _NO_DAYS if window is None else self.findings.unreadable

    def compare(self) -> None:
        """Compare everything; what a later reading of the same kind overtakes ends."""
        findings = self.findings
        findings.closed += close_imported(
            self.lists.database, self.finder, self.sides, self.lists.cause
        )
        for chunk in _chunks(self.source.decisions()):
            if not self._take(chunk):
                findings.unreadable = findings.not_judged = OVERTAKEN
                return
        if not findings.not_judged and not self._judge_ours():
            findings.unreadable = findings.not_judged = OVERTAKEN

    def _take(self, chunk: Sequence[Listed]) -> bool:
        """Compare some decisions; tell whether the reading goes on."""
        database, findings = self.lists.database, self.findings
        wanted = [self.finder.wanted(one) for one in chunk]
        with database.reading() as connection:
            known = self.finder.find(connection, wanted)
        settled: list[str] = []
        seen: list[Known] = []
        missing: list[tuple[Listed, Wanted]] = []
        for listed, want, have in zip(chunk, wanted, known, strict=True):
            findings.listed += 1
            exempt = self.owing.exempt(listed.content) is not None
            findings.matched += have is not None
            findings.exempt += exempt if have is None else have.exempt
            if have is not None:
                seen.append(have)
            elif not exempt and self.owing.is_earlier(listed):
                findings.earlier += 1
            elif not exempt:
                missing.append((listed, want))
                continue
            settled.append(want.key)
        with database.writing() as connection:
            if not goes_on(connection, self.reading):
                return False
            cause = self.lists.cause(connection)
            note_seen(connection, self.lists.keys, self.reading.id, (one.id for one in seen))
            ours = [key_of(one.document, one.id) for one in seen]
            findings.closed += self._close(connection, settled, MISSING, cause)
            findings.closed += self._close(connection, ours, STRANGER, cause)
            self._note_missing(connection, missing, cause)
        return True

    def _note_missing(
        self, connection: Connection, missing: Sequence[tuple[Listed, Wanted]], cause: Cause
    ) -> None:
        today = local_date(cause.at)
        told = {want.key: self._missing(listed, want, today) for listed, want in missing}
        found = [self._found(listed, want, told[want.key]) for listed, want in missing]
        noted = note_differences(connection, self.sides, found, self.lists.keys, cause)
        self.findings.accepted += noted.known
        self.findings.note_missing(list(told.values()))

    def _missing(self, listed: Listed, want: Wanted, today: date) -> NeverImported:
        limit = self.owing.due(listed)
        return NeverImported(
            listed.row,
            mask_identity_numbers(want.key),
            listed.decided_on.isoformat() if listed.decided_on is not None else "",
            limit.due_on.isoformat() if limit is not None else "",
            limit is not None and limit.due_on < today,
            self.department or listed.department,
        )

    def _found(self, listed: Listed, want: Wanted, told: NeverImported) -> Found:
        window = self.reading.window
        day = listed.decided_on
        lies = (day, day) if day is not None else (window.start, window.end)
        details = {
            "decided_on": told.decided_on,
            "due_on": told.due_on,
            "fields": identifying(self.source.kind, listed.content),
        }
        return Found(MISSING, want.key, lies, department=told.department, details=details)

    def _judge_ours(self) -> bool:
        """Note our records that the list does not show; tell whether the reading goes on."""
        database, kind = self.lists.database, self.source.kind.identifier
        window = self.reading.window
        with database.reading() as connection:
            portions = not_shown(
                connection, self.lists.keys, self.reading.id, kind, window, self.department
            )
            for portion in portions:
                with database.writing() as writing:
                    if not goes_on(writing, self.reading):
                        return False
                    self._note_strangers(writing, portion)
        if not self.department:
            self._close_gone(window)
        return True

    def _note_strangers(self, connection: Connection, portion: Sequence[Decided]) -> None:
        cause = self.lists.cause(connection)
        found = [
            Found(
                STRANGER,
                key_of(one.document, one.id),
                (one.decided_on, one.decided_on),
                one.id,
                details={"decided_on": one.decided_on.isoformat()},
            )
            for one in portion
        ]
        noted = note_differences(connection, self.sides, found, self.lists.keys, cause)
        self.findings.accepted += noted.known
        self.findings.note_strangers(
            [
                NotInSource(
                    one.id,
                    mask_identity_numbers(key_of(one.document, one.id)),
                    one.decided_on.isoformat(),
                    one.department,
                )
                for one in portion
            ]
        )

    def _close_gone(self, window: Window) -> None:
        """Close what this whole list covers and does not show any more."""
        closed = 1
        while closed:
            with self.lists.database.writing() as connection:
                closed = close_unseen(
                    connection,
                    self.sides,
                    [MISSING, STRANGER],
                    (window.start, window.end),
                    self.lists.cause(connection),
                )
            self.findings.closed += closed

    def _close(self, connection: Connection, keys: Iterable[str], what: str, cause: Cause) -> int:
        hashes = [
            hash_of_key(self.lists.keys, SOURCE, self.sides.kind, one) for one in sorted(set(keys))
        ]
        return close_under(connection, self.sides, hashes, [what], cause)


def _unreadable(source: SourceList) -> str:
    if source.unread:
        names = "、".join(f"“{name}”" for name in source.unread)
        return f"工作表{names}里没有认出表头，没有读取"
    if source.unreadable.count:
        return f"{source.unreadable.shown}没有写编号（或编号里疑似有身份证号码），认不出是哪个决定"
    return ""


def _remarks(source: SourceList) -> list[str]:
    told = []
    if source.undated.count:
        told.append(
            f"{source.undated.shown}没有可以识别的决定日期，算不出报送期限；请补上后再对一次"
        )
    if source.outside.count and source.window is not None:
        window = source.window
        told.append(
            f"{source.outside.count} 行的决定日期不在 {window.start} 至 {window.end} 之内，没有核对"
        )
    if source.unknown:
        told.append(f"{'、'.join(source.unknown)}没有读取")
    return told


def _chunks(decisions: Iterator[Listed]) -> Iterator[list[Listed]]:
    while chunk := list(islice(decisions, _CHUNK)):
        yield chunk
