"""The directory of what is collected says what the tables say, for every kind."""

from io import BytesIO

import openpyxl
import pytest

from xinqiao.mapping.registry import Formats, format_for
from xinqiao.records.kinds import KINDS, reported_kinds
from xinqiao.reports.catalogue import Entry, catalogue, formats_without_route
from xinqiao.reports.catalogue_words import COLUMNS, incoming_line, line
from xinqiao.reports.catalogue_workbook import (
    COLLECTED_SHEET,
    INCOMING_SHEET,
    catalogue_workbook,
)
from xinqiao.routing.routes import Default, routes_of


@pytest.fixture(scope="module")
def entries() -> dict[str, Entry]:
    return {one.kind: one for one in catalogue({}, Formats())}


def cell(entry: Entry, heading: str) -> str:
    return line(entry)[[label for label, _ in COLUMNS].index(heading)]


def test_every_kind_has_one_line(entries: dict[str, Entry]) -> None:
    assert list(entries) == list(KINDS)
    assert {kind: one.incoming for kind, one in entries.items()} == {
        kind: one.incoming for kind, one in KINDS.items()
    }


def test_every_line_says_who_collects_what_and_on_what_basis(entries: dict[str, Entry]) -> None:
    for entry in entries.values():
        assert entry.department
        assert entry.subjects
        assert entry.basis
        assert entry.publication
        assert entry.information


def test_a_kind_goes_to_the_platforms_of_its_routes_in_the_form_of_their_tables(
    entries: dict[str, Entry],
) -> None:
    for kind in reported_kinds():
        expected = [
            (row.platform, row.default is Default.ON)
            for row in routes_of(kind.identifier)
            if row.default is not Default.NEVER
        ]
        told = entries[kind.identifier].destinations
        assert [(one.platform, one.taken) for one in told] == expected
        for one in told:
            table = format_for(one.platform, kind.identifier).table
            assert (one.format.edition, one.format.fields) == (table.edition, len(table.fields))


def test_every_format_table_has_a_route_that_leads_to_it() -> None:
    assert formats_without_route() == []


def test_what_comes_back_says_from_where_and_goes_nowhere(entries: dict[str, Entry]) -> None:
    incoming = [one for one in entries.values() if one.incoming]
    assert all(one.senders and not one.destinations for one in incoming)
    assert incoming_line(entries["safety_grade"])[1] == "山东省交通运输安全生产信用管理信息化平台"


def test_a_switch_of_the_workspace_shows(entries: dict[str, Entry]) -> None:
    assert "信用交通·山东（未打开）" in cell(entries["permit"], "去向平台")
    (switched,) = (
        one
        for one in catalogue({"permit": {"transport_credit": True}}, Formats())
        if one.kind == "permit"
    )
    assert "未打开" not in cell(switched, "去向平台")


def test_time_limits_say_what_they_run_from_and_whether_a_law_sets_them(
    entries: dict[str, Entry],
) -> None:
    penalty = cell(entries["penalty"], "时限")
    assert "信用·山东：自处罚决定日期起 7 个工作日（D1）" in penalty
    assert "（D2，“处罚依据”写有“安全生产”）" in penalty
    assert "公布日期（没有的，考核日期）" in cell(entries["quality_assessment"], "时限")
    assert "导入本系统之日起 7 个工作日（内部时限，D13a）" in cell(entries["operator"], "时限")
    assert "《安全生产法》第七十八条" in cell(entries["penalty"], "时限依据")


def test_natural_persons_are_never_shown_to_the_public(entries: dict[str, Entry]) -> None:
    for kind in ("permit", "penalty", "commitment"):
        first = cell(entries[kind], "公开范围").split("\n")[0]
        assert first.startswith("政务共享（自然人的）：《山东省社会信用条例》第二十条"), kind
        assert "社会公开" in cell(entries[kind], "公开范围")
    # an enterprise's assessment is about no natural person
    assert "自然人" not in cell(entries["quality_assessment"], "公开范围")
    assert entries["operator"].publication[0].condition == ""


def test_changes_and_withdrawals_have_their_own_time_limit(entries: dict[str, Entry]) -> None:
    penalty = cell(entries["penalty"], "变更、撤销时限")
    assert "县政府网站（政务信息公开）：自变更、撤销之日起 3 个工作日（D3）" in penalty
    assert "信用·山东：自变更、撤销之日起 3 个工作日（D4）" in penalty
    assert "信用交通·山东：自变更、撤销之日起 3 个工作日（内部时限，D4a）" in penalty
    assert "D3　《行政处罚法》第四十八条" in cell(entries["penalty"], "时限依据")
    for kind in reported_kinds():
        for row in routes_of(kind.identifier):
            if row.default is not Default.NEVER and row.change_rule is not None:
                told = cell(entries[kind.identifier], "变更、撤销时限")
                assert any(f"{row.change_rule}{end}" in told for end in "），")


def test_what_the_bureau_handles_itself_has_its_time_limit(entries: dict[str, Entry]) -> None:
    objection = cell(entries["objection"], "办理时限").split("\n")
    assert len(objection) == 2
    assert "7 个工作日（D5，" in objection[0]
    assert "3 个工作日（D5a" in objection[1]
    assert "10 个工作日（内部时限，D7b）" in cell(entries["repair"], "办理时限")
    assert "D5a　《山东省社会信用条例》第三十九条" in cell(entries["objection"], "时限依据")
    assert cell(entries["permit"], "办理时限") == ""


def test_classes_follow_the_articles_of_the_regulation(entries: dict[str, Entry]) -> None:
    found = {
        kind: [one.word for one in entries[kind].information]
        for kind in ("permit", "penalty", "safety_info", "list_entry", "news")
    }
    assert found == {
        "permit": ["basic"],
        "penalty": ["dishonesty"],
        "safety_info": ["basic", "dishonesty", "other"],
        "list_entry": ["other", "dishonesty"],
        "news": ["other"],
    }


def test_identity_data_is_named_where_the_kind_has_it(entries: dict[str, Entry]) -> None:
    without = [kind for kind, one in entries.items() if not one.identity_data]
    assert without == ["quality_assessment", "news", "evaluation"]


def test_the_workbook_opens_and_is_laid_out_for_printing(entries: dict[str, Entry]) -> None:
    content = catalogue_workbook(list(entries.values()), "沂源县示例交通运输局")
    book = openpyxl.load_workbook(BytesIO(content))
    assert book.sheetnames == [COLLECTED_SHEET, INCOMING_SHEET]
    ours = book[COLLECTED_SHEET]
    assert ours["A1"].value == "沂源县示例交通运输局信用信息采集目录"
    assert [one.value for one in ours[2]] == [label for label, _ in COLUMNS]
    for number, kind in enumerate(reported_kinds(), start=3):
        shown = tuple(one.value or "" for one in ours[number])
        assert shown == line(entries[kind.identifier])
    assert ours.max_row == 2 + len(reported_kinds())
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.print_title_rows == "$1:$2"
        # as wide as one page (the default), and as many pages long as it takes
        fitting = sheet.sheet_properties.pageSetUpPr
        assert fitting is not None
        assert fitting.fitToPage
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.freeze_panes == "B3"
        assert all(sheet.row_dimensions[row].height for row in range(3, sheet.max_row + 1))
