"""The calls of the simulated 信用·山东: token, submissions, receipts, records and ledger.

Status of the wire: reference. Its shapes are the hub's own; the real interface is handed over
only when a bureau is connected.
"""

import hashlib
from collections.abc import Callable

from xinqiao.simulator.answers import Answer, json_answer
from xinqiao.simulator.faults import CallName, Fault
from xinqiao.simulator.journal import CallEntry, Journal, QueryEntry
from xinqiao.simulator.misbehaviour import answer_untaken, distort, twist_of
from xinqiao.simulator.plan import Call, FaultPlan
from xinqiao.simulator.planting import Planting
from xinqiao.simulator.platform import Payload, Platform
from xinqiao.simulator.request import Request
from xinqiao.simulator.rules import PlatformRules
from xinqiao.simulator.stand_in import Routes, Setup
from xinqiao.simulator.submission import Submission, read_submission
from xinqiao.simulator.tokens import Tokens

_MOST_PAGES = 1_000_000
_MOST_PER_PAGE = 1000


class Wire:
    """The platform as its clients see it, with its faults. Not safe for threads by itself.

    Only calls with a good token can suffer a fault, so that counting them is predictable.
    """

    def __init__(
        self,
        rules: PlatformRules,
        setup: Setup,
        plan: FaultPlan,
    ) -> None:
        self._rules = rules
        self._credentials = setup.credentials or rules.credentials
        self._clock = setup.clock
        self._plan = plan
        self._platform = Platform(
            rules, setup.clock, setup.receipt_delay, accept_repeats=setup.accept_repeats
        )
        self._tokens = Tokens(setup.clock, rules.tokens.seconds)
        self._journal = Journal()

    @property
    def routes(self) -> Routes:
        """The paths of the wire."""
        return {
            ("POST", "/oauth/token"): self.token,
            ("POST", "/api/v1/submissions"): self.submission,
            ("GET", "/api/v1/receipts"): self.receipts,
            ("GET", "/api/v1/records"): self.records,
            ("GET", "/api/v1/ledger"): self.ledger,
        }

    def work(self) -> None:
        """Do nothing: whatever is due is settled when somebody looks."""

    def token(self, request: Request) -> Answer:
        """Give out an access token (令牌); 401 for credentials that are not known."""
        asked = request.json_object()
        fault = self._plan.draw(Call("token"))
        if fault is not None and not fault.kind.taken:
            return self._untaken(fault, request)
        expected = {
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret,
            "grant_type": "client_credentials",
        }
        if any(asked.get(name) != text for name, text in expected.items()):
            return self._taken(fault, self._platform.plain("401"))
        data = {"access_token": self._tokens.issue(), "expires_in": self._rules.tokens.seconds}
        return self._taken(fault, {"code": "200", "message": "", "data": data})

    def submission(self, request: Request) -> Answer:
        """Take a batch (提交批次).

        Raises:
            InputError: The body is not a submission.
        """
        entry = self._note_call(request)
        if not self._tokens.good(request.token):
            entry.code = "0032"
            return json_answer(self._platform.plain("0032"))
        sent = read_submission(request.body)
        entry.batch_number, entry.operation = sent.batch_number, sent.operation
        entry.resource, entry.rows = sent.resource, len(sent.items)
        fault = self._plan.draw(self._call_of(sent))
        entry.fault = fault.name if fault else None
        if fault is not None and not fault.kind.taken:
            return self._untaken(fault, request)
        twist = twist_of(fault, sent, self._key_field(sent))
        taken = self._platform.submit(sent, entry.body_hash, twist)
        entry.applied, entry.code = taken.applied, taken.reply["code"]
        return self._taken(fault, taken.reply)

    def receipts(self, request: Request) -> Answer:
        """Tell the receipts of a batch (回执)."""
        return self._question(
            "receipts", request, lambda: self._platform.receipts(request.text("batchNo"))
        )

    def records(self, request: Request) -> Answer:
        """Tell what is held under a document number (文书号)."""
        return self._question(
            "records",
            request,
            lambda: self._platform.records(
                request.text("resource"), request.text("documentNumber")
            ),
        )

    def ledger(self, request: Request) -> Answer:
        """Tell a page of what is held (平台台账)."""
        return self._question(
            "ledger",
            request,
            lambda: self._platform.ledger(
                request.text("resource"),
                request.day("from"),
                request.day("to"),
                request.number("page", 1, _MOST_PAGES),
                request.number("size", 100, _MOST_PER_PAGE),
            ),
        )

    def plant(self, change: Planting) -> None:
        """Change what the platform holds behind the client's back."""
        self._platform.plant(change)

    def received(self) -> Payload:
        """Return what was really received, and what came of it, per document number."""
        history = self._platform.history()
        effects = {number: len(operations) for number, operations in history.items()}
        return {**self._journal.plain(), "effects": effects, "history": history}

    def _note_call(self, request: Request) -> CallEntry:
        entry = CallEntry(
            sequence=self._journal.next_sequence(),
            at=self._clock.now(),
            body_hash=hashlib.sha256(request.body).hexdigest(),
        )
        self._journal.add_call(entry)
        return entry

    def _key_field(self, sent: Submission) -> str:
        rules = self._rules.resources.get(sent.resource)
        return rules.key if rules else ""

    def _call_of(self, sent: Submission) -> Call:
        key = self._key_field(sent)
        numbers = frozenset(item.fields.get(key, "") for item in sent.items)
        return Call("submissions", sent.operation, numbers)

    def _question(self, name: CallName, request: Request, look_up: Callable[[], Payload]) -> Answer:
        if not self._tokens.good(request.token):
            return json_answer(self._platform.plain("0032"))
        reply = look_up()
        fault = self._plan.draw(Call(name))
        entry = QueryEntry(
            sequence=self._journal.next_sequence(),
            at=self._clock.now(),
            query=name,
            parameters=dict(request.parameters),
            fault=fault.name if fault else None,
        )
        self._journal.add_query(entry)
        if fault is not None and not fault.kind.taken:
            return self._untaken(fault, request)
        return self._taken(fault, reply)

    def _untaken(self, fault: Fault, request: Request) -> Answer:
        if fault.name == "token_expired":
            self._tokens.revoke(request.token)
        return answer_untaken(fault, self._rules.messages)

    def _taken(self, fault: Fault | None, reply: Payload) -> Answer:
        answer = json_answer(reply)
        return answer if fault is None else distort(fault, answer, self._rules.messages)
