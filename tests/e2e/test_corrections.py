"""From a refusal to acceptance: workbook for the department, correction, import, same record."""

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from tests.e2e.rehearsal import HEADERS, Rehearsal, permit
from tests.e2e.test_penalties import FIRM, load
from xinqiao.database.tables import duty, record
from xinqiao.intake.corrections import UNASSIGNED, Wanted, Workbook
from xinqiao.queue.withdrawal import Revocation

NAME, CREDIT_CODE, CLASS = HEADERS[0], HEADERS[2], HEADERS[6]
GOOD_NAME, GOOD_CODE = "云溪县青石货物运输有限公司", "91350100M000100Y43"


def wrong_code(number: int) -> list[str]:
    cells = permit(number)
    cells[2] = "91350100M000100Y44"
    return cells


def rows_of(file: Path) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(file)["待更正"]
    headers, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, headers), row, strict=True)) for row in rows]


def correct(file: Path, **changes: str) -> None:
    """Write into the cells of the only row, by header."""
    book = openpyxl.load_workbook(file)
    sheet = book["待更正"]
    headers = [cell.value for cell in sheet[1]]
    assert sheet.max_row == 2
    for header, text in changes.items():
        sheet.cell(2, headers.index(header) + 1).value = text
    book.save(file)


def records(stage: Rehearsal) -> list[sa.Row[Any]]:
    with stage.hub.database.reading() as connection:
        return list(connection.execute(sa.select(record).order_by(record.c.id)))


def write(stage: Rehearsal, **wanted: str) -> list[Workbook]:
    return stage.hub.corrections(Wanted(**wanted))


def test_a_name_that_the_platform_refused_is_corrected_and_accepted_as_the_same_record(
    stage: Rehearsal,
) -> None:
    stage.load(permit(1, name="云溪县未登记货运有限公司"), department="运管所")
    stage.settle(rejected=1)
    assert stage.board()["to_correct"] == 1
    (before,) = records(stage)
    (book,) = write(stage)
    assert (book.department, book.records, book.refused) == ("运管所", 1, 1)
    (row,) = rows_of(book.file)
    assert row["记录标识"] == before.id
    assert "主体不存在" in row["疑点"]
    assert "主体的名称和代码（第1项“行政相对人名称”）" in row["怎么改"]
    correct(book.file, **{NAME: GOOD_NAME})
    (report,) = stage.hub.importer().run(book.file)
    assert (report.changed, report.invalid) == (1, 0)
    stage.settle(rejected=1, accepted=1)
    (after,) = records(stage)
    assert (after.id, after.current_version, after.department) == (before.id, 2, "运管所")
    assert stage.board()["to_correct"] == 0
    with stage.hub.database.reading() as connection:
        (due,) = connection.execute(sa.select(duty))
    # a correction before the first acceptance keeps the first due date
    assert (due.rule, due.closed_by) == ("D1", "accepted")
    assert write(stage) == []


def test_a_wrong_credit_code_is_corrected_and_accepted_as_the_same_record(
    stage: Rehearsal,
) -> None:
    assert stage.load(wrong_code(1)).invalid == 1
    (book,) = write(stage)
    (row,) = rows_of(book.file)
    assert row[CREDIT_CODE] == "91350100M000100Y44"
    assert "校验位" in row["疑点"]
    correct(book.file, **{CREDIT_CODE: GOOD_CODE})
    assert [report.changed for report in stage.hub.importer().run(book.file)] == [1]
    stage.settle(accepted=1)
    (after,) = records(stage)
    assert after.current_version == 2
    stage.judge(1)


def test_each_department_gets_its_own_workbook_with_its_own_rows(stage: Rehearsal) -> None:
    stage.load(wrong_code(1), wrong_code(2), department="运管所")
    stage.load(wrong_code(3), department="执法/大队")
    stage.load(wrong_code(4))
    books = {book.department: book for book in write(stage)}
    assert {name: book.records for name, book in books.items()} == {
        "运管所": 2,
        "执法/大队": 1,
        UNASSIGNED: 1,
    }
    numbers = [row["行政许可决定文书号"] for row in rows_of(books["运管所"].file)]
    assert numbers == ["云交许〔2026〕0001号", "云交许〔2026〕0002号"]
    assert all(book.file.stat().st_mode & 0o777 == 0o600 for book in books.values())
    assert [book.department for book in write(stage, department="运管所")] == ["运管所"]


def test_a_correction_after_acceptance_owes_three_working_days_and_updates(
    stage: Rehearsal,
) -> None:
    stage.load(permit(1))
    stage.settle(accepted=1)
    stage.load(permit(1, content="改正后的内容"))
    with stage.hub.database.reading() as connection:
        opened = connection.execute(
            sa.select(duty.c.rule).where(duty.c.closed_at.is_(None))
        ).scalars()
        assert list(opened) == ["D4a"]
    stage.settle(accepted=2)
    assert [row["operation"] for row in stage.submissions()] == ["insert", "update"]
    assert stage.board()["oldest_due"] is None


@pytest.mark.parametrize("kind", ["permit", None])
def test_nothing_to_correct_makes_no_workbook(stage: Rehearsal, kind: str | None) -> None:
    stage.load(permit(1))
    assert stage.hub.corrections(Wanted(kind=kind)) == []
    assert not (stage.workspace.var / "findings").exists()


def test_what_is_withdrawn_need_not_be_corrected(stage: Rehearsal) -> None:
    stage.load(wrong_code(1))
    found = stage.hub.find_record("云交许〔2026〕0001号")
    stage.hub.withdraw(found.id, Revocation(date(2026, 11, 20), "撤〔2026〕1号"), "撤销")
    assert write(stage) == []
    assert stage.board()["invalid"] == 0


def test_what_is_owed_to_nobody_need_not_be_right(stage: Rehearsal) -> None:
    report = load(stage, FIRM | {"案件程序": "简易程序", "处罚依据": ""})
    assert report.invalid == 1
    assert write(stage) == []
    load(stage, FIRM | {"处罚依据": ""})
    assert [book.kind for book in write(stage)] == ["penalty"]
