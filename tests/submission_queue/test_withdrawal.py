"""A withdrawn record is held by no platform, and nothing brings it back but a person in time."""

from datetime import date

import pytest
import sqlalchemy as sa

from tests.submission_queue.world import PLATFORM, World, accepted, decided, reply
from xinqiao.adapters.base import BatchProgress, LedgerEntry, Outcome, RowResult
from xinqiao.database.tables import withdrawal
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue import delivery, operations
from xinqiao.queue.delivery import deliver
from xinqiao.queue.platforms import Withdrawal
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.withdrawal import Effect, Revocation, restore, withdraw

REVOKED = Revocation(date(2026, 11, 19), "云交撤〔2026〕1号")


def take_back(world: World, record_id: str, revocation: Revocation = REVOKED) -> list[Effect]:
    with world.database.writing() as connection:
        return withdraw(connection, world.planner(), record_id, revocation, world.cause("撤销"))


def undo(world: World, record_id: str) -> None:
    with world.database.writing() as connection:
        restore(connection, world.planner(), record_id, world.keys, world.cause("登记错了"))


def accepted_one(world: World) -> str:
    (record_id,) = world.add(1)
    world.connector.answers = [accepted] * 5
    deliver(world.worker, world.platform)
    return record_id


def story(world: World) -> list[tuple[str, str]]:
    return [(row.operation, row.state) for row in world.submissions()]


def test_a_permit_is_withdrawn_by_a_row_that_says_void(world: World) -> None:
    record_id = accepted_one(world)
    effects = take_back(world, record_id)
    deliver(world.worker, world.platform)
    assert story(world) == [("insert", "accepted"), ("withdraw", "accepted")]
    insert, batch = world.connector.sent
    assert batch.operation == "update"
    assert batch.rows[0].values == {**insert.rows[0].values, "XK_ZT": "2"}
    assert effects == [Effect(PLATFORM, must_go=True, due_on=date(2026, 11, 24), legal=False)]
    (held,) = world.holdings()
    assert (held.wanted_version, held.held_version) == (None, None)
    assert held.held_key == "云交许〔2026〕0001号"  # the platform still shows it, as void


def test_a_withdrawal_by_operation_sends_what_is_held(world: World) -> None:
    world.withdrawals = {"permit": Withdrawal.OPERATION}
    record_id = accepted_one(world)
    take_back(world, record_id)
    deliver(world.worker, world.platform)
    assert world.connector.sent[-1].operation == "withdraw"
    assert story(world)[-1] == ("withdraw", "accepted")


def test_a_platform_without_a_way_hands_the_withdrawal_to_a_person(world: World) -> None:
    world.withdrawals = {}
    record_id = accepted_one(world)
    take_back(world, record_id)
    deliver(world.worker, world.platform)
    assert story(world)[-1] == ("withdraw", "held")
    assert "人到平台页面" in world.submissions()[-1].message
    assert len(world.connector.sent) == 1


def test_what_never_left_is_not_sent_and_nothing_is_owed_of_it(world: World) -> None:
    (record_id,) = world.add(1)
    assert take_back(world, record_id) == [Effect(PLATFORM, must_go=False)]
    deliver(world.worker, world.platform)
    assert story(world) == [("insert", "cancelled")]
    assert [duty.closed_by for duty in world.duties()] == ["waived"]
    assert "duty.waived" in world.audited()


def test_what_is_on_its_way_is_withdrawn_once_it_has_arrived(world: World) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [reply(Outcome.IN_DOUBT)]
    deliver(world.worker, world.platform)
    (effect,) = take_back(world, record_id)
    assert effect.must_go
    assert story(world) == [("insert", "in_doubt")]
    world.clock.advance(120)
    world.connector.holds(world.connector.sent[0], 1)
    world.connector.reports = [decided(BatchProgress.UNKNOWN_BATCH, [])]
    resolve_doubts(world.worker, world.platform)
    assert story(world) == [("insert", "accepted"), ("withdraw", "ready")]
    assert [duty.closed_by for duty in world.duties()] == ["accepted", None]


def test_what_was_on_its_way_and_is_refused_needs_no_withdrawal(world: World) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [reply(Outcome.IN_DOUBT)]
    deliver(world.worker, world.platform)
    take_back(world, record_id)
    world.clock.advance(120)
    # it turns out that the platform never got it: the insert is ready again, and not wanted
    world.connector.reports = [decided(BatchProgress.UNKNOWN_BATCH, [])]
    resolve_doubts(world.worker, world.platform)
    deliver(world.worker, world.platform)
    assert story(world) == [("insert", "cancelled")]
    assert [duty.closed_by for duty in world.duties()] == ["waived", "waived"]


def test_a_withdrawal_closes_every_duty_of_the_record(world: World) -> None:
    record_id = accepted_one(world)
    world.version(record_id, 2, content="改")
    take_back(world, record_id)
    assert story(world)[1:] == [("update", "cancelled"), ("withdraw", "ready")]
    deliver(world.worker, world.platform)
    assert [duty.closed_by for duty in world.duties()] == ["accepted"] * 3


