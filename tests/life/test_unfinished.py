"""What is not verified, not final or not valid any more goes nowhere, and is taken back."""

from datetime import date

import pytest

from tests.life.bureau import SITE, Bureau, accepting
from xinqiao.database.tables import duty

SAFETY = "safety_credit"
TRANSPORT = "transport_credit"


@pytest.fixture
def safety(bureau: Bureau) -> Bureau:
    bureau.connectors = {SAFETY: accepting()}
    return bureau


@pytest.fixture
def assessing(bureau: Bureau) -> Bureau:
    """Give a bureau that also shows its assessments on the site."""
    bureau.connectors = {TRANSPORT: accepting(), SITE: accepting()}
    bureau.switches = {"quality_assessment": {SITE: True}}
    return bureau


@pytest.mark.parametrize("state", ["待核实", "撤销", "失效"])
def test_a_fact_that_is_not_verified_or_does_not_stand_is_owed_to_nobody(
    safety: Bureau, state: str
) -> None:
    record_id, _ = safety.take_in("safety_info", state=state)
    safety.send()
    assert safety.asked(SAFETY, record_id) == []
    assert safety.rows(duty) == []


def test_a_fact_is_owed_from_its_decision_once_it_is_verified(safety: Bureau) -> None:
    record_id, _ = safety.take_in("safety_info", state="待核实")
    safety.take_in("safety_info", record_id)
    safety.send()
    assert safety.asked(SAFETY, record_id) == [("insert", 2, "accepted")]
    # decided on 2026-11-13, whenever it was verified
    assert safety.duties(SAFETY, record_id) == [("D14", date(2026, 11, 20), "accepted")]


@pytest.mark.parametrize("state", ["撤销", "失效"])
def test_a_fact_that_is_revoked_is_taken_back_where_it_was_sent_under_the_rule_of_changes(
    safety: Bureau, state: str
) -> None:
    record_id, _ = safety.take_in("safety_info")
    safety.send()
    safety.take_in("safety_info", record_id, state=state)
    assert [one[::2] for one in safety.duties(SAFETY, record_id)] == [
        ("D14", "accepted"),
        ("D4a", None),
    ]
    safety.send()
    assert [one[::2] for one in safety.asked(SAFETY, record_id)] == [
        ("insert", "accepted"),
        ("withdraw", "accepted"),
    ]
    assert safety.held(SAFETY, record_id) is None
    assert [one[2] for one in safety.duties(SAFETY, record_id)] == ["accepted", "accepted"]


def test_a_fact_that_is_in_doubt_again_before_it_left_is_owed_as_before_once_it_is_verified(
    safety: Bureau,
) -> None:
    record_id, _ = safety.take_in("safety_info")
    before = safety.duties(SAFETY, record_id)
    safety.take_in("safety_info", record_id, state="待核实")
    assert [one[2] for one in safety.duties(SAFETY, record_id)] == ["waived"]
    safety.take_in("safety_info", record_id, remarks="已复核")
    assert safety.duties(SAFETY, record_id) == before
    safety.send()
    assert [one[2] for one in safety.duties(SAFETY, record_id)] == ["accepted"]


@pytest.mark.parametrize("stage", ["自评", "初评", "复核"])
def test_an_assessment_that_is_no_result_yet_goes_nowhere(assessing: Bureau, stage: str) -> None:
    record_id, _ = assessing.take_in("quality_assessment", stage=stage)
    assessing.send()
    assert assessing.asked(TRANSPORT, record_id) == assessing.asked(SITE, record_id) == []
    assert assessing.rows(duty) == []


def test_an_assessment_is_reported_and_shown_when_it_is_public_or_says_nothing_of_its_stage(
    assessing: Bureau,
) -> None:
    for stage in ("公示", "公布", "更正", None):
        year = {"year": str(2021 + len(assessing.records("quality_assessment")))}
        period = {"period_from": None, "period_to": None}
        record_id, _ = assessing.take_in("quality_assessment", stage=stage, **year, **period)
        assessing.send()
        assert (assessing.held(TRANSPORT, record_id), assessing.held(SITE, record_id)) == (1, 1)


def test_an_assessment_under_appeal_is_shared_and_not_shown(assessing: Bureau) -> None:
    record_id, _ = assessing.take_in("quality_assessment")
    assessing.send()
    assessing.take_in("quality_assessment", record_id, stage="申诉中")
    assessing.send()
    assert (assessing.held(TRANSPORT, record_id), assessing.held(SITE, record_id)) == (2, None)
