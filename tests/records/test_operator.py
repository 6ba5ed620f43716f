"""An operator: its number, its place, its licence or filing, and what its trade adds."""

import pytest

from tests.records.remarks import errors, findings, remarks
from tests.records.whole import IDENTITY_NUMBER, OPERATOR
from xinqiao.records.fields import split_words
from xinqiao.records.kinds import KINDS
from xinqiao.records.operator import Operator
from xinqiao.records.operator_trades import trades

CODE = "subject.unified_social_credit_code"
TYPE, NUMBER = "subject.certificate_type", "subject.certificate_number"
FILED = {
    "business_categories": "汽车维修",
    "licence_mode": "备案",
    "valid_until": None,
    "repair_category": "二类",
}


def test_a_code_with_a_slip_is_an_error() -> None:
    assert remarks("operator", {CODE: "91370323MA0TE5T16D"}) == errors((CODE, "check_digit"))


def test_without_a_code_a_certificate_will_do_and_is_asked_for_whole() -> None:
    assert remarks("operator", {CODE: None, TYPE: "身份证", NUMBER: IDENTITY_NUMBER}) == set()
    assert (CODE, "required", "error") in remarks("operator", {CODE: None})
    assert remarks("operator", {CODE: None, NUMBER: IDENTITY_NUMBER}) == errors(
        (TYPE, "incomplete")
    )


def test_the_number_of_a_trader_is_in_no_message() -> None:
    wrong = IDENTITY_NUMBER[:-1] + "5"
    found = findings("operator", {CODE: None, TYPE: "身份证", NUMBER: wrong})
    assert [one.code for one in found] == ["check_digit"]
    assert wrong not in str(found)


@pytest.mark.parametrize("code", ["3703", "370323102", "沂源县"])
def test_an_area_that_is_no_county_code_is_an_error(code: str) -> None:
    assert remarks("operator", {"area_code": code}) == errors(("area_code", "format"))


def test_another_county_is_doubtful() -> None:
    assert remarks("operator", {"area_code": "370321"}) == {
        ("area_code", "another_county", "warning")
    }


def test_an_end_before_the_start_is_an_error_on_the_end() -> None:
    assert remarks("operator", {"valid_from": "2028-06-05"}) == errors(
        ("valid_until", "before_start")
    )
    assert remarks("operator", {"valid_from": "2028-06-04"}) == set()


def test_a_filing_needs_no_end_and_a_licence_does() -> None:
    assert remarks("operator", FILED) == set()
    assert remarks("operator", {"valid_until": None}) == errors(("valid_until", "required"))


def test_a_licence_without_a_number_is_doubtful_and_a_filing_is_not() -> None:
    assert remarks("operator", {"licence_number": None}) == {
        ("licence_number", "asked_for", "warning")
    }
    assert remarks("operator", {**FILED, "licence_number": None}) == set()


@pytest.mark.parametrize("word", ["汽车维修", "普通机动车驾驶员培训", "道路货物运输站"])
def test_what_is_filed_by_law_is_doubtful_as_a_licence(word: str) -> None:
    changes = {"business_categories": word, "repair_category": None}
    assert ("licence_mode", "should_be_filed", "warning") in remarks("operator", changes)
    filed = {**changes, "licence_mode": "备案"}
    assert ("licence_mode", "should_be_filed", "warning") not in remarks("operator", filed)


def test_a_repair_shop_is_asked_for_its_category() -> None:
    assert remarks("operator", {**FILED, "repair_category": None}) == {
        ("repair_category", "asked_for", "warning")
    }


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("repair_category", "一类"),
        ("school_vehicles", "12"),
        ("taxi_service", "网约"),
        ("bus_routes", "1路"),
    ],
)
def test_a_field_of_another_trade_is_doubtful(field: str, text: str) -> None:
    assert remarks("operator", {field: text}) == {(field, "another_trade", "warning")}


def test_an_operator_of_two_trades_fills_the_fields_of_both() -> None:
    both = {
        "business_categories": "城市公共汽车客运；出租汽车客运",
        "bus_vehicles": "30",
        "taxi_vehicles": "20",
    }
    assert remarks("operator", both) == set()


@pytest.mark.parametrize(
    "text", ["0533-3241234", "13812345678", "3241234", "05333241234-801", "3241234、13812345678"]
)
def test_telephone_numbers_are_taken(text: str) -> None:
    assert remarks("operator", {"telephone": text}) == set()


@pytest.mark.parametrize("text", ["无", "1381234567", "见执照", "0533-32412345678"])
def test_what_is_no_telephone_number_is_doubtful_and_not_repeated(text: str) -> None:
    (found,) = findings("operator", {"telephone": text})
    assert (found.field, found.code) == ("telephone", "format")
    assert text not in found.message


@pytest.mark.parametrize("status", ["8", "在营"])
def test_a_status_outside_the_list_is_an_error(status: str) -> None:
    assert remarks("operator", {"status": status}) == errors(("status", "choice"))


def test_trades_name_words_and_fields_that_there_are() -> None:
    for trade in trades():
        assert set(trade.words) <= set(KINDS["operator"].words["business_categories"])
        assert set(trade.fields_) <= set(Operator.model_fields)
    assert split_words(OPERATOR["business_categories"]) == ("道路普通货物运输",)
