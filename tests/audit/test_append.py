"""Appending: one unbroken chain, in the caller's transaction, and no way to change it."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support import START, same_database
from xinqiao.audit.append import append
from xinqiao.audit.chain import GENESIS, Entry, hash_of
from xinqiao.audit.verification.chain import Verification, verify
from xinqiao.database.engine import Database
from xinqiao.database.tables import audit, audit_head, platform_state
from xinqiao.errors import DamageError
from xinqiao.privacy.masking import MASK

Rows = Callable[[], list[dict[str, Any]]]
NUMBER = "370323190501010018"


def count(database: Database, table: sa.Table) -> int:
    with database.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_numbers_are_consecutive_and_every_entry_names_the_one_before(rows: Rows) -> None:
    found = rows()
    assert [row["sequence"] for row in found] == list(range(1, 11))
    before = [GENESIS, *(row["hash"] for row in found)]
    for row, previous in zip(found, before, strict=False):
        assert row["hash"] == hash_of(row["body"])
        assert json.loads(row["body"])["previous"] == previous


def test_the_columns_say_what_the_text_says(rows: Rows) -> None:
    row = rows()[3]
    plain = json.loads(row["body"])
    pairs = {"record_id": "record", "submission_id": "submission"}
    for column in ("sequence", "at", "actor", "action", "record_id", "submission_id", "platform"):
        assert row[column] == plain[pairs.get(column, column)] is not None


def test_the_head_is_the_last_entry(log: Database, rows: Rows) -> None:
    with log.reading() as connection:
        head = connection.execute(sa.select(audit_head)).one()
    assert (head.sequence, head.hash) == (10, rows()[-1]["hash"])


def test_entries_share_the_transaction_of_what_they_describe(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            connection.execute(sa.insert(platform_state).values(platform="credit_shandong"))
            append(connection, [Entry("platform.paused")], actor="hub", at=START)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert (count(database, platform_state), count(database, audit)) == (0, 0)
    with database.writing() as connection:
        append(connection, [Entry("platform.paused")], actor="hub", at=START)
    with database.reading() as connection:
        assert verify(connection) == Verification(1, ok=True, message="审计链完整，共 1 条")


def test_nothing_to_append_changes_nothing(log: Database, rows: Rows) -> None:
    before = rows()
    with log.writing() as connection:
        append(connection, [], actor="hub", at=START)
    assert rows() == before


def test_no_identity_number_reaches_the_table(database: Database) -> None:
    entry = Entry("action", reason=f"证号{NUMBER}", details={"message": NUMBER})
    with database.writing() as connection:
        append(connection, [entry], actor="hub", at=START)
    with database.reading() as connection:
        row = str(connection.execute(sa.select(audit)).one())
    assert NUMBER not in row
    assert MASK in row


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'x' WHERE sequence = 1",
        "UPDATE audit SET sequence = 99 WHERE sequence = 10",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE sequence = 10",
    ],
)
def test_the_database_itself_refuses_to_change_or_remove_entries(
    log: Database, rows: Rows, statement: str
) -> None:
    before = rows()
    with (
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
        log.writing() as connection,
    ):
        connection.exec_driver_sql(statement)
    assert rows() == before


def test_a_chain_without_its_head_is_not_continued(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.delete(audit_head))
    with (
        pytest.raises(DamageError, match="链头") as caught,
        database.writing() as connection,
    ):
        append(connection, [Entry("action")], actor="hub", at=START)
    assert caught.value.code == "audit_head"
    assert count(database, audit) == 0


def test_writers_in_several_threads_make_one_unbroken_chain(database: Database) -> None:
    writers, turns = 6, 15
    start = threading.Barrier(writers)
    failures: list[Exception] = []

    def work(name: str) -> None:
        own = same_database(database, busy_seconds=60)
        start.wait(30)
        try:
            for turn in range(turns):
                with own.writing() as connection:
                    entries = [Entry(f"turn.{turn}", details={"part": part}) for part in (1, 2)]
                    append(connection, entries, actor=name, at=START)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must hear of it
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=work, args=(f"writer-{i}",)) for i in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert failures == []
    with database.reading() as connection:
        verification = verify(connection)
        authors = set(connection.execute(sa.select(audit.c.actor).distinct()).scalars())
    assert (verification.ok, verification.entries) == (True, writers * turns * 2)
    assert len(authors) == writers
