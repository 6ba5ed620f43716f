"""The calls of the simulated 信用交通·山东: signed messages in XML, receipts by batch, a ledger.

Status of the wire: reference. A transaction with header and body, a serial number, ``retcode`` and
``retmsg`` are what a public program of the road transport exchange shows; the real interface of the
platform is not public, and everything else here is the hub's own.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from xml.etree import ElementTree as ET

from xinqiao.errors import InputError
from xinqiao.simulator.answers import Answer
from xinqiao.simulator.faults import CallName
from xinqiao.simulator.plan import FaultPlan
from xinqiao.simulator.platform import Payload
from xinqiao.simulator.request import Request
from xinqiao.simulator.rules import PlatformRules
from xinqiao.simulator.stand_in import Routes, Setup
from xinqiao.simulator.submission import Submission, submission_of
from xinqiao.simulator.wire import Wire

_ADDRESS = "/exchange/transact"
_XML = "application/xml; charset=utf-8"
_TOLERANCE = timedelta(seconds=300)
_OPERATIONS = {"1": "insert", "2": "update", "3": "withdraw"}
_STATES = {"processing": "0", "done": "1", "refused": "2"}
_MOST_PER_PAGE = 1000
_LOST_SIGNATURE = "4002"
_OTHER_TIME = "4003"
_NONCE_AGAIN = "4006"


@dataclass(frozen=True, slots=True)
class _Asked:
    """One message: the request, why it is refused (or empty), its serial number and its body."""

    request: Request
    refusal: str
    serial: str
    body: ET.Element


class TransportCredit(Wire):
    """Recognises a client by a signature over the message, a time and a nonce."""

    def __init__(self, rules: PlatformRules, setup: Setup, plan: FaultPlan) -> None:
        super().__init__(rules, setup, plan)
        self._nonces: set[str] = set()

    @property
    def paths(self) -> Routes:
        """The one path: what is asked for stands in the message."""
        return {("POST", _ADDRESS): self.call}

    def envelope(
        self, payload: Payload, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Write the payload as a transaction."""
        data = payload.get("data") or {}
        root = ET.Element("Transaction")
        header, body = ET.SubElement(root, "header"), ET.SubElement(root, "body")
        _text(header, "serialnum", data.get("batchNo", ""))
        _text(header, "isreq", "0")
        response = ET.SubElement(header, "response")
        _text(response, "retcode", self._code(payload["code"]))
        _text(response, "retmsg", payload.get("message", ""))
        self._write(body, data)
        told = ET.tostring(root, encoding="utf-8", xml_declaration=True)
        return Answer(status, told, _XML, headers or {})

    def late(self, request: Request, skew: float) -> str:
        """Refuse a request whose time is not ours."""
        sent = request.headers.get("x-timestamp", "")
        if not sent.isdecimal():
            return _OTHER_TIME
        now = self.clock.now() + timedelta(seconds=skew)
        apart = abs(now.timestamp() - int(sent))
        return _OTHER_TIME if apart > _TOLERANCE.total_seconds() else ""

    def call(self, request: Request) -> Answer:
        """Do what the header's ``serviceId`` asks for.

        Raises:
            InputError: The message is no transaction.
        """
        header, body = _parts(request.body)
        services: Mapping[str, Callable[[_Asked], Answer]] = {
            "UPLOAD": self._upload,
            "RECEIPT": self._receipt,
            "RECORD": self._records,
            "LEDGER": self._ledger,
        }
        service = services.get(_of(header, "serviceId"))
        if service is None:
            return self.envelope(self.platform.plain("4000"))
        return service(_Asked(request, self._refusal(request), _of(header, "serialnum"), body))

    def _upload(self, asked: _Asked) -> Answer:
        return self.take(
            asked.request, asked.refusal, lambda: _submission(asked.serial, asked.body)
        )

    def _receipt(self, asked: _Asked) -> Answer:
        return self._answer(
            "receipts",
            asked,
            {"batchNo": asked.serial},
            lambda: self.platform.receipts(asked.serial),
        )

    def _records(self, asked: _Asked) -> Answer:
        table, number = _of(asked.body, "table"), _of(asked.body, "recordId")
        return self._answer(
            "records",
            asked,
            {"resource": table, "documentNumber": number},
            lambda: self.platform.records(table, number),
        )

    def _ledger(self, asked: _Asked) -> Answer:
        names = ("table", "from", "to", "page", "limit")
        parameters = {name: _of(asked.body, name) for name in names}
        wanted = Request("POST", _ADDRESS, parameters)

        def look() -> Payload:
            return self.platform.ledger(
                wanted.text("table"),
                wanted.day("from"),
                wanted.day("to"),
                wanted.number("page", 1, 1_000_000),
                wanted.number("limit", 100, _MOST_PER_PAGE),
            )

        return self._answer("ledger", asked, parameters, look)

    def _answer(
        self,
        name: CallName,
        asked: _Asked,
        parameters: Mapping[str, str],
        look: Callable[[], Payload],
    ) -> Answer:
        return self.look_up(name, asked.request, asked.refusal, look, parameters)

    def _write(self, body: ET.Element, data: Payload) -> None:
        if "status" in data:
            _text(body, "state", _STATES[data["status"]])
        for name, written in (("total", "totalcount"), ("page", "page"), ("pages", "totalpages")):
            if name in data:
                _text(body, written, data[name])
        for row in data.get("results", ()):
            told = ET.SubElement(body, "row")
            _text(told, "no", row["index"])
            _text(told, "retcode", self._code(row["code"]))
            _text(told, "retmsg", row["message"])
            _text(told, "recordNo", row.get("recordId", ""))
            _text(told, "time", row.get("time", ""))
        for item in data.get("items", ()):
            told = ET.SubElement(body, "record")
            _text(told, "recordId", item["documentNumber"])
            _text(told, "recordNo", item["recordId"])
            _text(told, "time", item["ingestedAt"])
            fields = ET.SubElement(told, "fields")
            for name, text in item["fields"].items():
                _text(fields, name, text)

    def _code(self, code: str) -> str:
        return self.rules.codes.get(code, code)

    def _refusal(self, request: Request) -> str:
        given = request.headers
        if given.get("x-app-id") != self.credentials.client_id:
            return "4005"
        time, nonce = given.get("x-timestamp", ""), given.get("x-nonce", "")
        head = f"{request.method}\n{request.path}\n{time}\n{nonce}\n"
        text = head.encode() + request.body
        sign = hmac.new(self.credentials.client_secret.encode(), text, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given.get("x-sign", ""), sign):
            return _LOST_SIGNATURE
        if not nonce or nonce in self._nonces:
            return _NONCE_AGAIN
        self._nonces.add(nonce)
        return ""


def _parts(body: bytes) -> tuple[ET.Element, ET.Element]:
    try:
        root = ET.fromstring(body)  # noqa: S314 - from a client on this machine that was recognised
    except ET.ParseError:
        raise InputError("报文不是 XML") from None
    header, inner = root.find("header"), root.find("body")
    if root.tag != "Transaction" or header is None or inner is None:
        raise InputError("报文应为 Transaction，内有 header 和 body")
    return header, inner


def _submission(serial: str, body: ET.Element) -> Submission:
    items = [
        {
            "index": int(_of(row, "no")) if _of(row, "no").isdecimal() else 0,
            "fields": {field.tag: field.text or "" for field in row.iterfind("fields/*")},
        }
        for row in body.iterfind("row")
    ]
    return submission_of(
        {
            "batchNo": serial,
            "resource": _of(body, "table"),
            "operation": _OPERATIONS.get(_of(body, "operation"), ""),
            "orgCode": _of(body, "source"),
            "items": items,
        }
    )


def _of(element: ET.Element, name: str) -> str:
    return element.findtext(name) or ""


def _text(parent: ET.Element, name: str, text: object) -> None:
    ET.SubElement(parent, name).text = str(text)
