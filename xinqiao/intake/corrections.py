"""Workbooks of everything that must be corrected, one for each department and kind (待更正表).

Whoever corrects need not know who found the fault: we, by the rules of the record or the format,
or the platform. A corrected workbook is imported like any other; the 记录标识 in it leads each row
back to its record, also when the wrong field was the number or the name.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.clock import SHANGHAI
from xinqiao.database.chunks import in_chunks
from xinqiao.database.record_store import load_present_contents
from xinqiao.database.tables import PRESENT_VERSION, holding, record, record_version, withdrawal
from xinqiao.errors import SettingsError, reason_of
from xinqiao.feedback.instructing import Instructions, Refused
from xinqiao.intake import store
from xinqiao.intake.findings_workbook import (
    FindingsRow,
    Layout,
    safe_name,
    what_to_do,
    write_findings_workbook,
)
from xinqiao.intake.headers import header_table
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.planning.rows import NO_TABLE
from xinqiao.queue.refusals import Refusal, open_refusals
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kinds import kind_of
from xinqiao.records.pictures import picture_names

UNASSIGNED = "未分科室"
"""Stands for the department of records that were imported without one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which corrections a person asks for; None means all.

    Attributes:
        platform: Only what this platform refused or cannot take, and what is wrong by itself.
        department: Only this department's records.
        kind: Only records of this kind.
    """

    platform: str | None = None
    department: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Workbook:
    """One workbook that was written.

    Attributes:
        department: Whose records it holds; :data:`UNASSIGNED` for nobody's.
        kind: Their kind.
        records: How many.
        refused: How many of them a platform refused.
        file: Where it is.
        to_do: What is to be done → in how many records, the most frequent first.
    """

    department: str
    kind: str
    records: int
    refused: int
    file: Path
    to_do: Mapping[str, int] = field(default_factory=dict)


def write_corrections(
    connection: Connection,
    keys: KeyRing,
    instructions: Instructions,
    wanted: Wanted,
    folder: Path,
    now: datetime,
) -> list[Workbook]:
    """Write what must be corrected; return the workbooks, none when nothing must be.

    Raises:
        SettingsError: The folder cannot be made or written to.
    """
    found = _Faults()
    found.take_refusals(open_refusals(connection, wanted.platform), instructions)
    found.take_misfits(store.misfits(connection, _misfit_ids(connection, wanted.platform)))
    found.ids.update(_invalid_ids(connection))
    groups: dict[tuple[str, str], list[tuple[FindingsRow, bool]]] = {}
    for chunk in in_chunks(sorted(found.ids)):
        for key, row, refused in _rows(connection, keys, chunk, found, wanted):
            groups.setdefault(key, []).append((row, refused))
    if groups:
        _make(folder)
    stamp = now.astimezone(SHANGHAI).strftime("%Y%m%d-%H%M%S")
    return [
        _write(folder, stamp, department, kind, rows)
        for (department, kind), rows in sorted(groups.items())
    ]


@dataclass(slots=True)
class _Faults:
    """Record → what platforms and formats have against it."""

    ids: set[str] = field(default_factory=set)
    refused: dict[str, dict[Finding, str]] = field(default_factory=dict)
    """What platforms refused, each with what is done about it."""
    misfits: dict[str, tuple[Finding, ...]] = field(default_factory=dict)

    def take_refusals(self, refusals: Iterable[Refusal], instructions: Instructions) -> None:
        for one in refusals:
            self.refused.setdefault(one.record_id, {}).update(_refusal(one, instructions))
            self.ids.add(one.record_id)

    def take_misfits(self, misfits: Mapping[str, tuple[Finding, ...]]) -> None:
        for record_id, findings in misfits.items():
            # no correction of a record mends a table
            if own := tuple(one for one in findings if one.code != NO_TABLE):
                self.misfits[record_id] = own
                self.ids.add(record_id)


def _refusal(refusal: Refusal, instructions: Instructions) -> dict[Finding, str]:
    """Return a platform's refusal as findings at the fields it is about, and what to do."""
    said = Refused(refusal.platform, refusal.kind, refusal.code, refusal.message, refusal.operation)
    advice = instructions.advise(said)
    words = refusal.message or "没有说明原因"
    message = f"被{instructions.title(refusal.platform, refusal.kind)}退回：{words}"
    paths = [one.path for one in advice.places] or [""]
    return {Finding(path, "refused", Severity.ERROR, message): advice.text for path in paths}


