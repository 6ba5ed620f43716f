"""Whatever people do, in whatever order: nothing is disclosed that no second person approved."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.life.bureau import SHARING, SITE
from tests.life.reviewed import CHIEF, CLERK, OTHER, ReviewedBureau
from tests.support import FrozenClock
from xinqiao.adapters.base import Outcome, Reply
from xinqiao.database.engine import Database
from xinqiao.database.tables import submission
from xinqiao.errors import XinqiaoError
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue import operations
from xinqiao.queue.publishing import Why

PEOPLE = st.sampled_from([CLERK, CHIEF, OTHER, "ZHANG"])
FINES = st.sampled_from(["0.2", "0.3", "0.4"])


def step(name: str, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(name), st.fixed_dictionaries(values))


STEPS = st.one_of(
    step("take_in", actor=PEOPLE, fine=FINES),
    step("approve", actor=PEOPLE),
    step("approve_older", actor=PEOPLE),
    step("send_back", actor=PEOPLE),
    step("send", outcome=st.sampled_from(list(Outcome))),
    *map(step, ("withdraw", "restore", "forbid", "put_up")),
    step("route", to_site=st.booleans()),
    step("operate", verb=st.sampled_from(["retry", "hold", "release", "cancel"])),
)
NUMBERS = count(1)


@pytest.fixture
def bureau(database: Database, keys: KeyRing, clock: FrozenClock) -> ReviewedBureau:
    return ReviewedBureau(database, keys, clock)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
def test_nothing_is_disclosed_that_nobody_but_its_importer_has_seen(
    bureau: ReviewedBureau, steps: list[tuple[str, dict[str, Any]]]
) -> None:
    number = f"沂交罚〔2026〕{next(NUMBERS):04}号"
    deeds = Deeds(bureau, bureau.penalty(document_number=number), number)
    for name, values in steps:
        bureau.clock.advance(60)
        # what cannot be is told to the person, and nothing was done
        with suppress(XinqiaoError):
            getattr(deeds, name)(**values)
        bureau.judge()
    bureau.send()
    bureau.judge()
    assert bureau.chain_holds()


def test_the_judge_notices_what_nobody_approved(bureau: ReviewedBureau) -> None:
    bureau.reviewed = frozenset()
    bureau.shown()
    bureau.reviewed = frozenset({"penalty"})
    with pytest.raises(KeyError):
        bureau.judge()


@dataclass(frozen=True)
class Deeds:
    """What people do to one penalty; each method is a step of the same name."""

    bureau: ReviewedBureau
    record: str
    number: str

    def take_in(self, actor: str, fine: str) -> None:
        with self.bureau.sitting(actor):
            self.bureau.take_in(
                "penalty", self.record, document_number=self.number, fine_amount=fine
            )

    def approve(self, actor: str) -> None:
        self.bureau.approve(self.record, actor=actor)

    def approve_older(self, actor: str) -> None:
        older = max(1, self.bureau.version(self.record)[1] - 1)
        self.bureau.approve((self.record, older), actor=actor)

    def send_back(self, actor: str) -> None:
        self.bureau.send_back(self.record, actor=actor)

    def send(self, outcome: Outcome) -> None:
        for connector in self.bureau.connectors.values():
            connector.answers[:0] = [Reply(outcome)]
        self.bureau.send()

    def withdraw(self) -> None:
        self.bureau.withdraw(self.record)

    def restore(self) -> None:
        self.bureau.undo_withdrawal(self.record)

    def forbid(self) -> None:
        with self.bureau.database.writing() as connection:
            self.bureau.desk(connection).stop(self.record, Why.FORBIDDEN)

    def put_up(self) -> None:
        with self.bureau.database.writing() as connection:
            self.bureau.desk(connection).put_up(self.record)

    def route(self, *, to_site: bool) -> None:
        self.bureau.switches = {"penalty": {SITE: to_site, SHARING: True}}
        self.bureau.apply_routes()

    def operate(self, verb: str) -> None:
        rows = self.bureau.rows(submission, submission.c.record_id == self.record)
        for row in rows:
            with self.bureau.database.writing() as connection:
                getattr(operations, verb)(connection, [row.id], self.bureau.cause("试验"))
