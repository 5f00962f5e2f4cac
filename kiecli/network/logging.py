"""What `--verbose` shows of each exchange with a server."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import httpx

from kiecli.clock import Clock
from kiecli.network.errors import CLOSED_IDLE, was_closed_idle


class Exchange(NamedTuple):
    """One request and how it ended, without key and without query."""

    method: str
    host: str
    path: str
    task_id: str
    outcome: str
    """Status and code, or what went wrong."""
    milliseconds: int


RequestLogger = Callable[[Exchange], None]
"""Takes each exchange as it ends, on the thread it ended on."""


class LoggingTransport(httpx.BaseTransport):
    """Logs each exchange that another transport carries, up to the head of the response."""

    def __init__(self, transport: httpx.BaseTransport, log: RequestLogger, clock: Clock) -> None:
        """Wrap a transport; nothing is sent yet.

        Args:
            transport: Carries the requests.
            log: Takes the exchanges; the task is that of the request's `extensions["task_id"]`.
            clock: Measures them.
        """
        self._transport = transport
        self._log = log
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response; raises what the other transport raises."""
        record = partial(self._record, request, self._clock.now())
        try:
            response = self._transport.handle_request(request)
        except httpx.TransportError as error:
            # Its message may quote the server, or what was sent to it.
            record(CLOSED_IDLE if was_closed_idle(error) else type(error).__name__)
            raise
        record(f"HTTP {response.status_code}")
        return response

    def close(self) -> None:
        """Close the other transport."""
        self._transport.close()

    def _record(self, request: httpx.Request, began: float, outcome: str) -> None:
        url = request.url
        task_id = str(request.extensions.get("task_id", "-"))
        took = round((self._clock.now() - began) * 1000)
        # Without the query: the links of file hosts are signed there.
        self._log(Exchange(request.method, url.host, url.path, task_id, outcome, took))
