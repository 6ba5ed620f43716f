import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.adapters.codes import safe_code
from xinqiao.adapters.http.exchange import HttpAnswer
from xinqiao.adapters.http.reading import (
    LONGEST_WAIT,
    as_count,
    as_instant,
    as_text,
    as_wait,
    read_body,
)

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
GBK = '{"message":"主体不存在"}'.encode("gbk")


def answer(body: bytes, content_type: str = "application/json") -> HttpAnswer:
    return HttpAnswer(200, {"content-type": content_type}, body)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"<!DOCTYPE html><html><body>x</body></html>", "html"),
        (b"\n <HTML>", "html"),
        (b"<?xml version='1.0'?><a/>", "not_json"),
        (b"ok", "not_json"),
        (b'{"code": NaN}', "not_json"),
        (b'{"code":"200","data":{"resu', "cut_off"),
        (b'{"code":"200","data":[1,', "cut_off"),
        (b'{"code":"200"}}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"1" * 5000, "not_json"),
        (GBK, "wrong_encoding"),
    ],
)
def test_a_body_that_is_no_json_has_a_name(body: bytes, problem: str) -> None:
    read = read_body(answer(body))
    assert (read.value, read.problem) == (None, problem)


@pytest.mark.parametrize("charset", ["GBK", '"gb2312"', "gb18030"])
def test_a_chinese_charset_is_read_when_it_is_declared(charset: str) -> None:
    read = read_body(answer(GBK, f"application/json; charset={charset}"))
    assert read.value == {"message": "主体不存在"}


def test_a_mark_of_byte_order_does_no_harm() -> None:
    assert read_body(answer(b'\xef\xbb\xbf{"a":1}')).value == {"a": 1}


@given(st.binary(max_size=300), st.text(max_size=40))
def test_no_bytes_raise(body: bytes, content_type: str) -> None:
    read = read_body(answer(body, content_type))
    assert read.problem == "" or read.value is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (200, "200"),
        ("0040", "0040"),
        (True, "true"),
        (["a"], '["a"]'),
        ("a\x00b", "ab"),
        ("\ud800", "?"),
    ],
)
def test_text_is_fit_for_every_database(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("value", "count"),
    [(1, 1), ("12", 12), (True, None), (-1, None), (1.5, None), ("１", None), (None, None)],
)
def test_a_count_is_a_whole_number_from_zero(value: object, count: int | None) -> None:
    assert as_count(value) == count


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T10:00:00+08:00",
        "2026-11-20T02:00:00Z",
        "2026-11-20 10:00:00",
        "2026/11/20 10:00:00",
        "20261120100000",
        "Fri, 20 Nov 2026 02:00:00 GMT",
    ],
)
def test_instants_are_read_with_their_offset_or_as_shanghai(text: str) -> None:
    assert as_instant(text) == NOW


@given(st.text(max_size=30) | st.from_regex(r"[0-9:TZ+ ,./-]{0,30}", fullmatch=True))
def test_an_unreadable_instant_is_none_and_never_an_error(text: str) -> None:
    instant = as_instant(text)
    assert instant is None or instant.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        (1.5, 1.5),
        ("-5", 0.0),
        ("Fri, 20 Nov 2026 02:01:00 GMT", 60.0),
        ("Fri, 20 Nov 2026 01:00:00 GMT", 0.0),
        ("99999999999", LONGEST_WAIT),
        ("soon", None),
        (None, None),
        ("nan", None),
        (math.inf, None),
    ],
)
def test_retry_after_is_a_number_or_a_date_within_a_day(
    value: object, seconds: float | None
) -> None:
    assert as_wait(value, NOW) == seconds


def test_a_code_that_could_be_an_identity_number_is_not_logged() -> None:
    assert safe_code("370323190501010018") == ""
    assert safe_code("E370323190501010018") == ""
    assert safe_code("row_outside_batch") == "row_outside_batch"
    assert safe_code("0040") == "0040"
