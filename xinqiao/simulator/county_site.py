"""The simulated county site (县政府网站): a publishing interface, and pages for everybody.

Status of the wire: reference; every name is the hub's own. Pages are made anew some time after a
change, as such sites do. What arrives is looked through for identity numbers: none may come here.
"""

import html
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from xinqiao.simulator.answers import HTML, Answer, json_answer
from xinqiao.simulator.identity import holds_identity_number
from xinqiao.simulator.journal import QueryEntry
from xinqiao.simulator.misbehaviour import answer_untaken, distort
from xinqiao.simulator.plan import Call, FaultPlan
from xinqiao.simulator.planting import Planting
from xinqiao.simulator.platform import Payload
from xinqiao.simulator.request import Request, object_in
from xinqiao.simulator.rules import PlatformRules, ResourceRules
from xinqiao.simulator.stand_in import Routes, Setup
from xinqiao.simulator.submission import Submission, submission_of
from xinqiao.simulator.wire import Wire

_BELOW = "/cms/open"
_ACTIONS = {
    f"{_BELOW}/publish": "insert",
    f"{_BELOW}/modify": "update",
    f"{_BELOW}/revoke": "withdraw",
    f"{_BELOW}/offline": "take_down",
}
_PAGES = "/zwgk/xygs"
_TITLE = "政务信息公开·信用信息公示"
_MOST_PAGES = 1_000_000
_MOST_PER_PAGE = 200

Shown = Mapping[str, list[tuple[str, dict[str, str]]]]
"""Channel → (document number, fields) of what its pages show."""


