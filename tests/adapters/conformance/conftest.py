"""A stand-in for the platform in a process of its own, and a connector to it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.adapters.conformance.wires import ASYNC, GATEWAY, Batch, Connect, Wire
from xinqiao.adapters.base import (
    Credentials,
    Operation,
    SealedBatch,
    SealedRow,
    Surroundings,
)
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.profile import load_profile
from xinqiao.clock import Clock
from xinqiao.simulator.process import SimulatorProcess, start

COMMAND = ["-m", "xinqiao.simulator", "--platform", "credit_shandong", "--port", "0"]


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    """Base address of a running stand-in."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("XINQIAO_")}
    with subprocess.Popen(
        [sys.executable, *COMMAND], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield f"http://127.0.0.1:{ready['port']}"
        finally:
            process.terminate()
            process.wait(timeout=10)


@pytest.fixture
def control(simulator: str) -> Callable[..., Any]:
    """Call the stand-in's own controls, after a reset."""
    opener = build_opener(ProxyHandler({}))

    def call(path: str, payload: object = None) -> Any:
        body = None if payload is None else json.dumps(payload).encode()
        with opener.open(Request(f"{simulator}/_control/{path}", data=body)) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    call("reset", [])
    return call


@pytest.fixture
def connect_to(simulator: str) -> Iterator[Callable[..., ProfileConnector]]:
    made = []

    def make(*, known: bool = True, **transport: float) -> ProfileConnector:
        secret = "rehearsal-only" if known else "wrong"
        overlay = {"transport": {"base_url": simulator, **transport}}
        connector = build(
            load_profile("credit_shandong", overlay),
            Surroundings(
                Credentials({"client_id": "xinqiao-demo", "client_secret": secret}),
                Clock(),
                settings={"organisation_code": "11370323MB2826290X"},
                rehearsal=True,
            ),
        )
        made.append(connector)
        return connector

    yield make
    for connector in made:
        connector.close()


WIRES = [pytest.param(wire, id=wire.name) for wire in (GATEWAY, ASYNC)]


@pytest.fixture(scope="module", params=WIRES)
def wire(request: pytest.FixtureRequest) -> Wire:
    chosen: Wire = request.param
    return chosen


@pytest.fixture(scope="module")
def running(wire: Wire) -> Iterator[SimulatorProcess]:
    with start(wire.name) as process:
        yield process


@pytest.fixture
def platform(running: SimulatorProcess) -> SimulatorProcess:
    running.reset()
    return running


@pytest.fixture
def connect(wire: Wire, platform: SimulatorProcess) -> Iterator[Connect]:
    made = []

    def make(
        overlay: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        **transport: float,
    ) -> ProfileConnector:
        changes = {**(overlay or {}), "transport": {"base_url": platform.base_url, **transport}}
        connector = build(
            load_profile(wire.name, changes),
            Surroundings(
                Credentials({**wire.secrets, **(secrets or {})}),
                Clock(),
                settings={
                    "organisation_code": "11370323MB2826290X",
                    "resource_provider_id": "xinqiao-provider",
                },
                rehearsal=True,
            ),
        )
        made.append(connector)
        return connector

    yield make
    for connector in made:
        connector.close()


@pytest.fixture
def batch(wire: Wire) -> Batch:
    def make(
        number: str, *rows: SealedRow, operation: Operation = Operation.INSERT, kind: str = "permit"
    ) -> SealedBatch:
        return SealedBatch(number, wire.name, kind, operation, "2018", rows)

    return make
