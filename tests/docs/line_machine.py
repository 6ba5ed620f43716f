"""The invented interface machine of docs/connectors.md: a line of JSON over TCP, a line back."""

import json
import socketserver
import threading
from collections import Counter
from typing import Any

KEY = "machine-key"


class LineMachine(socketserver.ThreadingTCPServer):
    """Takes tasks in and tells later what became of their rows.

    :attr:`fault` befalls the next report: ``silent`` after it was taken, ``busy``, ``slow``,
    ``garbled``. ``refused`` names rows of the next report that are wrong.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.book: Counter[str] = Counter()
        self.tasks: dict[str, dict[str, str]] = {}
        self.fault = ""
        self.refused: tuple[int, ...] = ()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def port(self) -> int:
        """Port on 127.0.0.1."""
        return int(self.server_address[1])

    def stop(self) -> None:
        """End it."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    def answer(self, asked: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """Return the answer, and what is to befall it."""
        if asked.get("key") != KEY:
            return {"code": "key"}, ""
        if asked["do"] == "hello":
            return {"code": "ok"}, ""
        task = asked["task"]
        if asked["do"] == "state":
            known = {"code": "ok", "task": task, "rows": self.tasks.get(task)}
            return known if task in self.tasks else {"code": "unknown", "task": task}, ""
        fault, self.fault = self.fault, ""
        if fault in {"busy", "slow"}:
            return {"code": fault}, ""
        if task not in self.tasks:
            self.tasks[task] = {str(row): self._stored(row, key) for row, key, _ in asked["rows"]}
        self.refused = ()
        return {"code": "ok", "task": task}, fault

    def _stored(self, row: int, key: str) -> str:
        if row in self.refused:
            return "bad"
        if self.book[key]:
            return "held"
        self.book[key] += 1
        return "ok"


class _Handler(socketserver.StreamRequestHandler):
    server: LineMachine

    def handle(self) -> None:
        line = self.rfile.readline()
        if not line:
            return
        with self.server.lock:
            answer, fault = self.server.answer(json.loads(line))
        if fault == "silent":
            self.server.stopping.wait(5)
        elif fault == "garbled":
            self.wfile.write(b"{\n")
        else:
            self.wfile.write(json.dumps(answer).encode() + b"\n")
