"""Verification: every kind of damage is found, at the first entry that does not hold."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import ON_SQLITE, START, unprotect
from xinqiao.audit.append import append
from xinqiao.audit.chain import GENESIS, Entry, body_of, hash_of
from xinqiao.audit.verification.chain import Verification, verify
from xinqiao.database.engine import Database
from xinqiao.database.tables import audit

Rows = Callable[[], list[dict[str, Any]]]
Tamper = Callable[..., None]
Verified = Callable[[], Verification]
COLUMNS = ["at", "actor", "action", "record_id", "submission_id", "platform"]
CHANGE = "UPDATE audit SET body = :body, hash = :hash WHERE sequence = :sequence"


def finding(verification: Verification) -> tuple[str, int | None, int]:
    """Return damage, first bad entry and entries read before it."""
    assert not verification.ok
    assert str(verification.first_bad) in verification.message
    return verification.damage, verification.first_bad, verification.entries


def test_a_whole_chain_holds(verified: Verified) -> None:
    assert verified() == Verification(10, ok=True, message="审计链完整，共 10 条")


def test_an_empty_chain_holds(database: Database) -> None:
    with database.reading() as connection:
        assert verify(connection) == Verification(0, ok=True, message="审计链完整，共 0 条")


@pytest.mark.parametrize("number", [1, 5, 10])
def test_a_changed_text_is_found(tamper: Tamper, verified: Verified, number: int) -> None:
    tamper("UPDATE audit SET body = replace(body, '次', '回') WHERE sequence = :n", {"n": number})
    assert finding(verified()) == ("changed", number, number - 1)


@pytest.mark.parametrize("number", [1, 5, 10])
def test_a_changed_hash_is_found(tamper: Tamper, verified: Verified, number: int) -> None:
    tamper("UPDATE audit SET hash = :hash WHERE sequence = :n", {"n": number, "hash": "a" * 64})
    assert finding(verified()) == ("changed", number, number - 1)


@pytest.mark.parametrize("number", [1, 5, 9])
def test_a_changed_text_with_its_hash_made_anew_is_found_at_the_next_entry(
    tamper: Tamper, verified: Verified, rows: Rows, number: int
) -> None:
    body = rows()[number - 1]["body"].replace("次", "回")
    tamper(CHANGE, {"sequence": number, "body": body, "hash": hash_of(body)})
    assert finding(verified()) == ("inserted", number + 1, number)


def test_a_changed_last_text_with_its_hash_made_anew_is_found_by_the_head(
    tamper: Tamper, verified: Verified, rows: Rows
) -> None:
    body = rows()[-1]["body"].replace("次", "回")
    tamper(CHANGE, {"sequence": 10, "body": body, "hash": hash_of(body)})
    assert finding(verified()) == ("head", 10, 10)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("number", [1, 6, 10])
def test_a_changed_column_alone_is_found(
    tamper: Tamper, verified: Verified, column: str, number: int
) -> None:
    tamper(f"UPDATE audit SET {column} = '4711' WHERE sequence = :n", {"n": number})  # noqa: S608 - a name of this test
    assert finding(verified()) == ("changed", number, number - 1)


@pytest.mark.parametrize("number", [1, 5, 9])
def test_a_removed_entry_is_found(tamper: Tamper, verified: Verified, number: int) -> None:
    tamper("DELETE FROM audit WHERE sequence = :n", {"n": number})
    assert finding(verified()) == ("removed", number, number - 1)


@pytest.mark.parametrize("number", [1, 5, 10])
def test_a_removed_end_is_found(tamper: Tamper, verified: Verified, number: int) -> None:
    tamper("DELETE FROM audit WHERE sequence >= :n", {"n": number})
    assert finding(verified()) == ("cut_off", number, number - 1)


def test_a_removed_entry_whose_gap_is_closed_is_found(tamper: Tamper, verified: Verified) -> None:
    tamper("DELETE FROM audit WHERE sequence = 5")
    for number in range(6, 11):
        tamper("UPDATE audit SET sequence = :n - 1 WHERE sequence = :n", {"n": number})
    assert finding(verified()) == ("reordered", 5, 4)


def test_two_swapped_entries_are_found(tamper: Tamper, verified: Verified) -> None:
    for before, after in ((4, -1), (7, 4), (-1, 7)):
        tamper("UPDATE audit SET sequence = :b WHERE sequence = :a", {"a": before, "b": after})
    assert finding(verified()) == ("reordered", 4, 3)


def insert(tamper: Tamper, row: dict[str, Any], sequence: int, previous: str) -> str:
    """Insert an entry that is well made in itself; return its hash."""
    body = body_of(Entry("forged"), sequence=sequence, at=START, actor="x", previous=previous)
    tamper(
        "INSERT INTO audit (sequence, at, actor, action, body, hash) "
        "VALUES (:sequence, :at, 'x', 'forged', :body, :hash)",
        {"sequence": sequence, "at": row["at"], "body": body, "hash": hash_of(body)},
    )
    return hash_of(body)


def test_an_inserted_entry_is_found_although_the_rest_was_moved_up(
    tamper: Tamper, verified: Verified, rows: Rows
) -> None:
    fourth = rows()[3]
    for number in range(10, 4, -1):
        tamper("UPDATE audit SET sequence = :n + 1 WHERE sequence = :n", {"n": number})
    insert(tamper, fourth, 5, fourth["hash"])
    assert finding(verified()) == ("reordered", 6, 5)


def test_an_entry_put_in_the_place_of_another_is_found(
    tamper: Tamper, verified: Verified, rows: Rows
) -> None:
    tamper("DELETE FROM audit WHERE sequence = 5")
    insert(tamper, rows()[3], 5, "b" * 64)
    assert finding(verified()) == ("inserted", 5, 4)


def test_an_entry_appended_past_the_head_is_found(
    tamper: Tamper, verified: Verified, rows: Rows
) -> None:
    last = rows()[-1]
    insert(tamper, last, 12, insert(tamper, last, 11, last["hash"]))
    assert finding(verified()) == ("inserted", 11, 12)


@pytest.mark.parametrize("number", [0, -3])
def test_an_entry_before_the_first_is_found(
    tamper: Tamper, verified: Verified, rows: Rows, number: int
) -> None:
    insert(tamper, rows()[0], number, GENESIS)
    assert finding(verified()) == ("inserted", number, 0)


def test_a_changed_head_is_found(tamper: Tamper, verified: Verified) -> None:
    tamper("UPDATE audit_head SET hash = :hash", {"hash": "c" * 64})
    assert finding(verified()) == ("head", 10, 10)


@pytest.mark.parametrize(
    ("sequence", "damage", "number"), [(11, "cut_off", 11), (9, "inserted", 10)]
)
def test_a_head_of_another_number_is_found(
    tamper: Tamper, verified: Verified, sequence: int, damage: str, number: int
) -> None:
    tamper("UPDATE audit_head SET sequence = :n", {"n": sequence})
    assert finding(verified()) == (damage, number, 10)


def test_a_removed_head_is_found(tamper: Tamper, verified: Verified) -> None:
    tamper("DELETE FROM audit_head")
    assert finding(verified()) == ("head", 10, 10)


@pytest.mark.parametrize(
    "changes", [{"format": "xinqiao-audit/2"}, {"algorithm": "md5"}, {"format": None}]
)
def test_an_unknown_form_is_not_called_tampering(
    tamper: Tamper, verified: Verified, rows: Rows, changes: dict[str, str | None]
) -> None:
    body = json.dumps(json.loads(rows()[4]["body"]) | changes)
    tamper(CHANGE, {"sequence": 5, "body": body, "hash": hash_of(body)})
    assert finding(verified()) == ("unknown_format", 5, 4)


@pytest.mark.parametrize("body", ["", "no json", "[]", "null", "1", "[" * 100_000])
def test_a_text_that_is_no_entry_is_bad_even_if_its_hash_fits(
    tamper: Tamper, verified: Verified, body: str
) -> None:
    tamper(CHANGE, {"sequence": 5, "body": body, "hash": hash_of(body)})
    assert finding(verified()) == ("unknown_format", 5, 4)


@ON_SQLITE
def test_bytes_in_place_of_text_are_found(tamper: Tamper, verified: Verified) -> None:
    tamper("UPDATE audit SET body = CAST(body AS BLOB) WHERE sequence = 5")
    assert finding(verified()) == ("changed", 5, 4)


@ON_SQLITE
@pytest.mark.parametrize("column", ["body", "hash", "actor"])
def test_text_that_cannot_be_decoded_is_found_at_its_entry(
    tamper: Tamper, verified: Verified, column: str
) -> None:
    tamper(f"UPDATE audit SET {column} = CAST(x'ff' AS TEXT) WHERE sequence = 5")  # noqa: S608 - our names
    assert finding(verified()) == ("changed", 5, 4)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_changed_in_one_row_is_found_there(
    log: Database, rows: Rows, data: st.DataObject
) -> None:
    """Every example is undone, so that each starts from the whole chain."""
    number = data.draw(st.integers(1, 10))
    column = data.draw(st.sampled_from(["body", "hash", *COLUMNS]))
    old = rows()[number - 1][column]
    if column == "submission_id":
        new: Any = data.draw(st.none() | st.integers(0, 10**6))
    else:
        place = data.draw(st.integers(0, len(old) - 1))
        character = data.draw(st.characters(codec="utf-8", exclude_characters="\0"))
        new = old[:place] + character + old[place + data.draw(st.integers(0, 1)) :]
        length = getattr(audit.c[column].type, "length", None)
        new = new if length is None else new[:length]
    with log.writing() as connection:
        unprotect(connection)
        statement = sa.update(audit).where(audit.c.sequence == number).values({column: new})
        connection.execute(statement)
        verification = verify(connection)
        connection.rollback()
    expected = (True, None) if new == old else (False, number)
    assert (verification.ok, verification.first_bad) == expected


def test_progress_is_told_while_a_long_log_is_read(database: Database) -> None:
    with database.writing() as connection:
        append(connection, [Entry("action")] * 4001, actor="hub", at=START)
    told: list[int] = []
    with database.reading() as connection:
        verification = verify(connection, told.append)
    assert (verification.ok, verification.entries) == (True, 4001)
    assert told == [2000, 4000]


def test_damage_in_a_later_part_of_a_long_log_is_found(database: Database) -> None:
    with database.writing() as connection:
        append(connection, [Entry("action")] * 4001, actor="hub", at=START)
        unprotect(connection)
        connection.execute(sa.delete(audit).where(audit.c.sequence == 2001))
        assert finding(verify(connection)) == ("removed", 2001, 2000)


def test_entries_that_are_appended_meanwhile_do_not_disturb(log: Database) -> None:
    with log.reading() as connection:
        connection.execute(sa.select(audit.c.sequence)).all()
        with log.writing() as other:
            append(other, [Entry("action")], actor="hub", at=START)
        assert verify(connection).entries == 10
        assert verify(connection).ok
