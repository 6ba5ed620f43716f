"""What must be true of the queue's tables, whatever happened, beside the platform's truth."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from tests.submission_queue.fates import Deed
from tests.submission_queue.remembering import RememberingPlatform
from xinqiao.adapters.base import REMOVALS, Operation
from xinqiao.audit.verification.chain import verify
from xinqiao.database.engine import Database
from xinqiao.database.tables import audit, batch, duty, holding, submission, submission_count
from xinqiao.queue.platforms import Platform, standing
from xinqiao.queue.states import OPEN, State, allowed

_CREATED = "created"
_STATES = {f"submission.{state}": state for state in State}
_WAITS_FOR_A_PERSON = {State.HELD, State.CONFLICT}
_BELIEVED = (Operation.INSERT, Operation.UPDATE)

Need = tuple[str, int]
"""Operation and version that a holding lacks."""


@dataclass
class Permit:
    """One record as a plain list of facts.

    Attributes:
        index: Its number in the model, from 1.
        record_id: 记录标识.
        numbers: Document number of every version, the first first.
        valid: Whether the last version can be sent.
        withdrawn: Whether nobody is to hold it.
        taken_down: Whether the platform is to show it no more.
        given_up: Whether a person gave up a conflict about it, and so looks after it.
    """

    index: int
    record_id: str
    numbers: list[int] = field(default_factory=list)
    valid: bool = True
    withdrawn: bool = False
    taken_down: bool = False
    given_up: bool = False

    @property
    def wanted(self) -> int | None:
        return None if self.withdrawn or self.taken_down else len(self.numbers)

    def key(self, version: int) -> str:
        """Return the document number of a version, as the platform knows it."""
        return f"云交许〔2026〕{self.numbers[version - 1]:04}号"


@dataclass
class Picture:
    """The tables as they are at one moment."""

    submissions: list[sa.Row[Any]]
    holdings: dict[str, sa.Row[Any]]
    duties: list[sa.Row[Any]]
    batches: dict[int, sa.Row[Any]]
    counts: dict[str, int]
    news: list[sa.Row[Any]]
    paused: bool

    def of(self, permit: Permit) -> list[sa.Row[Any]]:
        """Return the submissions of a record, oldest first."""
        return [one for one in self.submissions if one.record_id == permit.record_id]


@dataclass
class Expectations:
    """Holds the tables against what must be so, and against what they were before."""

    database: Database
    platform: Platform
    truth: RememberingPlatform
    _states: dict[int, str] = field(default_factory=dict)
    _fences: dict[int, int] = field(default_factory=dict)
    _seen: int = 0

    def look(self) -> Picture:
        """Read the tables, and the audit entries that are new."""
        with self.database.reading() as connection:
            news = list(
                connection.execute(
                    sa.select(audit).where(audit.c.sequence > self._seen).order_by(audit.c.sequence)
                )
            )
            picture = Picture(
                list(connection.execute(sa.select(submission).order_by(submission.c.id))),
                {row.record_id: row for row in connection.execute(sa.select(holding))},
                list(connection.execute(sa.select(duty))),
                {row.id: row for row in connection.execute(sa.select(batch))},
                {
                    row.state: row.submissions
                    for row in connection.execute(sa.select(submission_count))
                },
                news,
                standing(connection, self.platform.id).paused_at is not None,
            )
        self._seen = max([self._seen, *(row.sequence for row in news)])
        return picture

    def look_at_submissions(self) -> list[sa.Row[Any]]:
        """Read the submissions alone, oldest first."""
        with self.database.reading() as connection:
            return list(connection.execute(sa.select(submission).order_by(submission.c.id)))

    def check(self, permits: list[Permit]) -> Picture:
        """Check everything that must hold at every moment."""
        picture = self.look()
        self._check_moves(picture)
        self._check_counts(picture)
        self._check_refusals(picture)
        for permit in permits:
            self._check_record(picture, permit)
        for deed, times in self.truth.deeds.items():
            # what was taken down may be put up once more, each time
            most = 1 + self.truth.taken_down[deed.record]
            fickle = deed.record in self.truth.fickle
            assert times <= most or fickle, f"{deed} took effect {times}×"
        return picture

    def check_chain(self) -> None:
        """Prove the audit log."""
        with self.database.reading() as connection:
            assert verify(connection).ok

    def check_peace(self, permits: list[Permit]) -> None:
        """Check that nothing is left under way: all is as it should be, or waits for a person."""
        picture = self.check(permits)
        for one in picture.submissions:
            assert State(one.state) not in OPEN or State(one.state) in _WAITS_FOR_A_PERSON, (
                f"submission {one.id} is still {one.state} after all had time enough"
            )
        for permit in permits:
            rows = picture.of(permit)
            person = any(State(one.state) in _WAITS_FOR_A_PERSON for one in rows)
            if person or permit.given_up or permit.index in self.truth.fickle:
                continue
            lacks = _need(picture.holdings[permit.record_id])
            if lacks is not None:
                continue  # refused or given up: checked with the record itself
            held = [
                version
                for version in range(1, len(permit.numbers) + 1)
                if (permit.index, version) in self.truth.holds(permit.key(version))
            ]
            wanted = [permit.wanted] if permit.wanted is not None and permit.valid else held[:0]
            if permit.wanted is None or permit.valid:
                assert held == wanted, f"record {permit.index}: {held} held, {wanted} wanted"

    def _check_moves(self, picture: Picture) -> None:
        for entry in picture.news:
            if entry.action == f"submission.{_CREATED}":
                self._states[entry.submission_id] = State.READY.value
            after = _STATES.get(entry.action)
            if after is None:
                continue
            before = State(self._states[entry.submission_id])
            assert f'"before":"{before}"' in entry.body, f"{entry.body} does not follow {before}"
            assert allowed(before, after), f"{before} to {after}"
            self._states[entry.submission_id] = after.value
        for row in picture.submissions:
            assert row.state == self._states[row.id], f"submission {row.id}: state without audit"
            assert row.fence >= self._fences.get(row.id, 0), f"submission {row.id}: fence shrank"
            self._fences[row.id] = row.fence

    def _check_counts(self, picture: Picture) -> None:
        counted = Counter(row.state for row in picture.submissions)
        kept = {state: number for state, number in picture.counts.items() if number}
        assert kept == counted, f"{kept} kept, {counted} counted"
        opened = Counter(row.holding_id for row in picture.submissions if State(row.state) in OPEN)
        assert not [one for one, times in opened.items() if times > 1], "two open at one holding"

    def _check_refusals(self, picture: Picture) -> None:
        """Check what people are told: who was refused, what is late, what cannot be asked."""
        wholly: Counter[int] = Counter()
        for row in picture.submissions:
            if row.code == "receipt_overdue":
                late = picture.batches[row.batch_id].sent_at + timedelta(
                    seconds=self.platform.expected_within
                )
                assert row.changed_at > late, f"submission {row.id} is not overdue at all"
            if row.state == State.HELD and row.message.startswith("平台不能查询"):
                wholly[row.batch_id] += 1
        if self.truth.nature.deduplicates:
            for batch_id, rows in wholly.items():
                assert rows < picture.batches[batch_id].row_count, "could have been sent again"

    def _check_record(self, picture: Picture, permit: Permit) -> None:
        rows = picture.of(permit)
        place = picture.holdings[permit.record_id]
        assert place.wanted_version == permit.wanted
        need = _need(place)
        for row in rows:
            if row.state == State.READY:
                assert (row.operation, row.version) == need, (
                    f"submission {row.id} is overtaken and would be sent"
                )
            if row.state == State.REJECTED:
                deed = Deed(permit.index, row.version, Operation(row.operation))
                assert deed in self.truth.refused, f"submission {row.id} was not refused itself"
        moving = [row for row in rows if State(row.state) in OPEN]
        if need is not None and not moving:
            self._check_given_up(permit, need, rows)
        for row in rows[-1:]:
            if row.state == State.REJECTED and row.operation in _BELIEVED:
                assert place.held_version != row.version, f"refused submission {row.id} is believed"
        if permit.index in self.truth.fickle:
            return
        self._check_arrived(permit, place.held_version, moving)
        if need is None and not moving and not permit.given_up:
            self._check_held(permit, place.held_version)
        self._check_duties(picture, permit)

    @staticmethod
    def _check_given_up(permit: Permit, need: Need, rows: list[sa.Row[Any]]) -> None:
        tries = [row for row in rows if (row.operation, row.version) == need]
        assert tries, f"record {permit.index}: nothing is on its way, {need} is needed"
        last = tries[-1]
        assert last.state == State.REJECTED or (
            last.state == State.CANCELLED and last.code != "superseded"
        ), f"record {permit.index}: nobody looks after {need}"

    def _check_arrived(
        self, permit: Permit, believed: int | None, moving: list[sa.Row[Any]]
    ) -> None:
        if believed is not None:
            done = [self.truth.deeds[Deed(permit.index, believed, one)] for one in _BELIEVED]
            assert any(done), f"record {permit.index}: version {believed} never arrived"
        for row in moving:
            if row.operation in _BELIEVED and State(row.state) not in _WAITS_FOR_A_PERSON:
                assert row.version != believed, f"submission {row.id} is believed before its end"

    def _check_duties(self, picture: Picture, permit: Permit) -> None:
        deeds = [deed for deed in self.truth.deeds if deed.record == permit.index]
        for one in picture.duties:
            if one.record_id == permit.record_id and one.closed_by == "accepted":
                assert any(
                    deed.version >= one.version or deed.operation in REMOVALS for deed in deeds
                ), f"a duty of record {permit.index} is closed and nothing was reported"

    def _check_held(self, permit: Permit, believed: int | None) -> None:
        for version in range(1, len(permit.numbers) + 1):
            times = self.truth.holds(permit.key(version)).count((permit.index, version))
            assert times == (version == believed), (
                f"record {permit.index}: version {version} is held {times}×, believed is {believed}"
            )


def _need(place: sa.Row[Any]) -> Need | None:
    wanted, held = place.wanted_version, place.held_version
    if wanted is None:
        return None if held is None else (place.removal, held)
    if place.findings or wanted == held:
        return None
    if held is None:
        return (Operation.INSERT.value, wanted)
    if place.held_key is not None and place.held_key != place.wanted_key:
        return (Operation.WITHDRAW.value, held)
    return (Operation.UPDATE.value, wanted)
