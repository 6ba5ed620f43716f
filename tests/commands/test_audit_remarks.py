"""Entries of the audit log in one line: bulk runs are told in Chinese."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.commands.terminal import Terminal
from tests.imports.books import company, write_book
from xinqiao.commands.audit_remarks import remark
from xinqiao.commands.words import VERBS
from xinqiao.queue import operations
from xinqiao.queue.operations import Evidence, Resolution
from xinqiao.queue.selection import Selection
from xinqiao.queue.states import State


def bulk(selection: Selection, **changes: Any) -> dict[str, Any]:
    """Return the entry of a bulk run, as the log holds it."""
    details = {"verb": "hold", "done": 3, "skipped": "", "complete": True, **changes}
    return {
        "action": "queue.bulk",
        "reason": "专项整治",
        "details": {**details, "filter": selection.described()},
    }


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection(state=(State.HELD, State.READY)), "状态 已挂起、待报送"),
        (Selection(platform="a", kind="permit"), "平台 a，类型 行政许可"),
        (Selection(operation="withdraw", code=("1", "2")), "操作 撤回，代码 1,2"),
        (Selection(file="九月 第二批.xlsx", document="x=1"), "编号 x=1，文件 九月 第二批.xlsx"),
        (
            Selection(department="运输科", record="ab", due_before=date(2026, 12, 1)),
            "科室 运输科，记录 ab，截止早于 2026-12-01",
        ),
    ],
)
def test_the_filters_of_a_bulk_run_are_told_in_chinese(selection: Selection, words: str) -> None:
    assert remark(bulk(selection)) == f"专项整治 挂起 3 条（{words}）"


def test_what_was_skipped_and_that_a_run_was_stopped_are_told() -> None:
    entry = bulk(Selection(platform="a"), skipped="accepted=2 may_have_left=1", complete=False)
    told = remark(entry)
    assert "；跳过 2 条：已入库；跳过 1 条：是否到达平台尚不清楚" in told
    assert told.endswith("；中途停止，没有做完")


def test_every_verb_is_named_as_it_names_itself() -> None:
    resolve = operations.resolving(Resolution.ABSENT, Evidence("x", "0"))
    verbs = [*operations.VERBS.values(), resolve]
    assert {verb.name: verb.title for verb in verbs} == VERBS


def test_the_list_shows_a_bulk_run_in_chinese(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run("import", write_book(tmp_path / "许可.xlsx", company(1)))
    words = ("--state", "ready", "--reason", "专项整治", "--yes")
    assert terminal.run("queue", "hold", *words).code == 0
    page = "".join(terminal.run("audit", "list", "--action", "queue.bulk").out.split())
    assert "专项整治挂起1条（状态待报送）" in page
