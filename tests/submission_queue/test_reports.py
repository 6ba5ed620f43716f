"""What a report means: whatever it says, only what is allowed, and each submission once."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome, Reply, RowResult
from xinqiao.queue import reports
from xinqiao.queue.states import State, allowed
from xinqiao.queue.tickets import Ticket
from xinqiao.queue.verdicts import of_row

_SAID = st.sampled_from(
    [Outcome.ACCEPTED, Outcome.RECEIVED, Outcome.REJECTED, Outcome.DUPLICATE, None]
)
_STATES = st.sampled_from(sorted(set(State) - {State.SENDING, State.READY}))


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(_STATES, _SAID, st.booleans()), min_size=1, max_size=6),
    progress=st.sampled_from(list(BatchProgress)),
)
def test_whatever_is_reported_every_move_is_allowed_and_only_a_refusal_frees_rows(
    rows: list[tuple[State, Outcome | None, bool]],
    progress: BatchProgress,
) -> None:
    tickets = {
        number: _ticket(number, state, batch_id=7 if ours else 8)
        for number, (state, _, ours) in enumerate(rows, 1)
    }
    said = {
        number: RowResult(number, outcome, "x")
        for number, (_, outcome, _) in enumerate(rows, 1)
        if outcome is not None
    }
    report = BatchReport(progress, Reply(Outcome.ACCEPTED), tuple(said.values()))
    meanings = {
        number: of_row(one) for number, one in said.items() if one.outcome is not Outcome.DUPLICATE
    }
    meant = reports.meaning_of(report, meanings, tickets, 7, datetime(2026, 11, 20, tzinfo=UTC))
    for one in meant.moving:
        assert one.ticket.batch_id == 7
        assert allowed(one.ticket.state, one.after)
        if one.after is State.READY:
            assert progress is BatchProgress.REFUSED
            assert one.ticket.row_number not in said
            assert one.values["batch_id"] is None
    told = [one.ticket.id for one in (*meant.moving, *meant.standing)]
    assert len(told) == len(set(told))
    waiting = {one.id for one in meant.undecided}
    moved = {one.ticket.id for one in meant.moving}
    for number, ticket in tickets.items():
        if ticket.state is State.AWAITING_RECEIPT and ticket.batch_id == 7:
            assert (ticket.id in waiting) != (ticket.id in moved)
            refused = progress is BatchProgress.REFUSED and number not in said
            assert not refused or ticket.id in moved


def _ticket(number: int, state: State, *, batch_id: int) -> Ticket:
    return Ticket(
        number,
        number,
        f"记录{number}",
        1,
        "credit_shandong",
        "permit",
        "insert",
        state,
        1,
        1,
        0,
        0,
        batch_id,
        number,
        None,
        None,
        None,
        f"键{number}",
    )
