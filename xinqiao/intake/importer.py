"""Importing a file: rows become records, records become what is owed (导入).

A file is read twice: the first pass only notes keys, so that one key with two contents is known on
both rows before anything is written. All of a file is written in one transaction, or nothing.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.clock import SHANGHAI, Clock
from xinqiao.database.engine import Database
from xinqiao.errors import SettingsError
from xinqiao.intake import store
from xinqiao.intake.census import Census, Identity, identify, unusable_key
from xinqiao.intake.findings_workbook import FindingsRow, write_findings_workbook
from xinqiao.intake.reading import Draft, Table, read_table
from xinqiao.intake.report import FileReport, RowFinding
from xinqiao.intake.versions import NewVersion, Writer
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.planning import Planner
from xinqiao.queue.transitions import Cause
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kinds import KINDS

_CHUNK = 500

Progress = Callable[[int], None]


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
    """

    database: Database
    keys: KeyRing
    clock: Clock
    planner: Planner
    findings_folder: Path
    actor: str

    def run(
        self,
        path: Path,
        *,
        kind: str | None = None,
        department: str = "",
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> FileReport:
        """Import one file.

        Args:
            path: The workbook.
            kind: Record kind; guessed from the header when None.
            department: Who answers for these records (责任科室).
            dry_run: Check and count as in earnest, keep nothing.
            progress: Called with the number of rows read so far.

        Raises:
            InputError: The file as a whole cannot be used; nothing was stored.
        """
        table = read_table(path, kind=kind, today=self.clock.today())
        report = FileReport(file=mask_identity_numbers(str(path)), kind=table.kind)
        report.findings += [
            RowFinding(one.row, one.column, one.code, one.severity, one.message)
            for one in table.findings
        ]
        try:
            with self.database.writing() as connection:
                bad_rows = self._write(connection, path, table, report, department, progress)
                if dry_run:
                    connection.rollback()
                elif bad_rows:
                    report.findings_file = str(self._findings_file(path, table, bad_rows))
        except BaseException:
            # nothing was kept: the workbook would name records that do not exist
            if report.findings_file:
                Path(report.findings_file).unlink(missing_ok=True)
            raise
        return report

    def _write(
        self,
        connection: Connection,
        path: Path,
        table: Table,
        report: FileReport,
        department: str,
        progress: Progress | None,
    ) -> list[FindingsRow]:
        cause = Cause(self.actor, self.clock.now())
        run_id = store.open_run(
            connection,
            # people name files after the person whose decision they hold
            file_name=mask_identity_numbers(path.name),
            file_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            kind=table.kind,
            department=department,
            cause=cause,
        )
        census = self._census(connection, table)
        writer = Writer(
            connection,
            self.keys,
            KINDS[table.kind],
            run_id,
            department,
            cause,
            census.claims,
        )
        bad_rows: list[FindingsRow] = []
        for drafts in _chunks(table.drafts()):
            bad_rows += self._write_chunk(table, drafts, census, writer, report)
            if progress is not None:
                progress(report.read)
        store.close_run(connection, run_id, report.counts)
        entry = Entry(
            "import.finished",
            details={"file": path.name, "run": run_id, "kind": table.kind, **report.counts},
        )
        append(connection, [entry], actor=cause.actor, at=cause.at)
        return bad_rows

    def _census(self, connection: Connection, table: Table) -> Census:
        """Read the whole table once and note which row says that it is which record."""
        census = Census()
        for draft in table.drafts():
            census.note(draft.row, identify(table.kind, draft, self.keys))
        ids = census.record_ids
        known = store.find(connection, table.kind, ids=ids, keys=(), hashes=())
        census.note_known(known.all)
        return census

    def _write_chunk(
        self,
        table: Table,
        drafts: Sequence[Draft],
        census: Census,
        writer: Writer,
        report: FileReport,
    ) -> list[FindingsRow]:
        report.read += len(drafts)
        rows = []
        for draft in drafts:
            identity = identify(table.kind, draft, self.keys)
            first = census.repeats(draft.row, identity)
            if first is None:
                rows.append(_new_version(draft, identity, census))
            else:
                report.duplicates += 1
                _note(report, table, draft.row, [_repeat(first)])
        outcome = writer.write(rows)
        report.not_routed += self.planner.plan(writer.connection, outcome.changes, writer.cause)
        misfits = store.misfits(writer.connection, outcome.reportable)
        bad: list[FindingsRow] = []
        for row in outcome.rows:
            misfit = misfits.get(row.record_id or "", ())
            findings = (*row.draft.findings, *row.findings, *misfit)
            _note(report, table, row.draft.row, findings)
            if any(one.severity is Severity.ERROR for one in findings):
                report.invalid += 1
                bad.append(FindingsRow(row.record_id, row.draft.row, row.draft.cells, findings))
            elif row.effect != "ignored":
                setattr(report, row.effect, getattr(report, row.effect) + 1)
        return bad

    def _findings_file(self, path: Path, table: Table, rows: Sequence[FindingsRow]) -> Path:
        stamp = self.clock.now().astimezone(SHANGHAI).strftime("%Y%m%d-%H%M%S")
        try:
            self.findings_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            message = f"文件夹 {self.findings_folder} 无法新建（{error.strerror}），请检查权限"
            raise SettingsError(message, code="findings_file") from error
        stem = mask_identity_numbers(path.stem)
        target = self.findings_folder / f"{stem}-疑点-{stamp}.xlsx"
        number = 1
        while target.exists():
            number += 1
            target = self.findings_folder / f"{stem}-疑点-{stamp}-{number}.xlsx"
        write_findings_workbook(target, table, rows)
        return target


def _new_version(draft: Draft, identity: Identity, census: Census) -> NewVersion:
    conflict = census.conflict(draft.row, identity)
    found = [unusable_key(path) for path in identity.unusable]
    if conflict is not None:
        found.append(conflict)
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


def _repeat(first: int) -> Finding:
    message = f"与第 {first} 行完全相同，只保留一条"
    return Finding("", "repeated", Severity.WARNING, message)


def _note(report: FileReport, table: Table, row: int, findings: Sequence[Finding]) -> None:
    report.findings += [
        RowFinding(row, table.columns.get(one.field, ""), one.code, one.severity, one.message)
        for one in findings
    ]


def _chunks(drafts: Iterator[Draft]) -> Iterator[list[Draft]]:
    while chunk := list(islice(drafts, _CHUNK)):
        yield chunk
