"""Where a record goes and why: the tables, what the database knows, and no personal number."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.submission_queue.world import CONTENT, World, accepted
from xinqiao.clock import local_date
from xinqiao.commands.output import plain
from xinqiao.database.tables import holding, take_down
from xinqiao.queue.delivery import deliver
from xinqiao.queue.explaining import AtPlatform, Explanation, explain
from xinqiao.queue.withdrawal import Revocation, withdraw
from xinqiao.records.kind import About
from xinqiao.records.kinds import KINDS
from xinqiao.routing.publication import Level
from xinqiao.routing.severities import PUBLICITY_UNTIL, SEVERITY

ALL = frozenset({"credit_shandong", "transport_credit", "safety_credit", "county_site"})
IDENTITY_NUMBER = "370323190711118764"
DECIDED = date(2026, 11, 17)


@pytest.fixture(autouse=True)
def connected(world: World) -> None:
    world.platforms = ALL


def told(world: World, record_id: str) -> Explanation:
    with world.database.reading() as connection:
        today = local_date(world.clock.now())
        return explain(connection, world.planner(), world.keys, record_id, today)


def at(found: Explanation, platform: str) -> AtPlatform:
    return next(one for one in found.platforms if one.platform == platform)


def codes(one: AtPlatform) -> list[str]:
    return [reason.code for reason in one.reasons]


def test_a_permit_is_explained_with_rule_date_and_article(world: World) -> None:
    (record_id,) = world.add(1)
    found = told(world, record_id)
    assert (found.kind, found.version, found.publication.level) == ("permit", 1, Level.PUBLIC)
    assert found.information.information == "basic"
    there = at(found, "credit_shandong")
    assert (there.goes, there.reasons, there.name) == (True, (), "信用·山东")
    (duty,) = there.duties
    assert (duty.rule, duty.due_on, duty.legal, duty.closed_by) == (
        "D1",
        date(2026, 11, 26),
        True,
        None,
    )
    assert (duty.counting, "第二百零一条" in duty.basis) == ("exclusive", True)
    assert {one.platform: codes(one) for one in found.platforms if not one.goes} == {
        "transport_credit": ["off"],
        "safety_credit": ["never"],
    }


def test_a_person_is_shared_by_the_article_that_forbids_to_publish(world: World) -> None:
    person = {
        **{path: text for path, text in CONTENT.items() if not path.startswith("subject.")},
        "subject.name": "溪样三",
        "subject.category": "自然人",
        "subject.certificate_type": "身份证",
        "subject.certificate_number": IDENTITY_NUMBER,
    }
    record_id = world.enter("permit", person, DECIDED, ("subject.certificate_number",))
    found = told(world, record_id)
    assert (found.publication.level, "第二十条" in found.publication.basis) == (Level.SHARED, True)
    assert codes(at(found, "county_site")) == ["natural_person"]
    assert at(found, "credit_shandong").goes


def test_what_keeps_a_version_from_being_sent_is_told_where_it_is_owed(world: World) -> None:
    (record_id,) = world.add(1, document_name="名" * 65)
    one = at(told(world, record_id), "credit_shandong")
    assert (one.goes, codes(one), "最多 64 个字符" in one.reasons[0].message) == (
        True,
        ["findings"],
        True,
    )
    world.version("r2", 1, 2, valid=False)
    assert codes(at(told(world, "r2"), "credit_shandong")) == ["invalid"]


def test_an_exempt_record_says_by_which_article(world: World) -> None:
    content = {"subject.category": "法人及非法人组织", "case_procedure": "简易程序"}
    record_id = world.enter("penalty", content, DECIDED)
    one = at(told(world, record_id), "credit_shandong")
    assert (codes(one), "第十三条" in one.reasons[0].message) == (["exempt"], True)


def test_switches_and_missing_platforms_are_told(world: World) -> None:
    world.platforms = frozenset({"credit_shandong"})
    world.switches = {"permit": {"credit_shandong": False}}
    (record_id,) = world.add(1)
    found = told(world, record_id)
    assert codes(at(found, "credit_shandong")) == ["switched_off"]
    assert codes(at(found, "county_site")) == ["not_connected"]


def test_a_withdrawn_record_says_so_with_the_document_and_the_new_limit(world: World) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    with world.acting() as (connection, cause):
        revoked = Revocation(date(2026, 11, 20), "云交撤〔2026〕1号")
        withdraw(connection, world.planner(), record_id, revoked, cause)
    one = at(told(world, record_id), "credit_shandong")
    assert (one.goes, codes(one), one.held_version) == (False, ["withdrawn"], 1)
    assert "云交撤〔2026〕1号" in one.reasons[0].message
    assert [(duty.rule, duty.closed_by) for duty in one.duties] == [
        ("D1", "accepted"),
        ("D4a", None),
    ]


def test_what_was_taken_down_is_told_only_where_it_was_shown(world: World) -> None:
    (record_id,) = world.add(1)
    with world.database.writing() as connection:
        connection.execute(
            sa.insert(take_down),
            {
                "record_id": record_id,
                "why": "forbidden",
                "reason": "涉及商业秘密",
                "document": "",
                "actor": "张科员",
                "at": world.clock.now(),
            },
        )
    found = told(world, record_id)
    assert codes(at(found, "county_site")) == ["taken_down"]
    assert "不予公开" in at(found, "county_site").reasons[0].message
    assert at(found, "credit_shandong").goes


@pytest.mark.parametrize(
    ("category", "platforms", "until"),
    [
        ("法人及非法人组织", ALL, date(2027, 11, 17)),
        ("自然人", ALL, None),
        ("法人及非法人组织", ALL - {"county_site"}, None),
    ],
)
def test_a_last_day_is_told_only_of_what_is_shown_to_the_public(
    world: World, category: str, platforms: frozenset[str], until: date | None
) -> None:
    world.platforms = platforms
    content = {
        "subject.category": category,
        "case_procedure": "普通程序",
        SEVERITY: "一般",
        PUBLICITY_UNTIL: "2027-11-17",
    }
    found = told(world, world.enter("penalty", content, DECIDED))
    assert found.shown_until == until


def test_the_clock_of_an_objection_is_the_bureaus_own(world: World) -> None:
    content = {
        "subject.category": "法人及非法人组织",
        "received_on": "2026-11-17",
        "verified_by_others": "否",
        "safety_related": "否",
    }
    found = told(world, world.enter("objection", content, DECIDED))
    (duty,) = found.handling
    assert (duty.rule, duty.due_on, "第三十九条" in duty.basis) == (
        "D5a",
        date(2026, 11, 20),
        True,
    )
    assert codes(at(found, "safety_credit")) == ["condition"]


def filled(kind: str) -> Mapping[str, str]:
    """Return a content in which every field of a kind that holds a personal number has one."""
    definition = KINDS[kind]
    content = dict.fromkeys(definition.labels, "试")
    content |= {path: words[0] for path, words in definition.words.items()}
    content |= dict.fromkeys(definition.identity_fields, IDENTITY_NUMBER)
    content |= dict.fromkeys(definition.free_text_fields, f"当事人 {IDENTITY_NUMBER}")
    if definition.about is About.CATEGORY:
        words = definition.words["subject.category"]
        content["subject.category"] = next(one for one in words if one in {"自然人", "从业人员"})
    return content


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_explained_without_a_personal_number(world: World, kind: str) -> None:
    record_id = world.enter(kind, filled(kind), DECIDED, KINDS[kind].identity_fields)
    found = told(world, record_id)
    assert {one.platform for one in found.platforms} == ALL
    for one in found.platforms:
        assert one.goes is (one.route is not None)
        assert one.goes or one.reasons
    assert all(one.goes is False for one in found.platforms) or not KINDS[kind].incoming
    text = json.dumps(plain(asdict(found)), ensure_ascii=False)
    assert IDENTITY_NUMBER not in text
    assert IDENTITY_NUMBER[:17] not in text


@pytest.mark.parametrize("kind", KINDS)
def test_the_explanation_agrees_with_what_was_planned(world: World, kind: str) -> None:
    record_id = world.enter(kind, filled(kind), DECIDED, KINDS[kind].identity_fields)
    found = told(world, record_id)
    wanted = world.rows(holding, holding.c.record_id == record_id)
    assert {one.platform for one in found.platforms if one.goes} == {
        row.platform for row in wanted if row.wanted_version is not None
    }


def test_json_holds_plain_values_only() -> None:
    given: dict[str, Any] = {"on": DECIDED, "all": (1, [None, {"x": True}])}
    assert plain(given) == {"on": "2026-11-17", "all": [1, [None, {"x": True}]]}
