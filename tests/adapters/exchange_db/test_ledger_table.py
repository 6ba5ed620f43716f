"""The ledger in a table or view of the exchange database: read by days, in pages, to its end."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.exchange_db.front import Front, profile_values
from xinqiao.adapters.base import Credentials, LedgerPage, Outcome, Surroundings
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.profile import profile_digest, read_profile
from xinqiao.errors import SettingsError

VIEW = "V_XK_台账"
START, END = date(2026, 11, 1), date(2026, 11, 30)

LEDGER: dict[str, Any] = {
    "source": "made up for tests",
    "name": VIEW,
    "fields": {"XK_WSH": "文书号", "XK_NR": "内容", "XK_JDRQ": "决定日期"},
    "taken_in": "RKSJ",
    "order": "ID",
    "order_type": "integer",
    "reference": "REF",
    "page_rows": 2,
}

TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "datetime": sa.DateTime(),
    "date": sa.Date(),
    "text": sa.String(19),
}


def shown(type_: str = "datetime") -> sa.Table:
    columns: dict[str, sa.types.TypeEngine[Any]] = {
        "ID": sa.Integer(),
        "文书号": sa.String(64),
        "内容": sa.String(64),
        "决定日期": sa.Date(),
        "RKSJ": TYPES[type_],
        "REF": sa.String(20),
    }
    return sa.Table(
        sa.quoted_name(VIEW, quote=True),
        sa.MetaData(),
        *(
            sa.Column(sa.quoted_name(name, quote=True), kind, primary_key=name == "ID")
            for name, kind in columns.items()
        ),
    )


def put(front: Front, arrived: dict[int, Any], type_: str = "datetime") -> None:
    """Let the platform show rows: number → when it took them in."""
    table = shown(type_)
    with front.admin() as connection:
        table.create(connection, checkfirst=True)
        connection.execute(sa.delete(table))
        for number, at in arrived.items():
            connection.execute(
                sa.insert(table).values(
                    {
                        "ID": number,
                        "文书号": f"云交许〔2026〕{number}号",
                        "内容": "道路货物运输",
                        "决定日期": date(2026, 11, 2),
                        "RKSJ": at,
                        "REF": f"SD-{number}",
                    }
                )
            )


@contextmanager
def connected(front: Front, **ledger: Any) -> Iterator[ProfileConnector]:
    values = profile_values(url=front.url) | {"ledger_tables": {"permit": LEDGER | ledger}}
    secrets = Credentials({"database_user": front.user, "database_password": ""})
    profile = read_profile(values, file="platforms/credit_shandong.toml")
    connector = build(profile, Surroundings(secrets, front.clock, root=front.root))
    try:
        yield connector
    finally:
        connector.close()


def pages(connector: ProfileConnector) -> list[LedgerPage]:
    read = [connector.ledger("permit", START, END)]
    while (following := read[-1].next_page) is not None:
        read.append(connector.ledger("permit", START, END, following))
    return read


def noon(day: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, 12)  # noqa: DTZ001 - a column without zone


def test_every_row_of_the_window_is_read_once_and_no_other(front: Front) -> None:
    put(front, {1: noon(31, 10), 2: noon(1), 3: noon(15), 4: noon(30), 5: noon(1, 12), 6: noon(2)})
    with connected(front) as connector:
        assert connector.capabilities.ledger
        read = pages(connector)
    assert all(page.complete for page in read)
    assert [[one.reference for one in page.entries] for page in read] == [
        ["SD-2", "SD-3"],
        ["SD-4", "SD-6"],
    ]
    first = read[0].entries[0]
    assert (first.key, first.values["XK_NR"]) == ("云交许〔2026〕2号", "道路货物运输")
    assert first.values["XK_JDRQ"][:10] == "2026-11-02"
    assert first.at == datetime(2026, 11, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("type_", "pattern", "inside", "outside"),
    [
        ("date", None, date(2026, 11, 30), date(2026, 12, 1)),
        ("text", "YYYY/MM/DD hh:mm:ss", "2026/11/30 23:59:59", "2026/12/01 00:00:00"),
        ("text", "YYYYMMDD", "20261130", "20261031"),
    ],
)
def test_the_window_is_kept_whatever_type_the_time_has(
    front: Front, type_: str, pattern: str | None, inside: object, outside: object
) -> None:
    put(front, {1: inside, 2: outside}, type_)
    with connected(front, taken_in_type=type_, date_pattern=pattern) as connector:
        (page,) = pages(connector)
    assert [one.reference for one in page.entries] == ["SD-1"]


def test_what_comes_and_goes_meanwhile_moves_no_other_row(file_front: Front) -> None:
    put(file_front, {number: noon(5) for number in range(1, 7)})
    with connected(file_front) as connector:
        first = connector.ledger("permit", START, END)
        put(file_front, {number: noon(5) for number in (2, 3, 4, 5, 6, 7)})
        second = connector.ledger("permit", START, END, 2)
        again = connector.ledger("permit", START, END, 2)
    assert [one.reference for one in first.entries] == ["SD-1", "SD-2"]
    assert [one.reference for one in second.entries] == ["SD-3", "SD-4"]
    assert again.entries == second.entries


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(st.integers(1, 30), max_size=9), size=st.integers(1, 4))
def test_pages_of_any_size_hold_every_row_once(
    file_front: Front, days: list[int], size: int
) -> None:
    put(file_front, {number: noon(day) for number, day in enumerate(days, 1)})
    with connected(file_front, page_rows=size) as connector:
        read = [one.reference for page in pages(connector) for one in page.entries]
    assert Counter(read) == Counter(f"SD-{number}" for number in range(1, len(days) + 1))


def test_a_page_whose_place_is_not_known_is_not_read(file_front: Front) -> None:
    put(file_front, {1: noon(5), 2: noon(6), 3: noon(7)})
    with connected(file_front) as connector:
        page = connector.ledger("permit", START, END, 2)
    assert (page.complete, page.entries, page.reply.code) == (False, (), "page_skipped")


def test_a_kind_without_a_table_is_not_called_empty(file_front: Front) -> None:
    put(file_front, {})
    with connected(file_front) as connector:
        page = connector.ledger("penalty", START, END)
    assert (page.complete, page.reply.code) == (False, "no_ledger_table")


def test_a_table_that_is_not_there_is_no_empty_ledger_and_fails_the_check(front: Front) -> None:
    front.create()
    with connected(front, name="NOT_THERE") as connector:
        page = connector.ledger("permit", START, END)
        checks = {title: passed for title, passed, _ in connector.probe().checks}
    assert (page.complete, page.reply.outcome) == (False, Outcome.RETRYABLE)
    assert page.reply.code == "table_missing"
    assert checks["台账表 NOT_THERE"] is False


def test_the_check_says_that_the_ledger_can_be_read(file_front: Front) -> None:
    file_front.create()
    put(file_front, {})
    with connected(file_front) as connector:
        checks = {title: passed for title, passed, _ in connector.probe().checks}
    assert checks[f"台账表 {VIEW}"] is True


def test_confirmations_bind_to_a_ledger_table_and_older_ones_stay_good() -> None:
    """What a ledger shows may prove an acceptance; who does not use one has nothing to check."""
    values = profile_values(url="sqlite:///front.db")
    plain = read_profile(values, file="x")
    used = read_profile(values | {"ledger_tables": {"permit": LEDGER}}, file="x")
    other = {"permit": LEDGER | {"taken_in": "T2"}}
    changed = read_profile(values | {"ledger_tables": other}, file="x")
    headed = {"source": "x", "taken_in": ["到库时间"]}
    file_named = read_profile(values | {"ledger_file": headed}, file="x")
    assert len({profile_digest(plain), profile_digest(used), profile_digest(changed)}) == 3
    assert profile_digest(file_named) == profile_digest(plain)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fields": {"XK_NR": "内容"}}, "业务主键"),
        ({"taken_in_type": "text"}, "date_pattern"),
        ({"taken_in_type": "text", "date_pattern": "DD/MM/YYYY"}, "从年到秒"),
    ],
)
def test_a_ledger_table_that_cannot_be_read_by_days_or_matched_is_refused(
    change: dict[str, Any], words: str
) -> None:
    values = profile_values(url="sqlite:///front.db")
    with pytest.raises(SettingsError, match=words):
        read_profile(values | {"ledger_tables": {"permit": LEDGER | change}}, file="x")
