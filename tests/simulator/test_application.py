import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from xinqiao.clock import Clock
from xinqiao.simulator.application import Application
from xinqiao.simulator.request import Request
from xinqiao.simulator.stand_in import Setup

CREDENTIALS = {
    "client_id": "xinqiao-demo",
    "client_secret": "rehearsal-only",
    "grant_type": "client_credentials",
}


class WatchfulClock(Clock):
    """Notices when two threads ask it at once; gives each other thread time to try."""

    def __init__(self) -> None:
        self.asking = 0
        self.most_asking = 0

    def now(self) -> datetime:
        self.asking += 1
        self.most_asking = max(self.most_asking, self.asking)
        time.sleep(0.005)
        self.asking -= 1
        return datetime(2026, 11, 20, tzinfo=UTC)


class HandClock(Clock):
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


def token_request() -> Request:
    return Request("POST", "/oauth/token", body=json.dumps(CREDENTIALS).encode())


def test_answers_are_made_one_at_a_time() -> None:
    clock = WatchfulClock()
    application = Application(Setup(clock=clock))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(application.answer, [token_request()] * 16))
    assert {answer.status for answer in answers} == {200}
    assert clock.most_asking == 1


def test_a_token_runs_out_after_two_hours() -> None:
    clock = HandClock()
    application = Application(Setup(clock=clock))
    token = json.loads(application.answer(token_request()).body)["data"]["access_token"]
    question = Request("GET", "/api/v1/receipts", {"batchNo": "B1"}, token)

    def code() -> str:
        return str(json.loads(application.answer(question).body)["code"])

    clock.at += timedelta(seconds=7199)
    assert code() == "4040"
    clock.at += timedelta(seconds=1)
    assert code() == "0032"


def test_neither_token_nor_body_stands_in_the_representation_of_a_request() -> None:
    shown = repr(Request("POST", "/", token="TOKEN-VALUE", body=b"BODY-VALUE"))
    assert "VALUE" not in shown
