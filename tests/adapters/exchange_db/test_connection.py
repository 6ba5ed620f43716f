"""Opening a database: rehearsals, drivers, credentials, and what a probe finds."""

import builtins
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.adapters.exchange_db.front import PERMITS, Front, answered, batch, profile_values, row
from xinqiao.adapters.base import Credentials, Outcome, Surroundings
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.profile import read_profile
from xinqiao.clock import Clock
from xinqiao.errors import SettingsError

ONE = batch("B1", row(1, "1号"))


def built(url: str, root: Path, *, rehearsal: bool = True, user: str = "hub") -> ProfileConnector:
    values = profile_values()
    values["transport"]["url"] = url
    given = Credentials({"database_user": user, "database_password": "s3cret"})
    surroundings = Surroundings(given, Clock(), rehearsal=rehearsal, root=root)
    return build(read_profile(values, file="x"), surroundings)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db.example.invalid/front",
        "postgresql://10.0.0.1/front",
        "postgresql:///front",
        "postgresql://127.0.0.1/front?host=db.example.invalid",
        "postgresql:///front?host=db.example.invalid",
        "sqlite:///../front.db",
        "sqlite:////var/front.db",
    ],
)
def test_a_rehearsal_refuses_what_is_not_on_this_machine(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        built(url, tmp_path)
    assert caught.value.code == "rehearsal_address"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://127.0.0.1/front",
        "postgresql://localhost:5432/front",
        "postgresql://[::1]/front",
        "postgresql:///front?host=/run/postgresql",
        "mariadb:///front?unix_socket=/run/mysqld/mysqld.sock",
        "sqlite:///below/front.db",
    ],
)
def test_a_rehearsal_may_use_a_database_of_this_machine(url: str, tmp_path: Path) -> None:
    built(url, tmp_path).close()


def test_a_rehearsal_writes_only_where_the_stand_in_left_its_mark(front: Front) -> None:
    front.create()
    connector = front.connector(rehearsal=True)
    for ask in (lambda: connector.submit(ONE), lambda: connector.poll(answered(ONE))):
        with pytest.raises(SettingsError, match="没有模拟平台的标记") as caught:
            ask()
        assert caught.value.code == "rehearsal_address"
    assert front.rows() == []
    with front.admin() as connection:
        marker = sa.quoted_name("XINQIAO_SIMULATOR", quote=True)
        sa.Table(marker, sa.MetaData(), sa.Column("X", sa.Integer())).create(connection)
    assert connector.submit(ONE).outcome is Outcome.RECEIVED


@pytest.mark.parametrize(
    ("url", "extra"),
    [
        ("oracle://db/front", "oracle"),
        ("sqlserver://db/front", "sqlserver"),
        ("dm://db/front", "dameng"),
        ("mysql://db/front", "mysql"),
    ],
)
def test_a_driver_that_is_missing_is_named_with_its_extra(
    url: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = builtins.__import__

    def no_driver(name: str, *arguments: Any, **named: Any) -> Any:
        if name.partition(".")[0] in {"oracledb", "pymssql", "dmPython", "pymysql"}:
            raise ImportError(name)
        return really(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", no_driver)
    with pytest.raises(SettingsError) as caught:
        built(url, tmp_path, rehearsal=False)
    assert caught.value.code == "driver_missing"
    assert f"pip install 'xinqiao[{extra}]'" in caught.value.message


@pytest.mark.parametrize(
    ("driver", "url"),
    [
        ("oracledb", "oracle://127.0.0.1:1/?service_name=x"),
        ("pymssql", "sqlserver://127.0.0.1:1/front"),
        ("dmPython", "dm://127.0.0.1:1/front"),
        ("pymysql", "mysql://127.0.0.1:1/front"),
        ("psycopg", "kingbase://127.0.0.1:1/front"),
    ],
)
def test_a_driver_takes_our_arguments_and_tells_that_nobody_answers(
    driver: str, url: str, tmp_path: Path
) -> None:
    pytest.importorskip(driver)
    reply = built(url, tmp_path, rehearsal=False).submit(ONE)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "connect_failed")


def test_a_missing_user_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="database_user"):
        built("postgresql://db/front", tmp_path, rehearsal=False, user="")


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    connector = built("postgresql://127.0.0.1:1/front", tmp_path, rehearsal=False)
    reply = connector.submit(ONE)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "connect_failed")
    database: Any = connector._delivery._exchange.database  # type: ignore[attr-defined]  # looks inside
    shown = f"{connector!r} {reply!r} {reply.message} {database!r} {vars(connector)!r}"
    assert "s3cret" not in shown


