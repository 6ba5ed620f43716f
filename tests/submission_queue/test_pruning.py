"""Old payloads go, in small audited steps; what tells that something was reported stays."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.submission_queue.world import PLATFORM, World, accepted, reply
from xinqiao.adapters.base import Outcome
from xinqiao.audit.verification.chain import verify
from xinqiao.database.tables import (
    OPEN_STATES,
    attempt,
    audit,
    batch,
    batch_row,
    duty,
    holding,
    import_run,
    job_run,
    platform_call,
    receipt,
    record,
    record_version,
    submission,
    worker,
)
from xinqiao.errors import DamageError
from xinqiao.queue import batches, pruning
from xinqiao.queue.delivery import deliver
from xinqiao.queue.holdings import replan
from xinqiao.queue.payloads import Cutoff
from xinqiao.queue.pruning import Dropped, estimate, prune_database, survey_database
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.states import State
from xinqiao.reconcile.receipts import collect

KEPT_FOR_EVER = (import_run, record, duty, holding, submission, batch_row, receipt)
YEARS = timedelta(days=1095)


def correct(world: World, record_id: str, version: int, content: str = "改正后的内容") -> None:
    """Write a newer version, as an import does it."""
    with world.database.writing() as connection:
        connection.execute(
            sa.update(record).where(record.c.id == record_id).values(current_version=version)
        )
    world.version(record_id, version, content=content)


def send(world: World, *numbers: int) -> list[str]:
    """Import permits and have them accepted, with an answer that is kept as evidence."""
    ids = world.add(*numbers)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    keep_evidence(world)
    return ids


def keep_evidence(world: World) -> None:
    values = {"evidence": b"answer", "key_id": "k1"}
    with world.database.writing() as connection:
        connection.execute(sa.update(attempt).values(**values))


def sent_twice(world: World) -> str:
    """A record whose first version was accepted, corrected, and accepted again."""
    (record_id,) = send(world, 1)
    correct(world, record_id, 2)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    keep_evidence(world)
    return record_id


def pass_years(world: World) -> None:
    with world.database.writing() as connection:
        # traces of the calls that made the past; the test about such traces makes its own
        connection.execute(sa.delete(platform_call))
    world.clock.advance(YEARS.total_seconds() + 1)


def prune(world: World, cutoff: datetime | None = None) -> dict[str, tuple[int, int]]:
    """Prune what is older than three years; return what was dropped: name → (rows, bytes)."""
    now = world.clock.now()
    return total(prune_database(world.database, Cutoff(cutoff or now - YEARS), world.cause("到期")))


def survey(world: World, cutoff: datetime | None = None) -> dict[str, tuple[int, int]]:
    now = world.clock.now()
    with world.database.reading() as connection:
        return total(iter(survey_database(connection, Cutoff(cutoff or now - YEARS), now)))


def total(parts: Iterator[Dropped]) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for one in parts:
        rows, size = sums.get(one.name, (0, 0))
        sums[one.name] = (rows + one.rows, size + one.bytes)
    return {name: both for name, both in sums.items() if both[0]}


def pruned_entries(world: World) -> list[dict[str, Any]]:
    rows = world.rows(audit, audit.c.action == "data.pruned")
    return [json.loads(row.body) for row in rows]


def everything(world: World) -> dict[str, list[Any]]:
    return {table.name: [tuple(row) for row in world.rows(table)] for table in KEPT_FOR_EVER}


def contents(world: World) -> list[bool]:
    return [row.content is not None for row in world.rows(record_version)]


def test_old_payloads_go_and_what_tells_of_the_report_stays(world: World) -> None:
    sent_twice(world)
    pass_years(world)
    before, versions, sealed = everything(world), world.rows(record_version), world.rows(batch)
    expected = {
        "sealed_batches": (2, sum(len(row.sealed) for row in sealed)),
        "evidence": (2, 2 * len(b"answer")),
        "contents": (1, len(json.dumps(versions[0].content, ensure_ascii=False).encode())),
    }
    assert survey(world) == expected
    assert everything(world) == before
    assert prune(world) == expected
    assert everything(world) == before
    assert [(row.sealed, row.sha256) for row in world.rows(batch)] == [
        (None, row.sha256) for row in sealed
    ]
    assert [(row.evidence, row.key_id) for row in world.rows(attempt)] == [(None, None)] * 2
    assert contents(world) == [False, True]
    assert [row.content_hash for row in world.rows(record_version)] == [
        row.content_hash for row in versions
    ]


def test_what_was_dropped_is_audited_with_counts_cutoff_and_reason(world: World) -> None:
    sent_twice(world)
    pass_years(world)
    dropped = prune(world)
    entries = pruned_entries(world)
    assert {one["details"]["what"]: one["details"]["rows"] for one in entries} == {
        name: rows for name, (rows, _) in dropped.items()
    }
    assert {one["details"]["cutoff"] for one in entries} == {
        (world.clock.now() - YEARS).isoformat()
    }
    assert {(one["actor"], one["reason"]) for one in entries} == {("张科员", "到期")}
    with world.database.reading() as connection:
        assert verify(connection).ok


def test_pruning_twice_drops_and_audits_nothing_more(world: World) -> None:
    sent_twice(world)
    pass_years(world)
    prune(world)
    before = world.audited()
    assert survey(world) == {}
    assert prune(world) == {}
    assert world.audited() == before


def test_nothing_that_is_as_young_as_the_cutoff_goes(world: World) -> None:
    begun = world.clock.now()
    sent_twice(world)
    pass_years(world)
    assert prune(world, begun) == {}
    assert prune(world, begun + timedelta(microseconds=1)) != {}


@pytest.mark.parametrize("state", OPEN_STATES)
def test_a_batch_with_one_undecided_row_keeps_everything(world: World, state: str) -> None:
    send(world, 1, 2)
    with world.database.writing() as connection:
        connection.execute(sa.update(submission).where(submission.c.id == 2).values(state=state))
    pass_years(world)
    assert prune(world) == {}
    assert world.rows(batch)[0].sealed is not None


def test_the_bytes_of_an_old_batch_stay_while_a_row_of_it_is_tried_again(world: World) -> None:
    world.add(1, 2)
    world.connector.answers = [reply(Outcome.RETRYABLE)]
    deliver(world.worker, world.platform)
    pass_years(world)
    assert "ready" in world.states()
    assert prune(world) == {}


def test_a_reply_about_an_old_batch_stays_while_it_is_young_itself(world: World) -> None:
    sent_twice(world)
    pass_years(world)
    with world.database.writing() as connection:
        connection.execute(
            sa.update(attempt).where(attempt.c.id == 2).values(request_started_at=world.clock.now())
        )
    assert prune(world)["evidence"][0] == 1
    assert [row.evidence for row in world.rows(attempt)] == [None, b"answer"]


def test_polls_of_settled_batches_go_as_whole_rows(world: World) -> None:
    send(world, 1)
    with world.database.writing() as connection:
        connection.execute(
            sa.insert(attempt),
            [
                {
                    "batch_id": 1,
                    "purpose": "poll",
                    "worker": "one",
                    "request_started_at": world.clock.now(),
                    "message": "处理中",
                }
            ]
            * 3,
        )
    pass_years(world)
    assert prune(world)["polls"] == (3, 3 * len("处理中".encode()))
    assert [row.purpose for row in world.rows(attempt)] == ["send"]


@pytest.mark.parametrize("column", ["held_version", "wanted_version"])
def test_a_replaced_version_stays_as_long_as_a_platform_holds_it_or_should(
    world: World, column: str
) -> None:
    sent_twice(world)
    with world.database.writing() as connection:
        connection.execute(sa.update(holding).values({column: 1}))
    pass_years(world)
    assert "contents" not in prune(world)
    assert contents(world) == [True, True]


def test_the_present_version_stays_although_no_platform_holds_it_or_should(world: World) -> None:
    sent_twice(world)
    with world.database.writing() as connection:
        connection.execute(sa.update(holding).values(held_version=None, wanted_version=None))
    pass_years(world)
    assert prune(world)["contents"][0] == 1
    assert contents(world) == [False, True]


@pytest.mark.parametrize("state", OPEN_STATES)
def test_a_replaced_version_stays_as_long_as_it_is_under_way(world: World, state: str) -> None:
    sent_twice(world)
    with world.database.writing() as connection:
        connection.execute(
            sa.update(submission).where(submission.c.version == 1).values(state=state)
        )
    pass_years(world)
    assert "contents" not in prune(world)


def test_a_replaced_version_stays_while_a_late_receipt_for_it_may_come(world: World) -> None:
    sent_twice(world)
    pass_years(world)
    with world.database.writing() as connection:
        connection.execute(
            sa.update(submission)
            .where(submission.c.version == 1)
            .values(changed_at=world.clock.now())
        )
    assert "contents" not in prune(world)


def test_traces_of_calls_workers_and_jobs_go_after_a_week_or_with_age(world: World) -> None:
    now = world.clock.now()
    week, day = timedelta(days=7), timedelta(days=1)

    def call(number: int, **times: datetime) -> dict[str, Any]:
        begun = {"started_at": now - YEARS, "until": now - 2 * week, "finished_at": None}
        return {"id": number, "platform": "p", "worker": "w"} | begun | times

    def process(name: str, progress: datetime, stopped: datetime | None) -> dict[str, Any]:
        return {
            "name": name,
            "started_at": now - 2 * YEARS,
            "progress_at": progress,
            "clock_offset": 0.0,
            "stopped_at": stopped,
        }

    def run(name: str, at: datetime) -> dict[str, Any]:
        return {"name": name, "due_at": at, "ran_at": at, "worker": "w", "result": {"n": 1}}

    old = now - YEARS - day
    with world.database.writing() as connection:
        connection.execute(
            sa.insert(platform_call),
            [
                call(1, finished_at=now - week - day),
                call(2, finished_at=now - day),
                call(3),  # its worker died, and its time is over
                call(4, until=now + day),
            ],
        )
        connection.execute(
            sa.insert(worker),
            [
                process("stopped", now - 2 * week, now - week - day),
                process("stopped yesterday", now - day, now - day),
                process("at work", now, None),
                process("killed long ago", old, None),
            ],
        )
        connection.execute(
            sa.insert(job_run),
            [run("daily", old - day), run("daily", old), run("daily", now), run("once", old)],
        )
    expected = {
        "calls": (2, 2),
        "workers": (2, len("stopped" + "killed long ago")),
        "job_runs": (2, 2 * len('{"n": 1}')),
    }
    assert survey(world) == expected
    assert prune(world) == expected
    assert [row.id for row in world.rows(platform_call)] == [2, 4]
    assert [row.name for row in world.rows(worker)] == ["at work", "stopped yesterday"]
    assert [(row.name, row.due_at) for row in world.rows(job_run)] == [
        ("daily", now),
        ("once", old),
    ]


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)


def corrected(world: World, count: int) -> None:
    """Records of which each has a replaced version, and batches of one row each."""
    world.rows_per_batch = 1
    for record_id in world.add(*range(1, count + 1)):
        correct(world, record_id, 2)
    world.connector.answers = [accepted] * count
    while "ready" in world.states():
        deliver(world.worker, world.platform)


@pytest.mark.usefixtures("small_steps")
def test_one_transaction_drops_few_rows_and_says_so_itself(world: World) -> None:
    corrected(world, 5)
    pass_years(world)
    expected = survey(world)
    assert prune(world) == expected
    steps = [(one["details"]["what"], one["details"]["rows"]) for one in pruned_entries(world)]
    assert steps == [
        *[("sealed_batches", rows) for rows in (2, 2, 1)],
        *[("contents", rows) for rows in (2, 2, 1)],
    ]


@pytest.mark.usefixtures("small_steps")
def test_an_interrupted_run_has_audited_what_it_did_and_is_run_again(world: World) -> None:
    corrected(world, 5)
    pass_years(world)
    expected = survey(world)
    begun = prune_database(world.database, Cutoff(world.clock.now() - YEARS), world.cause("到期"))
    first = next(begun)
    assert isinstance(begun, Iterator)
    del begun
    assert (first.name, first.rows) == ("sealed_batches", 2)
    assert [one["details"]["rows"] for one in pruned_entries(world)] == [2]
    rest = prune(world)
    assert rest["sealed_batches"][0] + first.rows == expected["sealed_batches"][0]
    assert rest["contents"] == expected["contents"]


def test_what_came_to_be_needed_since_it_was_found_is_spared(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_twice(world)
    pass_years(world)

    def overtake(*arguments: Any) -> Dropped:
        connection, payload = arguments[:2]
        if payload.name == "contents":
            connection.execute(sa.update(holding).values(held_version=1))
        return drop(*arguments)

    drop = pruning._drop
    monkeypatch.setattr(pruning, "_drop", overtake)
    assert "contents" not in prune(world)
    assert contents(world) == [True, True]


def test_no_receipt_is_asked_for_of_a_batch_whose_bytes_are_gone(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    # a person decided what the platform never told
    world.force(State.ACCEPTED)
    pass_years(world)
    assert world.rows(batch)[0].next_poll_at is not None
    assert prune(world)["sealed_batches"][0] == 1
    assert collect(world.worker, world.platform) == {}
    assert world.connector.polled == []


def test_bytes_that_are_gone_although_they_are_needed_are_told_as_damage(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.IN_DOUBT)]
    deliver(world.worker, world.platform)
    with world.database.writing() as connection:
        connection.execute(sa.update(batch).values(sealed=None))
    world.clock.advance(3600)
    resolve_doubts(world.worker, world.platform)
    (row,) = world.submissions()
    assert (row.state, "queue resolve" in row.message) == ("held", True)
    with world.database.reading() as connection, pytest.raises(DamageError):
        batches.open_batch(connection, 1, world.keys)


def test_a_pruned_version_that_is_believed_held_again_is_handed_to_a_person(
    world: World,
) -> None:
    record_id = sent_twice(world)
    pass_years(world)
    assert "contents" in prune(world)
    with world.database.writing() as connection:
        connection.execute(sa.update(holding).values(held_version=1, wanted_version=None))
        replan(connection, [(record_id, "credit_shandong")], world.cause())
    assert deliver(world.worker, world.platform).reached == {}
    last = world.submissions()[-1]
    assert (last.operation, last.state) == ("withdraw", "held")
    assert "已按保存期限清理" in last.message
    assert "queue resolve" in last.message


def test_a_doubt_about_an_update_is_resolved_without_the_content_that_was_held(
    world: World,
) -> None:
    record_id = sent_twice(world)
    pass_years(world)
    prune(world)
    with world.database.writing() as connection:
        connection.execute(sa.update(holding).values(held_version=1))
        replan(connection, [(record_id, "credit_shandong")], world.cause())
    correct(world, record_id, 3, content="又改正")
    world.connector.answers = [reply(Outcome.IN_DOUBT)]
    deliver(world.worker, world.platform)
    world.connector.holds(world.connector.sent[-1], 1)
    world.clock.advance(3600)
    resolve_doubts(world.worker, world.platform)
    assert world.states()[-1] in {"accepted", "awaiting_receipt"}


def test_a_platform_whose_payloads_are_kept_longer_keeps_them_and_the_others_do_not(
    world: World,
) -> None:
    sent_twice(world)
    pass_years(world)
    now = world.clock.now()
    kept = Cutoff(now - YEARS, {PLATFORM: now - 2 * YEARS})
    others = Cutoff(now - YEARS, {"other": now - 2 * YEARS})
    with world.database.reading() as connection:
        assert "sealed_batches" not in total(iter(survey_database(connection, kept, now)))
    assert "evidence" not in total(prune_database(world.database, kept, world.cause("到期")))
    dropped = total(prune_database(world.database, others, world.cause("到期")))
    assert dropped["sealed_batches"][0] == 2


def test_the_estimate_counts_what_pruning_would_free_at_least(world: World) -> None:
    sent_twice(world)
    pass_years(world)
    cutoff = Cutoff(world.clock.now() - YEARS)
    with world.database.reading() as connection:
        guess = estimate(connection, cutoff)
    dropped = prune(world)
    assert (guess.batches, guess.more) == (2, False)
    assert guess.bytes == dropped["sealed_batches"][1] + dropped["evidence"][1]
    with world.database.reading() as connection:
        assert estimate(connection, cutoff) == pruning.Estimate(0, 0, more=False)
