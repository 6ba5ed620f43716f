"""A database of the previous release: refused until upgraded, upgraded whole, its work finished."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tests.commands.terminal import Terminal
from tests.database.dumps import DUMP, PLATFORM, Rows, columns_of, read_rows
from tests.e2e.rehearsal import rows_of_batches, unasked_resends
from tests.imports.books import company, write_book
from tests.support import wait_until
from xinqiao.adapters.base import SealedBatch
from xinqiao.clock import Clock
from xinqiao.config.workspace import open_workspace
from xinqiao.connections import connect, read_connections
from xinqiao.database.engine import Database
from xinqiao.database.tables import submission, submission_count
from xinqiao.simulator.process import SimulatorProcess

FOR_A_PERSON = {"conflict", "held"}
OPENING = (
    ("status",),
    ("sync",),
    ("import",),
    ("reconcile",),
    ("queue", "list"),
    ("queue", "retry", "1", "--reason", "再试"),
    ("corrections",),
    ("withdraw", "1", "--reason", "误报", "--undo"),
    ("routes", "apply", "--reason", "改了设置"),
    ("audit", "verify"),
    ("calendar", "recount", "--reason", "升级"),
    ("platforms", "pause", PLATFORM, "--reason", "升级"),
)
FIRM = "云溪县青石货物运输有限公司"
TAKEN: dict[str, list[str]] = {
    **{
        f"云交许〔2026〕{number:04}号": ["insert"]
        for number in (1, 7, 8, 13, 19, 20, 22, 25, 26, 29, 31, 33)
    },
    **{f"云交许〔2026〕{number:04}号": ["insert", "update"] for number in (6, 14, 15, 16, 18)},
    "云交许〔2026〕0010号": [],  # somebody else put it there, and ours differs
    **{f"云交罚〔2026〕{number:04}号｜{FIRM}": ["insert"] for number in (1, 5)},
    "云交罚〔2026〕0001号｜溪样三": ["insert"],
    **{f"云交罚〔2026〕{number:04}号｜{FIRM}": ["insert", "withdraw"] for number in (2, 3, 6)},
    "云交罚〔2026〕0003号｜云溪县青石货物运输有限责任公司": ["insert"],
}
"""Document number → what must have taken effect at the platform once the work is finished."""


@contextmanager
def reading(terminal: Terminal) -> Iterator[Connection]:
    """Open the workspace's database as it is, whatever its schema."""
    database = Database(terminal.workspace.database_url)
    with database.reading() as connection:
        yield connection
    database.close()


def old_rows(terminal: Terminal) -> Rows:
    with reading(terminal) as connection:
        return read_rows(connection, columns_of(connection))


def states(terminal: Terminal) -> dict[str, int]:
    with reading(terminal) as connection:
        found = connection.execute(sa.select(submission.c.state)).scalars()
        return dict(Counter(found))


def check_counts(connection: Connection) -> None:
    """The kept counts are what counting gives; a state in which nothing stands may be kept."""
    counted = sa.select(submission.c.platform, submission.c.state, sa.func.count()).group_by(
        submission.c.platform, submission.c.state
    )
    kept = sa.select(submission_count).where(submission_count.c.submissions != 0)
    assert {tuple(row) for row in connection.execute(kept)} == {
        tuple(row) for row in connection.execute(counted)
    }


def check_kept(after: Rows, before: Rows) -> None:
    """Every row is there as it was; the log goes on behind what it held."""
    log = {"audit", "audit_head"}
    assert {name: rows for name, rows in after.items() if name not in log} == {
        name: rows for name, rows in before.items() if rows and name not in log
    }
    assert after["audit"][: len(before["audit"])] == before["audit"]


def replay(terminal: Terminal, simulator: SimulatorProcess) -> dict[str, Any]:
    """Let the platform take again what the old one had taken; return what it then received."""
    for planted in DUMP.platform["planted"]:
        simulator.plant(planted["resource"], planted["number"], fields=planted["fields"])
    workspace = open_workspace(terminal.workspace.root)
    keys = workspace.keys()
    sealed = {row["number"]: row for row in old_rows(terminal)["batch"]}
    platform = read_connections(workspace).sound[PLATFORM]
    with connect(workspace, PLATFORM, platform, Clock()) as connector:
        for call in DUMP.platform["calls"]:
            if call["applied"]:
                row = sealed[call["batchNo"]]
                content = keys.decrypt(row["key_id"], row["sealed"], f"batch/{row['number']}")
                connector.submit(SealedBatch.from_bytes(content))
    return simulator.received()


