"""The calls of a simulated platform that takes a delivery and decides it later (异步受理).

One address for everything; the method stands in the form, beside a signature over its fields, a
time and a nonce. A delivery is known by the serial number that it was given. The pattern is one
that public clients of real-name platforms show; the names and row codes are the hub's own.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from xinqiao.clock import SHANGHAI
from xinqiao.errors import InputError
from xinqiao.simulator.answers import Answer, json_answer
from xinqiao.simulator.plan import FaultPlan
from xinqiao.simulator.platform import Payload
from xinqiao.simulator.request import Request, object_in
from xinqiao.simulator.rules import PlatformRules
from xinqiao.simulator.stand_in import Routes, Setup
from xinqiao.simulator.submission import Submission, submission_of
from xinqiao.simulator.wire import Wire

_ADDRESS = "/open.api"
_TOLERANCE = timedelta(seconds=300)
_STATES = {"processing": 0, "refused": 10, "done": 20}
_OPERATIONS = {"1": "insert", "2": "update", "3": "withdraw"}
_GOOD = "200"


class AsyncSerial(Wire):
    """Recognises a client by its signature, and a delivery by its serial number alone."""

    def __init__(self, rules: PlatformRules, setup: Setup, plan: FaultPlan) -> None:
        super().__init__(rules, setup, plan)
        self._nonces: set[str] = set()
        self._deliveries = 0

    @property
    def paths(self) -> Routes:
        """The one path."""
        return {("POST", _ADDRESS): self.call}

    def envelope(
        self, payload: Payload, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Write the payload with a number for its code."""
        code = self.rules.codes.get(str(payload["code"]), str(payload["code"]))
        told = {
            "code": int(code),
            "message": payload.get("message", ""),
            "data": self._data(payload.get("data")),
        }
        return json_answer(told, status=status, headers=headers)

    def late(self, request: Request, skew: float) -> str:
        """Refuse a request whose time is not ours."""
        sent = request.form().get("timestamp", "")
        try:
            instant = datetime.strptime(sent, "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
        except ValueError:
            return "4003"
        now = self.clock.now() + timedelta(seconds=skew)
        return "4003" if abs(now - instant) > _TOLERANCE else ""

    def call(self, request: Request) -> Answer:
        """Do what the form's ``method`` asks for."""
        form = request.form()
        methods: Mapping[str, Callable[[Request, str, Payload], Answer]] = {
            "Credit.Upload": self._upload,
            "AsyncHandleResult.Query": self._result,
            "Credit.Query": self._records,
        }
        method = methods.get(form.get("method", ""))
        if method is None:
            return self.envelope(self.platform.plain("4000"))
        return method(request, self._refusal(form), object_in(form.get("data", "")))

    def _upload(self, request: Request, refusal: str, data: Payload) -> Answer:
        return self.take(request, refusal, lambda: self._submission(data))

    def _result(self, request: Request, refusal: str, data: Payload) -> Answer:
        serial = str(data.get("requestSerialCode", ""))
        return self.look_up(
            "receipts",
            request,
            refusal,
            lambda: self.platform.receipts(serial),
            {"requestSerialCode": serial},
        )

    def _records(self, request: Request, refusal: str, data: Payload) -> Answer:
        resource, number = str(data.get("kind", "")), str(data.get("documentNumber", ""))
        return self.look_up(
            "records",
            request,
            refusal,
            lambda: self.platform.records(resource, number),
            {"kind": resource, "documentNumber": number},
        )

    def _submission(self, data: Payload) -> Submission:
        rows = data.get("rows")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise InputError("rows 应为列表")
        # nothing that the sender could know it by: every delivery is a new one
        self._deliveries += 1
        return submission_of(
            {
                "batchNo": f"ASYNC{self._deliveries:08d}",
                "resource": data.get("kind"),
                "operation": _OPERATIONS.get(str(data.get("operation")), ""),
                "orgCode": data.get("orgCode"),
                "items": [{"index": row.get("rowNo"), "fields": row.get("fields")} for row in rows],
            }
        )

    def _data(self, data: Payload | None) -> Payload | None:
        if data is None or "items" in data:
            return data
        serial = data["batchNo"]
        if "status" not in data:
            return {"requestSerialCode": serial}
        rows = [self._row(row) for row in data["results"]]
        result = json.dumps(rows, ensure_ascii=False) if rows else ""
        return {"requestSerialCode": serial, "status": _STATES[data["status"]], "result": result}

    def _row(self, row: Payload) -> Payload:
        code = self.rules.codes.get(row["code"], row["code"])
        return {
            "rowNo": row["index"],
            "code": code,
            "message": row["message"],
            "recordId": row["recordId"],
        }

    def _refusal(self, form: Mapping[str, str]) -> str:
        if form.get("appid") != self.credentials.client_id:
            return "4005"
        if not hmac.compare_digest(form.get("sign", ""), self._signature(form)):
            return "4002"
        nonce = form.get("nonce", "")
        if not nonce or nonce in self._nonces:
            return "4006"
        self._nonces.add(nonce)
        return ""

    def _signature(self, form: Mapping[str, str]) -> str:
        signed = sorted(name for name in form if name != "sign" and form[name])
        text = "&".join(f"{name}={form[name]}" for name in signed)
        text = f"{text}&appsecret={self.credentials.client_secret}"
        return hashlib.sha256(text.lower().encode()).hexdigest()
