"""What the tables say follows from the log, and whatever was changed past it is found."""

import ast
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import xinqiao
from tests.audit.verification.conftest import Change
from tests.life.bureau import SHARING, SITE
from tests.reconcile.adoption.office import GO_LIVE, NEW, Office
from tests.support import unprotect
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.audit.founding import record_founding
from xinqiao.audit.holdings import NOTED, note_existing
from xinqiao.audit.verification.chain import verify
from xinqiao.audit.verification.state import EFFECTS, Deviation, StateCheck, check_state
from xinqiao.database.tables import audit, audit_head, holding, submission
from xinqiao.queue.operations import release
from xinqiao.queue.publishing import Why
from xinqiao.queue.states import State


def checked(office: Office) -> StateCheck:
    with office.database.reading() as connection:
        assert verify(connection).ok
        return check_state(connection)


def only(found: StateCheck) -> Deviation:
    assert found.count == 1, found.deviations
    return found.deviations[0]


def place(office: Office, record_id: str, platform: str = SHARING) -> Any:
    (row,) = office.rows(holding, holding.c.record_id == record_id, holding.c.platform == platform)
    return row


def test_ordinary_life_follows_from_its_log(office: Office, records: dict[str, str]) -> None:
    found = checked(office)
    assert (found.ok, found.deviations, found.unknown) == (True, [], 0)
    assert found.submissions == len(office.rows(submission))
    assert found.holdings == len(office.rows(holding)) >= 2 * len(records) - 1
    assert {row.state for row in office.rows(submission)} >= {"accepted", "rejected"}
    assert place(office, records["adopted"]).adopted_version == 1
    assert place(office, records["withdrawn"]).held_version is None
    assert place(office, records["taken_down"], SITE).wanted_version is None
    assert place(office, records["corrected"]).held_version == 2


def test_every_state_of_a_submission_is_an_effect_of_some_action() -> None:
    assert set(EFFECTS.values()) == {state.value for state in State}


VALUES: dict[str, Any] = {
    "wanted_version": 7,
    "held_version": 7,
    "wanted_key": "x",
    "held_key": "x",
    "reference": "x",
    "findings": [{"code": "x"}],
    "replaces": True,
    "removal": "take_down",
    "shown_until": date(2031, 1, 1),
    "leaves_key": True,
    "format_digest": "x",
    "differs": True,
    "adopted_at": GO_LIVE,
    "taken_in_at": GO_LIVE,
    "adopted_version": 7,
    "adopted_key": "x",
    "before_start": True,
    "platform": "transport_credit",
}


def test_any_column_of_a_holding_that_is_changed_past_the_program_is_found(
    office: Office, records: dict[str, str]
) -> None:
    row = place(office, records["held"])
    ours = {"id", "updated_at", "record_id"}
    assert {column.name for column in holding.columns} == {*VALUES, *ours}
    for column, value in VALUES.items():
        assert getattr(row, column) != value
        with office.database.writing() as connection:
            connection.execute(
                sa.update(holding).where(holding.c.id == row.id).values({column: value})
            )
            found = check_state(connection)
            connection.rollback()
        assert [(one.kind, one.table, one.number) for one in found.deviations] == [
            ("changed", "holding", row.id)
        ], column


def test_a_version_that_somebody_says_is_held_is_found_and_both_are_told(
    office: Office, records: dict[str, str], change: Change
) -> None:
    row = place(office, records["refused"])
    assert (row.held_version, row.wanted_version) == (None, 1)
    change("UPDATE holding SET held_version = 1 WHERE id = :id", {"id": row.id})
    found = only(checked(office))
    assert (found.kind, found.record_id, found.platform) == (
        "changed",
        records["refused"],
        SHARING,
    )
    assert f"认为持有版本现为 1，日志第 {found.sequence} 条为 无" in found.message


def test_what_was_changed_before_the_program_changed_it_again_is_found(
    office: Office, records: dict[str, str], change: Change
) -> None:
    """The program's own next note does not make it good."""
    row = place(office, records["held"], SITE)
    change("UPDATE holding SET held_key = 'x' WHERE id = :id", {"id": row.id})
    with office.database.writing() as connection:
        office.desk(connection).stop(records["held"], Why.PERSON, "沂交通知〔2026〕4号")
    found = only(checked(office))
    assert (found.kind, found.table, found.number) == ("gap", "holding", row.id)
    assert "没有留痕" in found.message


def test_a_removed_holding_is_found_with_its_record(
    office: Office, records: dict[str, str], change: Change
) -> None:
    row = place(office, records["taken_down"], SITE)
    change("DELETE FROM batch_row")
    change("DELETE FROM receipt")
    change("DELETE FROM submission WHERE holding_id = :id", {"id": row.id})
    change("DELETE FROM holding WHERE id = :id", {"id": row.id})
    found = checked(office)
    gone = [one for one in found.deviations if one.table == "holding"]
    assert [(one.kind, one.record_id, one.platform) for one in gone] == [
        ("missing", records["taken_down"], SITE)
    ]
    lost = [one for one in found.deviations if one.table == "submission"]
    assert lost
    assert {one.kind for one in lost} == {"missing"}


