"""What the stand-ins over HTTP have in common: taking batches, answering questions, misbehaving.

Each wire brings its own paths, its own way to recognise a client and its own envelope; what came of
a batch is the :class:`xinqiao.simulator.platform.Platform`'s business, the same for all.
"""

import hashlib
import html
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

from xinqiao.errors import InputError
from xinqiao.simulator.answers import HTML, Answer, json_answer
from xinqiao.simulator.faults import CallName, Fault
from xinqiao.simulator.journal import CallEntry, Journal, QueryEntry
from xinqiao.simulator.misbehaviour import answer_untaken, distort, twist_of
from xinqiao.simulator.plan import Call, FaultPlan
from xinqiao.simulator.planting import Planting
from xinqiao.simulator.platform import Payload, Platform
from xinqiao.simulator.request import Request
from xinqiao.simulator.rules import PlatformRules
from xinqiao.simulator.stand_in import Routes, Setup
from xinqiao.simulator.submission import Submission
from xinqiao.simulator.tokens import Tokens


class Wire(ABC):
    """A platform as its clients see it, with its faults. Not safe for threads by itself.

    Only calls of a client that is recognised can suffer a fault, so that counting them is
    predictable.
    """

    decides_at_once: ClassVar[bool] = False
    """Whether rows are decided in the answer to their submission."""
    accepts_repeats: ClassVar[bool] = False
    """Whether the platform knows no key: what comes twice is taken in twice."""

    def __init__(self, rules: PlatformRules, setup: Setup, plan: FaultPlan) -> None:
        self.rules = rules
        self.credentials = setup.credentials or rules.credentials
        self.clock = setup.clock
        self.platform = Platform(
            rules,
            setup.clock,
            setup.receipt_delay,
            accept_repeats=setup.accept_repeats or self.accepts_repeats,
            decides_at_once=self.decides_at_once,
        )
        self.tokens = Tokens(setup.clock, rules.tokens.seconds)
        self.plan = plan
        self.journal = Journal()

    @property
    @abstractmethod
    def paths(self) -> Routes:
        """The paths of the wire itself."""

    @property
    def routes(self) -> Routes:
        """The paths of the wire, and the page that anybody may see."""
        paths = {**self.paths, ("GET", "/public/records"): self.public_page}
        return {path: self._patient(handler) for path, handler in paths.items()}

    def envelope(
        self, payload: Payload, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Write an answer the way the wire does."""
        return json_answer(payload, status=status, headers=headers)

    def late(self, request: Request, skew: float) -> str:
        """Return the code with which a request is refused for its time; empty if it is not.

        Args:
            request: The request of a client that was recognised.
            skew: Seconds by which the platform's clock is fast.
        """
        del request, skew
        return ""

    def forget_token(self, request: Request) -> None:
        """Let the token that came with ``request`` run out, if the wire has tokens."""
        self.tokens.revoke(request.token)

    def work(self) -> None:
        """Settle what is due; whoever looks does so too."""
        self.platform.settle()

    def give_token(self, request: Request, known: bool, refusal: str) -> Answer:
        """Give out a token (令牌) to a client that is ``known``, else answer with ``refusal``."""
        fault = self.plan.draw(Call("token"))
        if fault is not None and not fault.kind.taken:
            return self._untaken(fault, request)
        if not known:
            return self._taken(fault, self.platform.plain(refusal))
        data = {"access_token": self.tokens.issue(), "expires_in": self.rules.tokens.seconds}
        return self._taken(fault, {"code": "200", "message": "", "data": data})

    def take(self, request: Request, refusal: str, read: Callable[[], Submission]) -> Answer:
        """Take the batch (提交批次) that ``read`` finds, unless there is a ``refusal``.

        Raises:
            InputError: ``read`` found none.
        """
        entry = self._note_call(request)
        if refusal:
            entry.code = refusal
            return self.envelope(self.platform.plain(refusal))
        sent = read()
        entry.batch_number, entry.operation = sent.batch_number, sent.operation
        entry.resource, entry.rows = sent.resource, len(sent.items)
        fault = self.plan.draw(self._call_of(sent))
        entry.fault = fault.name if fault else None
        if fault is not None and not fault.kind.taken:
            return self._untaken(fault, request)
        late = self.late(request, _skew(fault))
        if late:
            entry.code = late
            return self._taken(fault, self.platform.plain(late))
        twist = twist_of(fault, sent, self._key_field(sent))
        taken = self.platform.submit(sent, entry.body_hash, twist)
        entry.applied, entry.code = taken.applied, taken.reply["code"]
        return self._taken(fault, taken.reply)

    def look_up(
        self,
        name: CallName,
        request: Request,
        refusal: str,
        look: Callable[[], Payload],
        parameters: Mapping[str, str] | None = None,
    ) -> Answer:
        """Answer a question of a client, unless there is a ``refusal``."""
        if refusal:
            return self.envelope(self.platform.plain(refusal))
        reply = look()
        fault = self.plan.draw(Call(name))
        asked = request.parameters if parameters is None else parameters
        entry = QueryEntry(
            sequence=self.journal.next_sequence(),
            at=self.clock.now(),
            query=name,
            parameters=dict(asked),
            fault=fault.name if fault else None,
        )
        self.journal.add_query(entry)
        if fault is not None and not fault.kind.taken:
            return self._untaken(fault, request)
        late = self.late(request, _skew(fault))
        return self._taken(fault, self.platform.plain(late) if late else reply)

    def public_page(self, request: Request) -> Answer:
        """Show what is published (公示): everything, or what stands under one ``number``."""
        number = request.parameters.get("number", "")
        lines = [
            f"<tr><td>{html.escape(key)}</td><td>{html.escape(name)}</td></tr>"
            for key, name in self.platform.published(request.text("resource"))
            if number in ("", key)
        ]
        shown = f"<table>{''.join(lines)}</table>" if lines else "<p>没有找到</p>"
        page = f"<html><body><h1>双公示</h1>{shown}</body></html>"
        return Answer(200, page.encode(), HTML)

    def plant(self, change: Planting) -> None:
        """Change what the platform holds behind the client's back."""
        self.platform.plant(change)

    def received(self) -> Payload:
        """Return what was really received, and what came of it, per document number."""
        history = self.platform.history()
        effects = {number: len(operations) for number, operations in history.items()}
        return {**self.journal.plain(), "effects": effects, "history": history}

    def _patient(self, handler: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            try:
                return handler(request)
            except InputError as error:
                return self.envelope({"code": "4000", "message": error.message}, 400)

        return answer

    def _note_call(self, request: Request) -> CallEntry:
        entry = CallEntry(
            sequence=self.journal.next_sequence(),
            at=self.clock.now(),
            body_hash=hashlib.sha256(request.body).hexdigest(),
        )
        self.journal.add_call(entry)
        return entry

    def _key_field(self, sent: Submission) -> str:
        rules = self.rules.resources.get(sent.resource)
        return rules.key if rules else ""

    def _call_of(self, sent: Submission) -> Call:
        key = self._key_field(sent)
        numbers = frozenset(item.fields.get(key, "") for item in sent.items)
        return Call("submissions", sent.operation, numbers)

    def _untaken(self, fault: Fault, request: Request) -> Answer:
        if fault.name == "token_expired":
            self.forget_token(request)
        return answer_untaken(fault, self.rules.messages, self.envelope)

    def _taken(self, fault: Fault | None, reply: Payload) -> Answer:
        if fault is None:
            return self.envelope(reply)
        return distort(fault, reply, self.rules.messages, self.envelope)


def _skew(fault: Fault | None) -> float:
    return fault.duration if fault is not None and fault.name == "clock_skew" else 0.0
