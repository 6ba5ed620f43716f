"""From versions to duties, holdings and submissions."""

from datetime import date

from tests.submission_queue.world import World, accepted, reply
from xinqiao.adapters.base import Outcome, RowResult
from xinqiao.queue.delivery import deliver


def test_a_valid_permit_opens_a_duty_and_one_submission(world: World) -> None:
    world.add(1)
    (duty,) = world.duties()
    assert (duty.rule, duty.starts_on, duty.due_on) == (
        "D1",
        date(2026, 11, 17),
        date(2026, 11, 26),
    )
    assert not duty.provisional
    (submission,) = world.submissions()
    assert (submission.operation, submission.state) == ("insert", "ready")
    assert submission.due_at == duty.due_at


def test_a_duty_opens_for_a_row_that_cannot_be_sent_yet(world: World) -> None:
    world.version("r1", 1, valid=False)
    assert len(world.duties()) == 1
    assert world.submissions() == []
    assert world.holdings()[0].findings[0]["code"] == "invalid"


def test_a_row_without_a_decision_date_opens_its_duty_when_it_is_corrected(world: World) -> None:
    world.version("r1", 1, valid=False, decided=False)
    assert world.duties() == []
    world.version("r1", 2)
    assert [duty.rule for duty in world.duties()] == ["D1"]
    assert world.states() == ["ready"]


def test_a_version_that_does_not_fit_the_format_has_findings_and_no_submission(
    world: World,
) -> None:
    world.version("r1", 1, document_name="名" * 65)
    assert world.submissions() == []
    assert [one["code"] for one in world.holdings()[0].findings] == ["too_long"]


def test_a_correction_before_it_left_replaces_the_submission_and_keeps_the_due_date(
    world: World,
) -> None:
    (record_id,) = world.add(1)
    world.clock.advance(86_400)
    world.version(record_id, 2, content="更正后的内容")
    assert world.states() == ["cancelled", "ready"]
    assert len(world.duties()) == 1
    assert world.submissions()[1].due_at == world.duties()[0].due_at


def test_a_correction_in_error_stops_the_version_that_is_known_to_be_wrong(world: World) -> None:
    (record_id,) = world.add(1)
    world.version(record_id, 2, valid=False)
    assert world.states() == ["cancelled"]


def test_a_correction_after_acceptance_is_an_update_with_a_time_limit_of_its_own(
    world: World,
) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [accepted, accepted]
    deliver(world.worker, world.platform)
    world.version(record_id, 2, content="更正后的内容")
    first, second = world.duties()
    assert (first.closed_by, second.rule, second.legal) == ("accepted", "D4a", False)
    assert (second.starts_on, second.due_on) == (date(2026, 11, 20), date(2026, 11, 25))
    deliver(world.worker, world.platform)
    assert world.states() == ["accepted", "accepted"]
    assert world.submissions()[1].operation == "update"
    assert world.holdings()[0].held_version == 2
    assert all(duty.closed_by == "accepted" for duty in world.duties())


def test_a_correction_while_the_old_version_is_under_way_follows_once_that_is_settled(
    world: World,
) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    world.version(record_id, 2, content="更正后的内容")
    assert world.states() == ["awaiting_receipt"], "one open submission per holding"


def test_a_correction_of_a_refused_record_is_sent_as_a_new_insert(world: World) -> None:
    (record_id,) = world.add(1)
    refusal = RowResult(1, Outcome.REJECTED, "1001", "主体不存在")
    world.connector.answers = [reply(Outcome.RECEIVED, refusal), accepted]
    deliver(world.worker, world.platform)
    assert world.states() == ["rejected"]
    world.version(record_id, 2, subject__name="云溪县青石货物运输有限责任公司")
    deliver(world.worker, world.platform)
    assert world.states() == ["rejected", "accepted"]
    assert world.submissions()[1].operation == "insert"


def test_a_change_of_the_platforms_key_withdraws_the_old_record_and_inserts_the_new(
    world: World,
) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [accepted] * 3
    deliver(world.worker, world.platform)
    world.version(record_id, 2, number=2)
    deliver(world.worker, world.platform)
    assert [(row.operation, row.version, row.state) for row in world.submissions()] == [
        ("insert", 1, "accepted"),
        ("withdraw", 1, "accepted"),
        ("insert", 2, "accepted"),
    ]
    sent = [(batch.operation, batch.rows[0].key) for batch in world.connector.sent]
    assert sent == [
        ("insert", "云交许〔2026〕0001号"),
        ("update", "云交许〔2026〕0001号"),
        ("insert", "云交许〔2026〕0002号"),
    ]
    assert world.connector.sent[1].rows[0].values["XK_ZT"] == "2"
    (held,) = world.holdings()
    assert (held.held_version, held.held_key) == (2, "云交许〔2026〕0002号")
    assert all(duty.closed_by == "accepted" for duty in world.duties())


def test_taking_the_old_key_back_fulfils_nothing_until_the_new_one_is_accepted(
    world: World,
) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [accepted, accepted, reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    world.version(record_id, 2, number=2)
    deliver(world.worker, world.platform)
    assert world.states() == ["accepted", "accepted", "awaiting_receipt"]
    assert [(duty.rule, duty.closed_by) for duty in world.duties()] == [
        ("D1", "accepted"),
        ("D4a", None),
    ]


def test_a_new_key_that_cannot_be_sent_leaves_the_old_record_where_it_is(world: World) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    world.version(record_id, 2, number=2, valid=False)
    assert world.states() == ["accepted"]


def test_the_same_version_is_never_planned_twice(world: World) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [reply(Outcome.RECEIVED, RowResult(1, Outcome.REJECTED, "1001"))]
    deliver(world.worker, world.platform)
    deliver(world.worker, world.platform)
    assert world.states() == ["rejected"]
    assert record_id == world.submissions()[0].record_id
