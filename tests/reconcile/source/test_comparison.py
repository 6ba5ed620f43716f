"""A case system's list beside the hub: what never reached it, and what the list does not show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.imports.books import AUTHORITY_CODE, DECIDED, Desk, company, write_book
from tests.imports.rows import labelled
from tests.life.bureau import PENALTY
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.database.tables import audit, difference, ledger_line, ledger_reading, record
from xinqiao.errors import InputError
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.withdrawal import Revocation, withdraw
from xinqiao.reconcile.source import comparison
from xinqiao.reconcile.source.comparison import SourceLists
from xinqiao.reconcile.source.findings import SourceFindings
from xinqiao.reconcile.window import Window
from xinqiao.routing.calendar import WorkingCalendar
from xinqiao.routing.deadlines import Counting
from xinqiao.routing.exemptions import exemptions_in_force

NOVEMBER = Window(date(2026, 11, 1), date(2026, 11, 20))
NUMBER, DAY, UNIT = "文书号", "决定日期", "科室"
CODE = "11420000MB15291767"
IDENTITY_NUMBER = "370323190711118764"


@dataclass
class Office:
    """A hub with an import desk, and lists of a case system."""

    desk: Desk
    report_from: date | None = None
    written: int = 0
    switches: dict[str, dict[str, bool]] = field(default_factory=dict)

    @property
    def lists(self) -> SourceLists:
        return SourceLists(
            self.desk.database,
            self.desk.keys,
            self.desk.clock,
            "张科员",
            WorkingCalendar(),
            Counting.EXCLUSIVE,
            exemptions_in_force({}),
            self.switches,
            self.report_from,
            CODE,
        )

    def compare(
        self,
        *rows: Mapping[str, Any],
        kind: str = "permit",
        window: Window | None = NOVEMBER,
        department: str = "",
    ) -> SourceFindings:
        self.written += 1
        headers = list(dict.fromkeys(header for row in rows for header in row))
        path = self.desk.folder / f"清单{self.written}.xlsx"
        write_book(path, *rows, headers=headers)
        return self.lists.compare(path, kind, window, department)

    def open(self, what: str = "never_imported") -> list[str]:
        """Return the numbers of open differences."""
        return [
            one.document_number.split("｜")[0]
            for one in self.desk.rows(difference)
            if one.what == what and one.closed_at is None
        ]


@pytest.fixture
def office(database: Database, keys: KeyRing, clock: FrozenClock, tmp_path: Path) -> Office:
    return Office(Desk(database, keys, clock, tmp_path))


def listed(number: int, day: str = "2026-11-03", **more: Any) -> dict[str, Any]:
    """Return a decision as a case system lists it."""
    return {NUMBER: f"云交许〔2026〕{number:04}号", DAY: day, **more}


def numbers(found: SourceFindings) -> list[str]:
    return [one.document_number.split("｜")[0] for one in found.never_imported]


# what never reached the hub


def test_a_decision_that_was_never_imported_is_told_with_day_limit_and_department(
    office: Office,
) -> None:
    office.desk.take(company(1))
    found = office.compare(
        listed(1), listed(2, "2026-11-03", 科室="许可科"), listed(3, "2026-11-19")
    )
    assert (found.listed, found.matched, found.missing) == (3, 1, 2)
    late, early = found.never_imported
    assert (late.row, late.document_number) == (3, "云交许[2026]0002号")
    assert (late.decided_on, late.due_on, late.overdue) == ("2026-11-03", "2026-11-12", True)
    assert late.department == "许可科"
    assert (early.due_on, early.overdue) == ("2026-11-30", False)
    assert (found.overdue, found.clean) == (1, False)


def test_numbers_are_the_same_however_they_are_written(office: Office) -> None:
    office.desk.take(company(1))
    found = office.compare({NUMBER: " 云交许[2026]0001号 ", DAY: "2026年11月3日"})
    assert (found.matched, found.missing, found.clean) == (1, 0, True)


def test_a_list_that_tells_the_authority_is_matched_by_it(office: Office) -> None:
    office.desk.take(company(1))
    same = office.compare(listed(1, **{AUTHORITY_CODE: CODE}))
    other = office.compare(listed(1, **{AUTHORITY_CODE: "91110000600037341L"}), window=None)
    assert (same.missing, other.missing) == (0, 1)


def test_what_the_law_exempts_is_told_apart_and_opens_nothing(office: Office) -> None:
    rows = [
        {NUMBER: "云交罚〔2026〕1号", DAY: "2026-11-03", "案件程序": "简易程序"},
        {NUMBER: "云交罚〔2026〕2号", DAY: "2026-11-03", "案件程序": "普通程序"},
    ]
    found = office.compare(*rows, kind="penalty")
    assert (found.exempt, numbers(found)) == (1, ["云交罚[2026]2号"])
    assert office.open() == ["云交罚[2026]2号"]


def test_decisions_from_before_the_hub_are_not_its_own(office: Office) -> None:
    office.report_from = date(2026, 11, 10)
    found = office.compare(listed(1, "2026-11-09"), listed(2, "2026-11-10"))
    assert (found.earlier, numbers(found)) == (1, ["云交许[2026]0002号"])


def test_a_decision_without_a_day_is_compared_and_has_no_limit(office: Office) -> None:
    found = office.compare(listed(1, "待定"), listed(2))
    first = found.never_imported[0]
    assert (first.decided_on, first.due_on, first.overdue) == ("", "", False)
    assert any("没有可以识别的决定日期" in one for one in found.remarks)
    assert found.undated == 1


def test_a_decision_without_a_day_waits_for_a_person_though_it_was_imported(
    office: Office,
) -> None:
    office.desk.take(company(1))
    found = office.compare(listed(1, "待定"))
    assert (found.missing, found.clean) == (0, False)


def test_the_same_row_twice_is_one_difference(office: Office) -> None:
    office.compare(listed(1), listed(1))
    assert office.open() == ["云交许[2026]0001号"]


# joint offenders and corrected numbers


def offence(name: str, code: str = "", number: int = 1) -> dict[str, Any]:
    row = {NUMBER: f"云交罚〔2026〕{number}号", DAY: "2026-11-03", "当事人": name}
    return row | ({"统一社会信用代码": code} if code else {})


def punished(office: Office, *names_and_codes: tuple[str, str]) -> None:
    """Import the offenders of one joint decision."""
    rows = []
    for name, code in names_and_codes:
        told = {
            "subject.name": name,
            "subject.unified_social_credit_code": code,
            "document_number": "云交罚〔2026〕1号",
            "decision_date": "2026-11-03",
            "authority_code": CODE,
        }
        rows.append(labelled("penalty", {**PENALTY, **told}))
    report = office.desk.take(*rows, name="处罚.xlsx")
    assert (report.error, report.new + report.invalid) == ("", len(names_and_codes))


FIRST = ("云溪县青石货物运输有限公司", "91110000600037341L")
SECOND = ("云溪县白石货物运输有限公司", "91350100M000100Y43")


def test_each_offender_of_a_joint_decision_is_looked_for(office: Office) -> None:
    punished(office, FIRST)
    found = office.compare(offence(FIRST[0]), offence(SECOND[0]), kind="penalty")
    assert (found.matched, found.missing) == (1, 1)
    assert found.never_imported[0].document_number.endswith(SECOND[0])


def test_an_offender_whose_number_was_corrected_is_the_same(office: Office) -> None:
    punished(office, FIRST)
    found = office.compare(offence(FIRST[0], SECOND[1]), kind="penalty")
    assert (found.matched, found.missing) == (1, 0)


def test_an_offender_who_changed_the_name_is_known_by_the_number(office: Office) -> None:
    punished(office, FIRST)
    found = office.compare(offence("云溪县青石物流有限公司", FIRST[1]), kind="penalty")
    assert (found.matched, found.missing) == (1, 0)


def test_a_list_without_names_is_matched_by_the_document(office: Office) -> None:
    punished(office, FIRST)
    row = {NUMBER: "云交罚〔2026〕1号", DAY: "2026-11-03"}
    assert office.compare(row, kind="penalty").missing == 0


# what the list does not show


def test_a_record_that_a_whole_list_does_not_show_is_told(office: Office) -> None:
    office.desk.take(company(1), company(2), company(3, **{DECIDED: "2026/10/30"}))
    found = office.compare(listed(1))
    (one,) = found.not_in_source
    assert one.document_number.startswith("云交许[2026]0002号")
    assert office.open("not_in_source") == ["云交许[2026]0002号"]


def test_without_its_days_a_list_calls_no_record_of_ours_superfluous(office: Office) -> None:
    office.desk.take(company(1), company(2))
    found = office.compare(listed(1), window=None)
    assert (found.strangers, found.clean) == (0, True)
    assert "--from" in found.not_judged


def test_a_row_that_cannot_be_known_keeps_ours_from_being_judged(office: Office) -> None:
    office.desk.take(company(1), company(2))
    found = office.compare(listed(1), {NUMBER: "", DAY: "2026-11-03", UNIT: "许可科"})
    assert found.strangers == 0
    assert "第 3 行没有写编号" in found.unreadable
    assert not found.clean


def test_a_number_that_holds_an_identity_number_is_told_by_its_row_alone(office: Office) -> None:
    found = office.compare(listed(1), {NUMBER: IDENTITY_NUMBER, DAY: "2026-11-03"})
    assert "第 3 行" in found.unreadable
    kept = [str(row) for table in (difference, audit) for row in office.desk.rows(table)]
    assert IDENTITY_NUMBER not in "".join([*kept, str(found.plain())])


def test_a_withdrawn_decision_is_expected_in_no_list(office: Office) -> None:
    office.desk.take(company(1), company(2))
    second = office.desk.rows(record)
    gone = next(one.id for one in second if "0002" in (one.matching_key or ""))
    with office.desk.database.writing() as connection:
        revocation = Revocation(date(2026, 11, 18), "撤〔2026〕1号")
        cause = office.lists.cause(connection)
        withdraw(connection, office.desk.importer.planner, gone, revocation, cause)
    assert office.compare(listed(1)).strangers == 0


def test_the_list_of_one_department_is_compared_with_its_records(office: Office) -> None:
    office.desk.take(company(1), name="a.xlsx", department="许可科")
    office.desk.take(company(2), name="b.xlsx", department="运管科")
    found = office.compare(listed(3), department="许可科")
    assert [one.department for one in found.not_in_source] == ["许可科"]
    assert found.never_imported[0].department == "许可科"


# the life of a difference


def test_an_import_of_what_was_missing_ends_the_difference_with_the_next_list(
    office: Office,
) -> None:
    office.compare(listed(1), listed(2))
    assert len(office.open()) == 2
    office.desk.take(company(1))
    december = office.compare(listed(9, "2026-11-19"), window=None)
    assert december.closed == 1
    assert office.open() == ["云交许[2026]0002号", "云交许[2026]0009号"]
    office.desk.take(company(2), name="b.xlsx")
    again = office.compare(listed(1), listed(2))
    assert (again.missing, again.closed) == (0, 1 + 1)
    actions = [one.action for one in office.desk.rows(audit)]
    assert actions.count("difference.closed") == 3


def test_a_second_look_opens_nothing_twice(office: Office) -> None:
    office.compare(listed(1))
    office.compare(listed(1))
    (one,) = office.desk.rows(difference)
    assert (one.times, one.suggested, one.platform) == (1, "import", "source")


def test_a_record_that_a_later_list_shows_is_no_stranger_any_more(office: Office) -> None:
    office.desk.take(company(1), company(2))
    assert office.compare(listed(1)).strangers == 1
    found = office.compare(listed(1), listed(2))
    assert (found.closed, office.open("not_in_source")) == (1, [])


def test_a_list_of_another_month_closes_nothing(office: Office) -> None:
    office.compare(listed(1))
    october = Window(date(2026, 10, 1), date(2026, 10, 31))
    office.compare(listed(5, "2026-10-08"), window=october)
    assert office.open() == ["云交许[2026]0001号", "云交许[2026]0005号"]


def test_a_reading_is_noted_and_leaves_no_lines(office: Office) -> None:
    office.desk.take(company(1))
    office.compare(listed(1), listed(2))
    (reading,) = office.desk.rows(ledger_reading)
    assert (reading.platform, reading.origin, reading.entries) == ("source", "file", 2)
    assert reading.file_name == "清单1.xlsx"
    assert reading.finished_at is not None
    assert office.desk.rows(ledger_line) == []


# bad input


def refusal(office: Office, *rows: Mapping[str, Any], **how: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        office.compare(*rows, **how)
    assert office.desk.rows(difference) == []
    return caught.value


def test_a_list_without_a_number_names_what_is_needed_and_what_is_not_known(
    office: Office,
) -> None:
    error = refusal(office, {"书号": "x", DAY: "2026-11-03", "承办": "y"})
    assert error.code == "source_columns"
    assert "行政许可决定文书号" in error.message
    assert "“书号”" in error.message


def test_an_empty_list_and_one_of_another_month_are_refused(office: Office) -> None:
    path = write_book(office.desk.folder / "空.xlsx", headers=[NUMBER, DAY])
    with pytest.raises(InputError, match="一条行政许可也没有"):
        office.lists.compare(path, "permit", NOVEMBER)
    error = refusal(office, listed(1, "2026-10-09"))
    assert error.code == "source_another_month"
    assert "2026-10-09" in error.message


def test_a_kind_without_documents_is_refused_with_those_that_have_them(office: Office) -> None:
    error = refusal(office, listed(1), kind="driver_assessment")
    assert "行政许可（permit）" in error.message


def test_a_total_below_the_list_is_no_decision(office: Office) -> None:
    found = office.compare(listed(1), {NUMBER: "合计", DAY: "1 条"})
    assert (found.listed, found.unreadable) == (1, "")


# any list


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    ours=st.sets(st.integers(1, 12)),
    theirs=st.sets(st.integers(1, 12), min_size=1),
    chunk=st.integers(1, 5),
)
def test_exactly_what_one_side_lacks_is_found_however_it_is_cut(
    sqlite_database: Database,
    keys: KeyRing,
    clock: FrozenClock,
    tmp_path: Path,
    ours: set[int],
    theirs: set[int],
    chunk: int,
) -> None:
    office = Office(Desk(sqlite_database, keys, clock, tmp_path))
    # what an earlier example imported is no part of this one
    first = 100 * len(office.desk.rows(ledger_reading))
    held, told = ({first + number for number in side} for side in (ours, theirs))
    if held:
        office.desk.take(*(company(number) for number in sorted(held)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "_CHUNK", chunk)
        found = office.compare(*(listed(number) for number in sorted(told)))
    assert set(numbers(found)) == {written(number) for number in told - held}
    assert found.matched == len(told & held)
    strangers = {one.document_number.split("｜")[0] for one in found.not_in_source}
    mine = {one for one in strangers if one in {written(number) for number in held}}
    assert mine == {written(number) for number in held - told}


def written(number: int) -> str:
    return f"云交许[2026]{number:04}号"
