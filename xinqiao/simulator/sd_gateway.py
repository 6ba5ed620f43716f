"""The calls of the simulated credit platform behind a province gateway (网关上的信用平台).

A gateway key in a header, then a token as a parameter; one service code for each action; texts
inside texts; success told by what is there. The pattern is one that public client code shows; every
name and code of this wire is the hub's own.
"""

import json
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from xinqiao.errors import InputError
from xinqiao.simulator.answers import Answer, json_answer
from xinqiao.simulator.platform import Payload
from xinqiao.simulator.request import Request, object_in
from xinqiao.simulator.stand_in import Routes
from xinqiao.simulator.submission import Submission, submission_of
from xinqiao.simulator.wire import Wire

_BELOW = "/gateway/api/1/"
_TOKEN = f"{_BELOW}xinqiao_token"
_ACTIONS: Mapping[str, str] = {
    f"{_BELOW}xinqiao_credit_insert": "insert",
    f"{_BELOW}xinqiao_credit_update": "update",
    f"{_BELOW}xinqiao_credit_withdraw": "withdraw",
}
_FEEDBACK = f"{_BELOW}xinqiao_credit_feedback"
_RECORDS = f"{_BELOW}xinqiao_credit_query"
_GOOD = "200"
_UNKNOWN_BATCH = "4040"


class SdGateway(Wire):
    """Two layers of recognition in front, three layers of text inside."""

    @property
    def paths(self) -> Routes:
        """The paths of the wire itself: the gateway's services."""
        return {
            ("POST", _TOKEN): self.token,
            **{("POST", path): self.submission for path in _ACTIONS},
            ("GET", _FEEDBACK): self.feedback,
            ("GET", _RECORDS): self.records,
        }

    def envelope(
        self, payload: Payload, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Write the payload's data as a text; what a call adds to it is a text in that text."""
        code = self.rules.codes.get(str(payload["code"]), str(payload["code"]))
        data = payload.get("data")
        text = "" if data is None else json.dumps(_layers(data), ensure_ascii=False)
        told = {"code": code, "message": payload.get("message", ""), "data": text}
        return json_answer(told, status=status, headers=headers)

    def forget_token(self, request: Request) -> None:
        """Let the token that came as a parameter run out."""
        self.tokens.revoke(request.parameters.get("access_token", ""))

    def token(self, request: Request) -> Answer:
        """Give out a token for the one parameter ``secret_keys``, which is JSON."""
        if not self._has_key(request):
            return self.envelope(self.platform.plain("401"))
        asked = object_in(request.form().get("secret_keys", ""))
        expected = {
            "client_id": self.credentials.client_id,
            "client_secret": self.credentials.client_secret,
            "grant_type": "client_id_secret",
            "resource_provider_id": self.credentials.others["resource_provider_id"],
        }
        return self.give_token(request, asked == expected, "401")

    def submission(self, request: Request) -> Answer:
        """Take a batch (提交批次); the service says what is asked for its rows.

        Raises:
            InputError: The body is not a submission.
        """
        return self.take(request, self._refusal(request), lambda: _submission(request))

    def feedback(self, request: Request) -> Answer:
        """Tell the receipts of a batch (反馈), known by the number that its sender gave it."""

        def look() -> Payload:
            number = request.text("businessId")
            told = self.platform.receipts(number)
            # a batch that is not known has an answer of its own, not a code
            unknown = {"code": _GOOD, "message": "", "data": {"batchNo": number}}
            return unknown if told["code"] == _UNKNOWN_BATCH else told

        return self.look_up("receipts", request, self._refusal(request), look)

    def records(self, request: Request) -> Answer:
        """Tell what is held under a document number (文书号)."""
        return self.look_up(
            "records",
            request,
            self._refusal(request),
            lambda: self.platform.records(request.text("resource"), request.text("documentNumber")),
        )

    def _has_key(self, request: Request) -> bool:
        return request.headers.get("apikey") == self.credentials.others["api_key"]

    def _refusal(self, request: Request) -> str:
        if not self._has_key(request):
            return "401"
        return "" if self.tokens.good(request.parameters.get("access_token", "")) else "0032"


def _submission(request: Request) -> Submission:
    form = request.form()
    try:
        items = json.loads(form.get("items", ""))
    except (ValueError, RecursionError):
        raise InputError("items 应为 JSON") from None
    return submission_of(
        {
            "batchNo": form.get("businessId"),
            "resource": form.get("resource"),
            "operation": _ACTIONS[request.path],
            "orgCode": form.get("orgCode"),
            "items": items,
        }
    )


def _layers(data: Payload) -> Payload:
    if "items" in data:
        return {"result": json.dumps(data, ensure_ascii=False)}
    return {"result": _xml(data)} if "batchNo" in data else data


def _xml(data: Payload) -> str:
    root = ET.Element("RESULT")
    names = {"batchNo": "BATCH", "serialNo": "SERIAL", "status": "STATE"}
    for name, element in names.items():
        if name in data:
            ET.SubElement(root, element).text = data[name]
    for row in data.get("results", ()):
        told = ET.SubElement(root, "ROW")
        for name, text in row.items():
            ET.SubElement(told, name.upper()).text = str(text)
    return ET.tostring(root, encoding="unicode")