def _misfit_ids(connection: Connection, platform: str | None) -> Collection[str]:
    statement = sa.select(holding.c.record_id).where(
        holding.c.findings != sa.literal([], holding.c.findings.type),
        holding.c.wanted_version.is_not(None),
    )
    if platform is not None:
        statement = statement.where(holding.c.platform == platform)
    return set(connection.execute(statement).scalars())


def _invalid_ids(connection: Connection) -> Collection[str]:
    statement = (
        sa.select(record.c.id)
        .join(
            record_version,
            PRESENT_VERSION,
        )
        .where(record_version.c.valid.is_(False))
    )
    return set(connection.execute(statement).scalars())


def _rows(
    connection: Connection,
    keys: KeyRing,
    ids: Sequence[str],
    found: _Faults,
    wanted: Wanted,
) -> Iterable[tuple[tuple[str, str], FindingsRow, bool]]:
    statement = (
        sa.select(
            record.c.id,
            record.c.kind,
            record.c.department,
            record.c.current_version,
            record_version.c.findings,
            record_version.c.source_row,
        )
        .join(
            record_version,
            PRESENT_VERSION,
        )
        .where(
            record.c.id.in_(ids),
            # what nobody is owed need not be right
            record.c.exemption.is_(None),
            ~sa.exists().where(withdrawal.c.record_id == record.c.id),
        )
        .order_by(record.c.created_at, record_version.c.source_row, record.c.id)
    )
    chosen = [
        row
        for row in connection.execute(statement)
        if wanted.kind in (None, row.kind)
        and wanted.department in (None, row.department or UNASSIGNED)
    ]
    contents = load_present_contents(
        connection, [(row.id, row.current_version) for row in chosen], keys
    )
    for row in chosen:
        content = contents[row.id, row.current_version]
        own = (Finding(**{**one, "severity": Severity(one["severity"])}) for one in row.findings)
        refusals = found.refused.get(row.id, {})
        # the placeholder "the record itself is wrong" says less than what is wrong with it
        misfits = (one for one in found.misfits.get(row.id, ()) if one.code != "invalid")
        findings = tuple(dict.fromkeys((*refusals, *own, *misfits)))
        # a file keeps the names of pictures: whoever corrects the row need not have them
        shown = {
            path: picture_names(content[path])
            for path in kind_of(row.kind).pictures
            if path in content
        }
        cells = tuple(
            shown.get(path, content.get(path, "")) for path in header_table(row.kind).fields
        )
        line = FindingsRow(row.id, row.source_row, cells, findings, refusals)
        yield (row.department or UNASSIGNED, row.kind), line, bool(refusals)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"文件夹 {folder} 无法新建（{reason_of(error)}），请检查权限", code="findings_file"
        ) from error


def _write(
    folder: Path,
    stamp: str,
    department: str,
    kind: str,
    rows: Sequence[tuple[FindingsRow, bool]],
) -> Workbook:
    fields = header_table(kind).fields
    layout = Layout(
        headers=tuple(one.label for one in fields.values()),
        columns={path: one.label for path, one in fields.items()},
    )
    name = f"待更正-{department}-{kind_of(kind).name}-{stamp}"
    file = folder / f"{safe_name(name)}.xlsx"
    write_findings_workbook(file, layout, [row for row, _ in rows])
    to_do = Counter(text for row, _ in rows for text in what_to_do(layout, row))
    refused = sum(refused for _, refused in rows)
    return Workbook(department, kind, len(rows), refused, file, dict(to_do.most_common()))
