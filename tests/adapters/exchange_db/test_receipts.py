"""What the other side's tables say, and what their silence does not say."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.exchange_db.front import (
    Front,
    answered,
    batch,
    in_doubt,
    profile_values,
    row,
)
from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    Operation,
    Outcome,
    ReceiptMode,
    SealedBatch,
    SentBatch,
)
from xinqiao.adapters.connector import ProfileConnector
from xinqiao.adapters.exchange_db.dates import read_instant
from xinqiao.adapters.exchange_db.written_rows import rows_of, serial_of
from xinqiao.clock import SHANGHAI

TWO = batch("B1", row(1, "1号"), row(2, "2号"))
FEEDBACK = "370323_FK"


def told(report: BatchReport) -> dict[int, tuple[Outcome, str]]:
    return {one.row: (one.outcome, one.code) for one in report.rows}


# a status column


def test_rows_that_nobody_looked_at_are_pending(front: Front) -> None:
    front.create()
    connector = front.connector()
    connector.submit(TWO)
    report = connector.poll(answered(TWO))
    assert (report.progress, report.rows) == (BatchProgress.PENDING, ())
    assert b'"SIGN"' not in report.reply.raw
    assert b'"status": "0"' in report.reply.raw


def test_the_other_side_decides_row_by_row(front: Front) -> None:
    front.create()
    connector = front.connector()
    connector.submit(TWO)
    front.write({"NO": 1}, SIGN="1", TAKEN="2026-11-20 09:30:00")
    front.write({"NO": 2}, SIGN="9", ERR="主体不存在")
    report = connector.poll(answered(TWO))
    assert report.progress is BatchProgress.COMPLETE
    assert told(report) == {1: (Outcome.ACCEPTED, "1"), 2: (Outcome.REJECTED, "9")}
    assert report.rows[0].at == datetime(2026, 11, 20, 9, 30, tzinfo=SHANGHAI)
    assert report.rows[1].message == "主体不存在"


def test_a_status_that_nobody_knows_decides_nothing(front: Front) -> None:
    front.create()
    connector = front.connector()
    connector.submit(TWO)
    front.write({"NO": 1}, SIGN="7")
    report = connector.poll(answered(TWO))
    assert report.progress is BatchProgress.PENDING
    assert told(report) == {1: (Outcome.RECEIVED, "7")}


def test_a_status_in_a_column_of_numbers_or_fixed_width_is_read_too(file_front: Front) -> None:
    file_front.create()
    connector = file_front.connector()
    connector.submit(TWO)
    with file_front.admin() as connection:
        connection.exec_driver_sql('UPDATE "370323_XK" SET "SIGN" = 1 WHERE "NO" = 1')
        connection.exec_driver_sql('UPDATE "370323_XK" SET "SIGN" = \'9  \' WHERE "NO" = 2')
    assert {one.outcome for one in connector.poll(answered(TWO)).rows} == {
        Outcome.ACCEPTED,
        Outcome.REJECTED,
    }


def test_polling_writes_nothing(front: Front) -> None:
    front.create()
    connector = front.connector()
    connector.submit(TWO)
    front.write({"NO": 1}, SIGN="9", ERR="主体不存在")
    before = front.rows()
    connector.poll(answered(TWO))
    assert front.rows() == before


def test_a_batch_that_was_never_put_in_is_unknown_where_rows_stay(front: Front) -> None:
    front.create()
    connector = front.connector()
    assert connector.capabilities.poll_in_doubt
    assert connector.poll(in_doubt(TWO)).progress is BatchProgress.UNKNOWN_BATCH


def test_absence_is_not_believed_before_a_commit_had_time(file_front: Front) -> None:
    file_front.create()
    values = profile_values()
    values["capabilities"]["visible_after_seconds"] = 60
    connector = file_front.connector(values)
    now = datetime.now(UTC)
    fresh, old = SentBatch(TWO, "", now), SentBatch(TWO, "", now - timedelta(minutes=2))
    assert connector.poll(fresh).reply.code == "not_visible_yet"
    assert connector.poll(fresh).progress is BatchProgress.NO_ANSWER
    assert connector.poll(old).progress is BatchProgress.UNKNOWN_BATCH


def test_absence_proves_nothing_where_rows_are_moved_away(front: Front) -> None:
    front.create()
    connector = front.connector(rows_stay=False)
    assert not connector.capabilities.poll_in_doubt
    assert not connector.capabilities.deduplicates
    report = connector.poll(in_doubt(TWO))
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "rows_gone")


def test_a_confirmed_batch_whose_rows_vanished_is_not_unknown(front: Front) -> None:
    front.create()
    connector = front.connector()
    reply = connector.submit(TWO)
    front.remove()
    report = connector.poll(SentBatch(TWO, reply.serial))
    assert (report.progress, report.rows) == (BatchProgress.PENDING, ())


# a void row beside the new one


@pytest.mark.parametrize(
    ("of_void", "of_row", "expected"),
    [
        ("1", "1", (Outcome.ACCEPTED, "1")),
        ("9", "9", (Outcome.REJECTED, "9")),
        ("1", "9", (Outcome.REJECTED, "9")),
        ("9", "1", (Outcome.RECEIVED, "void_refused")),
        ("0", "1", None),
        ("1", "0", None),
    ],
)
def test_a_newer_version_is_accepted_only_with_the_void_row_before_it(
    file_front: Front, of_void: str, of_row: str, expected: tuple[Outcome, str] | None
) -> None:
    file_front.create()
    connector = file_front.connector(table={"update": "void_and_insert"})
    connector.submit(batch("B1", row(1, "1号")))
    newer = batch("B2", row(1, "1号"), operation=Operation.UPDATE)
    connector.submit(newer)
    file_front.write({"VALID": "0"}, SIGN=of_void)
    file_front.write({"VALID": "1"}, SIGN=of_row)
    assert told(connector.poll(answered(newer))).get(1) == expected


# rows that disappear


def consumed(front: Front, **table: Any) -> ProfileConnector:
    values = profile_values(rows_stay=False, table=table)
    values["receipts"]["mode"] = ReceiptMode.ROW_CONSUMED.value
    return front.connector(values)


def test_a_row_that_is_gone_was_taken_and_is_never_accepted(front: Front) -> None:
    front.create()
    connector = consumed(front)
    reply = connector.submit(TWO)
    sent = SentBatch(TWO, reply.serial)
    assert told(connector.poll(sent)) == {}
    front.remove(NO=1)
    report = connector.poll(sent)
    assert (report.progress, told(report)) == (
        BatchProgress.PENDING,
        {1: (Outcome.RECEIVED, "taken")},
    )
    front.remove()
    assert {outcome for outcome, _ in told(connector.poll(sent)).values()} == {Outcome.RECEIVED}


def test_in_doubt_one_row_that_is_left_proves_the_delivery_and_none_proves_nothing(
    front: Front,
) -> None:
    front.create()
    connector = consumed(front)
    assert not connector.capabilities.poll_in_doubt
    connector.submit(TWO)
    front.remove(NO=1)
    assert connector.poll(in_doubt(TWO)).progress is BatchProgress.PENDING
    front.remove()
    report = connector.poll(in_doubt(TWO))
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "rows_gone")


def test_a_row_that_was_refused_unsent_was_not_taken(file_front: Front) -> None:
    file_front.create()
    connector = consumed(file_front)
    sealed = batch("B1", row(1, "1号"), row(2, "2号", QTY="三"))
    reply = connector.submit(sealed)
    assert told(connector.poll(SentBatch(sealed, reply.serial))) == {}
    file_front.remove()
    assert set(told(connector.poll(SentBatch(sealed, reply.serial)))) == {1}


def test_a_row_that_the_server_set_aside_was_never_taken(file_front: Front) -> None:
    file_front.create(unique="XK_WSH")
    connector = consumed(file_front)
    connector.submit(batch("B0", row(1, "2号")))
    four = batch("B1", row(1, "1号"), row(2, "2号"), row(3, "3号"), row(4, "4号"))
    reply = connector.submit(four)
    assert (reply.serial, [one.row for one in reply.rows]) == ("B1#1,3-4", [2])
    assert told(connector.poll(SentBatch(four, reply.serial))) == {}
    file_front.remove(NO=3)
    assert set(told(connector.poll(SentBatch(four, reply.serial)))) == {3}
    file_front.remove()
    assert set(told(connector.poll(SentBatch(four, reply.serial)))) == {1, 3, 4}
    # a number that a person noted tells nothing of rows
    assert told(connector.poll(SentBatch(four, "受理2026-1"))) == {}


@given(st.sets(st.integers(1, 40), min_size=1))
def test_the_serial_tells_which_rows_were_written(rows: set[int]) -> None:
    sealed = batch("XQ-1#2", *(row(number, "1号") for number in range(1, 41)))
    assert set(rows_of(SentBatch(sealed, serial_of(sealed, rows))) or ()) == rows
    assert rows_of(in_doubt(sealed)) is None


def test_a_batch_is_not_over_while_a_row_that_vanished_is_undecided(front: Front) -> None:
    front.create()
    connector = front.connector()
    reply = connector.submit(TWO)
    front.write({"NO": 1}, SIGN="1")
    front.remove(NO=2)
    for sent in (SentBatch(TWO, reply.serial), in_doubt(TWO)):
        report = connector.poll(sent)
        assert (report.progress, set(told(report))) == (BatchProgress.PENDING, {1})


def test_answers_about_some_rows_end_no_batch_whose_rows_were_moved_away(file_front: Front) -> None:
    file_front.create()
    connector = with_feedback(file_front, BY_KEY, rows_stay=False)
    connector.submit(TWO)
    answer(file_front, 1, "1", "2026-11-20 09:00:00")
    file_front.remove()
    report = connector.poll(answered(TWO))
    assert (report.progress, set(told(report))) == (BatchProgress.PENDING, {1})


# a table of answers


def feedback_table() -> sa.Table:
    names = ("ROWGUID", "WSH", "MC", "JG", "DM", "YY", "SJ")
    columns = [sa.Column(sa.quoted_name(name, quote=True), sa.String(100)) for name in names]
    return sa.Table(sa.quoted_name(FEEDBACK, quote=True), sa.MetaData(), *columns)


BY_KEY = {"row_key": "ROWGUID"}
BY_DOCUMENT = {"business_key": {"XK_WSH": "WSH", "XK_XDR_MC": "MC"}}


def with_feedback(front: Front, match: dict[str, Any], **transport: Any) -> ProfileConnector:
    values = profile_values(**transport)
    values["receipts"]["mode"] = ReceiptMode.FEEDBACK_TABLE.value
    values["receipts"]["feedback"] = {
        "source": "made up for tests",
        "name": FEEDBACK,
        "result": "JG",
        "code": "DM",
        "text": "YY",
        "time": "SJ",
        "date_pattern": "YYYY-MM-DD hh:mm:ss",
        "meanings": {"1": "accepted", "0": "rejected"},
        **match,
    }
    with front.admin() as connection:
        feedback_table().create(connection)
    return front.connector(values)


def answer(front: Front, number: int, result: str, at: str, text: str = "") -> None:
    """Let the other side answer about a row that stands in the table."""
    key = next(one["ROWGUID"] for one in front.rows() if one["NO"] == number)
    with front.admin() as connection:
        connection.execute(
            sa.insert(feedback_table()).values(
                ROWGUID=key,
                WSH=f"{number}号",
                MC="沂源测试汽修厂",
                JG=result,
                DM="40001" if text else None,
                YY=text,
                SJ=at,
            )
        )


def test_answers_are_matched_by_our_row_key(front: Front) -> None:
    front.create()
    connector = with_feedback(front, BY_KEY)
    connector.submit(TWO)
    assert connector.poll(answered(TWO)).progress is BatchProgress.PENDING
    answer(front, 2, "0", "2026-11-20 09:00:00", "主体不存在")
    report = connector.poll(answered(TWO))
    assert report.progress is BatchProgress.PENDING
    assert told(report) == {2: (Outcome.REJECTED, "40001")}
    answer(front, 1, "1", "2026-11-20 09:00:00")
    assert connector.poll(answered(TWO)).progress is BatchProgress.COMPLETE


def test_the_newest_answer_counts_however_late_it_comes(front: Front) -> None:
    front.create()
    connector = with_feedback(front, BY_KEY)
    connector.submit(TWO)
    answer(front, 1, "1", "2026-11-20 10:00:00")
    answer(front, 1, "0", "2026-11-20 09:00:00", "字段超长")
    report = connector.poll(answered(TWO))
    assert told(report) == {1: (Outcome.ACCEPTED, "1")}
    assert report.rows[0].at == datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)


def test_the_same_answer_twice_is_one(front: Front) -> None:
    front.create()
    connector = with_feedback(front, BY_KEY)
    connector.submit(TWO)
    answer(front, 1, "1", "2026-11-20 10:00:00")
    answer(front, 1, "1", "2026-11-20 10:00:00")
    assert told(connector.poll(answered(TWO))) == {1: (Outcome.ACCEPTED, "1")}


def test_answers_of_one_instant_that_contradict_each_other_decide_nothing(front: Front) -> None:
    front.create()
    connector = with_feedback(front, BY_KEY)
    connector.submit(TWO)
    answer(front, 1, "1", "2026-11-20 10:00:00")
    answer(front, 1, "0", "2026-11-20 10:00:00", "字段超长")
    assert told(connector.poll(answered(TWO))) == {1: (Outcome.RECEIVED, "contradictory")}


def test_an_answer_about_the_same_document_counts_only_after_the_delivery(front: Front) -> None:
    front.create()
    connector = with_feedback(front, BY_DOCUMENT)
    connector.submit(TWO)
    begun_at = datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
    answer(front, 1, "1", "2026-11-20 09:59:59")
    assert told(connector.poll(SentBatch(TWO, "B1", begun_at=begun_at))) == {}
    assert told(connector.poll(SentBatch(TWO, "B1"))) == {}
    answer(front, 1, "0", "2026-11-20 10:00:01", "字段超长")
    assert told(connector.poll(SentBatch(TWO, "B1", begun_at=begun_at))) == {
        1: (Outcome.REJECTED, "40001")
    }


def test_an_answer_about_another_subject_is_not_about_us(front: Front) -> None:
    front.create()
    connector = with_feedback(front, BY_DOCUMENT)
    sealed = batch("B1", row(1, "1号", XK_XDR_MC="另一家"))
    connector.submit(sealed)
    answer(front, 1, "1", "2026-11-20 10:00:01")
    begun_at = datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
    assert told(connector.poll(SentBatch(sealed, "B1", begun_at=begun_at))) == {}


def test_without_answers_doubt_is_resolved_by_the_rows_themselves(front: Front) -> None:
    front.create()
    connector = with_feedback(front, BY_KEY)
    assert connector.poll(in_doubt(TWO)).progress is BatchProgress.UNKNOWN_BATCH
    connector.submit(TWO)
    assert connector.poll(in_doubt(TWO)).progress is BatchProgress.PENDING


def test_answers_may_stand_in_another_database(file_front: Front) -> None:
    front = file_front
    front.create()
    other = front.root / "feedback.db"
    engine = sa.create_engine(f"sqlite:///{other}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        feedback_table().create(connection)
    connector = with_feedback(front, BY_KEY | {"url": "sqlite:///feedback.db"})
    connector.submit(TWO)
    key = next(one["ROWGUID"] for one in front.rows() if one["NO"] == 1)
    with engine.begin() as connection:
        connection.execute(sa.insert(feedback_table()).values(ROWGUID=key, JG="1"))
    assert told(connector.poll(answered(TWO))) == {1: (Outcome.ACCEPTED, "1")}
    assert connector.probe().ok, connector.probe().checks
    other.unlink()
    report = connector.poll(answered(TWO))
    assert (report.progress, report.reply.outcome) == (BatchProgress.NO_ANSWER, Outcome.RETRYABLE)
    assert not connector.probe().ok
    connector.close()


def test_a_feedback_table_that_is_missing_is_no_answer(front: Front) -> None:
    front.create()
    connector = with_feedback(front, BY_KEY)
    connector.submit(TWO)
    with front.admin() as connection:
        feedback_table().drop(connection)
    report = connector.poll(answered(TWO))
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "table_missing")
    assert report.reply.outcome is Outcome.RETRYABLE


def test_a_deleted_table_is_no_answer_and_no_error(front: Front) -> None:
    report = front.connector().poll(answered(TWO))
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "table_missing")


def test_nothing_of_a_record_is_in_what_is_shown(front: Front) -> None:
    front.create()
    connector = front.connector()
    sealed: SealedBatch = batch("B1", row(1, "1号", XK_NR="370323190711118764"))
    reply = connector.submit(sealed)
    report = connector.poll(answered(sealed))
    shown = f"{reply!r} {report!r} {connector!r} {reply.message}"
    assert "370323190711118764" not in shown


@pytest.mark.parametrize("source", ["status", "consumed", "feedback"])
def test_every_source_tells_when_it_cannot_be_asked(file_front: Front, source: str) -> None:
    file_front.create()
    make: dict[str, Callable[[], ProfileConnector]] = {
        "status": file_front.connector,
        "consumed": lambda: consumed(file_front),
        "feedback": lambda: with_feedback(file_front, BY_KEY),
    }
    connector = make[source]()
    connector.submit(TWO)
    with file_front.admin() as connection:
        file_front.table().drop(connection)
    report = connector.poll(answered(TWO))
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "table_missing")
    (file_front.root / "front.db").unlink()
    report = connector.poll(answered(TWO))
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "connect_failed")


@pytest.mark.parametrize(
    ("of_void", "expected"),
    [("1", (Outcome.ACCEPTED, "1")), ("0", (Outcome.RECEIVED, "void_refused")), ("", None)],
)
def test_an_answer_about_the_void_row_is_waited_for(
    file_front: Front, of_void: str, expected: tuple[Outcome, str] | None
) -> None:
    front = file_front
    front.create()
    connector = with_feedback(front, BY_KEY, table={"update": "void_and_insert"})
    connector.submit(batch("B1", row(1, "1号")))
    newer = batch("B2", row(1, "1号"), operation=Operation.UPDATE)
    connector.submit(newer)
    keys = {one["VALID"]: one["ROWGUID"] for one in front.rows()}
    with front.admin() as connection:
        put = sa.insert(feedback_table())
        connection.execute(put.values(ROWGUID=keys["1"], JG="1"))
        if of_void:
            connection.execute(put.values(ROWGUID=keys["0"], JG=of_void))
    assert told(connector.poll(answered(newer))).get(1) == expected


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        (datetime(2026, 11, 20, 9, 30), None, datetime(2026, 11, 20, 9, 30, tzinfo=SHANGHAI)),  # noqa: DTZ001 - as drivers give it
        (
            datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
            None,
            datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
        ),
        (date(2026, 11, 20), None, datetime(2026, 11, 20, tzinfo=SHANGHAI)),
        ("2026-11-20 09:30:00", None, datetime(2026, 11, 20, 9, 30, tzinfo=SHANGHAI)),
        ("20261120", "YYYYMMDD", datetime(2026, 11, 20, tzinfo=SHANGHAI)),
        ("yesterday", None, None),
        ("20/11/2026", "YYYYMMDD", None),
        (20261120, None, None),
        (None, None, None),
    ],
)
def test_a_time_is_read_from_any_column_or_not_guessed(
    text: object, pattern: str | None, expected: datetime | None
) -> None:
    assert read_instant(text, pattern) == expected
