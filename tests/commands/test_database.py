"""``xinqiao database``: what is told of the database, and moving it as an operator does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.commands.terminal import Said, Terminal
from tests.imports.books import bad, company, person, write_book
from tests.postgresql import Server
from xinqiao.config.workspace import open_workspace
from xinqiao.database.engine import Database
from xinqiao.database.migration import REVISIONS
from xinqiao.database.tables import metadata
from xinqiao.opening import prepare_database

REASON = ("--reason", "科里三台机器都要用")


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.fresh(migrated=False) as made:
        yield made


@pytest.fixture
def desk(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A terminal on a founded workspace with records in several states."""
    prepare_database(terminal.workspace)
    book = write_book(tmp_path / "许可.xlsx", company(1), company(2), person(3), bad(4))
    assert terminal.run("import", book).code == 3
    assert terminal.run("queue", "hold", 1, "--reason", "等通知").code == 0
    assert terminal.run("queue", "cancel", 2, "--reason", "重复").code == 0
    return terminal


def copy(terminal: Terminal, url: str, *further: str) -> Said:
    return terminal.run("database", "copy", "--to", url, *REASON, *further)


def actions(terminal: Terminal) -> list[str]:
    assert terminal.run("audit", "verify", "--json").json["ok"]
    return [one["action"] for one in terminal.run("audit", "list", "--json").json]


def point_to(terminal: Terminal, url: str) -> None:
    """Write the address of the database into the settings, as the operator is told to."""
    path = terminal.workspace.root / "xinqiao.toml"
    text = path.read_text("utf-8")
    section = "[database]\n"
    addition = f'url = "{url}"\n'
    if section in text:
        path.write_text(text.replace(section, section + addition), "utf-8")
    else:
        path.write_text(f"{text}\n{section}{addition}", "utf-8")
    assert open_workspace(terminal.workspace.root).database_url == url


def test_after_the_copy_the_work_goes_on_where_the_settings_point(
    desk: Terminal, url: str, tmp_path: Path
) -> None:
    queue = desk.run("queue", "list", "--json").json
    board = desk.run("status", "--json").json
    done = copy(desk, url)
    assert (done.code, done.err) == (0, "")
    for words in ("逐表核对无误", "审计链都完整", "database.url", "xinqiao doctor"):
        assert words in done.out
    point_to(desk, url)
    assert desk.run("queue", "list", "--json").json == queue
    assert desk.run("status", "--json").json == board
    assert "PostgreSQL 1" in desk.run("doctor").out
    assert "已搬到" not in desk.run("doctor").out
    assert actions(desk)[-1] == "database.copied"
    assert desk.run("queue", "release", 1, "--reason", "通知来了").code == 0
    imported = desk.run("import", write_book(tmp_path / "更多.xlsx", company(1), company(5)))
    assert "新增 1" in imported.out
    assert actions(desk)[-1] == "import.finished"


def test_the_old_database_can_be_read_and_every_write_says_where_to_go(
    desk: Terminal, url: str, tmp_path: Path
) -> None:
    assert copy(desk, url).code == 0
    queue = desk.run("queue", "list", "--json").json
    assert len(queue) == 3
    assert actions(desk)[-1] == "database.moved"
    book = write_book(tmp_path / "更多.xlsx", company(5))
    for words in (
        ("import", book),
        ("queue", "release", 1, *REASON),
        ("platforms", "pause", "credit_shandong", *REASON),
        ("sync",),
        ("database", "copy", "--to", url, *REASON),
    ):
        told = desk.run(*words)
        assert (told.code, "database.url" in told.err) == (1, True), words
    assert desk.run("queue", "list", "--json").json == queue


def test_doctor_and_show_say_that_the_database_has_moved(desk: Terminal, url: str) -> None:
    assert copy(desk, url).code == 0
    for words in (("doctor",), ("database", "show")):
        told = desk.run(*words)
        assert told.code == 3
        assert "已搬到" in told.out
    shown = desk.run("database", "show", "--json")
    assert (shown.code, shown.json["moved"]) == (3, True)
    # the log's own triggers are all there still
    assert "触发器不见了" not in desk.run("doctor").out


