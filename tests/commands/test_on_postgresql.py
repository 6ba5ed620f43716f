"""The command line on PostgreSQL, from an empty database on."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.imports.books import company, write_book
from tests.postgresql import Server
from xinqiao.database.engine import Database

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.fresh(migrated=False) as made:
        yield made


@pytest.fixture
def run(tmp_path: Path, url: str) -> Run:
    def run_one(*words: str | Path, url: str = url) -> "subprocess.CompletedProcess[str]":
        program = [sys.executable, "-m", "xinqiao", "-w", str(tmp_path / "bureau")]
        return subprocess.run(
            [*program, *map(str, words)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "XINQIAO_DATABASE_URL": url},
        )

    return run_one


def test_the_whole_command_line_works_on_postgresql(run: Run, tmp_path: Path) -> None:
    assert run("init", tmp_path / "bureau", "--rehearsal").returncode == 0
    imported = run("import", write_book(tmp_path / "许可.xlsx", company(1), company(2)))
    assert imported.returncode == 0, imported.stderr
    assert "新增 2" in imported.stdout
    assert "待报送" in run("status").stdout
    assert run("queue", "list").returncode == 0
    assert run("audit", "verify").returncode == 0
    doctor = run("doctor")
    assert "PostgreSQL 1" in doctor.stdout
    assert run("init", tmp_path / "bureau").returncode == 0
    assert not (tmp_path / "bureau" / "var" / "xinqiao.db").exists()


def test_an_empty_database_never_takes_the_place_of_a_lost_one(
    run: Run, tmp_path: Path, postgresql: Server
) -> None:
    run("init", tmp_path / "bureau", "--rehearsal")
    with postgresql.fresh(migrated=False) as other:
        for words in (("status",), ("init", str(tmp_path / "bureau"))):
            done = run(*words, url=other)
            assert done.returncode == 1
            assert "备份" in done.stderr
        with postgresql.fresh() as exchanged:
            done = run("status", url=exchanged)
            assert (done.returncode, "founding.txt" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER audit_append_only ON audit",
        "ALTER TABLE audit DISABLE TRIGGER audit_append_only",
    ],
    ids=["dropped", "switched off"],
)
def test_doctor_finds_a_log_whose_triggers_do_not_work(
    run: Run, tmp_path: Path, url: str, statement: str
) -> None:
    run("init", tmp_path / "bureau", "--rehearsal")
    assert "触发器不见了" not in run("doctor").stdout
    database = Database(url)
    with database.writing() as connection:
        connection.exec_driver_sql(statement)
    database.close()
    assert "触发器不见了" in run("doctor").stdout


def test_the_password_of_the_database_is_told_to_nobody(run: Run, tmp_path: Path) -> None:
    secret = "postgresql://hub:geheim@127.0.0.1:1/xinqiao"
    run("init", tmp_path / "bureau", "--rehearsal")
    for words in (("status",), ("doctor",), ("import", "x.xlsx")):
        done = run(*words, url=secret)
        assert "geheim" not in done.stdout + done.stderr
    assert "连不上数据库 127.0.0.1/xinqiao" in run("status", url=secret).stderr
    log = tmp_path / "bureau" / "var" / "xinqiao.log"
    assert not log.exists() or "geheim" not in log.read_text("utf-8")
