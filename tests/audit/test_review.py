"""Review: the newest entries that fit, oldest first."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import START
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.audit.review import Filter, entries, entry
from xinqiao.database.engine import Database
from xinqiao.errors import InputError

Rows = Callable[[], list[dict[str, Any]]]


def numbers(log: Database, wanted: Filter, limit: int = 50) -> list[int]:
    with log.reading() as connection:
        return [one["sequence"] for one in entries(connection, wanted, limit)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (Filter(record_id="record-0"), [3, 6, 9]),
        (Filter(record_id="record-"), []),
        (Filter(submission_id=4), [4]),
        (Filter(submission_id=10**30), []),
        (Filter(platform="county_site"), [5, 6, 7, 8, 9, 10]),
        (Filter(action="submission."), [1, 3, 5, 7, 9]),
        (Filter(action="submission.sending"), [1, 3, 5, 7, 9]),
        (Filter(action="Submission."), [1, 3, 5, 7, 9]),
        (Filter(action="sending"), []),
        (Filter(action="%"), []),
        (Filter(action="submission_sending"), []),
        (Filter(platform="credit_shandong", action="platform.", record_id="record-1"), [4]),
    ],
)
def test_filters_are_exact_but_an_action_may_be_its_beginning(
    log: Database, wanted: Filter, expected: list[int]
) -> None:
    assert numbers(log, wanted) == expected


def test_a_limit_keeps_the_newest_oldest_first(log: Database) -> None:
    assert numbers(log, Filter(), limit=3) == [8, 9, 10]
    assert numbers(log, Filter(platform="credit_shandong"), limit=2) == [3, 4]


def test_an_entry_is_shown_whole_with_its_hash(log: Database, rows: Rows) -> None:
    with log.reading() as connection:
        found = entry(connection, 4)
    assert found == {
        "format": "xinqiao-audit/1",
        "algorithm": "sha256",
        "sequence": 4,
        "previous": rows()[2]["hash"],
        "at": START.isoformat(),
        "actor": "张三",
        "action": "platform.paused",
        "record": "record-1",
        "submission": 4,
        "platform": "credit_shandong",
        "reason": "第 4 次",
        "details": {"attempts": 4, "note": "", "late": False, "code": None},
        "hash": rows()[3]["hash"],
    }


@pytest.mark.parametrize("number", [0, -1, 11, 10**30])
def test_an_entry_that_is_not_there_is_an_error_of_the_asker(log: Database, number: int) -> None:
    with pytest.raises(InputError, match=f"没有第 {number} 条"), log.reading() as connection:
        entry(connection, number)


def test_filters_find_what_was_just_appended(log: Database) -> None:
    with log.writing() as connection:
        append(connection, [Entry("record.withdrawn")], actor="hub", at=START)
        assert [one["action"] for one in entries(connection, Filter(), 1)] == ["record.withdrawn"]
