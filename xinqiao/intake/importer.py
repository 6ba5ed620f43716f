"""Importing a file: rows become records, records become what is owed (导入).

A file is read twice: the first pass only notes keys, so that one key with two contents is known on
both rows before anything is written. All of a file is written in one transaction, or nothing.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import SHANGHAI, Clock
from xinqiao.database.dialect import database_time
from xinqiao.database.engine import Database
from xinqiao.errors import SettingsError, reason_of
from xinqiao.intake import store
from xinqiao.intake.census import Census, Identity, Place, identify, unusable_key
from xinqiao.intake.findings_workbook import FindingsRow, safe_name, write_findings_workbook
from xinqiao.intake.reading import Draft, HeldPictures, Table, read_tables
from xinqiao.intake.report import FileReport, RowFinding
from xinqiao.intake.versions import NewVersion, Writer
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.consequences import follow
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.transitions import Cause
from xinqiao.records.behaviours import NONE_IN_FORCE, Behaviours
from xinqiao.records.findings import IDENTITY_NUMBER_WRITTEN, Finding, Severity
from xinqiao.records.kind import SubjectInKey
from xinqiao.records.kinds import KINDS
from xinqiao.records.pictures import Picture
from xinqiao.routing.exemptions import exemptions

_CHUNK = 500
_MOST_ROWS_TO_CORRECT = 10_000
"""More rows than that in one workbook help nobody; ``corrections`` writes the rest later."""

Progress = Callable[[int, int], None]
"""Told how many rows were looked at, and how many looks there will be, about."""


@dataclass(frozen=True, slots=True)
class Importer:
    """Imports files into one workspace.

    Attributes:
        database: The hub's database.
        keys: The workspace's keys.
        clock: The clock.
        planner: Plans what follows from new versions.
        findings_folder: Where findings workbooks are written.
        actor: Who imports.
        behaviours: Behaviour codes in force.
    """

    database: Database
    keys: KeyRing
    clock: Clock
    planner: Planner
    findings_folder: Path
    actor: str
    behaviours: Behaviours = NONE_IN_FORCE

    def run(
        self,
        path: Path,
        *,
        kind: str | None = None,
        department: str = "",
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> list[FileReport]:
        """Import one file; return a report for each of its tables.

        Args:
            path: A workbook or a text file.
            kind: Record kind; guessed from each header when None.
            department: Who answers for these records (责任科室).
            dry_run: Check and count as in earnest, keep nothing.
            progress: Told how far it is.

        Raises:
            InputError: The file as a whole cannot be used; nothing was stored.
        """
        tables = read_tables(path, kind=kind, today=self.clock.today(), behaviours=self.behaviours)
        several = len(tables) > 1
        work = [
            _Work(table, _report(path, table), table.sheet if several else "") for table in tables
        ]
        ticker = _Ticker(progress, 2 * sum(table.source.length for table in tables))
        try:
            with self.database.writing() as connection:
                self._write(connection, path, work, department, ticker)
                if dry_run:
                    connection.rollback()
                else:
                    for one in work:
                        self._write_findings(path, one)
        except BaseException:
            # nothing was kept: the workbooks would name records that do not exist
            for one in work:
                if one.report.findings_file:
                    Path(one.report.findings_file).unlink(missing_ok=True)
            raise
        return [one.report for one in work]

    def _write(
        self,
        connection: Connection,
        path: Path,
        work: Sequence["_Work"],
        department: str,
        ticker: "_Ticker",
    ) -> None:
        cause = Cause(self.actor, database_time(connection, self.clock))
        # people name files after the person whose decision they hold
        file_name = mask_identity_numbers(path.name)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        censuses = self._censuses(connection, work, ticker)
        for one in work:
            kind = one.table.kind
            run_id = store.open_run(
                connection,
                file_name=file_name,
                file_sha256=digest,
                kind=kind,
                department=department,
                cause=cause,
            )
            census = censuses[kind]
            writer = Writer(connection, self.keys, KINDS[kind], run_id, department, cause, census)
            for drafts in _chunks(one.table.drafts(self._held_pictures(connection))):
                self._write_chunk(one, drafts, census, writer)
                ticker.tick(len(drafts))
            store.close_run(connection, run_id, one.report.counts)
            one.report.run = run_id
            entry = Entry(
                "import.finished",
                details={"file": file_name, "run": run_id, "kind": kind, **one.report.counts},
            )
            append(connection, [entry], actor=cause.actor, at=cause.at)

    def _held_pictures(self, connection: Connection) -> HeldPictures:
        """Return what gives the pictures of a record as it stands before this file."""

        def held(record_id: str) -> Mapping[str, Picture]:
            return store.held_pictures(connection, self.keys, record_id)

        return held

    def _censuses(
        self, connection: Connection, work: Sequence["_Work"], ticker: "_Ticker"
    ) -> dict[str, Census]:
        """Read everything once and note which row says that it is which record, kind by kind."""
        censuses: dict[str, Census] = {}
        for one in work:
            kind = one.table.kind
            census = censuses.setdefault(kind, Census(KINDS[kind]))
            for drafts in _chunks(one.table.drafts(self._held_pictures(connection))):
                for draft in drafts:
                    census.note(Place(one.sheet, draft.row), identify(kind, draft, self.keys))
                ticker.tick(len(drafts))
        for kind, census in censuses.items():
            ids = census.record_ids
            known = store.find(connection, kind, ids=ids, keys=(), hashes=())
            census.note_known(known.all)
            if census.kind.subject_in_key is SubjectInKey.OWNER:
                self._note_corrected(connection, census)
            if census.may_be_completed:
                census.note_owned(store.owned(connection, kind, census.subjects))
        return censuses

    def _note_corrected(self, connection: Connection, census: Census) -> None:
        """Note which rows correct the number of a record; asked before anything is written."""
        kind = census.kind.identifier
        doubtful = store.doubtful(connection, kind, census.documents, self.keys)
        pairs = census.meant_by(doubtful)
        keys = {key for key, _ in pairs}
        known = store.find(connection, kind, ids=(), keys=keys, hashes=())
        # a row that is a record's own corrects no other
        census.note_corrected([pair for pair in pairs if known.with_key(pair[0]) is None])

    def _write_chunk(
        self, work: "_Work", drafts: Sequence[Draft], census: Census, writer: Writer
    ) -> None:
        report = work.report
        report.read += len(drafts)
        rows = []
        for draft in drafts:
            place = Place(work.sheet, draft.row)
            identity = identify(work.table.kind, draft, self.keys)
            first = census.repeats(place, identity)
            if first is None:
                rows.append(_new_version(draft, place, identity, census))
            else:
                report.duplicates += 1
                _note(work, draft.row, [_repeat(first)])
        outcome = writer.write(rows)
        unreported = self.planner.plan(writer.connection, outcome.changes, writer.cause)
        followed = follow(writer.connection, self.planner, outcome.changes, self.keys, writer.cause)
        report.not_routed += unreported.not_owed
        report.unclaimed += unreported.unclaimed
        report.before_start += unreported.before_start
        misfits = store.misfits(writer.connection, outcome.reportable)
        exempt = store.exempt(writer.connection, outcome.reportable)
        if work.table.kind in self.planner.reviewed:
            report.to_review += len(store.to_review(writer.connection, outcome.reportable))
        for row in outcome.rows:
            misfit = misfits.get(row.record_id or "", ())
            further = followed.get(row.record_id or "", ())
            findings = (*row.draft.findings, *row.findings, *misfit, *further)
            if row.record_id in exempt and row.effect in ("new", "changed"):
                findings = (*findings, _not_reported(exempt[row.record_id]))
            _note(work, row.draft.row, findings)
            if any(one.severity is Severity.ERROR for one in findings):
                report.invalid += 1
                if len(work.bad_rows) < _MOST_ROWS_TO_CORRECT:
                    work.bad_rows.append(
                        FindingsRow(row.record_id, row.draft.row, row.draft.cells, findings)
                    )
            elif row.effect != "ignored":
                setattr(report, row.effect, getattr(report, row.effect) + 1)

    def _write_findings(self, path: Path, work: "_Work") -> None:
        if not work.bad_rows:
            return
        stamp = self.clock.now().astimezone(SHANGHAI).strftime("%Y%m%d-%H%M%S")
        try:
            self.findings_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            message = f"文件夹 {self.findings_folder} 无法新建（{reason_of(error)}），请检查权限"
            raise SettingsError(message, code="findings_file") from error
        sheet = f"-{work.sheet}" if work.sheet else ""
        stem = safe_name(mask_identity_numbers(f"{path.stem}{sheet}"))
        target = self.findings_folder / f"{stem}-疑点-{stamp}.xlsx"
        number = 1
        while target.exists():
            number += 1
            target = self.findings_folder / f"{stem}-疑点-{stamp}-{number}.xlsx"
        write_findings_workbook(target, work.table, work.bad_rows)
        work.report.findings_file = str(target)


@dataclass(slots=True)
class _Work:
    """One table of a file on its way into the hub.

    Attributes:
        table: The table.
        report: What it comes to.
        sheet: Name of its sheet where the file has several tables; otherwise empty.
        bad_rows: Rows with errors, to be corrected.
    """

    table: Table
    report: FileReport
    sheet: str
    bad_rows: list[FindingsRow] = field(default_factory=list)


@dataclass(slots=True)
class _Ticker:
    """Adds up how many rows were looked at; each is looked at twice."""

    progress: Progress | None
    total: int
    done: int = 0

    def tick(self, rows: int) -> None:
        self.done += rows
        if self.progress is not None:
            self.progress(self.done, max(self.total, self.done))


def _report(path: Path, table: Table) -> FileReport:
    report = FileReport(
        file=mask_identity_numbers(str(path)),
        sheet=mask_identity_numbers(table.sheet),
        kind=table.kind,
    )
    for one in table.findings:
        report.note(one)
    return report


def _new_version(draft: Draft, place: Place, identity: Identity, census: Census) -> NewVersion:
    conflict = census.conflict(place, identity)
    told = {
        one.field
        for one in draft.findings
        if (one.code, one.severity) == (IDENTITY_NUMBER_WRITTEN, Severity.ERROR)
    }
    found = [unusable_key(path) for path in identity.unusable if path not in told]
    found += [one for one in (conflict, census.undecided(identity.key)) if one is not None]
    if found:
        draft = replace(draft, findings=(*draft.findings, *found))
    return NewVersion(
        draft,
        identity.key,
        identity.document,
        identity.digest,
        identity.unusable,
        storable=conflict is None,
    )


def _repeat(first: Place) -> Finding:
    message = f"与{first.shown}完全相同，只保留一条"
    return Finding("", "repeated", Severity.WARNING, message)


def _not_reported(exemption: str) -> Finding:
    rule = exemptions()[exemption]
    message = f"不报送：{rule.title}（{rule.basis}）"
    return Finding(rule.field, "not_reported", Severity.WARNING, message)


def _note(work: _Work, row: int, findings: Sequence[Finding]) -> None:
    columns = work.table.columns
    for one in findings:
        work.report.note(RowFinding.of(row, columns.get(one.field, ""), one))


def _chunks(drafts: Iterator[Draft]) -> Iterator[list[Draft]]:
    while chunk := list(islice(drafts, _CHUNK)):
        yield chunk
