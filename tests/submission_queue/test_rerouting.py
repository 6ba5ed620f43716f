"""After rules or switches changed: what is owed anew, and what no longer goes."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.submission_queue.world import PLATFORM, World, accepted, reply
from xinqiao.adapters.base import Outcome
from xinqiao.database.tables import audit, holding
from xinqiao.queue import rerouting
from xinqiao.queue.delivery import deliver
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.rerouting import Rerouted
from xinqiao.queue.withdrawal import Revocation, withdraw
from xinqiao.records.conditions import Condition
from xinqiao.routing import routes

OTHER = "transport_credit"
SITE = "county_site"
OFF = {"permit": {PLATFORM: False}}


def apply(world: World, *, dry_run: bool = False) -> Rerouted:
    return rerouting.reroute(world.acting, world.planner(), world.keys, dry_run=dry_run)


def moved(found: Rerouted) -> tuple[int, dict[str, int], dict[str, int]]:
    return found.records, dict(found.owed), dict(found.dropped)


def everything(world: World) -> list[list[Any]]:
    tables = ("submissions", "duties", "holdings", "records", "audited")
    return [[tuple(row) for row in getattr(world, name)()] for name in tables]


def test_what_is_switched_off_before_it_left_is_not_sent_and_not_owed(world: World) -> None:
    world.add(1, 2)
    world.switches = OFF
    assert moved(apply(world)) == (2, {}, {PLATFORM: 2})
    assert world.states() == ["cancelled"] * 2
    assert [duty.closed_by for duty in world.duties()] == ["waived"] * 2


def test_what_is_switched_on_again_is_owed_as_before(world: World) -> None:
    world.add(1)
    (before,) = world.duties()
    world.switches = OFF
    apply(world)
    world.clock.advance(86_400)
    world.switches = {}
    assert moved(apply(world)) == (1, {PLATFORM: 1}, {})
    (duty,) = world.duties()
    assert (duty.closed_at, duty.due_at) == (None, before.due_at)
    assert world.states() == ["cancelled", "ready"]
    assert world.submissions()[1].due_at == before.due_at


def test_what_the_platform_holds_is_withdrawn_there_under_no_time_limit(world: World) -> None:
    world.add(1)
    world.connector.answers = [accepted] * 3
    deliver(world.worker, world.platform)
    world.switches = OFF
    apply(world)
    assert [duty.closed_by for duty in world.duties()] == ["accepted"]
    deliver(world.worker, world.platform)
    assert [(one.operation, one.state) for one in world.submissions()] == [
        ("insert", "accepted"),
        ("withdraw", "accepted"),
    ]
    world.switches = {}
    assert moved(apply(world)) == (1, {PLATFORM: 1}, {})
    deliver(world.worker, world.platform)
    assert [one.operation for one in world.submissions()] == ["insert", "withdraw", "insert"]
    assert world.holdings()[0].held_version == 1


def test_what_is_on_its_way_is_withdrawn_once_it_has_arrived(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    world.switches = OFF
    assert apply(world).records == 1
    assert world.states() == ["awaiting_receipt"]
    (row,) = world.holdings()
    assert row.wanted_version is None


def test_a_route_that_is_opened_owes_by_the_decision_and_not_by_the_switch(world: World) -> None:
    world.platforms |= {OTHER}
    world.add(1)
    assert [row.platform for row in world.submissions()] == [PLATFORM]
    world.clock.advance(86_400)
    world.switches = {"permit": {OTHER: True}}
    assert moved(apply(world)) == (1, {OTHER: 1}, {})
    duty = world.duties()[1]
    assert (duty.platform, duty.rule, duty.starts_on) == (OTHER, "D13", date(2026, 11, 17))
    assert [row.platform for row in world.submissions()] == [PLATFORM, OTHER]


def test_a_second_run_changes_nothing(world: World) -> None:
    world.platforms |= {OTHER, SITE}
    world.add(1, 2)
    world.switches = {"permit": {OTHER: True, SITE: False}}
    assert apply(world).records == 2
    before = everything(world)
    assert moved(apply(world)) == (0, {}, {})
    assert everything(world) == before


def test_a_dry_run_tells_and_keeps_nothing(world: World) -> None:
    world.add(1, 2)
    before = everything(world)
    world.switches = OFF
    assert moved(apply(world, dry_run=True)) == (2, {}, {PLATFORM: 2})
    assert everything(world) == before


def test_an_interrupted_run_goes_on_where_it_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerouting, "_CHUNK", 2)
    world.add(1, 2, 3, 4, 5)
    world.switches = OFF
    planned = Planner.plan_routes
    portions = iter([None, RuntimeError("gone")])

    def falling(self: Planner, *what: Any) -> Any:
        if (error := next(portions)) is not None:
            raise error
        return planned(self, *what)

    with monkeypatch.context() as patch:
        patch.setattr(Planner, "plan_routes", falling)
        with pytest.raises(RuntimeError, match="gone"):
            apply(world)
    assert sorted(world.states()) == ["cancelled"] * 2 + ["ready"] * 3
    assert apply(world).records == 3
    assert world.states() == ["cancelled"] * 5


def test_a_withdrawn_record_stays_withdrawn(world: World) -> None:
    (record_id,) = world.add(1)
    with world.acting() as (connection, cause):
        revoked = Revocation(date(2026, 11, 20), "云交撤〔2026〕1号")
        withdraw(connection, world.planner(), record_id, revoked, cause)
    before = everything(world)
    for switches in (OFF, {}):
        world.switches = switches
        assert apply(world).records == 0
    assert everything(world) == before


def test_a_table_of_routes_that_changed_with_a_release_is_followed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(1)
    world.add(2, permit_class="特许")
    condition = Condition.model_validate({"field": "permit_class", "in": ["特许"]})
    now = {
        **routes._routes(),
        "permit": tuple(
            row.model_copy(update={"when": (condition,)}) if row.platform == PLATFORM else row
            for row in routes.routes_of("permit")
        ),
    }
    monkeypatch.setattr(routes, "_routes", lambda: now)
    assert moved(apply(world)) == (1, {}, {PLATFORM: 1})
    assert world.states() == ["cancelled", "ready"]


def test_a_site_that_shows_records_takes_them_down_when_it_is_switched_off(world: World) -> None:
    world.platforms |= {SITE}
    world.add(1)
    with world.database.writing() as connection:
        connection.execute(
            sa.update(holding)
            .where(holding.c.platform == SITE)
            .values(held_version=1, held_key="云交许〔2026〕0001号")
        )
    world.switches = {"permit": {SITE: False}}
    assert moved(apply(world)) == (1, {}, {SITE: 1})
    (row,) = (one for one in world.holdings() if one.platform == SITE)
    assert (row.wanted_version, row.removal) == (None, "take_down")


def test_a_correction_after_the_switch_drops_what_apply_would_drop(world: World) -> None:
    (record_id,) = world.add(1)
    world.switches = OFF
    world.version(record_id, 2, content="更正后的内容")
    assert world.states() == ["cancelled"]
    assert apply(world).records == 0


def test_every_move_stands_in_the_log_with_its_reason(world: World) -> None:
    world.add(1)
    world.switches = OFF
    apply(world)
    (entry,) = world.rows(audit, audit.c.action == "duty.waived")
    assert json.loads(entry.body)["reason"] == "试验"


def test_an_exemption_that_is_switched_off_owes_the_record(world: World) -> None:
    content = {"subject.category": "法人及非法人组织", "case_procedure": "简易程序"}
    world.enter("penalty", content, date(2026, 11, 17))
    assert (world.duties(), world.records()[0].exemption) == ([], "simplified_procedure")
    world.exemptions = {"simplified_procedure": False}
    assert moved(apply(world)) == (1, {PLATFORM: 1}, {})
    assert [duty.rule for duty in world.duties()] == ["D1"]
    assert world.records()[0].exemption is None
    world.exemptions = {}
    assert moved(apply(world)) == (1, {}, {PLATFORM: 1})
    assert world.records()[0].exemption == "simplified_procedure"


@pytest.mark.parametrize(
    ("kind", "content", "platform", "expected"),
    [
        ("list_entry", {"list_kind": "黑名单"}, "credit_shandong", "D4"),
        ("list_entry", {"list_kind": "红名单"}, "credit_shandong", "D4a"),
        ("penalty", {}, "county_site", "D3"),
        ("permit", {}, "credit_shandong", "D4a"),
        ("repair", {"safety_related": "否"}, "safety_credit", "D4a"),
    ],
)
def test_the_limit_for_taking_back_follows_from_the_record(
    kind: str, content: dict[str, str], platform: str, expected: str
) -> None:
    assert Planner.change_rules(kind, content)[platform] == expected


def test_a_withdrawal_is_due_by_the_rule_of_the_very_record(world: World) -> None:
    entry = {"subject.category": "法人及非法人组织", "list_kind": "黑名单"}
    ids = [
        world.enter("list_entry", entry | {"list_kind": word}, date(2026, 11, 17))
        for word in ("黑名单", "红名单")
    ]
    with world.database.writing() as connection:
        connection.execute(sa.update(holding).values(held_version=1, held_key="x"))
    found = []
    for record_id in ids:
        with world.acting() as (connection, cause):
            revoked = Revocation(date(2026, 11, 20), "云交撤〔2026〕1号")
            withdraw(connection, world.planner(), record_id, revoked, cause)
        last = [duty for duty in world.duties() if duty.record_id == record_id][-1]
        found.append((last.rule, last.legal))
    assert found == [("D4", True), ("D4a", False)]


def test_a_planner_for_one_platform_leaves_the_others_alone(world: World) -> None:
    world.platforms |= {SITE}
    world.add(1)
    alone = replace(world.planner(), only=frozenset({SITE}), switches=OFF)
    found = rerouting.reroute(world.acting, alone, world.keys)
    assert moved(found) == (0, {}, {})
