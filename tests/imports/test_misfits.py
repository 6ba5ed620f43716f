"""What several platforms cannot take in one cell is said once, with their names."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import openpyxl

from tests.e2e.test_penalties import FIRM
from tests.feedback.instructed import instructions
from tests.imports.books import Desk, write_book
from xinqiao.intake.corrections import Wanted, write_corrections
from xinqiao.intake.findings_workbook import DATA_SHEET
from xinqiao.intake.report import FileReport

FACTS = "违法事实"
BOTH = frozenset({"credit_shandong", "transport_credit"})


def take(desk: Desk, platforms: frozenset[str], row: Mapping[str, Any]) -> FileReport:
    switches = {"penalty": {"transport_credit": True}}
    planner = replace(desk.importer.planner, platforms=platforms, switches=switches)
    importer = replace(desk.importer, planner=planner)
    (report,) = importer.run(write_book(desk.folder / "处罚.xlsx", row))
    return report


def test_a_text_too_long_for_two_platforms_is_one_finding_that_names_both(desk: Desk) -> None:
    told = take(desk, BOTH, {**FIRM, FACTS: "超" * 6000})
    (found,) = [one for one in told.findings if one.code == "too_long"]
    assert found.column == FACTS
    assert found.message.endswith("（信用·山东、信用交通·山东都如此）")


def test_what_one_platform_cannot_take_names_no_other(desk: Desk) -> None:
    told = take(desk, frozenset({"transport_credit"}), {**FIRM, FACTS: "超" * 6000})
    (found,) = [one for one in told.findings if one.code == "too_long"]
    assert "都如此" not in found.message


def test_the_workbooks_say_it_once_as_well(desk: Desk) -> None:
    report = take(desk, BOTH, {**FIRM, FACTS: "超" * 6000})
    with desk.database.reading() as connection:
        (book,) = write_corrections(
            connection,
            desk.keys,
            instructions(),
            Wanted(),
            desk.folder / "更正",
            desk.clock.now(),
        )
    for file in (report.findings_file, book.file):
        reasons = str(openpyxl.load_workbook(file)[DATA_SHEET].cell(2, 3).value)
        assert reasons.count("都如此") == reasons.count("最多") == 1
