"""What goes wrong at Kie, scripted on top of the simulation.

`Faults` answers like the simulated Kie it wraps, except where a test says otherwise; it records
every request. In process it stands behind a `WireTransport`, end to end behind
`tests.support.server`: a script reads the same for both. Connections and files that break are in
`tests.support.wire`.

    faults = Faults(SimulatedKie("https://api.kie.test", now=clock.wall))
    faults.next("recordInfo", envelope(500, "Internal error"), times=2)
    faults.next("file", reset(), httpx.Response(403), silence())
    url = faults.file("/a.png", PNG, cuts=[1000, 5000])
    client = httpx.Client(transport=WireTransport(faults))
    ...
    faults.check()
"""

import time
from collections.abc import Callable, Iterable
from threading import RLock
from typing import Any, NamedTuple

import httpx

from kiecli.sandbox.server import Answer
from kiecli.sandbox.simulation import SimulatedKie
from kiecli.sandbox.tasks import Script, SimulatedTask, Stage, compact
from tests.support.wire import FileScript, copied

Fault = httpx.Response | Exception | Answer
"""A response to give, an exception to raise, or a callable that answers."""

_ROUTES = {
    "recordInfo": "/api/v1/jobs/recordInfo",
    "createTask": "/api/v1/jobs/createTask",
    "download-url": "/api/v1/common/download-url",
    "credit": "/api/v1/chat/credit",
}


def envelope(
    code: int | str, msg: str, data: object = None, *, status: int = 200
) -> httpx.Response:
    """Return an answer in Kie's envelope."""
    return httpx.Response(
        status,
        headers={"Content-Type": "application/json"},
        content=compact({"code": code, "msg": msg, "data": data}).encode(),
    )


def record(
    task_id: str,
    state: str = "success",
    *,
    urls: Iterable[str] = (),
    created: float = 1_790_000_000.0,
    took: float = 13.0,
    **fields: object,
) -> httpx.Response:
    """Return a recordInfo answer.

    Args:
        task_id: The task.
        state: Its state; `success` and `fail` are complete.
        urls: Its results.
        created: Its creation, seconds since 1970.
        took: Seconds until it was complete.
        fields: What `data` is to hold besides or instead, by the names it has there.
    """
    listed = list(urls)
    script = Script(
        model="wan/2-7-image",
        input={"prompt": "A red panda"},
        stages=(Stage(0, "waiting"), Stage(took, state)),
        result=lambda _link: {"resultUrls": listed},
    )
    task = SimulatedTask(task_id, script, created)
    data = task.record(created + took, lambda path: path) | fields
    return envelope(200, "success", data)


class Seen(NamedTuple):
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: httpx.Headers
    body: bytes
    at: float
    """Seconds, on the clock that `Faults` was given."""

    @property
    def task_id(self) -> str | None:
        """The task that was asked about."""
        return self.query.get("taskId")


class _Stub:
    def __init__(self, route: str, task_id: str | None, fault: Fault, times: int) -> None:
        self.route = route
        self.task_id = task_id
        self.fault = fault
        self.left = times

    def __repr__(self) -> str:
        about = f" for {self.task_id}" if self.task_id else ""
        return f"{self.route}{about}: {self.fault!r}, {self.left} left"

    def matches(self, seen: Seen) -> bool:
        return _is_at(self.route, seen.path) and self.task_id in (None, seen.task_id)


class Faults:
    """A simulated Kie with faults; may be asked from several threads.

    A route is `recordInfo`, `createTask`, `download-url`, `credit`, `file` (whatever is none of
    Kie's API) or a path.

    Attributes:
        kie: The simulation underneath.
        requests: Everything that was asked, in order.
    """

    def __init__(self, kie: SimulatedKie, *, now: Callable[[], float] = time.monotonic) -> None:
        self.kie = kie
        self.requests: list[Seen] = []
        self._now = now
        self._next: list[_Stub] = []
        self._always: list[_Stub] = []
        self._lock = RLock()

    @property
    def base_url(self) -> str:
        """Where the simulation believes to live."""
        return self.kie.base_url

    def next(self, route: str, *faults: Fault, times: int = 1, task_id: str | None = None) -> None:
        """Let the next requests to a route meet these faults, one after the other.

        Each is met `times` times; what is not met fails `check`.
        """
        with self._lock:
            self._next += [_Stub(route, task_id, fault, times) for fault in faults]

    def always(self, route: str, fault: Fault, *, task_id: str | None = None) -> None:
        """Answer a route like this from now on, where nothing is scripted by `next`."""
        with self._lock:
            self._always.insert(0, _Stub(route, task_id, fault, 0))

    def task(
        self, task_id: str, state: str = "success", *, urls: Iterable[str] = (), **fields: Any
    ) -> None:
        """Make a task known that is in this state for good; see `record`."""
        self.always("recordInfo", record(task_id, state, urls=urls, **fields), task_id=task_id)

    def file(self, path: str, body: bytes, **script: Any) -> str:
        """Make a file known, scripted like a `FileScript`, and return its URL."""
        self.always(path, FileScript(body, **script))
        return f"{self.base_url}{path}"

    def seen(self, route: str, *, task_id: str | None = None) -> list[Seen]:
        """Return the requests that came in at a route."""
        with self._lock:
            return [
                seen
                for seen in self.requests
                if _is_at(route, seen.path) and task_id in (None, seen.task_id)
            ]

    def check(self) -> None:
        """Fail when something was scripted that was never asked for."""
        assert not self._next, f"scripted and never asked for: {self._next}"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        with self._lock:
            fault = self._fault(self._noted(request))
        if isinstance(fault, Exception):
            raise fault
        return copied(fault) if isinstance(fault, httpx.Response) else fault(request)

    def _noted(self, request: httpx.Request) -> Seen:
        seen = Seen(
            request.method,
            request.url.path,
            dict(request.url.params),
            request.headers,
            request.read(),
            self._now(),
        )
        self.requests.append(seen)
        return seen

    def _fault(self, seen: Seen) -> Fault:
        stub = next((stub for stub in self._next if stub.matches(seen)), None)
        if stub is not None:
            stub.left -= 1
            if stub.left == 0:
                self._next.remove(stub)
            return stub.fault
        always = next((stub for stub in self._always if stub.matches(seen)), None)
        return self.kie if always is None else always.fault


def _is_at(route: str, path: str) -> bool:
    if route == "file":
        return not path.startswith("/api/")
    return path == _ROUTES.get(route, route)
