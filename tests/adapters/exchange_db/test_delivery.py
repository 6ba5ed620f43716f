"""What a delivery leaves in the tables, and what it says of it."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from tests.adapters.exchange_db.front import (
    PERMITS,
    Front,
    answered,
    batch,
    in_doubt,
    profile_values,
    row,
)
from xinqiao.adapters.base import TOO_LATE, BatchProgress, Operation, Outcome, Reply, SentBatch
from xinqiao.errors import SettingsError

ONE = batch("B1", row(1, "鲁交许〔2026〕1号"))
TWO = batch("B2", row(1, "鲁交许〔2026〕1号"), row(2, "鲁交许〔2026〕2号", QTY=""))


def test_rows_stand_in_the_table_as_they_were_sealed(front: Front) -> None:
    front.create()
    reply = front.connector().submit(TWO)
    assert (reply.outcome, reply.code, reply.rows) == (Outcome.RECEIVED, "rows_written", ())
    first, second = front.rows()
    assert first["XK_WSH"] == "鲁交许〔2026〕1号"
    assert first["XK_XDR_MC"] == "沂源测试汽修厂"
    assert first["XK_JDRQ"] == "2026-11-20"
    assert (first["TASK"], first["NO"], first["OP"], first["SRC"]) == ("B2", 1, "I", "2")
    assert (first["VALID"], first["VER"], first["SIGN"], first["ERR"]) == ("1", 1, "0", None)
    assert (first["QTY"], second["QTY"], second["NO"]) == (3, None, 2)
    assert len(first["RKSJ"]) == 19


def test_an_identical_resend_writes_nothing(front: Front) -> None:
    front.create()
    connector = front.connector()
    connector.submit(TWO)
    before = front.rows()
    reply = connector.submit(TWO)
    assert (reply.outcome, reply.code, reply.rows) == (Outcome.RECEIVED, "already_there", ())
    assert front.rows() == before


def test_render_is_the_same_for_the_same_batch_and_is_what_is_written(front: Front) -> None:
    connector = front.connector()
    assert connector.render(TWO) == connector.render(TWO)
    assert "鲁交许〔2026〕2号".encode() in connector.render(TWO)


def test_a_value_that_is_too_long_is_refused_alone_and_named(front: Front) -> None:
    front.create()
    sealed = batch("B3", row(1, "1号"), row(2, "2号", XK_NR="货" * 21), row(3, "3号"))
    reply = front.connector().submit(sealed)
    assert reply.outcome is Outcome.RECEIVED
    (refused,) = reply.rows
    assert (refused.row, refused.outcome, refused.code) == (2, Outcome.REJECTED, "too_long")
    assert refused.message == "列 XK_NR 最多 60 字节，现有 63"
    assert [one["XK_WSH"] for one in front.rows()] == ["1号", "3号"]


def test_nothing_is_opened_when_no_row_fits(front: Front) -> None:
    connector = front.connector()  # there is no table: a look at it would fail
    reply = connector.submit(batch("B4", row(1, "1号", QTY="三")))
    assert (reply.outcome, reply.code) == (Outcome.REJECTED, "not_a_number")
    assert reply.rows[0].message == "列 QTY 应为整数"


@pytest.mark.parametrize(
    ("charset", "text", "fits"),
    [
        ("gbk", "㐂", False),
        ("gb18030", "㐂", True),
        ("utf-8", "㐂", True),
        ("utf-8", "\ud800", False),
    ],
)
def test_a_character_that_the_charset_lacks_is_refused_before_writing(
    file_front: Front, charset: str, text: str, *, fits: bool
) -> None:
    file_front.create()
    reply = file_front.connector(charset=charset).submit(batch("B5", row(1, "1号", XK_NR=text)))
    assert (reply.outcome is Outcome.RECEIVED) == fits
    assert bool(file_front.rows()) == fits
    if not fits:
        assert reply.rows[0].code == "wrong_character"
        assert text not in reply.rows[0].message


def test_a_number_that_is_there_already_is_a_duplicate_and_the_others_go(front: Front) -> None:
    front.create(unique="XK_WSH")
    connector = front.connector()
    connector.submit(ONE)
    reply = connector.submit(TWO)
    assert reply.outcome is Outcome.RECEIVED
    assert [(one.row, one.outcome, one.code) for one in reply.rows] == [
        (1, Outcome.DUPLICATE, "key_exists")
    ]
    assert [(one["XK_WSH"], one["TASK"]) for one in front.rows()] == [
        ("鲁交许〔2026〕1号", "B1"),
        ("鲁交许〔2026〕2号", "B2"),
    ]


def test_a_row_that_was_a_duplicate_is_in_doubt_at_the_resend_too(front: Front) -> None:
    front.create(unique="XK_WSH")
    connector = front.connector()
    connector.submit(ONE)
    connector.submit(TWO)
    reply = connector.submit(TWO)
    assert reply.code == "already_there"
    assert [(one.row, one.outcome) for one in reply.rows] == [(1, Outcome.DUPLICATE)]


def test_a_constraint_of_the_table_refuses_without_naming_a_row(front: Front) -> None:
    front.create()
    with front.admin() as connection:
        name = connection.dialect.identifier_preparer.quote_identifier(PERMITS)
        sign = connection.dialect.identifier_preparer.quote_identifier("QTY")
        if front.make == "sqlite":
            connection.exec_driver_sql(
                f"CREATE TRIGGER t BEFORE INSERT ON {name} WHEN NEW.{sign} < 0 "
                "BEGIN SELECT RAISE(ABORT, 'CHECK constraint failed'); END"
            )
        else:
            connection.exec_driver_sql(f"ALTER TABLE {name} ADD CHECK ({sign} >= 0)")
    reply = front.connector().submit(batch("B6", row(1, "1号"), row(2, "2号", QTY="-1")))
    assert (reply.outcome, reply.code, reply.rows) == (Outcome.REJECTED, "constraint_failed", ())
    assert front.rows() == []


def test_a_text_that_the_real_column_cannot_hold_is_never_cut(front: Front) -> None:
    front.create()
    values = profile_values()
    for column in values["transport"]["tables"]["permit"]["columns"]:
        column.pop("length", None)
    reply = front.connector(values).submit(batch("B7", row(1, "1号", XK_XDR_MC="长" * 41)))
    if front.make == "sqlite":  # keeps more than it declares
        assert front.rows()[0]["XK_XDR_MC"] == "长" * 41
    else:
        assert (reply.outcome, reply.code) == (Outcome.REJECTED, "value_refused")
        assert front.rows() == []


def test_a_missing_table_is_told_by_its_name_and_may_be_tried_again(front: Front) -> None:
    reply = front.connector().submit(ONE)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "table_missing")
    assert "表名" in reply.message


def test_after_its_time_nothing_is_written(front: Front) -> None:
    front.create()
    reply = front.connector().submit(ONE, send_before=front.clock.elapsed())
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, TOO_LATE)
    assert front.rows() == []


def test_a_newer_version_is_one_more_row(front: Front) -> None:
    front.create()
    connector = front.connector()
    connector.submit(ONE)
    newer = batch("B8", row(1, ONE.rows[0].key, XK_NR="客运"), operation=Operation.UPDATE)
    assert connector.submit(newer).outcome is Outcome.RECEIVED
    assert [(one["VER"], one["OP"], one["XK_NR"]) for one in front.rows()] == [
        (1, "I", "道路货物运输"),
        (2, "U", "客运"),
    ]


def test_a_void_row_comes_before_the_newer_one(front: Front) -> None:
    front.create()
    connector = front.connector(table={"update": "void_and_insert", "withdraw": "void"})
    connector.submit(ONE)
    newer = batch("B8", row(1, ONE.rows[0].key, XK_NR="客运"), operation=Operation.UPDATE)
    assert connector.submit(newer).outcome is Outcome.RECEIVED
    assert connector.submit(newer).code == "already_there"
    assert [(one["VER"], one["VALID"], one["WHY"], one["XK_NR"]) for one in front.rows()] == [
        (1, "1", None, "道路货物运输"),
        (2, "0", "数据变更", "客运"),
        (3, "1", None, "客运"),
    ]
    gone = batch("B9", row(1, ONE.rows[0].key), operation=Operation.WITHDRAW)
    assert connector.submit(gone).outcome is Outcome.RECEIVED
    last = front.rows()[-1]
    assert (last["VER"], last["VALID"], last["WHY"]) == (4, "0", "数据撤回")


@pytest.mark.parametrize("way", ["in_place", "delete_and_insert"])
def test_a_row_is_replaced_unless_somebody_is_processing_it(front: Front, way: str) -> None:
    front.create()
    connector = front.connector(table={"update": way})
    connector.submit(ONE)
    newer = batch("B8", row(1, ONE.rows[0].key, XK_NR="客运"), operation=Operation.UPDATE)
    front.write({"TASK": "B1"}, SIGN="2")
    reply = connector.submit(newer)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "row_busy")
    assert [one["XK_NR"] for one in front.rows()] == ["道路货物运输"]
    front.write({"TASK": "B1"}, SIGN="9", ERR="字段超长")
    assert connector.submit(newer).code == "rows_written"
    assert connector.submit(newer).code == "already_there"
    (stands,) = front.rows()
    assert (stands["XK_NR"], stands["SIGN"], stands["TASK"]) == ("客运", "0", "B8")
    assert connector.poll(in_doubt(newer)).progress is BatchProgress.PENDING


def test_an_error_of_the_former_version_is_no_answer_to_the_one_written_over_it(
    front: Front,
) -> None:
    front.create()
    connector = front.connector(table={"update": "in_place"})
    connector.submit(ONE)
    front.write({"TASK": "B1"}, SIGN="9", ERR="字段超长")
    newer = batch("B8", row(1, ONE.rows[0].key, XK_NR="客运"), operation=Operation.UPDATE)
    connector.submit(newer)
    front.write({"TASK": "B8"}, SIGN="9")
    (result,) = connector.poll(answered(newer)).rows
    assert "字段超长" not in result.message


def test_two_rows_of_one_record_are_not_written_over(front: Front) -> None:
    front.create()
    connector = front.connector(table={"update": "in_place"})
    connector.submit(ONE)
    connector.submit(batch("B1b", row(1, ONE.rows[0].key)))
    connector.submit(batch("B1c", row(1, "9号")))
    newer = batch("B8", row(1, ONE.rows[0].key), row(2, "9号"), operation=Operation.UPDATE)
    reply = connector.submit(newer)
    assert [(one.row, one.code) for one in reply.rows] == [(1, "several_rows")]
    assert [one["TASK"] for one in front.rows() if one["XK_WSH"] == "9号"] == ["B8"]


def test_a_row_is_taken_out_only_while_nobody_took_it(front: Front) -> None:
    front.create()
    connector = front.connector(table={"withdraw": "delete_unconsumed"})
    connector.submit(TWO)
    front.write({"NO": 2}, SIGN="1")
    gone = batch(
        "B9",
        row(1, TWO.rows[0].key),
        row(2, TWO.rows[1].key),
        row(3, "没有"),
        operation=Operation.WITHDRAW,
    )
    reply = connector.submit(gone)
    told = {one.row: (one.outcome, one.code) for one in reply.rows}
    assert told == {
        1: (Outcome.ACCEPTED, "withdrawn_unconsumed"),
        2: (Outcome.REJECTED, "already_consumed"),
        3: (Outcome.DUPLICATE, "row_gone"),
    }
    assert [one["NO"] for one in front.rows()] == [2]


def test_a_deletion_that_is_sent_again_is_in_doubt_and_never_refused(file_front: Front) -> None:
    file_front.create()
    connector = file_front.connector(table={"withdraw": "delete_unconsumed"})
    connector.submit(ONE)
    gone = batch("B9", row(1, ONE.rows[0].key), operation=Operation.WITHDRAW)
    assert connector.submit(gone).outcome is Outcome.ACCEPTED
    reply = connector.submit(gone)
    assert [(one.outcome, one.code) for one in reply.rows] == [(Outcome.DUPLICATE, "row_gone")]


def test_a_deletion_under_way_is_not_taken_for_undone(file_front: Front) -> None:
    file_front.create()
    connector = file_front.connector(table={"withdraw": "delete_unconsumed"})
    connector.submit(ONE)
    gone = batch("B9", row(1, ONE.rows[0].key), operation=Operation.WITHDRAW)
    now = datetime.now(UTC)
    report = connector.poll(SentBatch(gone, "", now))
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "not_visible_yet")
    report = connector.poll(SentBatch(gone, "", now - timedelta(minutes=1)))
    assert report.progress is BatchProgress.UNKNOWN_BATCH


def test_doubt_about_a_deletion_is_resolved_only_when_nothing_was_deleted(front: Front) -> None:
    front.create()
    connector = front.connector(table={"withdraw": "delete_unconsumed"})
    connector.submit(ONE)
    gone = batch("B9", row(1, ONE.rows[0].key), operation=Operation.WITHDRAW)
    assert connector.poll(in_doubt(gone)).progress is BatchProgress.UNKNOWN_BATCH
    connector.submit(gone)
    report = connector.poll(in_doubt(gone))
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "row_gone")


@pytest.mark.parametrize("other", [{"XK_XDR_MC": "另一家"}, {"XK_WSH": "鲁交许〔2026〕1A号"}])
@pytest.mark.parametrize("way", ["in_place", "delete_and_insert"])
def test_a_row_of_another_record_is_left_alone(
    front: Front, way: str, other: dict[str, str]
) -> None:
    # a server may find the letters a and A, or two subjects of one document, to be the same
    front.create()
    connector = front.connector(
        table={"update": way, "business_key": ["XK_WSH", "XK_XDR_MC"], "withdraw": "append"}
    )
    key = "鲁交许〔2026〕1a号"
    connector.submit(batch("B0", row(1, key)))
    connector.submit(batch("B1", row(1, key, **({"XK_WSH": key} | other))))
    newer = batch("B2", row(1, key, XK_NR="客运"), operation=Operation.UPDATE)
    assert connector.submit(newer).code == "rows_written"
    assert {one["TASK"] for one in front.rows()} == {"B1", "B2"}


@pytest.mark.parametrize(
    ("ways", "operation"),
    [
        ({"update": "in_place"}, Operation.UPDATE),
        ({"withdraw": "delete_unconsumed"}, Operation.WITHDRAW),
    ],
)
def test_rows_of_one_batch_that_would_meet_in_one_line_are_left_to_a_person(
    file_front: Front, ways: dict[str, str], operation: Operation
) -> None:
    file_front.create()
    connector = file_front.connector(table=ways)
    connector.submit(ONE)
    before = file_front.rows()
    key = ONE.rows[0].key
    both = batch("B2", row(1, key), row(2, key, XK_NR="客运"), operation=operation)
    reply = connector.submit(both)
    assert [(one.outcome, one.code) for one in reply.rows] == [
        (Outcome.REJECTED, "several_rows")
    ] * 2
    assert file_front.rows() == before


def test_several_threads_with_one_batch_leave_it_there_once(front: Front) -> None:
    front.create()
    connector = front.connector()
    together = Barrier(4)

    def send(_: int) -> Reply:
        together.wait(timeout=20)
        return connector.submit(TWO)

    with ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(send, range(4)))
    assert len(front.rows()) == 2
    assert [one.code for one in replies].count("rows_written") == 1
    others = {(one.outcome, one.code) for one in replies} - {(Outcome.RECEIVED, "rows_written")}
    allowed = {(Outcome.RECEIVED, "already_there")}
    if front.make == "mariadb":  # it ends a deadlock by undoing one of the two
        allowed.add((Outcome.RETRYABLE, "row_locked"))
    assert others <= allowed


def test_a_batch_over_the_limit_is_refused_unsent(file_front: Front) -> None:
    values = profile_values()
    values["limits"]["rows_per_batch"] = 1
    reply = file_front.connector(values).submit(TWO)
    assert (reply.outcome, reply.code) == (Outcome.REJECTED, "batch_too_large")


@pytest.mark.parametrize(
    ("form", "looks"),
    [
        ("uuid", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("uuid_hex", "[0-9a-f]{32}"),
        ("batch_and_row", "B2-[12]"),
    ],
)
def test_row_keys_have_the_form_that_is_asked_for_and_never_change(
    file_front: Front, form: str, looks: str
) -> None:
    file_front.create()
    file_front.connector(row_key=form).submit(TWO)
    keys = {one["ROWGUID"] for one in file_front.rows()}
    assert len(keys) == 2
    assert all(re.fullmatch(looks, key) for key in keys)
    assert file_front.connector(row_key=form).submit(TWO).code == "already_there"


def test_a_void_row_has_a_key_of_its_own_in_every_form(file_front: Front) -> None:
    file_front.create()
    ways = {"update": "void_and_insert"}
    connector = file_front.connector(row_key="batch_and_row", table=ways)
    connector.submit(batch("B1", row(1, "1号")))
    connector.submit(batch("B3", row(1, "1号"), operation=Operation.UPDATE))
    assert {one["ROWGUID"] for one in file_front.rows()} == {"B1-1", "B3-1", "B3-1-V"}


def test_what_the_profile_has_no_word_or_table_for_is_told_before_anything_is_sent(
    file_front: Front,
) -> None:
    values = profile_values()
    del values["words"]["operations"]["withdraw"]
    for operation in (Operation.WITHDRAW, Operation.TAKE_DOWN):
        taken_away = batch("B4", row(1, "1号"), operation=operation)
        with pytest.raises(SettingsError, match=r"withdraw.*words\.operations"):
            file_front.connector(values).submit(taken_away)
    with pytest.raises(SettingsError, match=r"transport\.tables\.penalty"):
        file_front.connector().submit(replace(ONE, kind="penalty"))


@pytest.mark.parametrize("way", ["append", "void", "delete_unconsumed"])
@pytest.mark.parametrize("has_word", [True, False], ids=["no column", "no word"])
def test_a_table_that_cannot_tell_a_take_down_is_told_of_a_withdrawal(
    file_front: Front, way: str, *, has_word: bool
) -> None:
    file_front.create()
    values = profile_values()
    values["transport"]["tables"]["permit"]["withdraw"] = way
    if has_word:
        values["words"]["operations"]["take_down"] = "X"
        columns = values["transport"]["tables"]["permit"]["columns"]
        values["transport"]["tables"]["permit"]["columns"] = [
            one for one in columns if one["name"] != "OP"
        ]
    connector = file_front.connector(values)
    connector.submit(batch("B1", row(1, "1号")))
    sent = {}
    for operation in (Operation.WITHDRAW, Operation.TAKE_DOWN):
        sent[operation] = connector.render(batch("B4", row(1, "1号"), operation=operation))
    assert sent[Operation.TAKE_DOWN] == sent[Operation.WITHDRAW]
    connector.submit(batch("B4", row(1, "1号"), operation=Operation.TAKE_DOWN))
    assert len(file_front.rows()) == (0 if way == "delete_unconsumed" else 2)


def test_a_take_down_is_a_row_with_its_word(file_front: Front) -> None:
    file_front.create()
    values = profile_values()
    values["words"]["operations"]["take_down"] = "X"
    connector = file_front.connector(values)
    connector.submit(batch("B4", row(1, "1号"), operation=Operation.TAKE_DOWN))
    assert [one["OP"] for one in file_front.rows()] == ["X"]


def test_a_field_that_would_be_lost_is_refused_before_writing(
    file_front: Front,
) -> None:
    file_front.create()
    values = profile_values()
    table = values["transport"]["tables"]["permit"]
    for column in table["columns"]:
        if column["name"] == "XK_NR":
            column["field"] = "XK_NRR"
    whole = batch("B1", row(1, "1号"))
    with pytest.raises(SettingsError) as caught:
        file_front.connector(values).submit(whole)
    assert "没有 XK_NR 的列" in caught.value.message
    assert "报送格式中没有的字段 XK_NRR" in caught.value.message
    assert file_front.rows() == []
    table["columns"] = [one for one in table["columns"] if one["name"] != "XK_NR"]
    table["omit"] = ["XK_NR"]
    assert file_front.connector(values).submit(whole).outcome is Outcome.RECEIVED


@pytest.mark.parametrize(
    ("ways", "operation"),
    [
        ({"update": "in_place"}, Operation.UPDATE),
        ({"update": "delete_and_insert"}, Operation.UPDATE),
        ({"update": "void_and_insert"}, Operation.UPDATE),
        ({"withdraw": "void"}, Operation.WITHDRAW),
    ],
)
def test_a_corrected_key_never_leaves_the_record_there_twice(
    file_front: Front, ways: dict[str, str], operation: Operation
) -> None:
    file_front.create()
    connector = file_front.connector(table={"business_key": ["XK_WSH", "XK_XDR_MC"], **ways})
    connector.submit(TWO)
    renamed = row(1, TWO.rows[0].key, XK_XDR_MC="改名后的厂")
    newer = batch("B8", renamed, row(2, TWO.rows[1].key), operation=operation)
    reply = connector.submit(newer)
    assert [(one.row, one.outcome, one.code) for one in reply.rows] == [
        (1, Outcome.REJECTED, "no_former_row")
    ]
    assert [one["TASK"] for one in file_front.rows() if one["XK_XDR_MC"] == "改名后的厂"] == []
    assert {one["TASK"] for one in file_front.rows() if one["XK_WSH"] == TWO.rows[1].key} >= {"B8"}
