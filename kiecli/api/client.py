"""The client of Kie's API: a task's record, the credits left, a fresh link to a result."""

from contextlib import closing
from typing import Any

import httpx

from kiecli import safe_json
from kiecli.api.models import Task
from kiecli.api.rate_limiter import RateLimiter
from kiecli.api.responses import BASE_URL_HINT, code_of, decode
from kiecli.clock import Clock
from kiecli.errors import AccessError, ConfigError, ConnectionFailed, KieError, KieUnavailable
from kiecli.network.deadline import READ_TIMEOUT, Deadline
from kiecli.network.errors import (
    PROXY_LOGIN_REQUIRED,
    certificate_hint,
    describe_error,
    is_certificate_error,
    is_login_required,
    name_of_peer,
    proxy_login_hint,
)
from kiecli.network.headers import SUPPORTED_ENCODINGS, content_encoding
from kiecli.network.logging import Exchange, RequestLogger
from kiecli.redaction import Redactor
from kiecli.urls import host_of, path_of, server_of

MAX_ANSWER = 2 * 1024 * 1024
"""Bytes of a response that are read at most; real ones have some two thousand.

Parsed JSON can take thirty times the memory of its text: 2 MiB may take up to 70 MB.
"""

# Seconds after which a start granted by the rate limiter is stale. If all worker threads hang,
# granted requests queue for one; sent together when the hang ends, they would exceed the rate.
_MAX_DELAY = 1.0


class KieClient:
    """Sends rate-limited requests to Kie's API. Safe to share between threads."""

    def __init__(
        self,
        http: httpx.Client,
        base_url: str,
        key: str,
        clock: Clock,
        log: RequestLogger | None = None,
        key_origin: str = "",
        rate_limiter: RateLimiter | None = None,
    ) -> None:
        """Store the parts; nothing is requested yet.

        Args:
            http: Sends the requests; it must follow no redirects.
            base_url: Where the API is, without a slash at the end.
            key: The API key, known to be printable ASCII on one line.
            clock: For deadlines and the durations in the log.
            log: Takes each exchange (`--verbose`), or None.
            key_origin: Where the key was configured, for the message that it is refused.
            rate_limiter: Shared with other clients; None makes one of its own.
        """
        self._http = http
        self._base_url = base_url
        ours = {"authorization": f"Bearer {key}", "accept": "application/json"}
        self._headers = httpx.Headers({**http.headers, **ours})
        self._clock = clock
        self._log = log
        self._key_origin = key_origin
        self._redactor = Redactor([key])  # Kie may quote it
        self._rate_limiter = rate_limiter or RateLimiter(clock)

    def task(self, task_id: str, started: float | None = None) -> Task:
        """Request a task's record (recordInfo).

        See https://docs.kie.ai/market/common/get-task-detail.md.

        Args:
            task_id: The task.
            started: The moment at which the rate limiter has let this request start; None waits
                for it here.

        Raises:
            KieError: No usable response; `temporary` if a retry may succeed.
        """
        # An id needs no quoting in a query, and httpx takes longer to merge one in.
        query = f"?taskId={task_id}"
        data = self._ask("GET", "/api/v1/jobs/recordInfo", task_id, started, query=query)
        if not isinstance(data, dict):
            raise KieUnavailable("Kie's answer contains no task")
        answered = data.get("taskId") or task_id
        # A cache's mistake. Compared without case: no two ids differ by case alone.
        if str(answered).casefold() != task_id.casefold():
            raise KieUnavailable("Kie answered about another task")
        return Task.parse(task_id, data)

    def credits(self) -> float:
        """Request the credits left: the cheapest request that proves a key valid.

        Raises:
            KieError: No usable response; `temporary` if a retry may succeed.
        """
        left = safe_json.number(self._ask("GET", "/api/v1/chat/credit"))
        if left is None:
            raise KieUnavailable("Kie's answer contains no credit balance")
        return left

    def fresh_link(self, url: str, task_id: str = "-") -> str:
        """Request a link, valid for 20 minutes, to a result whose own link is dead.

        The link is a credential: it stays out of messages and files.

        Args:
            url: The dead one.
            task_id: Whose result it is, for the log.

        Raises:
            KieError: Kie gives none; `temporary` if a retry may succeed.
        """
        link = self._ask("POST", "/api/v1/common/download-url", task_id, json={"url": url})
        if not isinstance(link, str) or not link:
            raise KieUnavailable("Kie's answer contains no link")
        return link

    def _ask(
        self,
        method: str,
        path: str,
        task_id: str = "-",
        started: float | None = None,
        **content: Any,
    ) -> Any:
        """Send a request under the rate limiter, and tell it how the request ended."""
        # A poll brings the start it was granted; fresh links and credits wait for one here.
        if started is None or self._clock.now() - started > _MAX_DELAY:
            started = self._rate_limiter.acquire()
        try:
            if self._log is None:
                answer = self._exchange(method, path, **content)
            else:
                answer = self._logged_exchange(self._log, task_id, method, path, **content)
            redact, wall = self._redactor.value, self._clock.wall()
            data = decode(*answer, self._key_origin, redact, wall)
        except KieError as error:
            self._rate_limiter.completed(started, error)
            raise
        self._rate_limiter.completed(started, None)
        return data

    def _exchange(
        self, method: str, path: str, query: str = "", **content: Any
    ) -> tuple[int, httpx.Headers, bytes]:
        """Send a request and return status, headers and body of the response, good or bad."""
        deadline = Deadline(self._clock, READ_TIMEOUT)
        request = httpx.Request(
            method,
            self._base_url + path + query,
            headers=self._headers,
            extensions={"timeout": deadline.timeouts()},
            **content,
        )
        try:
            # Not by `send_get`, which may send twice: each request to Kie passes the rate limiter.
            response = self._http.send(request, stream=True)
            with closing(response):
                return response.status_code, response.headers, _read(response, deadline)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise _to_kie_error(error, self._base_url, deadline) from error

    def _logged_exchange(
        self, log: RequestLogger, task_id: str, method: str, path: str, **content: Any
    ) -> tuple[int, httpx.Headers, bytes]:
        """Do what `_exchange` does, and log how it ended, without the query."""
        # With the base URL's own path: one that does not belong there is found by this log.
        began, url = self._clock.now(), self._base_url + path

        def record(outcome: str) -> None:
            took = round((self._clock.now() - began) * 1000)
            log(Exchange(method, host_of(url), path_of(url), task_id, outcome, took))

        try:
            status, headers, body = self._exchange(method, path, **content)
        except KieError as error:
            record(error.message)
            raise
        code = code_of(body)  # the body is parsed twice only with --verbose
        record(f"HTTP {status}" if code == "-" else f"HTTP {status}, code {code}")
        return status, headers, body