@pytest.mark.parametrize(
    ("entries", "state"),
    [
        ([], "accepted"),
        ([{"XK_NR": "道路普通货物运输"}], "ready"),
        ([{"XK_NR": "别的"}], "conflict"),
    ],
    ids=["gone", "still there", "something else"],
)
def test_a_deletion_in_doubt_is_settled_by_what_the_platform_still_holds(
    world: World, entries: list[dict[str, str]], state: str
) -> None:
    world.withdrawals = {"permit": Withdrawal.OPERATION}
    record_id = accepted_one(world)
    take_back(world, record_id)
    world.connector.answers = [reply(Outcome.IN_DOUBT)]
    deliver(world.worker, world.platform)
    batch = world.connector.sent[-1]
    # the scripted batch carries the mark of a void row: what is held does not
    held = {**batch.rows[0].values, "XK_ZT": "1"}
    world.connector.held[batch.rows[0].key] = [
        LedgerEntry(batch.rows[0].key, {**held, **changes}) for changes in entries
    ]
    world.connector.reports = [decided(BatchProgress.UNKNOWN_BATCH, [])]
    world.clock.advance(120)
    resolve_doubts(world.worker, world.platform)
    assert story(world)[-1] == ("withdraw", state)


def test_a_second_withdrawal_is_refused_and_names_the_first(world: World) -> None:
    record_id = accepted_one(world)
    take_back(world, record_id)
    with pytest.raises(RefusedError, match=r"张科员.*云交撤〔2026〕1号"):
        take_back(world, record_id)


@pytest.mark.parametrize(
    ("day", "message"),
    [(date(2026, 11, 21), "晚于今天"), (date(2026, 11, 16), "早于原决定日期")],
)
def test_a_date_that_cannot_be_is_refused_and_nothing_is_kept(
    world: World, day: date, message: str
) -> None:
    record_id = accepted_one(world)
    with pytest.raises(InputError, match=message):
        take_back(world, record_id, Revocation(day, "云交撤〔2026〕1号"))
    assert world.rows(withdrawal) == []


def test_a_withdrawal_that_no_platform_was_told_of_can_be_undone(world: World) -> None:
    record_id = accepted_one(world)
    take_back(world, record_id)
    undo(world, record_id)
    deliver(world.worker, world.platform)
    assert story(world) == [("insert", "accepted"), ("withdraw", "cancelled")]
    assert len(world.connector.sent) == 1
    assert [duty.closed_by for duty in world.duties()] == ["accepted", "waived"]
    assert "record.restored" in world.audited()


def test_what_had_not_left_is_sent_after_all_when_its_withdrawal_is_undone(world: World) -> None:
    (record_id,) = world.add(1)
    take_back(world, record_id)
    undo(world, record_id)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    assert story(world) == [("insert", "cancelled"), ("insert", "accepted")]
    (due,) = world.duties()
    assert due.closed_by == "accepted"


def test_a_withdrawal_can_be_recorded_again_after_it_was_undone(world: World) -> None:
    record_id = accepted_one(world)
    take_back(world, record_id)
    undo(world, record_id)
    take_back(world, record_id)
    deliver(world.worker, world.platform)
    assert story(world)[-1] == ("withdraw", "accepted")


def test_a_withdrawal_that_was_sent_cannot_be_undone(world: World) -> None:
    record_id = accepted_one(world)
    take_back(world, record_id)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    with pytest.raises(RefusedError, match="已经报给平台"):
        undo(world, record_id)
    assert world.rows(withdrawal) != []


def test_what_is_not_withdrawn_cannot_be_undone(world: World) -> None:
    record_id = accepted_one(world)
    with pytest.raises(RefusedError, match="没有登记撤回"):
        undo(world, record_id)


def test_a_refused_withdrawal_waits_for_a_person_and_can_be_tried_again(world: World) -> None:
    record_id = accepted_one(world)
    take_back(world, record_id)
    world.connector.answers = [reply(Outcome.RECEIVED, RowResult(1, Outcome.REJECTED, "0041"))]
    deliver(world.worker, world.platform)
    assert story(world)[-1] == ("withdraw", "rejected")
    (held,) = world.holdings()
    assert held.held_version == 1


def test_who_why_and_on_what_ground_stands_in_the_log(world: World) -> None:
    record_id = accepted_one(world)
    take_back(world, record_id)
    with world.database.reading() as connection:
        (row,) = connection.execute(sa.select(withdrawal))
    assert (row.actor, row.reason, row.document) == ("张科员", "撤销", "云交撤〔2026〕1号")
    assert "record.withdrawn" in world.audited()


def test_an_undone_withdrawal_is_not_retried_beside_what_is_under_way(world: World) -> None:
    record_id = accepted_one(world)
    take_back(world, record_id)
    undo(world, record_id)
    world.version(record_id, 2, content="道路旅客运输")
    world.connector.answers = [reply(Outcome.IN_DOUBT, code="read_timeout")]
    deliver(world.worker, world.platform)
    take_back(world, record_id)
    assert story(world) == [
        ("insert", "accepted"),
        ("withdraw", "cancelled"),
        ("update", "in_doubt"),
    ]
    with (
        pytest.raises(RefusedError, match="进行中"),
        world.database.writing() as connection,
    ):
        operations.retry(connection, [2], world.cause("再试"))


def test_what_is_withdrawn_while_a_dead_worker_holds_it_is_not_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (record_id,) = world.add(1)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(delivery, "render", dies)
    with pytest.raises(KeyboardInterrupt):
        deliver(world.worker, world.platform)
    monkeypatch.undo()
    take_back(world, record_id)
    world.clock.advance(61)
    deliver(world.another_worker("two"), world.platform)
    assert story(world) == [("insert", "cancelled")]
    assert world.connector.sent == []
    assert {row.closed_by for row in world.duties()} == {"waived"}


def test_a_correction_after_an_undone_withdrawal_is_owed_like_any_other(world: World) -> None:
    record_id = accepted_one(world)
    take_back(world, record_id)
    undo(world, record_id)
    world.version(record_id, 2, content="道路旅客运输")
    assert [(row.rule, row.version, row.closed_by) for row in world.duties()] == [
        ("D1", 1, "accepted"),
        ("D4a", 2, None),
    ]
