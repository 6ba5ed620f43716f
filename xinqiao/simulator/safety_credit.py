"""The calls of the simulated safety-credit platform (安全生产信用管理信息化平台): decided at once.

Status of the wire: reference. The real interface, and whether a county may upload anything at all,
is not public; every name and code is the hub's own.
"""

from collections.abc import Mapping

from xinqiao.errors import InputError
from xinqiao.simulator.answers import Answer, json_answer
from xinqiao.simulator.plan import FaultPlan
from xinqiao.simulator.platform import Payload
from xinqiao.simulator.request import Request
from xinqiao.simulator.rules import PlatformRules
from xinqiao.simulator.stand_in import Routes, Setup
from xinqiao.simulator.submission import Submission, submission_of
from xinqiao.simulator.wire import Wire

_BELOW = "/safety-credit/open"
_ACTIONS = {"add": "insert", "modify": "update", "cancel": "withdraw"}
_MOST_PAGES = 1_000_000
_MOST_PER_PAGE = 500


class SafetyCredit(Wire):
    """A token in a header of its own, a path for every kind and action, verdicts in the answer."""

    decides_at_once = True

    def __init__(self, rules: PlatformRules, setup: Setup, plan: FaultPlan) -> None:
        super().__init__(rules, setup, plan)
        self._places = {
            f"{_BELOW}/{resource}/{word}": (resource, operation)
            for resource in rules.resources
            for word, operation in _ACTIONS.items()
        }

    @property
    def paths(self) -> Routes:
        """The paths of the wire itself."""
        return {
            ("POST", f"{_BELOW}/login"): self.login,
            **{("POST", path): self.submission for path in self._places},
            ("GET", f"{_BELOW}/records"): self.records,
            ("GET", f"{_BELOW}/ledger"): self.ledger,
        }

    def envelope(
        self, payload: Payload, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Write the payload: success or not, a code, and the result."""
        code = self._code(payload["code"])
        data = payload.get("data")
        told = {
            "success": payload["code"] == "200",
            "code": int(code),
            "message": payload.get("message", ""),
            "result": None if data is None else self._result(data),
        }
        return json_answer(told, status=status, headers=headers)

    def forget_token(self, request: Request) -> None:
        """Let the token that came in the header run out."""
        self.tokens.revoke(request.headers.get("x-access-token", ""))

    def login(self, request: Request) -> Answer:
        """Give out a token for user name and password (登录)."""
        asked = request.json_object()
        expected = {
            "username": self.credentials.client_id,
            "password": self.credentials.client_secret,
        }
        return self.give_token(request, asked == expected, "401")

    def submission(self, request: Request) -> Answer:
        """Take a batch (提交批次) and tell what came of every row.

        Raises:
            InputError: The body is not a submission.
        """
        return self.take(request, self._refusal(request), lambda: self._submission(request))

    def records(self, request: Request) -> Answer:
        """Tell what is held under a record number (记录标识)."""
        asked = {
            "resource": request.parameters.get("kind", ""),
            "documentNumber": request.parameters.get("recordId", ""),
        }
        return self.look_up(
            "records",
            request,
            self._refusal(request),
            lambda: self.platform.records(request.text("kind"), request.text("recordId")),
            asked,
        )

    def ledger(self, request: Request) -> Answer:
        """Tell a page of what is held (平台台账)."""
        return self.look_up(
            "ledger",
            request,
            self._refusal(request),
            lambda: self.platform.ledger(
                request.text("kind"),
                request.day("from"),
                request.day("to"),
                request.number("pageNo", 1, _MOST_PAGES),
                request.number("pageSize", 100, _MOST_PER_PAGE),
            ),
        )

    def _submission(self, request: Request) -> Submission:
        resource, operation = self._places[request.path]
        asked = request.json_object()
        rows = asked.get("rows")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise InputError("rows 应为列表")
        return submission_of(
            {
                "batchNo": asked.get("batchNo"),
                "resource": resource,
                "operation": operation,
                "orgCode": asked.get("orgCode"),
                "items": [{"index": row.get("rowNo"), "fields": row.get("data")} for row in rows],
            }
        )

    def _result(self, data: Payload) -> Payload:
        if "results" in data:
            rows = [self._row(row) for row in data["results"]]
            return {"batchNo": data["batchNo"], "rows": rows}
        if "items" in data:
            told = {"pageNo": data.get("page", 1), "pages": data.get("pages", 1)}
            return {**told, "total": data.get("total"), "list": data["items"]}
        return {"token": data["access_token"], "seconds": data["expires_in"]}

    def _row(self, row: Payload) -> Payload:
        return {
            "rowNo": row["index"],
            "result": self._code(row["code"]),
            "reason": row["message"],
            "id": row.get("recordId", ""),
            "time": row.get("time", ""),
        }

    def _code(self, code: str) -> str:
        return self.rules.codes.get(code, code)

    def _refusal(self, request: Request) -> str:
        token = request.headers.get("x-access-token", "")
        return "" if self.tokens.good(token) else "0032"
