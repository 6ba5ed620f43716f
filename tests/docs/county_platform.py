"""The invented county platform of docs/connectors.md: JSON over HTTP, answers row by row."""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "county-app-key"


class CountyPlatform(ThreadingHTTPServer):
    """Takes tasks in and answers at once; :attr:`fault` befalls the next call."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.book: Counter[str] = Counter()
        self.held: dict[str, dict[str, str]] = {}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.fault = ""
        self.refused: tuple[int, ...] = ()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def stop(self) -> None:
        """End it."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    def report(self, task: dict[str, Any]) -> dict[str, Any]:
        """Take a task in, or recognise it."""
        if task["taskNo"] not in self.tasks:
            results = [self._stored(task["action"], row) for row in task["list"]]
            told = {"success": True, "code": "0000", "taskNo": task["taskNo"], "results": results}
            self.tasks[task["taskNo"]] = told
        return self.tasks[task["taskNo"]]

    def _stored(self, action: str, row: dict[str, Any]) -> dict[str, Any]:
        number = row["data"]["XK_WSH"]
        if row["no"] in self.refused:
            return {"no": row["no"], "result": "2", "msg": "内容不合要求"}
        if action == "A" and number in self.held:
            return {"no": row["no"], "result": "3", "msg": "文书号已存在"}
        self.book[number] += 1
        self.held[number] = row["data"]
        return {"no": row["no"], "result": "1", "msg": ""}

    def find(self, number: str) -> dict[str, Any]:
        """Tell what is held under a document number."""
        found = [{"docNo": number, "data": self.held[number]}] if number in self.held else []
        return {"success": True, "code": "0000", "total": len(found), "list": found}


class _Handler(BaseHTTPRequestHandler):
    server: CountyPlatform

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.lock:
            fault, self.server.fault = self.server.fault, ""
            answer = self._known() or _UNTAKEN.get(fault) or self.server.report(json.loads(body))
            self.server.refused = ()
        if fault == "silent":
            self.server.stopping.wait(5)
            return
        self._send(answer, garbled=fault == "page")

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        if "docNo" not in asked:
            self._send({}, garbled=False)  # somebody asks whether this is a stand-in
            return
        with self.server.lock:
            fault, self.server.fault = self.server.fault, ""
            answer = self._known() or self.server.find(asked["docNo"][0])
        self._send(answer, garbled=fault == "page")

    def _known(self) -> dict[str, Any]:
        known = self.headers.get("x-app-key") == KEY
        return {} if known else {"success": False, "code": "E401", "msg": "密钥无效"}

    def _send(self, answer: dict[str, Any], *, garbled: bool) -> None:
        body = b"<html>502</html>" if garbled else json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        # by this a rehearsal knows a stand-in on this machine
        self.send_header("x-xinqiao-simulator", "county")
        self.end_headers()
        self.wfile.write(body)


_UNTAKEN: dict[str, dict[str, Any]] = {
    "fast": {"success": False, "code": "E429", "msg": "调用过快"},
    "busy": {"success": False, "code": "E503", "msg": "系统维护"},
    "odd": {"success": False, "code": "E999", "msg": "未知错误"},
}