class CountySite(Wire):
    """Publishes, changes and takes away pages; knows no batch and no key."""

    decides_at_once = True
    accepts_repeats = True

    def __init__(self, rules: PlatformRules, setup: Setup, plan: FaultPlan) -> None:
        super().__init__(rules, setup, plan)
        self._after = timedelta(seconds=setup.receipt_delay)
        self._deliveries = 0
        self._requests: dict[str, str] = {}
        self._due: list[datetime] = []
        self._shown: Shown = {}
        self._identity_numbers: list[dict[str, object]] = []

    @property
    def paths(self) -> Routes:
        """The publishing interface, and the pages."""
        return {
            **{("POST", path): self.publication for path in _ACTIONS},
            ("GET", f"{_BELOW}/find"): self.records,
            ("GET", f"{_BELOW}/list"): self.ledger,
            ("GET", _PAGES): self.page,
            ("GET", "/"): self.first_page,
        }

    def envelope(
        self, payload: Payload, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Write the payload: the one article's fate, or a list of articles."""
        code, data = str(payload["code"]), payload.get("data") or {}
        told: Payload = {"status": "ok" if code == "200" else "error"}
        if "items" in data:
            told |= {name: data[name] for name in ("total", "page", "pages") if name in data}
            told["articles"] = data["items"]
        for row in data.get("results", ()):
            code = "200" if row["code"] in ("0000", "received") else str(row["code"])
            told["status"] = "ok" if code == "200" else "error"
            told |= {"docNo": row.get("documentNumber", ""), "articleId": row.get("recordId", "")}
            payload = {**payload, "message": row["message"]}
        if told["status"] == "error":
            told |= {"code": self.rules.codes.get(code, code), "reason": payload.get("message", "")}
        told["requestId"] = self._requests.get(data.get("batchNo", ""), "")
        return json_answer(told, status=status, headers=headers)

    def publication(self, request: Request) -> Answer:
        """Publish an article, change it or take it away.

        Raises:
            InputError: The form is not what the interface asks for.
        """
        form = request.form()
        refusal = self._refusal(request)
        if not refusal:
            self._look_through(form)
            # as a reader sees it: an escape of JSON may end in digits and hide a number behind it
            self._look_through(object_in(form.get("content", "")))
        answer = self.take(request, refusal, lambda: self._submission(request.path, form))
        self._due.append(self.clock.now() + self._after)
        return answer

    def records(self, request: Request) -> Answer:
        """Tell the articles under a document number (文书号)."""
        asked = {
            "resource": request.parameters.get("channel", ""),
            "documentNumber": request.parameters.get("docNo", ""),
        }
        return self.look_up(
            "records",
            request,
            self._refusal(request),
            lambda: self.platform.records(request.text("channel"), request.text("docNo")),
            asked,
        )

    def ledger(self, request: Request) -> Answer:
        """Tell a page of all articles."""
        return self.look_up(
            "ledger",
            request,
            self._refusal(request),
            lambda: self.platform.ledger(
                request.text("channel"),
                request.day("from"),
                request.day("to"),
                request.number("page", 1, _MOST_PAGES),
                request.number("size", 100, _MOST_PER_PAGE),
            ),
        )

    def page(self, request: Request) -> Answer:
        """Show what is published: every channel, one of them, or what stands under a number.

        These pages are the site's receipts: what befalls receipts befalls them.
        """
        self._make_pages()
        fault = self.plan.draw(Call("receipts"))
        self.journal.add_query(
            QueryEntry(
                sequence=self.journal.next_sequence(),
                at=self.clock.now(),
                query="page",
                parameters=dict(request.parameters),
                fault=fault.name if fault else None,
            )
        )
        if fault is not None and not fault.kind.taken:
            return answer_untaken(fault, self.rules.messages, self.envelope)
        page = self._page_of(request)
        if fault is None:
            return page
        return distort(fault, {}, self.rules.messages, lambda *_: page)

    def first_page(self, request: Request) -> Answer:
        """Lead a person to the pages. No fault befalls it: nobody's receipts are read here."""
        self._make_pages()
        return self._page_of(request)

    def _page_of(self, request: Request) -> Answer:
        channel = request.parameters.get("channel", "")
        number = request.parameters.get("number", "")
        rules = self.rules.resources.get(channel)
        if rules is None:
            inside = "".join(self._channels())
        else:
            articles = [one for one in self._shown.get(channel, ()) if number in ("", one[0])]
            none = f"没有找到与“{number}”有关的公开信息" if number else "没有公开信息"
            shown = "".join(_article(rules, *one) for one in articles)
            inside = f"<h2>{html.escape(rules.title)}</h2>" + (
                shown or f"<p>{html.escape(none)}</p>"
            )
        page = (
            f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{_TITLE}</title>'
            f"</head><body><h1>{_TITLE}</h1>{inside}</body></html>"
        )
        if holds_identity_number(html.unescape(page)):
            self._identity_numbers.append({"where": "page", "channel": channel})
        return Answer(200, page.encode(), HTML)

    def plant(self, change: Planting) -> None:
        """Change what the site holds behind the client's back; pages show it at once."""
        super().plant(change)
        self._due.append(self.clock.now())

    def received(self) -> Payload:
        """Tell also what the pages show, and where an identity number arrived: nowhere."""
        self._make_pages()
        pages = {channel: len(articles) for channel, articles in self._shown.items()}
        numbers = list(self._identity_numbers)
        return {**super().received(), "pages": pages, "identityNumbers": numbers}

    def _channels(self) -> Iterator[str]:
        for channel, rules in self.rules.resources.items():
            count = len(self._shown.get(channel, ()))
            link = f'<a href="{_PAGES}?channel={channel}">{html.escape(rules.title)}</a>'
            yield f"<p>{link} {count} 条</p>"

    def _make_pages(self) -> None:
        now = self.clock.now()
        later = [due for due in self._due if due > now]
        if later and len(later) == len(self._due):
            return
        self._due = later
        self._shown = {
            channel: self.platform.public_records(channel) for channel in self.rules.resources
        }

    def _look_through(self, texts: Mapping[str, object]) -> None:
        for name, text in texts.items():
            if holds_identity_number(str(text)):
                self._identity_numbers.append({"where": "form", "field": name})

    def _submission(self, path: str, form: Mapping[str, str]) -> Submission:
        # no number of a sender is known here: every delivery is a new one
        self._deliveries += 1
        number = f"SITE{self._deliveries:08d}"
        self._requests[number] = form.get("requestId", "")
        return submission_of(
            {
                "batchNo": number,
                "resource": form.get("channel"),
                "operation": _ACTIONS[path],
                "orgCode": form.get("unit"),
                "items": [{"index": 1, "fields": object_in(form.get("content", ""))}],
            }
        )

    def _refusal(self, request: Request) -> str:
        known = request.headers.get("x-site-key") == self.credentials.client_secret
        return "" if known else "401"


def _article(rules: ResourceRules, number: str, fields: Mapping[str, str]) -> str:
    told = {"文书号": number, "名称": fields.get(rules.subject, "")}
    told |= {label: fields.get(name, "") for name, label in rules.shown.items()}
    lines = (
        f"<tr><th>{html.escape(label)}</th><td>{html.escape(text)}</td></tr>"
        for label, text in told.items()
        if text
    )
    return f"<table>{''.join(lines)}</table>"
