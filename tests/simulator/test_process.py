from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest

from xinqiao.errors import BusyError
from xinqiao.simulator.process import start

if TYPE_CHECKING:
    from tests.simulator.conftest import Client

PARENT = """
import time
from xinqiao.simulator.process import start
child = start()
print(child.port, child.pid, flush=True)
time.sleep(60)
"""


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_answers_as_soon_as_start_returns_and_ends_with_the_block(
    make_client: type[Client],
) -> None:
    with start() as process:
        assert process.running
        assert process.base_url == f"http://127.0.0.1:{process.port}"
        assert make_client(process.port).call("GET", "/").status == 200
    assert not process.running
    assert process.stop() == 0
    assert not listens(process.port)


def test_two_stand_ins_know_nothing_of_each_other(make_client: type[Client]) -> None:
    with start() as one, start() as other:
        client = make_client(one.port)
        client.log_in()
        client.submit(client.batch("B1", client.fields("1号")))
        assert one.port != other.port
        assert one.pid != other.pid
        assert (one.received()["effects"], other.received()["effects"]) == ({"1号": 1}, {})
        one.stop()
        assert other.running
        assert listens(other.port)


def test_no_stand_in_outlives_a_parent_that_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        port, orphan = map(int, parent.stdout.readline().split())
        assert listens(port)
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 5
    while listens(port) and time.monotonic() < until:
        time.sleep(0.02)
    if listens(port):
        os.kill(orphan, signal.SIGKILL)
        pytest.fail("the stand-in outlived its parent")


def test_faults_are_given_as_a_list_or_as_a_file(make_client: type[Client], tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text('[[faults]]\nname = "busy"\n', encoding="utf-8")
    for faults in (path, [{"name": "busy"}]):
        with start(faults=faults) as process:
            client = make_client(process.port)
            client.log_in()
            assert client.submit(client.batch("B1", client.fields("1号"))).code == "5030"


def test_credentials_reach_the_process(make_client: type[Client]) -> None:
    with start(credentials={"client_id": "county", "client_secret": "other"}) as process:
        client = make_client(process.port)
        assert client.log_in().code == "401"
        assert client.log_in(client_id="county", client_secret="other").code == "200"


def test_what_keeps_it_from_starting_is_told(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text('[[faults]]\nname = "earthquake"\n', encoding="utf-8")
    with pytest.raises(BusyError, match="没有这个名称的故障"):
        start(faults=path)


def test_wrong_faults_in_a_list_end_the_process_again() -> None:
    with pytest.raises(HTTPError, match="400") as caught:
        start(faults=[{"name": "earthquake"}])
    port = int(caught.value.url.split(":")[2].split("/")[0])
    caught.value.close()
    assert not listens(port)


def test_the_wait_for_its_start_is_bounded() -> None:
    begun = time.monotonic()
    with pytest.raises(BusyError, match="0 秒内没有就绪"):
        start(timeout=0)
    assert time.monotonic() - begun < 5