def _read(response: httpx.Response, deadline: Deadline) -> bytes:
    """Read and decompress the body, bounded by MAX_ANSWER bytes and by the deadline."""
    encoding = content_encoding(response.headers)
    if encoding is None:
        chunks = response.iter_bytes()
    elif encoding in SUPPORTED_ENCODINGS:
        from kiecli.network.decoding import decompress

        chunks = decompress(response.iter_raw())
    else:
        raise KieUnavailable(f"the answer is compressed with {encoding}, which was not requested")
    body = bytearray()
    for chunk in chunks:
        body += chunk
        deadline.heard = True
        if len(body) > MAX_ANSWER:
            raise KieUnavailable(
                f"an answer larger than {MAX_ANSWER // 2**20} MiB is not from Kie",
            )
        # One chunk may decompress to many, none of which waits for the socket.
        if deadline.expired:
            raise httpx.ReadTimeout("the deadline is over")
    return bytes(body)


def _to_kie_error(error: Exception, base_url: str, deadline: Deadline) -> KieError:
    """Translate an exception of httpx."""
    if isinstance(error, UnicodeError):
        host = host_of(base_url)
        peer = name_of_peer(host, error)
        # Raised by Python's codec for host names (idna): a label is empty or too long.
        hint = BASE_URL_HINT if peer == host else "check the proxy settings of the environment"
        return ConfigError(f"{peer} is not a valid hostname", hint=hint)
    assert isinstance(error, httpx.HTTPError | httpx.InvalidURL)
    if is_login_required(error):
        return AccessError(PROXY_LOGIN_REQUIRED, hint=proxy_login_hint())
    peer = name_of_peer(server_of(base_url), error)
    return ConnectionFailed(
        f"could not reach {peer}: {describe_error(error, deadline)}",
        hint=certificate_hint(error),
        temporary=not is_certificate_error(error),
    )
