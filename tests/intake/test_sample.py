"""The demonstration's sample is made by a script and shows every sort of row."""

from datetime import date
from importlib import resources
from pathlib import Path

from tests.intake.tables import read_only_table
from xinqiao.demo.make_permits import write
from xinqiao.records.findings import Severity
from xinqiao.records.keys import document_key

SHIPPED = Path(str(resources.files("xinqiao.demo") / "permits.xlsx"))
TODAY = date(2026, 11, 20)


def test_shipped_workbook_is_what_the_script_makes(tmp_path: Path) -> None:
    write(tmp_path / "permits.xlsx")
    made = read_only_table(tmp_path / "permits.xlsx", kind=None, today=TODAY)
    shipped = read_only_table(SHIPPED, kind=None, today=TODAY)
    assert made.headers == shipped.headers
    assert list(made.drafts()) == list(shipped.drafts())


def test_sample_holds_every_sort_of_row() -> None:
    table = read_only_table(SHIPPED, kind=None, today=TODAY)
    drafts = list(table.drafts())
    assert table.findings == ()
    assert len(drafts) == 60
    errors = [
        one.field for draft in drafts for one in draft.findings if one.severity is Severity.ERROR
    ]
    assert sorted(errors) == [
        "decision_date",
        "permit_class",
        "subject.unified_social_credit_code",
        "valid_until",
    ]
    cleaned = {
        draft.row
        for draft in drafts
        if any(one.severity is Severity.CLEANED for one in draft.findings)
    }
    assert len(cleaned) == 2
    assert sum("未登记" in draft.content["subject.name"] for draft in drafts) == 3
    keys = [document_key(table.kind, draft.content) for draft in drafts]
    assert len(set(keys)) == 59
    categories = [draft.content["subject.category"] for draft in drafts]
    assert all(15 <= categories.count(one) <= 25 for one in set(categories))
