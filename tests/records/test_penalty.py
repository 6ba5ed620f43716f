"""A penalty: what its words ask for, what its amounts may be, what its dates must be."""

from collections.abc import Mapping
from datetime import date

import pytest

from xinqiao.records.findings import Severity
from xinqiao.records.penalty import KINDS_2018, KINDS_2021
from xinqiao.records.validation import validate

TODAY = date(2026, 11, 20)
GOOD: Mapping[str, str] = {
    "subject.name": "云溪县青石货物运输有限公司",
    "subject.category": "法人及非法人组织",
    "subject.unified_social_credit_code": "91350100M000100Y43",
    "subject.legal_representative": "试一",
    "document_number": "云交罚〔2026〕0001号",
    "violation_kind": "车辆超限运输",
    "violation_facts": "车辆超限运输。",
    "legal_basis": "《公路安全保护条例》第六十四条",
    "penalty_kinds": "罚款",
    "content": "罚款2000元",
    "fine_amount": "0.2",
    "decision_date": "2026-11-03",
    "valid_until": "2099-12-31",
    "authority": "云溪县交通运输局",
    "authority_code": "11420000MB15291767",
    "source_unit": "云溪县交通运输局",
    "source_unit_code": "11420000MB15291767",
    "case_procedure": "普通程序",
}


def found(severity: Severity = Severity.ERROR, /, **changes: str | None) -> list[tuple[str, str]]:
    """Return (field, code) of what is wrong; changes name fields with ``__`` for dots."""
    content = {**GOOD, **{name.replace("__", "."): text for name, text in changes.items()}}
    filled = {path: text for path, text in content.items() if text is not None}
    return [
        (one.field, one.code)
        for one in validate("penalty", filled, TODAY)
        if one.severity is severity
    ]


def test_a_whole_penalty_has_no_finding() -> None:
    assert validate("penalty", GOOD, TODAY) == ()


@pytest.mark.parametrize(
    ("word", "field"),
    [
        ("罚款", "fine_amount"),
        ("没收违法所得、没收非法财物", "confiscated_amount"),
        ("没收违法所得", "confiscated_amount"),
        ("没收非法财物", "confiscated_amount"),
        ("暂扣或者吊销许可证、暂扣或者吊销执照", "licence_affected"),
        ("暂扣许可证件", "licence_affected"),
        ("吊销许可证件", "licence_affected"),
    ],
)
def test_a_kind_of_penalty_asks_for_its_field_also_beside_another_kind(
    word: str, field: str
) -> None:
    for kinds in (word, f"警告；{word}"):
        empty = {"fine_amount": None, "penalty_kinds": kinds, "content": "处罚"}
        assert found(**empty) == [(field, "required")]


@pytest.mark.parametrize(
    "kinds", ["警告", "通报批评", "责令停产停业", "行政拘留", "其他-限制从业", "警告；责令关闭"]
)
def test_other_kinds_ask_for_nothing(kinds: str) -> None:
    assert found(penalty_kinds=kinds, fine_amount=None, content="处罚") == []


def test_every_word_of_both_lists_is_taken_and_another_is_not() -> None:
    for word in (*KINDS_2018, *KINDS_2021):
        assert ("penalty_kinds", "choice") not in found(penalty_kinds=word)
    assert ("penalty_kinds", "choice") in found(penalty_kinds="罚金")
    assert ("penalty_kinds", "choice") in found(penalty_kinds="罚款；罚金")


def test_an_amount_that_no_word_asks_for_is_only_a_warning() -> None:
    changes = {"penalty_kinds": "警告"}
    assert found(**changes) == []
    assert found(Severity.WARNING, **changes) == [("fine_amount", "not_asked_for")]


@pytest.mark.parametrize("amount", ["0", "0.000", "-1", "0.1234567", "2000元", "1e3", "０.２"])
def test_an_amount_is_a_positive_number_exact_to_the_cent(amount: str) -> None:
    assert found(fine_amount=amount, content="罚款") == [("fine_amount", "amount")]


def test_an_amount_so_large_that_yuan_were_meant_is_a_warning() -> None:
    changes = {"fine_amount": "2000", "content": "罚款"}
    assert found(Severity.WARNING, **changes) == [("fine_amount", "unlikely")]


@pytest.mark.parametrize(
    ("content", "differs"),
    [
        ("罚款2000元", False),
        ("罚款0.2万元", False),
        ("罚款人民币 2000元整", False),
        ("处罚款贰仟元", False),
        ("罚款3000元", True),
        ("对甲罚款1000元，对乙罚款3000元", False),
    ],
)
def test_a_fine_that_the_text_names_otherwise_is_a_warning(content: str, *, differs: bool) -> None:
    expected = [("fine_amount", "differs_from_text")] if differs else []
    assert found(Severity.WARNING, content=content) == expected


@pytest.mark.parametrize(
    ("field", "day", "code"),
    [
        ("decision_date", "2026-11-21", "in_future"),
        ("valid_until", "2026-11-02", "before_decision"),
        ("publicity_until", "2026-11-02", "before_decision"),
    ],
)
def test_dates_must_be_possible(field: str, day: str, code: str) -> None:
    assert (field, code) in found(**{field: day})


@pytest.mark.parametrize(
    ("category", "fine", "too_high"),
    [
        ("法人及非法人组织", "0.3", False),
        ("法人及非法人组织", "0.300001", True),
        ("自然人", "0.02", False),
        ("自然人", "0.03", True),
    ],
)
def test_a_fine_above_what_the_simplified_procedure_allows_is_a_warning(
    category: str, fine: str, *, too_high: bool
) -> None:
    changes = {"subject__category": category, "fine_amount": fine, "content": "罚款"}
    warnings = found(Severity.WARNING, **changes, case_procedure="简易程序")
    assert (("case_procedure", "fine_too_high") in warnings) is too_high
    assert found(Severity.WARNING, **changes) == []


@pytest.mark.parametrize("procedure", [None, "普通程序", "简易程序"])
def test_the_case_procedure_may_be_left_open(procedure: str | None) -> None:
    assert found(case_procedure=procedure) == []
    assert found(case_procedure="快速程序") == [("case_procedure", "choice")]


def test_an_identity_number_in_the_facts_is_a_warning_that_does_not_repeat_it() -> None:
    facts = "当事人370323190711118764超限运输"
    findings = validate("penalty", {**GOOD, "violation_facts": facts}, TODAY)
    assert [(one.field, one.code) for one in findings] == [("violation_facts", "identity_number")]
    assert "370323190711118764" not in findings[0].message
