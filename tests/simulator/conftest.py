"""A stand-in in a process of its own, and a client of it that knows nothing of the hub."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import pytest

from xinqiao.simulator.process import SimulatorProcess, start

CREDENTIALS = {
    "client_id": "xinqiao-demo",
    "client_secret": "rehearsal-only",
    "grant_type": "client_credentials",
}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json()["code"])

    @property
    def data(self) -> Any:
        return self.json()["data"]


class Client:
    """Speaks the wire with nothing but the standard library, one connection a call."""

    def __init__(self, port: int, timeout: float = 10.0) -> None:
        self.port = port
        self.timeout = timeout
        self.token = ""

    def call(
        self, method: str, path: str, body: bytes | None = None, timeout: float | None = None
    ) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout or self.timeout)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def log_in(self, **changes: str) -> Reply:
        reply = self.call("POST", "/oauth/token", json.dumps(CREDENTIALS | changes).encode())
        if reply.status == 200 and reply.code == "200":
            self.token = reply.data["access_token"]
        return reply

    def submit(
        self, body: bytes, timeout: float | None = None, path: str = "/api/v1/submissions"
    ) -> Reply:
        return self.call("POST", path, body, timeout)

    def ask(self, what: str, timeout: float | None = None, **parameters: str | int) -> Reply:
        return self.call("GET", f"/api/v1/{what}?{urlencode(parameters)}", timeout=timeout)

    def receipts(self, batch_number: str) -> Any:
        return self.ask("receipts", batchNo=batch_number).json()

    def ledger(self) -> Any:
        """Return the first page of all permits."""
        asked: dict[str, str | int] = {"from": "2000-01-01", "to": "2099-12-31", "size": 100}
        return self.ask("ledger", None, resource="permit", page=1, **asked).json()

    def held(self, number: str) -> Any:
        return self.ask("records", resource="permit", documentNumber=number).data["items"]

    @staticmethod
    def fields(number: str, **changes: str) -> dict[str, str]:
        """Return the fields of an invented permit with the document number ``number``."""
        return {
            "XK_XDR_MC": "沂源县青山运输有限公司",
            "XK_XDR_LB": "法人及非法人组织",
            "XK_WSH": number,
            "XK_XKLB": "普通",
            "XK_NR": "道路货物运输经营",
            "XK_JDRQ": "2026/11/02",
            "XK_YXQZ": "2026/11/02",
            "XK_YXQZI": "2099/12/31",
            "XK_ZT": "1",
        } | changes

    @staticmethod
    def batch(batch_number: str, *rows: dict[str, str], operation: str = "insert") -> bytes:
        """Return the body of a submission of ``rows``."""
        items = [{"index": place, "fields": row} for place, row in enumerate(rows, start=1)]
        message = {"batchNo": batch_number, "resource": "permit", "operation": operation}
        return json.dumps(message | {"orgCode": "370323", "items": items}).encode()

    @staticmethod
    def digest(body: bytes) -> str:
        return hashlib.sha256(body).hexdigest()


@pytest.fixture(scope="session")
def lasting_simulator() -> Iterator[SimulatorProcess]:
    with start() as process:
        yield process


@pytest.fixture
def simulator(lasting_simulator: SimulatorProcess) -> SimulatorProcess:
    """A stand-in as if started afresh."""
    lasting_simulator.reset()
    return lasting_simulator


@pytest.fixture
def client(simulator: SimulatorProcess) -> Client:
    """A client with a good token."""
    newcomer = Client(simulator.port)
    newcomer.log_in()
    return newcomer


@pytest.fixture
def make_client() -> type[Client]:
    """Makes clients of stand-ins that a test starts itself."""
    return Client
