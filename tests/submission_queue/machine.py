"""A walk through the queue's life: hypothesis chooses what happens next, and looks for trouble."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.engine import Connection

from tests.submission_queue.chances import LEASE_OVER, WHICH, WORK, WORKERS, Trouble
from tests.submission_queue.expectations import Expectations, Permit
from tests.submission_queue.fates import Crash, Deed, Fate, Nature, mark
from tests.submission_queue.remembering import RememberingPlatform
from tests.submission_queue.world import PLATFORM, ScriptedPlatform, World
from tests.support import FrozenClock
from xinqiao.adapters.base import Operation, Outcome
from xinqiao.database.engine import Database
from xinqiao.database.tables import batch
from xinqiao.errors import XinqiaoError
from xinqiao.passes import make_pass
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue import batches, delivery, operations, platforms
from xinqiao.queue.delivery import deliver
from xinqiao.queue.duties import reopen_waived
from xinqiao.queue.holdings import replan, write_holdings
from xinqiao.queue.operations import Evidence, Resolution
from xinqiao.queue.platforms import Withdrawal
from xinqiao.queue.present import present_changes
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.states import OPEN, State
from xinqiao.queue.transitions import Cause
from xinqiao.queue.withdrawal import Revocation, restore, withdraw
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.receipts import collect

Opening = Callable[[FrozenClock], AbstractContextManager[tuple[Database, KeyRing]]]
"""Opens an empty database whose clock is the given one."""

EVIDENCE = Evidence("平台截图.png", "0" * 64)
REVOKED = Revocation(date(2026, 11, 19), "云交撤〔2026〕1号")
_CHAIN_EVERY = 10
_MOST_PERMITS = 4
_ROUNDS = 40
_NUMBERS = 100

PLACES: dict[str, tuple[Any, str]] = {
    "rendering": (delivery, "render"),
    "beginning": (batches, "begin_attempt"),
    "storing": (Worker, "store"),
}
"""Step of a worker → what is called there."""

RESOLUTIONS = {
    Outcome.ACCEPTED: Resolution.ACCEPTED,
    Outcome.REJECTED: Resolution.REJECTED,
    Outcome.RETRYABLE: Resolution.ABSENT,
}
VERBS: dict[State, list[Callable[[Connection, Sequence[int], Cause], None]]] = {
    State.READY: [operations.hold, operations.cancel, operations.retry],
    State.AWAITING_RECEIPT: [operations.cancel],
    State.IN_DOUBT: [operations.retry, operations.cancel],
    State.REJECTED: [operations.retry],
    State.CONFLICT: [operations.hold, operations.cancel],
    State.HELD: [operations.release, operations.cancel],
    State.CANCELLED: [operations.retry],
}
"""State → what a person may try then; some of it is refused."""

UNDER_WAY = frozenset({State.SENDING, State.IN_DOUBT})
MOVING = UNDER_WAY | {State.READY, State.AWAITING_RECEIPT}
OBSCURE = frozenset({State.HELD, State.IN_DOUBT, State.CONFLICT})
"""States in which a person may say what became of a submission."""


class QueueMachine(RuleBasedStateMachine):
    """The queue beside a plain model of it."""

    def __init__(self, opening: Opening, nature: Nature) -> None:
        super().__init__()
        self.nature = nature
        self.stack = ExitStack()
        self.clock = FrozenClock()
        database, keys = self.stack.enter_context(opening(self.clock))
        self.world = World(database, keys, self.clock, ScriptedPlatform())
        self.permits: list[Permit] = []
        self.states: set[str] = set()
        self.paused = False
        self.steps = 0
        self.sound = True

    @initialize(
        way=st.sampled_from([Withdrawal.VOID_ROW, Withdrawal.OPERATION]),
        rows=st.sampled_from([2, 3, 1]),
        permits=st.integers(2, 3),
    )
    def begin(self, way: Withdrawal, rows: int, permits: int) -> None:
        self.world.rows_per_batch = rows
        self.world.withdrawals = {"permit": way}
        self.truth = RememberingPlatform(self.clock, self.nature)
        self.platform = replace(self.world.platform, connector=self.truth)
        self.expect = Expectations(self.world.database, self.platform, self.truth)
        for _ in range(permits):
            self.import_one(unwelcome=False)

    @precondition(lambda self: len(self.permits) < _MOST_PERMITS)
    @rule(unwelcome=st.sampled_from([False, False, False, True]))
    def import_a_permit(self, unwelcome: bool) -> None:
        with self.step():
            self.import_one(unwelcome=unwelcome)

    def import_one(self, *, unwelcome: bool) -> None:
        index = len(self.permits) + 1
        if unwelcome:
            self.truth.unwelcome.add(index)
        (record_id,) = self.world.add(index * _NUMBERS, content=mark(index, 1))
        self.permits.append(Permit(index, record_id, [index * _NUMBERS]))

    @precondition(lambda self: bool(self.permits))
    @rule(
        which=WHICH,
        what=st.sampled_from(
            ["corrects", "corrects", "renumbers", "errs", "revokes", "takes down", "takes down"]
        ),
    )
    def the_office(self, what: str, which: int) -> None:
        with self.step():
            permit = self.one_of(self.permits, which)
            if what == "revokes" or permit.withdrawn:
                self.withdraw_or_restore(permit)
            elif what == "takes down":
                self.take_down_or_put_up(permit)
            else:
                self.import_a_correction(permit, what)

    def take_down_or_put_up(self, permit: Permit) -> None:
        """Let the platform be one that shows: what it is to show no more, and what again."""
        record_id, cause = permit.record_id, self.world.cause("科长同意")
        with self.world.database.writing() as connection:
            (change,) = present_changes(connection, [record_id], self.world.keys)
            (row,) = self.world.planner().rows_at(connection, change, [PLATFORM], cause)
            permit.taken_down = not permit.taken_down
            if permit.taken_down:
                nothing: dict[str, Any] = {
                    "wanted_version": None,
                    "wanted_key": None,
                    "findings": [],
                }
                row |= nothing | {"removal": Operation.TAKE_DOWN.value}
            else:
                reopen_waived(connection, [record_id], cause, [PLATFORM])
            write_holdings(connection, [row], cause)
            replan(connection, [(record_id, PLATFORM)], cause)

    def import_a_correction(self, permit: Permit, what: str) -> None:
        permit.taken_down = False
        number = permit.numbers[-1] + (what == "renumbers")
        permit.numbers.append(number)
        permit.valid = what != "errs"
        version = len(permit.numbers)
        self.world.version(
            permit.record_id,
            version,
            number,
            valid=permit.valid,
            content=mark(permit.index, version),
        )

    def withdraw_or_restore(self, permit: Permit) -> None:
        cause = self.world.cause("更正登记")
        with suppress(XinqiaoError), self.world.database.writing() as connection:
            if permit.withdrawn:
                planner = self.world.planner()
                restore(connection, planner, permit.record_id, self.world.keys, cause)
                permit.taken_down = False
            else:
                withdraw(connection, self.world.planner(), permit.record_id, REVOKED, cause)
            permit.withdrawn = not permit.withdrawn

    @precondition(lambda self: self.states & UNDER_WAY)
    @rule(seconds=st.sampled_from([80, LEASE_OVER, 3700, 90_000]))
    def wait(self, seconds: float) -> None:
        with self.step():
            self.clock.advance(seconds)

    @precondition(lambda self: self.states & MOVING and not self.paused)
    @rule(**WORK)
    def work(self, **how: Any) -> None:
        self.do(make_pass, **how)

    @precondition(lambda self: State.READY in self.states and not self.paused)
    @rule(**WORK)
    def send(self, **how: Any) -> None:
        self.do(deliver, **how)

    @precondition(lambda self: State.READY in self.states and not self.paused)
    @rule(**WORK)
    def send_again(self, **how: Any) -> None:
        self.do(deliver, **how)

    @precondition(lambda self: self.states & UNDER_WAY and not self.paused)
    @rule(**WORK)
    def ask(self, **how: Any) -> None:
        self.do(resolve_doubts, **how)

    @precondition(lambda self: State.AWAITING_RECEIPT in self.states and not self.paused)
    @rule(decides=st.integers(0, 2), **WORK)
    def collect(self, decides: int, **how: Any) -> None:
        self.truth.decide(decides)
        self.do(collect, **how)

    def do(
        self,
        part: Callable[[Worker, platforms.Platform], object],
        who: list[str],
        fates: list[Fate],
        deaf: int,
        trouble: Trouble | None,
        wait: float,
    ) -> None:
        """Let the first of ``who`` do its part; the second one works while it is frozen."""
        with self.step():
            self.clock.advance(wait)
            self.truth.fates = list(fates)
            self.truth.deaf = deaf
            self.truth.answer_kept()
            with suppress(Crash), self.befallen(trouble, who[1]):
                part(self.world.another_worker(who[0]), self.platform)
            self.truth.fates, self.truth.deaf, self.truth.meanwhile = [], 0, None

    @precondition(lambda self: bool(self.permits))
    @rule(which=WHICH, verb=WHICH)
    def operate(self, which: int, verb: int) -> None:
        with self.step(), suppress(XinqiaoError):
            rows = [row for row in self.expect.look_at_submissions() if State(row.state) in VERBS]
            if not rows:
                return
            row = self.one_of(rows, which)
            does = self.one_of(VERBS[State(row.state)], verb)
            with self.world.database.writing() as connection:
                does(connection, [row.id], self.world.cause("科长同意"))
            if does is operations.cancel and row.state == State.CONFLICT:
                self.permit_of(row).given_up = True

    @precondition(lambda self: self.states & OBSCURE)
    @rule(which=WHICH)
    def find_out_at_the_platform(self, which: int) -> None:
        with self.step(), suppress(XinqiaoError):
            rows = [row for row in self.expect.look_at_submissions() if row.state in OBSCURE]
            if not rows:
                return
            row = self.one_of(rows, which)
            permit = self.permit_of(row)
            numbers = {one.id: one.number for one in self.world.rows(batch)}
            deed = Deed(permit.index, row.version, Operation(row.operation))
            found = self.truth.truth(deed, numbers.get(row.batch_id))
            if found is None:
                return
            with self.world.database.writing() as connection:
                operations.resolve(
                    connection,
                    [row.id],
                    self.world.cause("打电话问过"),
                    resolution=RESOLUTIONS[found],
                    evidence=EVIDENCE,
                )
            self.truth.settled(permit.index)

    @precondition(lambda self: bool(self.permits))
    @rule(what=st.sampled_from(["welcomes", "changes", "changes", "pauses"]), which=WHICH)
    def the_platform(self, what: str, which: int) -> None:
        with self.step():
            permit = self.one_of(self.permits, which)
            if what == "welcomes":
                self.truth.unwelcome.discard(permit.index)
            elif what == "changes":
                self.truth.change_its_mind(permit.index)
            elif which == 0:
                with self.world.database.writing() as connection:
                    platforms.pause(connection, PLATFORM, self.world.cause("平台维护"))

    @precondition(lambda self: self.paused)
    @rule(who=st.permutations(WORKERS))
    def resume(self, who: list[str]) -> None:
        with self.step():
            make_pass(self.world.another_worker(who[0]), self.platform)
            with self.world.database.writing() as connection:
                platforms.resume(connection, PLATFORM, self.world.cause("平台恢复"))

    @invariant()
    def everything_that_must_hold_does(self) -> None:
        if not hasattr(self, "expect"):
            return
        with self.step():
            self.steps += 1
            self.truth.arrive()
            picture = self.expect.check(self.permits)
            self.states = {row.state for row in picture.submissions}
            self.paused = picture.paused
            for permit in self.permits:
                if not any(State(one.state) in OPEN for one in picture.of(permit)):
                    self.truth.settled(permit.index)
            if self.steps % _CHAIN_EVERY == 0:
                self.expect.check_chain()

    def teardown(self) -> None:
        """Let peace in, and see that everything comes to rest."""
        with self.stack:
            if self.sound and hasattr(self, "expect"):
                self.let_peace_in()

    def let_peace_in(self) -> None:
        with self.world.database.writing() as connection:
            platforms.resume(connection, PLATFORM, self.world.cause("平台恢复"))
        before: list[Any] = []
        for _ in range(_ROUNDS):
            self.clock.advance(3000)
            for name in WORKERS:
                self.truth.decide(1000)
                make_pass(self.world.another_worker(name), self.platform)
                self.expect.check(self.permits)
            after = [(row.id, row.state) for row in self.world.submissions()]
            if after == before and not self.moving(after):
                break
            before = after
        self.expect.check_peace(self.permits)
        self.expect.check_chain()

    def note_what_is_known(self) -> None:
        """Let no send count as unknown whose submission is closed: another may follow it."""
        numbers = {one.id: one.number for one in self.world.rows(batch)}
        for row in self.expect.look_at_submissions():
            if State(row.state) not in OPEN:
                self.truth.settled_by(self.permit_of(row).index, numbers.get(row.batch_id))

    @staticmethod
    def moving(rows: list[tuple[int, str]]) -> bool:
        waiting = {State.HELD, State.CONFLICT}
        return any(State(state) in OPEN - waiting for _, state in rows)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Note that something failed in between, so that what follows is not asked about."""
        self.sound = False
        yield
        self.sound = True

    @contextmanager
    def befallen(self, trouble: Trouble | None, other: str) -> Iterator[None]:
        """Let ``trouble`` come over the worker; ``other`` works while it is frozen."""
        if trouble is None:
            yield
            return
        if trouble.where == "calling":
            self.truth.meanwhile = partial(self.strike, trouble, other)
            yield
            return
        # nobody freezes inside a transaction: there the others would only wait
        where = "rendering" if trouble.freezes and trouble.where == "beginning" else trouble.where
        owner, name = PLACES[where]
        original = getattr(owner, name)
        left = trouble.nth + 1

        def struck(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                if where == "storing":
                    self.truth.answer_lost()
                self.strike(trouble, other)
            result = original(*arguments, **named)
            self.truth.answer_kept()
            if where == "storing":
                # one that slept past its lease may still be the first to store its answer
                self.note_what_is_known()
            return result

        with patch.object(owner, name, struck):
            yield

    def strike(self, trouble: Trouble, other: str) -> None:
        """Let the worker die, or sleep past its lease while ``other`` works."""
        if not trouble.freezes:
            raise Crash
        self.clock.advance(LEASE_OVER)
        with suppress(Crash):
            make_pass(self.world.another_worker(other), self.platform)

    def permit_of(self, row: Any) -> Permit:
        return next(one for one in self.permits if one.record_id == row.record_id)

    @staticmethod
    def one_of(things: list[Any], which: int) -> Any:
        return things[which % len(things)]