def test_a_probe_names_server_tables_and_clock_and_writes_nothing(front: Front) -> None:
    front.create()
    probe = front.connector().probe()
    assert probe.ok, probe.checks
    assert [name for name, _, _ in probe.checks] == [
        "前置库连接",
        "表 370323_XK",
        "表 370323_XK 行标识",
        "前置库时钟",
    ]
    assert "可以写入" in probe.checks[1][2]
    if front.make != "sqlite":
        assert probe.clock_offset is not None
        assert abs(probe.clock_offset) < 5
    assert front.rows() == []


def test_a_probe_demands_that_the_row_key_is_unique(front: Front) -> None:
    columns = front.table().columns
    plain = sa.Table(
        sa.quoted_name(PERMITS, quote=True),
        sa.MetaData(),
        *(sa.Column(sa.quoted_name(one.name, quote=True), one.type) for one in columns),
    )
    with front.admin() as connection:
        plain.create(connection)
        # an index over more than the key refuses no second row
        sa.Index("together", plain.c.ROWGUID, plain.c.NO, unique=True).create(connection)
        sa.Index("not_unique", plain.c.ROWGUID).create(connection)
    probe = front.connector().probe()
    assert ("表 370323_XK 行标识", False) in [check[:2] for check in probe.checks]
    assert not probe.ok
    with front.admin() as connection:
        sa.Index("alone", plain.c.ROWGUID, unique=True).create(connection)
    assert front.connector().probe().ok


@pytest.mark.parametrize("front", ["mariadb"], indirect=True)
def test_a_table_without_transactions_is_refused_before_anything_is_written(front: Front) -> None:
    front.create()
    with front.admin() as connection:
        connection.exec_driver_sql("ALTER TABLE `370323_XK` ENGINE = MyISAM")
    connector = front.connector()
    probe = connector.probe()
    assert ("表 370323_XK 事务", False) in [check[:2] for check in probe.checks]
    reply = connector.submit(ONE)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "no_transactions")
    assert front.rows() == []


def test_a_probe_names_every_column_that_is_missing(front: Front) -> None:
    front.create()
    values = profile_values()
    for column in values["transport"]["tables"]["permit"]["columns"]:
        if column["name"] in {"WHY", "SRC"}:
            column["name"] += "_X"
    probe = front.connector(values).probe()
    assert not probe.ok
    assert "SRC_X、WHY_X" in probe.checks[1][2]


def test_a_probe_tells_of_a_missing_table(front: Front) -> None:
    probe = front.connector().probe()
    assert not probe.ok
    assert "表名" in probe.checks[1][2]


def test_a_probe_finds_that_rows_may_not_be_put_in(postgresql_front: Front) -> None:
    front = postgresql_front
    front.create()
    with front.admin() as connection:
        connection.exec_driver_sql("CREATE ROLE reader_of_front LOGIN")
        connection.exec_driver_sql('GRANT SELECT ON "370323_XK" TO reader_of_front')
    try:
        front.user = "reader_of_front"
        probe = front.connector().probe()
        assert ("表 370323_XK 写入权限", False) in [check[:2] for check in probe.checks]
        assert front.connector().submit(ONE).code == "permission_missing"
    finally:
        with front.admin() as connection:
            connection.exec_driver_sql("DROP OWNED BY reader_of_front")
            connection.exec_driver_sql("DROP ROLE reader_of_front")


def test_a_probe_without_a_database_fails(file_front: Front) -> None:
    (file_front.root / "front.db").unlink()
    probe = file_front.connector().probe()
    assert not probe.ok
    assert not (file_front.root / "front.db").exists()


@pytest.mark.parametrize(("name", "type_"), [("XK_JDRQ", "date"), ("SIGN", "integer")])
def test_a_column_of_another_type_is_the_profile_s_fault_and_the_probe_names_it(
    postgresql_front: Front, name: str, type_: str
) -> None:
    front = postgresql_front
    front.create()
    with front.admin() as connection:
        connection.exec_driver_sql(
            f'ALTER TABLE "{PERMITS}" ALTER COLUMN "{name}" TYPE {type_} USING "{name}"::{type_}'
        )
    connector = front.connector()
    reply = connector.submit(ONE)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "type_mismatch")
    probe = connector.probe()
    assert not probe.ok
    assert f"类型与平台配置不符：{name}；" in probe.checks[1][2]
