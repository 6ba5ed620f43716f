"""The penalty format: both subjects, several words, exact amounts, what a kind asks for."""

from collections.abc import Mapping

import pytest

from tests.records.test_penalty import GOOD
from xinqiao.mapping.checks import check_tables
from xinqiao.mapping.registry import format_for
from xinqiao.records.kinds import KINDS
from xinqiao.records.penalty import KINDS_2018, KINDS_2021

FORMAT = format_for("credit_shandong", "penalty")
PERSON: Mapping[str, str] = {
    path: text for path, text in GOOD.items() if not path.startswith("subject.")
} | {
    "subject.name": "溪样三",
    "subject.category": "自然人",
    "subject.certificate_type": "身份证",
    "subject.certificate_number": "370323190711118764",
}


def sent(**changes: str) -> dict[str, str]:
    rendering = FORMAT.render({**GOOD, **changes})
    assert rendering.values is not None, rendering.findings
    return rendering.values


def wrong(content: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in FORMAT.render(content).findings]


def test_the_table_is_sound_and_says_that_it_is_a_reference() -> None:
    assert check_tables(FORMAT.table, FORMAT.codes, KINDS["penalty"]) == ()
    assert (FORMAT.table.status, len(FORMAT.table.fields)) == ("reference", 30)
    assert not FORMAT.table.void  # the edition has no status: a withdrawal deletes


def test_every_word_of_the_record_has_a_word_of_the_seven() -> None:
    seven = {*KINDS_2018, "其他"}
    for word in (*KINDS_2018[:-1], *KINDS_2021, "其他-公开道歉"):
        content = {
            "penalty_kinds": word,
            "confiscated_amount": "1",
            "licence_affected": "道路运输证",
        }
        text = sent(**content)["CF_CFLB"]
        assert text in seven or text.partition("-")[0] == "其他"


@pytest.mark.parametrize(
    ("kinds", "text"),
    [
        ("警告；罚款", "警告；罚款"),
        ("通报批评；罚款", "其他-通报批评；罚款"),
        ("没收违法所得；没收非法财物", "没收违法所得、没收非法财物"),
        ("暂扣许可证件；吊销许可证件", "暂扣或者吊销许可证、暂扣或者吊销执照"),
    ],
)
def test_words_that_become_the_same_are_sent_once(kinds: str, text: str) -> None:
    further = {"confiscated_amount": "1", "licence_affected": "道路运输证"}
    assert sent(penalty_kinds=kinds, **further)["CF_CFLB"] == text


@pytest.mark.parametrize(
    ("amount", "text"), [("0.2", "0.2"), ("0.200000", "0.2"), ("3", "3"), ("012.5", "12.5")]
)
def test_an_amount_is_sent_plainly(amount: str, text: str) -> None:
    assert sent(fine_amount=amount)["CF_NR_FK"] == text


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0.1234567", "too_many_decimals"),
        ("1" * 13, "too_many_digits"),
        ("2000元", "not_an_amount"),
        ("1e3", "not_an_amount"),
    ],
)
def test_an_amount_that_does_not_fit_is_refused(amount: str, code: str) -> None:
    assert wrong({**GOOD, "fine_amount": amount}) == [("fine_amount", code)]


@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("罚款", "fine_amount"),
        ("警告；没收违法所得", "confiscated_amount"),
        ("吊销许可证件；警告", "licence_affected"),
    ],
)
def test_a_kind_among_several_asks_for_its_field(word: str, path: str) -> None:
    content = {**GOOD, "penalty_kinds": word}
    content.pop("fine_amount")
    assert wrong(content) == [(path, "required")]


def test_a_natural_person_has_a_certificate_and_no_codes() -> None:
    values = FORMAT.render(PERSON).values
    assert values is not None
    assert (values["CF_XDR_ZJLX"], values["CF_XDR_SHXYM"], values["CF_FRDB"]) == ("身份证", "", "")


def test_another_code_may_stand_in_for_the_credit_code() -> None:
    content = {path: text for path, text in GOOD.items() if "unified" not in path}
    assert ("subject.unified_social_credit_code", "required") in wrong(content)
    assert wrong({**content, "subject.business_registration_number": "370323200000019"}) == []


def test_texts_may_have_4000_characters_and_no_more() -> None:
    assert len(sent(violation_facts="超" * 4000)["CF_SY"]) == 4000
    assert wrong({**GOOD, "violation_facts": "超" * 4001}) == [("violation_facts", "too_long")]


def test_joint_offenders_are_told_apart_by_their_names() -> None:
    firm, person = sent(), FORMAT.render(PERSON).values
    assert person is not None
    assert FORMAT.asked_by(firm) == FORMAT.asked_by(person) == "云交罚〔2026〕0001号"
    assert FORMAT.key_of(firm) != FORMAT.key_of(person)
    assert not FORMAT.names_same_record(firm, person)
    assert FORMAT.names_same_record(firm, {"CF_WSH": "云交罚〔2026〕0001号"})