@pytest.mark.parametrize("number", [1_000_000, 2**60])
def test_an_inserted_holding_is_found(
    office: Office, records: dict[str, str], change: Change, number: int
) -> None:
    change(
        "INSERT INTO holding (id, record_id, platform, held_version, findings, updated_at)"
        " VALUES (:id, :record, 'safety_credit', 1, '[]', '2026-08-03 00:00:00+00:00')",
        {"id": number, "record": records["held"]},
    )
    found = only(checked(office))
    assert (found.kind, found.number, found.sequence) == ("unlogged", number, None)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "accepted"),
        ("state", "cancelled"),
        ("operation", "withdraw"),
        ("version", 9),
        ("platform", "safety_credit"),
    ],
)
def test_a_changed_submission_is_found(
    office: Office, records: dict[str, str], change: Change, column: str, value: object
) -> None:
    (row,) = office.rows(submission, submission.c.state == "rejected")
    assert row.record_id == records["refused"]
    change(
        f"UPDATE submission SET {column} = :value WHERE id = :id",  # noqa: S608 - our own names
        {"value": value, "id": row.id},
    )
    found = only(checked(office))
    assert (found.kind, found.table, found.number) == ("changed", "submission", row.id)


@pytest.mark.usefixtures("records")
def test_an_inserted_submission_is_found(office: Office, change: Change) -> None:
    (row,) = office.rows(submission, submission.c.state == "rejected")
    columns = ", ".join(
        one.name for one in submission.columns if one.name not in ("id", "idempotency_key")
    )
    change(
        f"INSERT INTO submission (id, idempotency_key, {columns}) "  # noqa: S608 - our own names
        f"SELECT 77777, 'x', {columns} FROM submission WHERE id = :id",
        {"id": row.id},
    )
    found = only(checked(office))
    assert (found.kind, found.number, found.record_id) == ("unlogged", 77777, row.record_id)


def test_a_state_that_was_changed_before_it_changed_again_is_found(
    office: Office, change: Change
) -> None:
    office.numbered(9, NEW)
    (row,) = office.rows(submission, submission.c.platform == SHARING)
    change("UPDATE submission SET state = 'held' WHERE id = :id", {"id": row.id})
    with office.acting_for("放行") as (connection, cause):
        release(connection, [row.id], cause)
    found = checked(office)
    assert [(one.kind, one.number) for one in found.deviations] == [("gap", row.id)]
    assert "从 held 出发，而在这以前日志里它是 ready" in found.deviations[0].message


def as_an_older_program_wrote_it(office: Office) -> None:
    """Write the log anew without a word about holdings."""
    entries = office.rows(audit)
    with office.database.writing() as connection:
        unprotect(connection)
        connection.execute(sa.delete(audit))
        connection.execute(sa.update(audit_head).values(sequence=0, hash="0" * 64))
        for row in entries:
            if row.action == NOTED:
                continue
            details = json.loads(row.body)["details"]
            entry = Entry(row.action, row.record_id, row.submission_id, row.platform, "", details)
            append(connection, [entry], actor=row.actor, at=office.clock.now())


def test_a_log_of_an_older_form_is_verified_as_far_as_it_goes_and_the_rest_counted(
    office: Office, records: dict[str, str]
) -> None:
    as_an_older_program_wrote_it(office)
    found = checked(office)
    assert (found.ok, found.holdings) == (True, 0)
    assert found.unknown == len(office.rows(holding)) > len(records)
    assert found.submissions == len(office.rows(submission))


def test_once_noted_an_older_log_speaks_of_every_holding(
    office: Office, records: dict[str, str], change: Change
) -> None:
    as_an_older_program_wrote_it(office)
    with office.database.writing() as connection:
        made = note_existing(connection, actor="管理员", at=office.clock.now())
        assert made == len(office.rows(holding))
        assert note_existing(connection, actor="管理员", at=office.clock.now()) == 0
    assert (checked(office).ok, checked(office).unknown) == (True, 0)
    number = place(office, records["adopted"]).id
    change("UPDATE holding SET wanted_version = NULL WHERE id = :id", {"id": number})
    assert only(checked(office)).number == number


def test_in_a_workspace_that_was_founded_with_notes_a_first_holding_without_one_is_found(
    office: Office,
) -> None:
    with office.database.writing() as connection:
        record_founding(
            connection, workspace="w", rehearsal=False, actor="张科员", at=office.clock.now()
        )
    record_id = office.numbered(1, NEW)
    notes = [row.sequence for row in office.rows(audit, audit.c.action == NOTED)]
    assert notes
    with office.database.writing() as connection:
        unprotect(connection)
        connection.execute(sa.delete(audit).where(audit.c.sequence > 1))
    with office.database.reading() as connection:
        found = check_state(connection)
    assert {one.record_id for one in found.deviations} == {record_id}
    assert {one.kind for one in found.deviations} == {"unlogged"}


def test_whatever_writes_holdings_notes_them() -> None:
    """A writer that forgot would be taken for somebody who tampers."""
    root = Path(xinqiao.__file__).parent
    silent = []
    for path in root.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        writes = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("update", "insert", "delete")
            and node.args
            and isinstance(node.args[0], ast.Name)
            and node.args[0].id == "holding"
        ]
        noted = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "noted"
        ]
        if writes and not noted:
            silent.append(path.name)
    assert silent == []
