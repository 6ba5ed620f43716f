"""No note about a record, and nothing that is looked up by, holds an identity number."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.life.bureau import SITE, Bureau
from xinqiao.database.tables import (
    audit,
    classification,
    publication_look,
    take_down,
    target,
    withdrawal,
)
from xinqiao.errors import InputError
from xinqiao.queue.publishing import Why
from xinqiao.queue.withdrawal import Revocation, withdraw

BORN = "370323190711118764"


def stored(bureau: Bureau) -> str:
    """Return every note about records as it lies in the database."""
    tables = (audit, classification, publication_look, take_down, target, withdrawal)
    return "\n".join(str(row) for table in tables for row in bureau.rows(table))


@pytest.mark.parametrize("kind", ["repair", "objection"])
def test_the_reason_of_an_imported_row_is_kept_without_it(bureau: Bureau, kind: str) -> None:
    record_id = bureau.shown()
    text = {"repair": "reason", "objection": "content"}[kind]
    bureau.take_in(kind, **{text: f"{BORN}已履行"})
    bureau.send()
    assert (BORN in stored(bureau), bureau.held(SITE, record_id) is None) == (
        False,
        kind == "repair",
    )


def _stop(bureau: Bureau, connection: sa.Connection, record_id: str) -> None:
    bureau.desk(connection, f"{BORN}申请").stop(record_id, Why.PERSON, f"关于{BORN}的通知")


def _classify(bureau: Bureau, connection: sa.Connection, record_id: str) -> None:
    desk = bureau.desk(connection, f"{BORN}申请")
    desk.classify(record_id, "一般", f"关于{BORN}的通知", published=False)


def _look(bureau: Bureau, connection: sa.Connection, record_id: str) -> None:
    bureau.desk(connection, f"{BORN}同意").look(record_id)


def _withdraw(bureau: Bureau, connection: sa.Connection, record_id: str) -> None:
    revocation = Revocation(bureau.today, f"关于{BORN}的决定")
    withdraw(connection, bureau.planner, record_id, revocation, bureau.cause(f"{BORN}撤销"))


@pytest.mark.parametrize("decide", [_stop, _classify, _look, _withdraw])
def test_what_a_person_writes_is_kept_without_it(
    bureau: Bureau,
    decide: Callable[[Bureau, sa.Connection, str], None],
) -> None:
    record_id = bureau.penalty(violation_facts="值班电话13900000000")
    with bureau.database.writing() as connection:
        decide(bureau, connection, record_id)
    assert BORN not in stored(bureau)


@pytest.mark.parametrize("kind", ["repair", "repair_notice", "objection"])
def test_no_document_is_named_by_it(bureau: Bureau, kind: str) -> None:
    with pytest.raises(InputError, match=r"文书号.*身份证号码") as caught:
        bureau.take_in(kind, target_number=BORN)
    assert BORN not in caught.value.message
    assert BORN not in stored(bureau)


def test_what_sort_of_record_is_objected_to_is_kept_only_in_words_that_are_known(
    bureau: Bureau,
) -> None:
    record_id = bureau.penalty()
    bureau.take_in("objection", target_kind=f"处罚（{BORN}）")
    assert [row.target_kind for row in bureau.rows(target)] == [""]
    # number and subject tell enough
    assert bureau.line(record_id).objections == ("YY20261118-001",)
