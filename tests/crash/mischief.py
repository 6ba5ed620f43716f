"""What is done to workers and databases: each is a table row of the proof (故障)."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psycopg

from tests.crash.stage import LATENCY_SECONDS, LEASE_SECONDS, OPEN, Stage
from tests.crash.worker_process import WorkerProcess
from tests.support import wait_until

WORKERS = 4
_WORKING_SECONDS = 1.5
_AMONG = 20
_MOST_DEATHS = 20
_SHORTLY = 0.4
_GLANCE = 0.02


@dataclass(slots=True)
class Tally:
    """How often something was done, and how often it met work in hand; None: nobody looked."""

    done: int = 0
    in_hand: int | None = None

    def met(self, work: int) -> None:
        """Count blows that met work in hand."""
        self.in_hand = (self.in_hand or 0) + work


def kill(stage: Stage, times: int) -> Tally:
    """Kill -9 a worker in the middle of its work, and start another one."""
    tally = Tally()
    with _crew(stage):
        while tally.done < times:
            stage.feed()
            worker = _grown(stage)
            if worker is None:
                time.sleep(_GLANCE)
                continue
            busy = _until_in_hand(stage, worker)
            # anywhere in the call or in the transactions around it
            time.sleep(stage.chance.uniform(0, 2 * LATENCY_SECONDS))
            worker.kill()
            stage.workers.remove(worker)
            stage.start_worker()
            tally.done += 1
            tally.met(busy)
    return tally


def _until_in_hand(stage: Stage, worker: WorkerProcess) -> bool:
    """Wait a little for ``worker`` to hold something; return whether it does."""
    ends_at = time.monotonic() + _WORKING_SECONDS
    while time.monotonic() < ends_at:
        if stage.in_hand(worker):
            return True
        time.sleep(_GLANCE)
    return False


def freeze(stage: Stage, times: int) -> Tally:
    """Freeze workers until their leases are over, and let them go on."""
    tally = Tally()
    with _crew(stage):
        _grow_up(stage)
        while tally.done < times:
            stage.feed()
            frozen = []
            for worker in stage.chance.sample(stage.workers, WORKERS - 1):
                time.sleep(stage.chance.uniform(0, _SHORTLY))
                worker.freeze()
                frozen.append(worker)
            tally.met(sum(stage.in_hand(worker) > 0 for worker in frozen))
            time.sleep(LEASE_SECONDS + _SHORTLY)
            for worker in frozen:
                worker.thaw()
            tally.done += len(frozen)
            time.sleep(_SHORTLY)
    return tally


def blink(stage: Stage, times: int) -> Tally:
    """Freeze a worker for less than its lease."""
    tally = Tally()
    with _crew(stage):
        _grow_up(stage)
        while tally.done < times:
            stage.feed()
            worker = stage.chance.choice(stage.workers)
            worker.freeze()
            time.sleep(stage.chance.uniform(0.1, LEASE_SECONDS / 2))
            worker.thaw()
            tally.done += 1
    return tally


def stop(stage: Stage, times: int) -> Tally:
    """Ask a worker to end in the middle of its work, and start another one."""
    tally = Tally()
    with _crew(stage):
        while tally.done < times:
            stage.feed()
            time.sleep(stage.chance.uniform(0.05, _SHORTLY))
            worker = _grown(stage)
            if worker is None:
                continue
            assert worker.stop() == 0, worker.words()
            worker.end()
            stage.workers.remove(worker)
            stage.start_worker()
            tally.done += 1
    return tally


def lock(stage: Stage, times: int) -> Tally:
    """Let a foreign program hold the database's lock for longer than anybody waits for it."""
    tally = Tally()
    with _crew(stage):
        _grow_up(stage)
        while tally.done < times:
            stage.feed()
            with _foreign_writer(stage):
                time.sleep(stage.chance.uniform(1.2, 2.5))
            time.sleep(stage.chance.uniform(0.1, _SHORTLY))
            tally.done += 1
    return tally


