"""Amounts in 万元: read exactly, or refused with what to write."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.intake.amounts import amount_text
from xinqiao.intake.files.sheets import Cell
from xinqiao.intake.headers import header_table
from xinqiao.records.findings import Finding, Severity

FIELD = header_table("penalty").fields["fine_amount"]


def read(cell: Cell) -> tuple[str, Finding | None]:
    return amount_text(cell, str(cell), FIELD)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (0.2, "0.2"),
        (3.0, "3"),
        (3, "3"),
        (0.123456, "0.123456"),
        ("0.2", "0.2"),
        ("0.20", "0.2"),
        ("０．２", "0.2"),
        (1e-06, "0.000001"),
        (12345.678901, "12345.678901"),
    ],
)
def test_a_number_is_read_as_it_is(cell: Cell, text: str) -> None:
    assert read(cell) == (text, None)


@pytest.mark.parametrize(
    ("cell", "text", "code"),
    [
        (0.1 + 0.2, "0.3", "rounding"),
        ("2,000.5", "2000.5", "thousands"),
        (0.0, "", "nought"),
        ("0", "", "nought"),
    ],
)
def test_what_a_spreadsheet_did_to_a_number_is_undone_and_told(
    cell: Cell, text: str, code: str
) -> None:
    found, remark = read(cell)
    assert found == text
    assert remark is not None
    assert (remark.code, remark.severity) == (code, Severity.CLEANED)


@pytest.mark.parametrize(
    ("cell", "code", "words"),
    [
        ("2000元", "unit_written", "2000元应写 0.2"),
        ("0.2万元", "unit_written", "0.2万元应写 0.2"),
        ("１５０元", "unit_written", "150元应写 0.015"),
        ("没收违法所得1万元，没收非法财物0.5万元", "several_amounts", "合计应写 1.5"),
        ("1000+2000", "several_amounts", "填合计"),
        ("二千元", "not_a_number", "2000 元写 0.2"),
        ("见决定书", "not_a_number", "2000 元写 0.2"),
        ("-1", "negative", "不能是负数"),
        (-0.5, "negative", "不能是负数"),
        (0.1234567, "too_many_decimals", "最多 6 位小数"),
        ("0.0000001", "too_many_decimals", "最多 6 位小数"),
    ],
)
def test_what_is_no_number_is_refused_with_what_to_write(cell: Cell, code: str, words: str) -> None:
    text, wrong = read(cell)
    assert text == str(cell)
    assert wrong is not None
    assert (wrong.code, wrong.severity) == (code, Severity.ERROR)
    assert words in wrong.message


def test_a_number_that_may_be_somebodys_is_not_repeated() -> None:
    _, wrong = read("370323190711118764元")
    assert wrong is not None
    assert "370323" not in wrong.message


@given(st.integers(1, 10**14))
def test_every_amount_in_cents_comes_through_exactly(cents: int) -> None:
    amount = Decimal(cents) / 10**6
    text, wrong = read(format(amount, "f"))
    assert wrong is None
    assert Decimal(text) == amount


@given(st.integers(1, 10**9))
def test_every_amount_in_cents_comes_through_a_spreadsheets_number(cents: int) -> None:
    text, _ = read(cents / 10**6)
    assert Decimal(text) == Decimal(cents) / 10**6
