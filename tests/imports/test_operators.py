"""An operator's licences: one that is completed is the same record, another number is told."""

import pytest
import sqlalchemy as sa

from tests.imports.books import Desk, codes, counts
from tests.imports.test_transport_files import FILED, operator
from xinqiao.database.tables import record, record_version, withdrawal

WORD, NUMBER = "经营许可证字", "经营许可证号"
BARE = {WORD: "", NUMBER: ""}
FILED_BARE = {**FILED, **BARE, "业务类别": "021"}


def withdraw(desk: Desk, record_id: str) -> None:
    with desk.database.writing() as connection:
        connection.execute(
            sa.insert(withdrawal),
            {
                "record_id": record_id,
                "reason": "误录",
                "decided_on": desk.clock.today(),
                "document": "",
                "actor": "张科员",
                "at": desk.clock.now(),
            },
        )


@pytest.mark.parametrize(
    "steps",
    [
        ({**FILED_BARE}, {**FILED_BARE, NUMBER: "001"}),
        ({**FILED_BARE, WORD: "鲁交"}, {**FILED_BARE, WORD: "鲁交", NUMBER: "001"}),
        ({**FILED_BARE}, {**FILED_BARE, WORD: "鲁交"}, {**FILED_BARE, WORD: "鲁交", NUMBER: "001"}),
        ({NUMBER: "001", WORD: ""}, {NUMBER: "001"}),
    ],
)
def test_a_number_that_is_filled_in_finds_its_record(
    desk: Desk, steps: tuple[dict[str, str], ...]
) -> None:
    for step in steps:
        told = desk.take(operator(1, **step))
    assert (told.counts["changed"], codes(told)) == (1, [])
    (kept,) = desk.rows(record)
    assert kept.current_version == len(steps)
    assert desk.take(operator(1, **steps[-1])).counts["unchanged"] == 1


def test_the_file_without_the_number_is_known_again_as_the_older_version(desk: Desk) -> None:
    desk.take(operator(1, **FILED_BARE))
    desk.take(operator(1, **{**FILED_BARE, NUMBER: "001"}))
    again = desk.take(operator(1, **FILED_BARE))
    assert (again.counts["unchanged"], codes(again)) == (1, [(2, "older_version")])
    assert len(desk.rows(record)) == 1


def test_another_number_of_an_operator_is_told_with_the_record_that_is_there(desk: Desk) -> None:
    desk.take(operator(1))
    (first,) = desk.rows(record)
    told = desk.take(operator(1, 经营许可证号="370323000002"), operator(2))
    assert told.counts["new"] == 2
    assert codes(told) == [(2, "another_licence")]
    (warning,) = told.findings
    assert (warning.column, warning.severity) == (NUMBER, "warning")
    assert first.id in warning.message
    assert "换证" in warning.message
    again = desk.take(operator(1, 经营许可证号="370323000002"), operator(2))
    assert (again.counts["unchanged"], codes(again)) == (2, [])


def test_several_licences_in_one_first_file_are_nothing_to_tell(desk: Desk) -> None:
    told = desk.take(operator(1), operator(1, 经营许可证号="370323000002"))
    assert (told.counts["new"], codes(told)) == (2, [])


def test_which_of_two_numbers_completes_a_record_is_left_to_a_person(desk: Desk) -> None:
    desk.take(operator(1, **FILED_BARE))
    (first,) = desk.rows(record)
    told = desk.take(*(operator(1, **{**FILED_BARE, NUMBER: one}) for one in ("001", "002")))
    assert told.counts["new"] == 2
    assert codes(told) == [(2, "another_licence"), (3, "another_licence")]
    assert {first.current_version, *(one.current_version for one in desk.rows(record))} == {1}


def test_a_record_that_stands_in_the_same_file_is_not_taken_by_another_row(desk: Desk) -> None:
    desk.take(operator(1, **FILED_BARE))
    told = desk.take(operator(1, **FILED_BARE), operator(1, **{**FILED_BARE, NUMBER: "001"}))
    assert counts(told)["unchanged"] == 1
    assert counts(told)["new"] == 1
    assert codes(told) == [(3, "another_licence")]


def test_one_file_completes_many_operators_and_mixes_none(desk: Desk) -> None:
    numbers = range(1, 41)
    desk.take(*(operator(one, **FILED_BARE) for one in numbers))
    rows = [operator(one, **{**FILED_BARE, NUMBER: f"{one:03}"}) for one in numbers]
    assert desk.take(*rows).counts["changed"] == len(numbers)
    assert [one.current_version for one in desk.rows(record)] == [2] * len(numbers)


def test_what_was_withdrawn_is_neither_completed_nor_told(desk: Desk) -> None:
    desk.take(operator(1, **FILED_BARE))
    (first,) = desk.rows(record)
    withdraw(desk, first.id)
    told = desk.take(operator(1, **{**FILED_BARE, NUMBER: "001"}))
    assert (told.counts["new"], codes(told)) == (1, [])
    assert len(desk.rows(record_version)) == 2


def test_the_questions_do_not_grow_with_the_operators(desk: Desk) -> None:
    def asked(*rows: dict[str, str]) -> int:
        statements: list[str] = []

        def note(*event: object) -> None:
            statements.append(str(event[2]))

        sa.event.listen(sa.Engine, "before_cursor_execute", note)
        try:
            desk.take(*rows)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", note)
        return len([one for one in statements if "subject_hash" in one and "SELECT" in one])

    desk.take(*(operator(one, **FILED_BARE) for one in range(1, 101)))
    few = asked(operator(1, **{**FILED_BARE, NUMBER: "001"}))
    many = asked(*(operator(one, **{**FILED_BARE, NUMBER: "001"}) for one in range(2, 101)))
    assert 0 < few == many