def whole_story(replayed: dict[str, Any], received: dict[str, Any]) -> dict[str, Any]:
    """Return what the old platform received, and after it what the new one was sent by the hub."""
    before = DUMP.platform
    already = len(replayed["calls"]) + len(replayed["queries"])
    had = len(before["calls"]) + len(before["queries"])
    story: dict[str, Any] = {}
    for name in ("calls", "queries"):
        later = [
            event | {"sequence": event["sequence"] + had}
            for event in received[name]
            if event["sequence"] > already
        ]
        story[name] = [*before[name], *later]
    return story


def test_before_the_upgrade_every_command_that_opens_it_refuses_and_says_what_to_do(
    previous: Terminal,
) -> None:
    book = write_book(previous.workspace.root / "sources" / "许可.xlsx", company(90))
    before = old_rows(previous)
    for words in OPENING:
        done = previous.run(*words, *([book] if words == ("import",) else []))
        assert done.code == 1, words
        assert "xinqiao init" in done.err
        assert old_rows(previous) == before


def test_before_the_upgrade_json_names_the_code_and_doctor_looks_at_the_rest(
    previous: Terminal,
) -> None:
    assert previous.run("status", "--json").json["error"]["code"] == "schema_old"
    told = previous.run("doctor", "--json")
    assert told.code == 3
    checks = {one["check"]: one for one in told.json}
    assert not checks["数据库"]["ok"]
    assert "xinqiao init" in checks["数据库"]["remark"]
    assert checks["密钥"]["ok"]


def test_an_upgrade_keeps_every_row_and_counts_the_submissions(previous: Terminal) -> None:
    before = old_rows(previous)
    assert {row["state"] for row in before["submission"]} == {
        "ready",
        "sending",
        "in_doubt",
        "awaiting_receipt",
        "accepted",
        "rejected",
        "conflict",
        "held",
        "cancelled",
    }
    upgraded = previous.run("init", previous.workspace.root)
    assert (upgraded.code, upgraded.err) == (0, "")
    with reading(previous) as connection:
        kept = {name: list(rows[0]) for name, rows in before.items() if rows}
        check_kept(read_rows(connection, kept), before)
        check_counts(connection)
    checks = {one["check"]: one for one in previous.run("doctor", "--json").json}
    assert checks["数据库"]["ok"], checks["数据库"]
    verified = previous.run("audit", "verify", "--json")
    assert (verified.code, verified.json["ok"]) == (0, True)
    assert previous.run("status").code == 3


def test_the_work_of_the_previous_release_is_finished_and_nothing_takes_effect_twice(
    previous: Terminal, simulator: SimulatorProcess
) -> None:
    replayed = replay(previous, simulator)
    had = DUMP.platform["history"]
    assert {name: replayed["history"][name] for name in had} == had
    assert previous.run("init", previous.workspace.root).code == 0

    def finished() -> bool:
        done = previous.run("sync")
        assert done.code in (0, 3), done.err
        return set(states(previous)) <= {"accepted", "rejected", "cancelled", *FOR_A_PERSON}

    wait_until(finished, lambda: f"{states(previous)}", 60)
    assert {name: states(previous)[name] for name in sorted(FOR_A_PERSON)} == {
        "conflict": 1,
        "held": 1,
    }
    received = simulator.received()
    assert received["history"] == TAKEN
    with reading(previous) as connection:
        story = whole_story(replayed, received)
        assert not unasked_resends(story, rows_of_batches(connection))
        check_counts(connection)
    assert previous.run("audit", "verify").code == 0
    refused = previous.run("queue", "list", "--state", "rejected", "--json").json
    assert "云交许〔2026〕0024号" in str(refused)


def test_numbers_made_after_the_upgrade_follow_those_made_before(previous: Terminal) -> None:
    before = old_rows(previous)
    previous.run("init", previous.workspace.root)
    book = write_book(previous.workspace.root / "sources" / "许可.xlsx", company(90))
    assert previous.run("import", book).code == 0
    rows = old_rows(previous)
    for name in ("import_run", "duty", "holding", "submission"):
        assert max(row["id"] for row in rows[name]) > max(row["id"] for row in before[name])
