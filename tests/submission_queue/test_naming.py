"""People find and name a record of any kind by its own number, never by an identity number."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.imports.books import Desk, company, write_book
from tests.imports.rows import labelled
from tests.reconcile.test_standing import OPERATOR
from tests.records.whole import IDENTITY_NUMBER, WHOLE
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.database.tables import record
from xinqiao.errors import InputError
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.listing import listing
from xinqiao.queue.lookup import RecordSummary, find_record
from xinqiao.queue.naming import name_of, numbered
from xinqiao.queue.selection import Selection
from xinqiao.queue.story import story

DRIVER: Mapping[str, str] = {
    "subject.name": "溪样三",
    "subject.certificate_type": "身份证",
    "subject.certificate_number": IDENTITY_NUMBER,
    "qualification_number": IDENTITY_NUMBER,
    "first_issued_on": "2015-11-03",
    "cycle_from": "2025-11-03",
    "cycle_to": "2026-11-02",
    "assessed_on": "2026-11-07",
    "points": "3",
    "grade": "AA",
}


@pytest.fixture
def desk(database: Database, keys: KeyRing, clock: FrozenClock, tmp_path: Path) -> Desk:
    """A hub with one record of each of many kinds."""
    made = Desk(database, keys, clock, tmp_path)
    records = {**WHOLE, "operator": OPERATOR, "driver_assessment": DRIVER}
    for kind, content in records.items():
        report = made.take_file(
            write_book(tmp_path / f"{kind}.xlsx", labelled(kind, content)), kind=kind
        )
        assert report.new == 1, report.findings
    made.take(company(1))
    return made


def found(desk: Desk, text: str) -> RecordSummary:
    with desk.database.reading() as connection:
        return find_record(connection, text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("云交许〔2026〕0001号", "permit"),
        ("云交许[2026] 0001号", "permit"),
        ("370323000001", "operator"),
        ("37032320261004000007", "commitment"),
        ("云交认〔2026〕1号", "list_entry"),
        ("云修〔2026〕1号", "repair"),
        ("云异〔2026〕1号", "objection"),
        ("云溪县开展信用交通宣传", "news"),
        ("示信修〔2026〕9号", "repair_notice"),
        ("示信修(2026)9号", "repair_notice"),
    ],
)
def test_a_record_is_found_by_the_number_of_its_kind(desk: Desk, text: str, kind: str) -> None:
    assert found(desk, text).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        IDENTITY_NUMBER,
        "0001号",
        "2025-11-03",
        "2026-11-03",
        "云交运证字",
        "%",
        "_",
        "",
        "机动车维修",
    ],
)
def test_nothing_else_names_a_record(desk: Desk, text: str) -> None:
    with pytest.raises(InputError, match="没有这条记录"):
        found(desk, text)


def test_a_record_without_a_number_is_found_by_its_id_and_named_by_subject_and_period(
    desk: Desk,
) -> None:
    with desk.database.reading() as connection:
        identifier = connection.execute(
            sa.select(record.c.id).where(record.c.kind == "driver_assessment")
        ).scalar_one()
    one = found(desk, identifier[:8])
    assert (one.number, one.called) == ("", "溪样三（考核周期起 2025-11-03）")
    assert IDENTITY_NUMBER not in repr(one)


def test_the_beginning_of_a_number_is_enough_for_a_filter(desk: Desk) -> None:
    def kinds(text: str) -> set[str]:
        with desk.database.reading() as connection:
            return set(
                connection.execute(
                    sa.select(record.c.kind).where(numbered(text, whole=False))
                ).scalars()
            )

    assert kinds("云交许〔2026〕") == {"permit"}
    assert kinds("3703230000") == {"operator"}
    assert kinds("示信修") == {"repair_notice"}
    assert kinds("370323190") == set()
    assert kinds("") == set()


def test_names_of_every_kind_hold_no_identity_number() -> None:
    assert name_of("commitment", WHOLE["commitment"]) == "37032320261004000007"
    assert name_of("driver_assessment", DRIVER) == "溪样三（考核周期起 2025-11-03）"
    assert name_of("safety_grade", {"subject.name": f"溪样三{IDENTITY_NUMBER}"}) == (
        "溪样三［证件号已隐去］"
    )
    assert name_of("news", {"title": "enc:1:k1:AAAA"}) == "（内容已加密）"


def test_lists_and_stories_name_what_a_platform_knows_by_its_id_alone(
    desk: Desk, tmp_path: Path
) -> None:
    everywhere = replace(
        desk.importer.planner, platforms=frozenset({"transport_credit", "credit_shandong"})
    )
    importer = replace(desk.importer, planner=everywhere)
    earlier = {"cycle_from": "2024-11-03", "cycle_to": "2025-11-02", "assessed_on": "2025-11-07"}
    other = {**DRIVER, **earlier}
    book = write_book(tmp_path / "另一年.xlsx", labelled("driver_assessment", other))
    (report,) = importer.run(book)
    assert (report.invalid, report.new) == (0, 1), report.findings
    with desk.database.reading() as connection:
        (row,) = listing(connection, Selection(kind="driver_assessment"), 10)
        told = story(connection, row["id"], desk.clock.now())
        permits = listing(connection, Selection(kind="permit"), 10)
    assert row["document_number"] == "溪样三（考核周期起 2024-11-03）"
    assert told["document_number"] == row["document_number"]
    assert IDENTITY_NUMBER not in f"{row}{told}"
    # what has a number at the platform goes by it
    assert [one["document_number"] for one in permits] == ["云交许〔2026〕0001号"]


@pytest.mark.parametrize("kind", ["driver_assessment", "safety_info", "safety_grade"])
def test_what_has_no_number_is_found_by_the_name_that_lists_show(desk: Desk, kind: str) -> None:
    with desk.database.reading() as connection:
        (record_id,) = connection.scalars(sa.select(record.c.id).where(record.c.kind == kind))
        shown = find_record(connection, record_id).called
    assert shown.endswith("）")
    assert found(desk, shown).id == record_id
    # the whole name, to the letter
    for other in (shown[1:], shown[:-1], f"某{shown}", shown.replace("202", "203")):
        with pytest.raises(InputError, match="没有这条记录"):
            found(desk, other)


def test_two_of_one_name_and_cycle_are_asked_about(desk: Desk) -> None:
    other = {**DRIVER, "qualification_number": "370323190711118780"}
    other["subject.certificate_number"] = other["qualification_number"]
    desk.take(labelled("driver_assessment", other))
    with pytest.raises(InputError, match="不止一条"):
        found(desk, "溪样三（考核周期起 2025-11-03）")