def twins(stage: Stage, times: int) -> Tally:
    """Start two instances on one workspace at the same moment, by mistake."""
    tally = Tally()
    while tally.done < times:
        stage.feed()
        both = [stage.start_worker(), stage.start_worker()]
        _grow_up(stage)
        time.sleep(_WORKING_SECONDS)
        for worker in both:
            assert worker.running, worker.words()
            worker.end()
            stage.workers.remove(worker)
        tally.done += 1
    return tally


def clock(stage: Stage, times: int) -> Tally:
    """Let workers run whose machines' clocks are hours off, beside sound ones."""
    tally = Tally()
    while tally.done < times:
        stage.feed()
        hours = stage.chance.choice(["-3", "-1", "1", "3"])
        pair = [stage.start_worker("tests.crash.shifted", hours), stage.start_worker()]
        _grow_up(stage)
        time.sleep(_WORKING_SECONDS)
        pair[0].kill()
        pair[1].end()
        for worker in pair:
            stage.workers.remove(worker)
        tally.done += 1
    return tally


def restart(stage: Stage, times: int) -> Tally:
    """Kill the database's server under load, and start it again."""
    tally = Tally()
    assert stage.server is not None
    with _crew(stage):
        _grow_up(stage)
        while tally.done < times:
            stage.feed()
            time.sleep(stage.chance.uniform(0.2, _SHORTLY))
            tally.met(stage.patiently(lambda: stage.count("sending")) > 0)
            stage.server.quit_at_once()
            time.sleep(stage.chance.uniform(0.1, 1.5))
            stage.server.start_again()
            time.sleep(_SHORTLY)
            tally.done += 1
    return tally


def fill_disk(stage: Stage, times: int) -> Tally:
    """Leave no byte on the disk of the database for a while."""
    tally = Tally()
    assert stage.disk is not None
    with _crew(stage):
        _grow_up(stage)
        while tally.done < times:
            stage.feed()
            stage.disk.fill()
            time.sleep(_WORKING_SECONDS)
            stage.disk.free()
            if stage.server is not None:
                stage.server.start_again()  # it may have ended rather than lose what it promised
            time.sleep(_SHORTLY)
            tally.done += 1
    return tally


def poison(stage: Stage, times: int) -> Tally:
    """Let records kill every worker that touches them: while rendering, while sending, in turn."""
    tally = Tally()
    stage.load(_AMONG)
    deadly = stage.chance.sample(stage.numbers, times)
    ways = [f"{number}={('render', 'send')[place % 2]}" for place, number in enumerate(deadly)]
    while stage.patiently(lambda: stage.count(*OPEN)):
        assert tally.done < _MOST_DEATHS * times, "the poison kills without end"
        for worker in [one for one in stage.workers if not one.running]:
            worker.end()
            stage.workers.remove(worker)
            tally.done += 1
            tally.met(1)
        while len(stage.workers) < times:
            stage.start_worker("tests.crash.poisoned", *ways)
        time.sleep(0.1)
    stage.end_workers()
    return tally


@contextmanager
def _crew(stage: Stage) -> Iterator[None]:
    stage.feed()
    while len(stage.workers) < WORKERS:
        stage.start_worker()
    yield


def _grown(stage: Stage) -> WorkerProcess | None:
    """Return the worker that has lived longest, if it is no longer starting."""
    return stage.workers[0] if stage.workers[0].ready else None


def _grow_up(stage: Stage) -> None:
    wait_until(
        lambda: all(worker.ready for worker in stage.workers),
        lambda: str([worker.words() for worker in stage.workers]),
    )


@contextmanager
def _foreign_writer(stage: Stage) -> Iterator[None]:
    """Hold what every writer needs, as somebody else's program with its own settings would."""
    url = stage.database.url
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database), timeout=60)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
        return
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        connection.execute("LOCK TABLE submission, audit IN ACCESS EXCLUSIVE MODE")
        yield
