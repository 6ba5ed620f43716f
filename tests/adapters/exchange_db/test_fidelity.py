"""Whatever stands in a record: what is read back is what was sealed, or it was never written."""

import re
from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.exchange_db.front import Front, batch, row
from xinqiao.adapters.base import Outcome
from xinqiao.adapters.exchange_db.cells import Misfit, as_text, cell
from xinqiao.adapters.exchange_db.dates import read_date, read_instant, written
from xinqiao.adapters.exchange_db.layout import Column

TEXT = st.text(max_size=45) | st.text(
    alphabet="沂源测试㐂𠮷\U0001f600 '\"\\%:;\x00\n\r\t\ud800a", max_size=45
)
EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
@EXAMPLES
@given(name=TEXT, content=TEXT)
def test_what_is_read_back_is_what_was_sealed_or_nothing_was_written(
    front: Front, charset: str, name: str, content: str
) -> None:
    table = front.table()
    with front.admin() as connection:
        table.create(connection, checkfirst=True)
        connection.execute(sa.delete(table))
    sealed = batch("B1", row(1, "1号", XK_XDR_MC=name, XK_NR=content), row(2, "2号"))
    reply = front.connector(charset=charset).submit(sealed)
    assert reply.outcome is Outcome.RECEIVED
    found = {one["XK_WSH"]: one for one in front.rows()}
    assert "2号" in found
    refused = {one.row for one in reply.rows}
    assert ("1号" in found) == (refused == set())
    if "1号" in found:
        assert (found["1号"]["XK_XDR_MC"] or "") == name
        assert (found["1号"]["XK_NR"] or "") == content
    else:
        assert not _fits(name, charset, 40) or not _fits(content, charset, None)


def _fits(text: str, charset: str, characters: int | None) -> bool:
    try:
        encoded = text.encode(charset)
    except UnicodeEncodeError:
        return False
    size_fits = len(text) <= characters if characters is not None else len(encoded) <= 60
    return size_fits and "\x00" not in text


@given(moment=st.dates(min_value=date(1000, 1, 1)))
@pytest.mark.parametrize("pattern", ["YYYY/MM/DD", "YYYYMMDD", "YYYY-MM-DD", "YYYY年MM月DD日"])
def test_a_date_written_by_a_pattern_is_read_as_the_same(moment: date, pattern: str) -> None:
    text = written(moment, pattern)
    assert read_date(text) == moment
    instant = read_instant(text, pattern)
    assert instant is not None
    assert instant.date() == moment


@pytest.mark.parametrize("text", ["", "2026/13/01", "2026/02/30", "26/1/1", "二〇二六年", "2026/1"])
def test_what_is_no_date_is_not_guessed(text: str) -> None:
    assert read_date(text) is None
    column = Column(name="D", field="D", date_pattern="YYYYMMDD")
    made = cell(column, text, "utf-8")
    assert made is None if not text else isinstance(made, Misfit)


@pytest.mark.parametrize(
    ("empty", "type_", "expected"),
    [
        ("null", "text", None),
        ("empty", "text", ""),
        ("space", "text", " "),
        ("space", "integer", None),
        ("empty", "date", None),
    ],
)
def test_an_empty_value_is_written_as_its_column_wants_it(
    empty: str, type_: str, expected: object
) -> None:
    column = Column.model_validate({"name": "A", "field": "A", "empty": empty, "type": type_})
    assert cell(column, "", "utf-8") == expected


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        ("integer", "-12", "-12"),
        ("integer", "1.5", None),
        ("decimal", "0.200000", "0.200000"),
        ("decimal", "1e3", None),
        ("date", "20261120", "2026-11-20"),
        ("datetime", "2026/11/20", "2026-11-20 00:00:00"),
        ("datetime", "soon", None),
    ],
)
def test_a_typed_column_takes_what_is_of_its_type(
    type_: str, text: str, expected: str | None
) -> None:
    column = Column.model_validate({"name": "A", "field": "A", "type": type_})
    made = cell(column, text, "utf-8")
    if expected is None:
        assert isinstance(made, Misfit)
        assert re.search("列 A 应为(整数|数字|日期)", made.message)
    else:
        assert str(made) == expected


@pytest.mark.parametrize(
    ("told", "text"), [(None, ""), ("1 ", "1"), (1, "1"), (1.0, "1"), (b"9", "9"), (-1, "-1")]
)
def test_a_code_is_read_as_text_from_any_column(told: object, text: str) -> None:
    assert as_text(told) == text
