"""Column types: instants are aware UTC whatever goes in, and a naive one does not go in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.database.types import Instant, JsonText

ENGINE = sa.create_engine("sqlite://")
TABLE = sa.Table("t", sa.MetaData(), sa.Column("at", Instant), sa.Column("value", JsonText))

OFFSETS = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
INSTANTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=OFFSETS)  # noqa: DTZ001 - hypothesis wants naive bounds


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    TABLE.create(ENGINE)
    yield
    ENGINE.dispose()


def kept(**values: Any) -> tuple[Any, ...]:
    """Return what comes back, and the text that SQLite keeps."""
    with ENGINE.begin() as connection:
        connection.execute(sa.delete(TABLE))
        connection.execute(sa.insert(TABLE).values(**values))
        (name,) = values
        value = connection.execute(sa.select(TABLE.c[name])).scalar_one()
        text = connection.exec_driver_sql(f"SELECT {name} FROM t").scalar_one()  # noqa: S608 - a name of this test
        return value, text


@given(INSTANTS)
def test_an_instant_comes_back_as_the_same_instant_in_utc(instant: datetime) -> None:
    value, _ = kept(at=instant)
    assert value == instant
    assert value.tzinfo is UTC


def test_an_instant_is_kept_as_readable_text_that_sorts() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert (
        kept(at=datetime(2026, 11, 20, 10, 0, tzinfo=shanghai))[1] == "2026-11-20 02:00:00.000000"
    )


@given(INSTANTS, INSTANTS)
def test_instants_compare_in_the_database_as_they_do_outside(
    first: datetime, second: datetime
) -> None:
    with ENGINE.connect() as connection:
        earlier = sa.select(sa.literal(first, Instant) < sa.literal(second, Instant))
        assert connection.execute(earlier).scalar_one() == (first < second)


def test_a_naive_instant_is_refused() -> None:
    naive = datetime(2026, 11, 20, 10, 0)  # noqa: DTZ001 - the point of the test
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        kept(at=naive)


def test_nothing_stays_nothing() -> None:
    assert kept(at=None) == (None, None)
    assert kept(value=None) == (None, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


@given(JSON.filter(lambda value: value is not None))
def test_json_comes_back_as_it_was(value: Any) -> None:
    assert kept(value=value)[0] == value


def test_json_is_kept_with_chinese_as_it_is() -> None:
    assert kept(value={"名称": "示例县"})[1] == '{"名称": "示例县"}'
