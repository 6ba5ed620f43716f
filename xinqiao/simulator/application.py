"""One request in, one answer out: the routes of the stand-in, behind one lock."""

from threading import Lock

from xinqiao.clock import SHANGHAI
from xinqiao.errors import InputError
from xinqiao.simulator.answers import Answer, json_answer
from xinqiao.simulator.faults import read_faults
from xinqiao.simulator.plan import FaultPlan
from xinqiao.simulator.planting import read_planting
from xinqiao.simulator.request import Request
from xinqiao.simulator.rules import load_rules
from xinqiao.simulator.stand_in import Routes, Setup
from xinqiao.simulator.stand_ins import STAND_INS


class Application:
    """Answers requests as the platform would; safe to use from many threads.

    The lock is held while an answer is made, never while it is sent: a hanging call hinders nobody.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._rules = load_rules(setup.platform)
        self._lock = Lock()
        self._start_afresh()

    def answer(self, request: Request) -> Answer:
        """Return the answer to ``request``; what is wrong with a request is an answer too."""
        try:
            with self._lock:
                return self._route(request)
        except InputError as error:
            return json_answer({"code": "4000", "message": error.message}, status=400)

    def trouble(self, status: int, code: str) -> Answer:
        """Return an answer about the request itself, with the words for ``code``."""
        return json_answer({"code": code, "message": self._rules.messages[code]}, status=status)

    def work(self) -> None:
        """Let the platform do what it does by itself."""
        with self._lock:
            self._stand_in.work()

    def _start_afresh(self) -> None:
        setup = self._setup
        self._plan = FaultPlan(setup.faults, setup.seed)
        self._stand_in = STAND_INS[setup.platform](setup, self._plan)

    def _route(self, request: Request) -> Answer:
        routes: Routes = {
            ("GET", "/"): self._welcome,
            ("POST", "/_control/faults"): self._queue_faults,
            ("GET", "/_control/received"): self._received,
            ("POST", "/_control/plant"): self._plant_change,
            ("POST", "/_control/reset"): self._reset,
            **self._stand_in.routes,
        }
        handler = routes.get((request.method, request.path))
        if handler is not None:
            return handler(request)
        if any(path == request.path for _, path in routes):
            return self.trouble(405, "4050")
        return self.trouble(404, "4004")

    def _welcome(self, _: Request) -> Answer:
        now = self._setup.clock.now().astimezone(SHANGHAI).isoformat(timespec="seconds")
        return json_answer({"simulator": "xinqiao", "platform": self._setup.platform, "time": now})

    def _queue_faults(self, request: Request) -> Answer:
        faults = read_faults(request.body)
        self._plan.add(faults)
        return json_answer({"code": "200", "message": "", "data": {"queued": len(faults)}})

    def _received(self, _: Request) -> Answer:
        return json_answer(self._stand_in.received())

    def _plant_change(self, request: Request) -> Answer:
        self._stand_in.plant(read_planting(request.body))
        return json_answer({"code": "200", "message": ""})

    def _reset(self, _: Request) -> Answer:
        self._start_afresh()
        return json_answer({"code": "200", "message": ""})
