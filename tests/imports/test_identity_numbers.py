"""No byte of an identity number stands in the database, wherever in a row it was written."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from tests.imports.books import (
    AUTHORITY_CODE,
    CATEGORY,
    CONTENT,
    CREDIT_CODE,
    DECIDED,
    DOCUMENT,
    IDENTITY_NUMBER,
    NAME,
    REMARKS,
    Desk,
    Row,
    codes,
    company,
    correct,
    counts,
    person,
)
from tests.imports.rows import labelled
from tests.records.whole import WHOLE
from xinqiao import logs
from xinqiao.database.tables import metadata, record, record_version
from xinqiao.privacy.keys import is_token

MARKED = "370323190107156035"
"""Right check digit, impossible year of birth; stands in nothing but the cell under test."""

CELLS: dict[str, Row] = {
    "a person's certificate": person(1, 证件号码=MARKED),
    "the representative's certificate": company(1, 法定代表人证件号码=MARKED),
    "a certificate with a wrong check digit": person(1, 证件号码=MARKED[:-1] + "6"),
    "a certificate of 15 digits": person(1, 证件号码=MARKED[:6] + MARKED[8:17]),
    "full-width digits": person(1, 证件号码="".join(chr(ord(digit) + 0xFEE0) for digit in MARKED)),
    "groups": person(1, 证件号码=f"{MARKED[:6]} {MARKED[6:14]} {MARKED[14:]}"),
    "remarks": company(1, **{REMARKS: f"经办人{MARKED}，电话略"}),
    "the content": company(1, **{CONTENT: f"道路货物运输（{MARKED}）"}),
    "the name": person(1, **{NAME: f"溪样三{MARKED}"}),
    "the credit code": company(1, **{CREDIT_CODE: MARKED}),
    "the document number": company(1, **{DOCUMENT: MARKED}),
    "the document number among words": company(1, **{DOCUMENT: f"云交许（{MARKED}）号"}),
    "the licence number": company(1, 许可编号=MARKED),
    "the licence number that stands in": company(1, **{DOCUMENT: None, "许可编号": MARKED}),
    "the authority's code": company(1, **{AUTHORITY_CODE: MARKED}),
    "a date": company(1, **{DECIDED: MARKED}),
    "a word": company(1, **{CATEGORY: MARKED}),
    "the record id": {"记录标识": MARKED, **company(1)},
    "a column that is not read": {"经办人": MARKED, **company(1)},
    "a number of a spreadsheet": person(1, 证件号码=int(MARKED)),
}


def spellings(number: str) -> list[bytes]:
    """Return every form in which a number might have been left."""
    forms = [number, number[:-1] + "6", number[:6] + number[8:17], number[6:17]]
    return [form.encode() for form in forms] + [
        "".join(chr(ord(digit) + 0xFEE0) for digit in number).encode(),
        f"{number[:6]} {number[6:14]}".encode(),
    ]


def files_of(desk: Desk) -> bytes:
    """Return every byte of the database, of a write-ahead log and of the program's log."""
    log = (desk.folder / "xinqiao.log").read_bytes()
    if desk.database.dialect == "postgresql":
        rows = [repr(row) for table in metadata.sorted_tables for row in desk.rows(table)]
        return log + "".join(rows).encode()
    assert desk.database.url.database is not None
    files = desk.folder.glob(f"{Path(desk.database.url.database).name}*")
    return log + b"".join(path.read_bytes() for path in files)


@pytest.mark.parametrize("cell", CELLS)
def test_an_identity_number_in_any_cell_leaves_no_byte_behind(desk: Desk, cell: str) -> None:
    logs.configure("debug", desk.folder / "xinqiao.log")
    row = CELLS[cell]
    # three times: as new, as unchanged, and as a change of the record
    reports = [desk.take(row), desk.take(row), desk.take({**row, "许可证书名称": "许可证"})]
    structlog.get_logger().info("import.test", report=repr(reports))
    stored = files_of(desk)
    assert not [form for form in spellings(MARKED) if form in stored]
    assert MARKED not in repr([one.plain() for one in reports])


def test_an_identity_number_in_the_files_name_is_masked_where_the_name_is_stored(
    desk: Desk,
) -> None:
    logs.configure("debug", desk.folder / "xinqiao.log")
    desk.take(company(1), name=f"溪样三{MARKED}.xlsx")
    assert MARKED.encode() not in files_of(desk)


@pytest.mark.parametrize(
    "change",
    [{DOCUMENT: MARKED}, {DOCUMENT: None, "许可编号": MARKED}, {AUTHORITY_CODE: MARKED}],
    ids=["document number", "licence number", "authority's code"],
)
def test_a_row_whose_key_would_be_an_identity_number_is_kept_in_error_and_found_again(
    desk: Desk, change: dict[str, Any]
) -> None:
    report = desk.take(company(1, **change))
    assert counts(report) == {"read": 1, "invalid": 1}
    assert "identity_number_in_key" in [code for _, code in codes(report, severity="error")]
    assert counts(desk.take(company(1, **change))) == {"read": 1, "invalid": 1}
    (kept,) = desk.rows(record)
    assert (kept.matching_key, kept.current_version) == (None, 1)
    right = {DOCUMENT: "云交许〔2026〕0001号", AUTHORITY_CODE: "11420000MB15291767"}
    corrected = desk.take_file(correct(report.findings_file, right))
    assert counts(corrected) == {"read": 1, "changed": 1}
    assert [row.id for row in desk.rows(record)] == [kept.id]


def test_the_findings_workbook_holds_the_number_and_nobody_else_may_read_it(desk: Desk) -> None:
    report = desk.take(person(1, 证件号码=IDENTITY_NUMBER[:-1] + "0"))
    path = Path(report.findings_file)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_stored_is_not_found_by_searching_for_the_hash_of_a_number(desk: Desk) -> None:
    """A plain hash of eighteen digits is as good as the digits: hashes must be keyed."""
    import hashlib  # noqa: PLC0415 - only this test needs it

    desk.take(person(1, 证件号码=MARKED))
    with desk.database.reading() as connection:
        (stored,) = connection.execute(sa.select(record.c.subject_hash)).scalars()
    assert stored
    assert stored != hashlib.sha256(MARKED.encode()).hexdigest()


QUALIFICATION = "QX-沂-77123405"
"""A 从业资格证号 of an older kind: nothing in it looks like an identity number."""


@pytest.mark.parametrize("kind", ["driver_assessment", "taxi_driver_assessment"])
@pytest.mark.parametrize("grade", [None, "C"], ids=["sound", "in error"])
def test_a_qualification_number_of_any_shape_is_treated_as_an_identity_number(
    desk: Desk, kind: str, grade: str | None
) -> None:
    logs.configure("debug", desk.folder / "xinqiao.log")
    content = {**WHOLE[kind], "qualification_number": QUALIFICATION}
    wrong = {} if grade is None else {"grade": grade}
    changes: list[dict[str, str]] = [{}, {}, {"remarks": "已核对"}]
    reports = [desk.take(labelled(kind, {**content, **wrong, **change})) for change in changes]
    assert [one.invalid for one in reports] == [int(grade is not None)] * 3
    structlog.get_logger().info("import.test", report=repr(reports))
    versions = desk.rows(record_version)
    assert versions
    for version in versions:
        assert is_token(version.content["qualification_number"])
    stored = files_of(desk)
    assert QUALIFICATION.encode() not in stored
    assert b"77123405" not in stored
    assert "77123405" not in repr([one.plain() for one in reports])
