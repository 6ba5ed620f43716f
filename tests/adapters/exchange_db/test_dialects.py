"""How each make of database is reached: time-outs in its own unit, and what its errors mean."""

import sqlite3
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from xinqiao.adapters.base import Outcome
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.exchange_db import complaints
from xinqiao.adapters.exchange_db.complaints import complaint
from xinqiao.adapters.exchange_db.dialects import DIALECTS, Bounds
from xinqiao.adapters.exchange_db.postgresql_family import RelatedToPostgresql

BOUNDS = Bounds(connect=7.5, statement=20)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        ("sqlite", {"timeout": 20}),
        ("postgresql", {"connect_timeout": 8, "tcp_user_timeout": 20_000}),
        ("mysql", {"connect_timeout": 8, "read_timeout": 21, "write_timeout": 21}),
        ("mariadb", {"connect_timeout": 8, "read_timeout": 21, "autocommit": False}),
        ("oracle", {"tcp_connect_timeout": 7.5}),
        ("sqlserver", {"login_timeout": 8, "timeout": 20, "autocommit": False}),
        # 达梦 counts milliseconds, and tries twice
        ("dm", {"login_timeout": 3750, "connection_timeout": 20_000, "autoCommit": False}),
    ],
)
def test_time_outs_are_given_in_the_unit_of_the_driver(
    make: str, expected: dict[str, object]
) -> None:
    given = DIALECTS[make].arguments(BOUNDS)
    assert {name: given[name] for name in expected} == expected


def test_the_server_of_postgresql_is_told_its_bounds_too() -> None:
    options = DIALECTS["highgo"].arguments(BOUNDS)["options"]
    assert "-c statement_timeout=20000" in options
    assert "-c lock_timeout=20000" in options
    assert "-c idle_in_transaction_session_timeout=40000" in options


def test_oracle_is_told_on_the_connection_how_long_a_call_may_take() -> None:
    connection = SimpleNamespace(call_timeout=0)
    told = DIALECTS["oracle"].on_connect
    assert told is not None
    told(connection, BOUNDS)
    assert connection.call_timeout == 20_000


@pytest.mark.parametrize("make", ["highgo", "kingbase", "vastbase"])
def test_a_relative_of_postgresql_has_a_dialect(make: str) -> None:
    url = sa.make_url(f"{make}://db/front").set(drivername=DIALECTS[make].drivername)
    assert isinstance(sa.create_engine(url).dialect, RelatedToPostgresql)


@pytest.mark.parametrize(
    ("text", "version"),
    [("PostgreSQL 13.4 on x86_64", (13, 4)), ("HighGo Security Enterprise Edition 4.5", (12,))],
)
def test_an_unknown_version_text_is_put_up_with(text: str, version: tuple[int, ...]) -> None:
    answer = SimpleNamespace(scalar=lambda: text)
    connection: Any = SimpleNamespace(exec_driver_sql=lambda _: answer)
    dialect = RelatedToPostgresql()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
    assert dialect._get_server_version_info(connection) == version


class DriverError(Exception):
    """Stands for an error of a driver that is not installed here."""


def error(*arguments: object, state: str | None = None) -> OperationalError:
    origin = DriverError(*arguments)
    if state is not None:
        origin.sqlstate = state  # type: ignore[attr-defined]  # as the driver sets it
    return OperationalError("statement", None, origin)


ORACLE = SimpleNamespace


@pytest.mark.parametrize(
    ("family", "raised", "code", "outcome"),
    [
        ("postgresql", error(state="28P01"), "login_refused", Outcome.AUTH),
        ("postgresql", error("password authentication failed"), "login_refused", Outcome.AUTH),
        ("postgresql", error(state="42P01"), "table_missing", Outcome.RETRYABLE),
        ("postgresql", error(state="22001"), "value_refused", Outcome.REJECTED),
        ("postgresql", error(state="23505"), "key_exists", Outcome.DUPLICATE),
        ("postgresql", error(state="23502"), "constraint_failed", Outcome.REJECTED),
        ("postgresql", error(state="57014"), "statement_timeout", Outcome.RETRYABLE),
        ("postgresql", error(state="57P01"), "connection_broken", Outcome.RETRYABLE),
        ("postgresql", error(state="40P01"), "row_locked", Outcome.RETRYABLE),
        ("mysql", error(1045, "Access denied"), "login_refused", Outcome.AUTH),
        ("mysql", error(1406, "Data too long"), "value_refused", Outcome.REJECTED),
        ("mysql", error(1062, "Duplicate entry"), "key_exists", Outcome.DUPLICATE),
        ("mysql", error(2013, "Lost connection"), "connection_broken", Outcome.RETRYABLE),
        ("oracle", error(ORACLE(code=1017)), "login_refused", Outcome.AUTH),
        ("oracle", error(ORACLE(code=1)), "key_exists", Outcome.DUPLICATE),
        ("oracle", error(ORACLE(code=12899)), "value_refused", Outcome.REJECTED),
        ("oracle", error(ORACLE(code=942)), "table_missing", Outcome.RETRYABLE),
        ("sqlserver", error(18456, b"Login failed"), "login_refused", Outcome.AUTH),
        ("sqlserver", error(2627, b"Violation"), "key_exists", Outcome.DUPLICATE),
        ("dameng", error("[CODE:-2501]用户名或密码错误"), "login_refused", Outcome.AUTH),
        ("dameng", error("[CODE:-70005]字符串截断"), "value_refused", Outcome.REJECTED),
        ("sqlite", error("UNIQUE constraint failed: t.k"), "key_exists", Outcome.DUPLICATE),
        ("sqlite", error("database is locked"), "row_locked", Outcome.RETRYABLE),
        ("oracle", error(ORACLE(code=99999)), "database_error", Outcome.RETRYABLE),
        ("mysql", ConnectionResetError(104, "reset"), "database_error", Outcome.RETRYABLE),
    ],
)
def test_an_error_before_the_commit_has_one_meaning(
    family: str, raised: Exception, code: str, outcome: Outcome
) -> None:
    told = complaint(raised, family)
    assert (told.code, told.outcome) == (code, outcome)


def test_an_integrity_error_of_any_driver_is_a_constraint() -> None:
    raised = IntegrityError("statement", None, sqlite3.IntegrityError("something new"))
    assert complaint(raised, "sqlite").code == "constraint_failed"


def test_an_unknown_error_while_connecting_is_no_connection() -> None:
    raised = error(ORACLE(code=12541))
    assert complaint(raised, "oracle", connecting=True).code == "connect_failed"


def test_values_in_a_driver_s_words_are_not_repeated() -> None:
    raised = error(1406, "Data too long for '370323190711118764'")
    assert "370323190711118764" not in complaint(raised, "mysql").message


def test_every_name_has_chinese_words_and_a_meaning() -> None:
    names = {name for table in complaints._BY_NUMBER.values() for name in table.values()}
    names |= {name for table in complaints._BY_WORDS.values() for name in table.values()}
    assert names <= complaints._NAMES.keys()
    assert not [name for name in complaints._NAMES if words_for(name).startswith("通信未能完成")]
