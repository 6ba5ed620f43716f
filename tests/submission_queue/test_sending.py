"""Between claim and first byte: whoever may not send any more sends nothing, and blames no row."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from tests.submission_queue.world import PLATFORM, World, accepted
from xinqiao.database.tables import platform_call, record_version
from xinqiao.errors import SettingsError
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue import claims, delivery, rows
from xinqiao.queue.delivery import deliver
from xinqiao.queue.platforms import pause
from xinqiao.queue.states import State
from xinqiao.queue.worker import Worker

LEASE_SECONDS = 60
NUMBER = "370323190806133086"


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let something happen while a claimed batch is being rendered, between the transactions."""

    def happens(work: Callable[[], object]) -> None:
        def render(*arguments: Any) -> rows.Rows:
            rendered = rows.render(*arguments)
            work()
            return rendered

        monkeypatch.setattr(delivery, "render", render)

    return happens


def take_over(world: World, worker: Worker, *, claim: bool) -> None:
    """Take back what a worker holds whose lease is over, and perhaps claim it."""
    world.clock.advance(LEASE_SECONDS + 1)
    with world.database.writing() as connection:
        cause = worker.cause(connection)
        assert claims.recover_expired(connection, world.platform, worker.lease, cause) == 2
        if claim:
            assert len(claims.claim(connection, world.platform, worker.lease, cause)) == 2
        pause(connection, PLATFORM, cause)  # the first one shall not come a second time


@pytest.mark.parametrize("seconds", [0, 25])
def test_the_connector_must_send_before_the_lease_ends_less_the_longest_exchange(
    world: World, meanwhile: Callable[[Callable[[], object]], None], seconds: float
) -> None:
    """The lease begins anew when the request does, however long the rendering took."""
    world.exchange_seconds = 7
    world.add(1)
    meanwhile(lambda: world.clock.advance(seconds))
    before = world.clock.elapsed() + seconds
    deliver(world.worker, world.platform)
    (deadline,) = world.connector.deadlines
    ends = LEASE_SECONDS - world.exchange_seconds
    assert before + ends <= deadline <= world.clock.elapsed() + ends
    lease_until = world.rows(platform_call)[0].until
    assert (lease_until - world.clock.now()).total_seconds() == LEASE_SECONDS - seconds


@pytest.mark.parametrize("claim", [False, True], ids=["taken back", "claimed by another"])
def test_a_claim_that_was_lost_before_its_request_began_sends_nothing(
    world: World, meanwhile: Callable[[Callable[[], object]], None], *, claim: bool
) -> None:
    world.deaths_before_hold = 4
    world.add(1, 2)
    two = world.another_worker("two")
    meanwhile(lambda: take_over(world, two, claim=claim))
    assert deliver(world.worker, world.platform).reached == {}
    assert world.connector.sent == []
    assert world.states() == (["sending"] * 2 if claim else ["ready"] * 2)
    owners = {row.lease_owner for row in world.submissions()}
    assert owners == ({"two"} if claim else {None})
    assert {row.deaths for row in world.submissions()} == ({2} if claim else {1})


def test_a_stop_between_claim_and_request_gives_back(
    world: World, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    world.add(1, 2)
    worker = world.worker
    meanwhile(worker.stopping.set)
    assert deliver(worker, world.platform).reached == {}
    assert (world.states(), world.connector.sent) == (["ready"] * 2, [])
    assert {(row.deaths, row.attempts, row.lease_owner) for row in world.submissions()} == {
        (0, 0, None)
    }
    assert world.rows(platform_call)[0].finished_at is not None


def test_a_key_that_is_missing_is_no_submissions_fault(world: World) -> None:
    world.add(1, 2, content=f"证件号{NUMBER}的许可")
    other = KeyRing("k2", {"k2": bytes(32)}, bytes(32))
    for _ in range(world.deaths_before_hold + 1):
        with pytest.raises(SettingsError, match=r"keys\.toml"):
            deliver(replace(world.worker, keys=other), world.platform)
    assert (world.states(), world.connector.sent) == (["ready"] * 2, [])
    assert {row.deaths for row in world.submissions()} == {0}
    assert all(row.finished_at is not None for row in world.rows(platform_call))
    world.connector.answers = [accepted]
    assert deliver(world.worker, world.platform).reached == {State.ACCEPTED: 2}


def test_a_record_that_was_damaged_is_held_alone_and_the_others_go(world: World) -> None:
    world.add(1, 2, 3, content=f"证件号{NUMBER}的许可")
    damaged = world.submissions()[1]
    (version,) = world.rows(record_version, record_version.c.record_id == damaged.record_id)
    token = version.content["content"]
    last = "A" if token[-6] != "A" else "B"
    changed = {**version.content, "content": f"{token[:-6]}{last}{token[-5:]}"}
    with world.database.writing() as connection:
        connection.execute(
            sa.update(record_version)
            .where(record_version.c.record_id == damaged.record_id)
            .values(content=changed)
        )
    world.connector.answers = [accepted]
    assert deliver(world.worker, world.platform).reached == {State.ACCEPTED: 2}
    assert world.states() == ["accepted", "held", "accepted"]
    held = world.submissions()[1]
    assert "无法解密" in held.message
    assert (held.lease_owner, held.deaths) == (None, 0)


def test_a_setting_that_forbids_the_send_is_told_and_the_rows_are_ready_again(
    world: World,
) -> None:
    world.add(1, 2)
    world.connector.answers = [SettingsError("平台配置没有对照词")]
    with pytest.raises(SettingsError, match="对照词"):
        deliver(world.worker, world.platform)
    assert world.states() == ["ready"] * 2
    assert {(row.deaths, row.batch_id, row.request_started_at) for row in world.submissions()} == {
        (0, None, None)
    }