def test_the_copy_is_told_as_json(desk: Terminal, url: str) -> None:
    entries = len(actions(desk))
    done = copy(desk, url, "--json")
    assert done.code == 0
    assert set(done.json) == {"target", "rows", "entries", "tables", "resumed"}
    assert done.json["entries"] == done.json["tables"]["audit"] == entries
    assert done.json["rows"] == sum(done.json["tables"].values())
    assert done.json["tables"]["record"] == 4


def test_the_address_may_come_from_the_environment_and_no_password_is_shown(
    desk: Terminal, url: str, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgresql.user("mover", "geheim"):
        owner = Database(url)
        with owner.writing() as connection:
            connection.exec_driver_sql("GRANT ALL ON SCHEMA public TO mover")
        owner.close()
        said = []
        for password in ("verkehrt", "geheim"):
            given = url.replace("postgres:@", f"mover:{password}@")
            monkeypatch.setenv("XINQIAO_TARGET_DATABASE_URL", given)
            said.append(desk.run("database", "copy", *REASON))
        wrong, right = said
        assert (wrong.code, right.code) == (1, 0)
        assert "--to" in wrong.err
        log = (desk.workspace.var / "xinqiao.log").read_text("utf-8")
        shown = desk.run("audit", "list", "--json").out
        for text in (wrong.out + wrong.err, right.out + right.err, log, shown):
            assert "geheim" not in text
            assert "verkehrt" not in text
        cleaner = Database(url)
        with cleaner.writing() as connection:
            connection.exec_driver_sql("DROP OWNED BY mover")
        cleaner.close()


def test_without_an_address_or_a_reason_it_is_wrong_usage(desk: Terminal, url: str) -> None:
    for words, missing in ((("--to", url), "--reason"), (REASON, "--to")):
        told = desk.run("database", "copy", *words)
        assert (told.code, missing in told.err) == (2, True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("sqlite:///other.db", "只能搬到 PostgreSQL"),
        ("postgresql://hub:geheim@127.0.0.1:1/x", "连不上数据库 127.0.0.1/x"),
        ("postgresql://hub:ge@heim:x@h/x", "--to"),
    ],
)
def test_an_address_that_does_not_lead_to_postgresql_changes_nothing(
    desk: Terminal, wrong: str, words: str
) -> None:
    before = actions(desk)
    told = copy(desk, wrong)
    assert (told.code, words in told.err) == (1, True)
    assert "heim" not in told.out + told.err
    assert actions(desk) == before


def test_a_refusal_says_what_to_do_and_is_audited(desk: Terminal, postgresql: Server) -> None:
    with postgresql.fresh() as taken:
        told = copy(desk, taken, "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "target_foreign")
    assert "空库" in told.err
    assert actions(desk)[-1] == "database.copy_refused"
    assert "搬库未获准" in desk.run("audit", "list").out


def test_who_says_no_moves_nothing(
    desk: Terminal, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = actions(desk)
    monkeypatch.setattr("xinqiao.commands.database.sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _text: "n")
    told = copy(desk, url)
    assert told.code == 1
    assert "只能查看，不能再写" in told.out
    assert actions(desk) == before
    assert copy(desk, url, "--yes").code == 0


def test_show_tells_where_the_database_is_and_what_it_holds(desk: Terminal, url: str) -> None:
    file = desk.workspace.var / "xinqiao.db"
    shown = desk.run("database", "show", "--json")
    assert shown.code == 0
    assert shown.json["place"] == str(file)
    assert (shown.json["dialect"], shown.json["revision"]) == ("sqlite", REVISIONS[-1])
    assert shown.json["release"].startswith("SQLite 3.")
    assert shown.json["size_bytes"] > 4096
    assert shown.json["moved"] is False
    assert set(shown.json["tables"]) == set(metadata.tables)
    assert shown.json["tables"]["submission"] == 3
    assert copy(desk, url).code == 0
    point_to(desk, url)
    moved = desk.run("database", "show", "--json")
    assert (moved.code, moved.json["dialect"]) == (0, "postgresql")
    assert moved.json["release"].startswith("PostgreSQL ")
    assert moved.json["place"] == sa.engine.make_url(url).database
    counts = shown.json["tables"]
    assert moved.json["tables"] == counts | {"audit": counts["audit"] + 1}
    assert "submission" in desk.run("database", "show").out
