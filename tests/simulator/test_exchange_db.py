"""The stand-in for the receiver of an exchange database, judged by its own tables."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from xinqiao.clock import Clock
from xinqiao.errors import InputError, SettingsError
from xinqiao.simulator.exchange_db import ExchangeDb, load_layout
from xinqiao.simulator.faults import Fault
from xinqiao.simulator.plan import FaultPlan
from xinqiao.simulator.planting import Planting
from xinqiao.simulator.stand_in import Setup

FRONT, VOID = "credit_frontdb_2018", "void_and_insert"


class StoppedClock(Clock):
    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant


class Stage:
    """A stand-in over a file, and a sender that knows nothing but SQL."""

    def __init__(
        self, path: Path, platform: str, *faults: Fault, delay: float = 0.0, seed: int = 0
    ) -> None:
        self.clock = StoppedClock()
        self.where = f"sqlite:///{path}"
        self.layout = load_layout(platform)
        setup = Setup(platform, faults, delay, seed, where=self.where, clock=self.clock)
        self.stand_in = ExchangeDb(self.layout, setup, FaultPlan(faults, seed))
        self._engine = sa.create_engine(self.where, poolclass=sa.NullPool)

    def put(self, key: str, document: str, **values: Any) -> None:
        plain = {
            self.layout.row_key: key,
            self.layout.batch: "B1",
            self.layout.status: self.layout.initial,
            "XK_WSH": document,
            "XK_XDR_MC": "沂源测试汽修厂",
            **({self.layout.validity: 1} if self.layout.validity else {}),
            **values,
        }
        names = ", ".join(f'"{name}"' for name in plain)
        marks = ", ".join("?" for _ in plain)
        self.run(f'INSERT INTO "{self.table}" ({names}) VALUES ({marks})', *plain.values())  # noqa: S608 - our own names

    @property
    def table(self) -> str:
        return self.layout.tables["permit"].name

    def run(self, statement: str, *values: Any) -> list[Any]:
        with self._engine.begin() as connection:
            done = connection.exec_driver_sql(statement, tuple(values))
            return list(done.all()) if done.returns_rows else []

    def after(self, seconds: float) -> None:
        self.clock.instant += timedelta(seconds=seconds)
        self.stand_in.work()

    def states(self) -> dict[str, str]:
        layout = self.layout
        found = self.run(f'SELECT "{layout.row_key}", "{layout.status}" FROM "{self.table}"')  # noqa: S608 - our own names
        return {key: str(status) for key, status in found}

    def history(self) -> Mapping[str, list[str]]:
        history: Mapping[str, list[str]] = self.stand_in.received()["history"]
        return history


Make = Callable[..., Stage]


@pytest.fixture
def stage(tmp_path: Path) -> Make:
    def make(platform: str = FRONT, *faults: Fault, **options: Any) -> Stage:
        return Stage(tmp_path / "front.db", platform, *faults, **options)

    return make


def rows(name: str, **options: Any) -> Fault:
    return Fault(name=name, call="rows", **options)


def test_a_row_is_decided_when_its_time_has_come(stage: Make) -> None:
    made = stage(delay=60)
    made.put("k1", "1号")
    made.after(0)
    made.after(59)
    assert (made.states(), made.history()) == ({"k1": "0"}, {})
    made.after(1)
    assert made.states() == {"k1": "1"}
    assert made.history() == {"1号": ["insert"]}
    assert made.run('SELECT "ROW_ID", "JG" FROM "L_YIYUAN_FK"') == [("k1", "1")]


def test_a_row_that_its_sender_took_back_has_no_effect(stage: Make) -> None:
    made = stage(delay=60)
    made.put("k1", "1号")
    made.after(0)
    made.run(f'DELETE FROM "{made.table}"')  # noqa: S608 - our own names
    made.after(60)
    assert made.history() == {}


def test_a_second_row_of_a_document_is_refused_where_rows_are_written_over(stage: Make) -> None:
    made = stage()
    made.put("k1", "1号")
    made.after(0)
    made.put("k2", "1号")
    made.after(0)
    assert made.states() == {"k1": "1", "k2": "9"}
    assert made.history() == {"1号": ["insert"]}


def test_a_second_row_counts_only_after_a_void_one(stage: Make) -> None:
    made = stage(VOID)
    made.put("k1", "1号")
    made.after(0)
    made.put("k2", "1号")
    made.after(0)
    assert made.states() == {"k1": "3", "k2": "4"}
    made.put("k3", "1号", SJYXBS=0)
    made.after(0)
    made.put("k4", "1号")
    made.after(0)
    assert made.states() == {"k1": "3", "k2": "4", "k3": "3", "k4": "3"}
    assert made.history() == {"1号": ["insert", "void", "insert"]}


def test_nothing_can_be_voided_that_does_not_count(stage: Make) -> None:
    made = stage(VOID)
    made.put("k1", "1号", SJYXBS=0)
    made.after(0)
    assert made.states() == {"k1": "4"}
    assert made.history() == {}


@pytest.mark.parametrize("values", [{"XK_XDR_MC": ""}, {"XK_WSH": " "}, {"XK_XDR_MC": "查无此人"}])
def test_what_a_receiver_would_refuse_is_refused(stage: Make, values: dict[str, str]) -> None:
    made = stage()
    made.put("k1", "1号", **values)
    made.after(0)
    assert made.states() == {"k1": "9"}
    assert made.history() == {}


def test_faults_by_chance_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    def run(name: str, seed: int) -> dict[str, str]:
        fault = rows("row_refused", probability=0.5)
        made = Stage(tmp_path / name, FRONT, fault, seed=seed)
        for number in range(20):
            made.put(f"k{number}", f"{number}号")
        made.after(0)
        return made.states()

    first = run("a.db", 7)
    assert first == run("b.db", 7)
    assert first != run("c.db", 8)
    assert set(first.values()) == {"1", "9"}


def test_a_row_contradicted_has_both_answers_at_one_time(stage: Make) -> None:
    made = stage(FRONT, rows("row_contradicted", seconds=60))
    made.put("k1", "1号")
    made.after(0)
    assert made.states() == {"k1": "9"}
    answers = made.run('SELECT "JG", "FK_TIME" FROM "L_YIYUAN_FK" ORDER BY "JG"')
    assert [result for result, _ in answers] == ["0", "1"]
    assert len({at for _, at in answers}) == 1
    made.after(60)
    assert made.states() == {"k1": "1"}
    assert made.history() == {"1号": ["insert"]}


def test_an_answer_given_twice_stands_twice(stage: Make) -> None:
    made = stage(FRONT, rows("row_answered_twice"))
    made.put("k1", "1号")
    made.after(0)
    assert made.run('SELECT count(*) FROM "L_YIYUAN_FK"') == [(2,)]


def test_a_locked_row_cannot_be_changed_until_the_lock_ends(stage: Make) -> None:
    made = stage(FRONT, rows("row_locked", seconds=10))
    made.put("k1", "1号")
    made.after(0)
    engine = sa.create_engine(made.where, connect_args={"timeout": 0}, poolclass=sa.NullPool)
    with pytest.raises(sa.exc.OperationalError, match="locked"), engine.begin() as connection:
        connection.exec_driver_sql(f'DELETE FROM "{made.table}"')  # noqa: S608 - our own names
    made.after(10)
    assert made.states() == {"k1": "1"}


@pytest.mark.parametrize(("name", "effects"), [("row_taken_away", {"1号": 1}), ("row_deleted", {})])
def test_a_row_can_vanish_with_effect_or_without(
    stage: Make, name: str, effects: dict[str, int]
) -> None:
    made = stage(FRONT, rows(name))
    made.put("k1", "1号")
    made.after(0)
    assert made.states() == {}
    assert made.stand_in.received()["effects"] == effects


def test_a_fault_of_rows_has_no_operation() -> None:
    with pytest.raises(ValueError, match="operation 不适用于 rows"):
        rows("row_refused", operation="insert")


def test_planting_concerns_one_document_and_may_name_the_subject(stage: Make) -> None:
    made = stage()
    made.put("k1", "1号")
    made.put("k2", "2号")
    made.after(0)
    change = Planting(resource="permit", number="1号", subject="另一家", fields=None)
    made.stand_in.plant(change)
    assert set(made.states()) == {"k1", "k2"}
    made.stand_in.plant(Planting(resource="permit", number="1号", fields=None))
    assert set(made.states()) == {"k2"}
    with pytest.raises(InputError):
        made.stand_in.plant(Planting(resource="red_list", number="1号", fields=None))


@pytest.mark.parametrize(
    "where", ["", "not a url", "oracle://127.0.0.1/x", "sqlite:////no/such/folder/front.db"]
)
def test_without_a_database_it_does_not_start(where: str) -> None:
    with pytest.raises(SettingsError, match="--where"):
        ExchangeDb(load_layout(FRONT), Setup(FRONT, where=where), FaultPlan())


def test_a_database_that_is_away_for_a_while_is_waited_for(stage: Make, tmp_path: Path) -> None:
    made = stage()
    made.put("k1", "1号")
    file, aside = tmp_path / "front.db", tmp_path / "aside.db"
    file.rename(aside)
    file.mkdir()
    made.after(0)
    file.rmdir()
    aside.rename(file)
    made.after(0)
    assert made.states() == {"k1": "1"}
