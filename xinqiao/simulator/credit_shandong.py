"""The calls of the simulated 信用·山东: token, submissions, receipts, records and ledger.

Status of the wire: reference. Its shapes are the hub's own; the real interface is handed over
only when a bureau is connected.
"""

from xinqiao.simulator.answers import Answer
from xinqiao.simulator.request import Request
from xinqiao.simulator.stand_in import Routes
from xinqiao.simulator.submission import read_submission
from xinqiao.simulator.wire import Wire

_MOST_PAGES = 1_000_000
_MOST_PER_PAGE = 1000


class CreditShandong(Wire):
    """A bearer token, one path for every call, and JSON as it is."""

    @property
    def paths(self) -> Routes:
        """The paths of the wire itself."""
        return {
            ("POST", "/oauth/token"): self.token,
            ("POST", "/api/v1/submissions"): self.submission,
            ("GET", "/api/v1/receipts"): self.receipts,
            ("GET", "/api/v1/records"): self.records,
            ("GET", "/api/v1/ledger"): self.ledger,
        }

    def token(self, request: Request) -> Answer:
        """Give out an access token (令牌); 401 for credentials that are not known."""
        asked = request.json_object()
        expected = {
            "client_id": self.credentials.client_id,
            "client_secret": self.credentials.client_secret,
            "grant_type": "client_credentials",
        }
        known = all(asked.get(name) == text for name, text in expected.items())
        return self.give_token(request, known, "401")

    def submission(self, request: Request) -> Answer:
        """Take a batch (提交批次).

        Raises:
            InputError: The body is not a submission.
        """
        return self.take(request, self._refusal(request), lambda: read_submission(request.body))

    def receipts(self, request: Request) -> Answer:
        """Tell the receipts of a batch (回执)."""
        return self.look_up(
            "receipts",
            request,
            self._refusal(request),
            lambda: self.platform.receipts(request.text("batchNo")),
        )

    def records(self, request: Request) -> Answer:
        """Tell what is held under a document number (文书号)."""
        return self.look_up(
            "records",
            request,
            self._refusal(request),
            lambda: self.platform.records(request.text("resource"), request.text("documentNumber")),
        )

    def ledger(self, request: Request) -> Answer:
        """Tell a page of what is held (平台台账)."""
        return self.look_up(
            "ledger",
            request,
            self._refusal(request),
            lambda: self.platform.ledger(
                request.text("resource"),
                request.day("from"),
                request.day("to"),
                request.number("page", 1, _MOST_PAGES),
                request.number("size", 100, _MOST_PER_PAGE),
            ),
        )

    def _refusal(self, request: Request) -> str:
        return "" if self.tokens.good(request.token) else "0032"
