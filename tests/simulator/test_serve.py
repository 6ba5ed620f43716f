"""The process: how it says that it is ready, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from xinqiao.errors import SettingsError
from xinqiao.simulator.__main__ import main
from xinqiao.simulator.serve import Place, serve, serve_together

if TYPE_CHECKING:
    from tests.simulator.conftest import Client

COMMAND = [sys.executable, "-m", "xinqiao.simulator", "--platform", "credit_shandong"]


@contextmanager
def running(*options: str, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
    """Yield a process and its ready line; nothing of it is left behind."""
    process = subprocess.Popen(
        [*COMMAND, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ) | variables,
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_one_ready_line_tells_port_pid_and_platform() -> None:
    with running("--port", "0") as (process, ready):
        assert ready == {
            "port": ready["port"],
            "pid": process.pid,
            "platform": "credit_shandong",
        }
        assert listens(ready["port"])
        process.terminate()
        out, _ = process.communicate(timeout=5)
    assert out == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_and_without_a_word(number: signal.Signals) -> None:
    with running() as (process, ready):
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, b"", b"")
    assert not listens(ready["port"])


def test_a_hanging_call_does_not_delay_the_end(make_client: type[Client], tmp_path: Path) -> None:
    faults = tmp_path / "faults.toml"
    faults.write_text('[[faults]]\nname = "timeout_before"\nseconds = 3600\n', encoding="utf-8")
    with running("--faults", str(faults)) as (process, ready):
        client = make_client(ready["port"])
        client.log_in()
        hanging = HTTPConnection("127.0.0.1", ready["port"], timeout=10)
        headers = {"Authorization": f"Bearer {client.token}"}
        body = client.batch("B1", client.fields("1号"))
        hanging.request("POST", "/api/v1/submissions", body, headers)
        while not client.call("GET", "/_control/received").json()["calls"]:
            pass
        begun = time.monotonic()
        process.terminate()
        assert process.wait(5) == 0
        assert time.monotonic() - begun < 2
        hanging.close()


def test_it_ends_when_its_standard_input_closes() -> None:
    with running("--until-stdin-closes") as (process, ready):
        assert process.stdin is not None
        process.stdin.write(b"words on the way do not end it\n")
        process.stdin.flush()
        assert listens(ready["port"])
        process.stdin.close()
        assert process.wait(5) == 0


def test_without_the_option_a_closed_standard_input_does_not_end_it() -> None:
    with running() as (process, ready):
        assert process.stdin is not None
        process.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        assert listens(ready["port"])


def test_it_listens_on_loopback_only() -> None:
    with running() as (_, ready):
        # 127.0.0.2 is this machine too, but not the one address that may be served
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.2", ready["port"])) != 0
        assert listens(ready["port"])


def test_credentials_come_from_the_environment(make_client: type[Client]) -> None:
    given = {"XINQIAO_SIMULATOR_CLIENT_ID": "county", "XINQIAO_SIMULATOR_CLIENT_SECRET": "other"}
    with running(**given) as (_, ready):
        client = make_client(ready["port"])
        assert client.log_in().code == "401"
        assert client.log_in(client_id="county", client_secret="other").code == "200"


def test_a_taken_port_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--platform", "credit_shandong", "--port", str(port)]) == 1
    assert capsys.readouterr().err == f"端口 {port} 不可用，请换一个端口或使用 0\n"


@pytest.mark.parametrize(
    "options",
    [[], ["--platform", "weather"], ["--platform", "credit_shandong", "--receipt-delay", "-1"]],
)
def test_wrong_usage_is_2(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(options)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_serve_refuses_a_platform_that_it_does_not_know() -> None:
    with pytest.raises(SettingsError, match="没有平台 weather 的模拟"):
        serve("weather")


@pytest.mark.timeout(20)
def test_a_signal_that_reaches_another_thread_ends_it() -> None:
    """The main thread waits meanwhile; the system does not interrupt it for that signal."""

    def signal_own_thread() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    timer = threading.Timer(0.3, signal_own_thread)
    serve(announce=lambda _: timer.start())
    timer.join()


def test_serve_puts_the_signal_handlers_back(capsys: pytest.CaptureFixture[str]) -> None:
    former = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    lines: list[str] = []

    def end_at_once(line: str) -> None:
        lines.append(line)
        os.kill(os.getpid(), signal.SIGTERM)

    serve(announce=end_at_once)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == former
    assert signal.set_wakeup_fd(-1) == -1
    assert not listens(json.loads(lines[0])["port"])
    assert capsys.readouterr().out == ""


def test_several_platforms_are_stood_in_for_at_once_and_end_together() -> None:
    names = ["credit_shandong", "transport_credit", "safety_credit", "county_site"]
    program = (
        "from xinqiao.simulator.serve import Place, serve_together;"
        f"serve_together([Place(name) for name in {names}])"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ready = [json.loads(process.stdout.readline()) for _ in names]
        assert [one["platform"] for one in ready] == names
        assert len({one["port"] for one in ready}) == len(names)
        assert all(listens(one["port"]) for one in ready)
        process.terminate()
        assert process.wait(timeout=10) == 0
    assert not any(listens(one["port"]) for one in ready)


def test_where_one_port_is_taken_none_of_several_runs(unused_port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"端口 {port} 不可用"):
            serve_together([Place("credit_shandong", unused_port), Place("county_site", port)])
    assert not listens(unused_port)
