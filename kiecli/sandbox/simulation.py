"""Kie as one callable, from a request to a response: no sockets, no clock of its own.

It answers as the real service was seen to: nearly always HTTP 200, with a `code` in the body.
"""

import json
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from http import HTTPStatus
from threading import RLock
from uuid import uuid4

import httpx

from kiecli.sandbox import media
from kiecli.sandbox.demos import DEMOS, script_for
from kiecli.sandbox.files import deliver, etag
from kiecli.sandbox.tasks import Script, SimulatedTask, compact

# "Typically expire after 24 hours" (https://docs.kie.ai/market/common/get-task-detail.md).
_FILE_LIFETIME = 24 * 3600.0
# "Valid for 20 minutes" (https://docs.kie.ai/common-api/download-url.md).
_FRESH_LINK_LIFETIME = 20 * 60.0

_CREDITS = 1250.5


def _random_id() -> str:
    return uuid4().hex


class SimulatedKie:
    """Kie's Market task API and its file host; safe to call from several threads.

    Attributes:
        base_url: The URL that links to files start with.
    """

    def __init__(
        self,
        base_url: str,
        *,
        now: Callable[[], float],
        new_id: Callable[[], str] = _random_id,
        key: str | None = None,
        polls_per_second: int | None = None,
    ) -> None:
        """Start with the built-in tasks.

        Args:
            base_url: Where links to files are to point.
            now: Returns seconds since 1970.
            new_id: Makes ids of tasks and tokens of fresh links.
            key: The only API key that is taken; None takes every key but an empty one.
            polls_per_second: More calls of recordInfo than this are answered by 429; None is no
                limit.
        """
        self.base_url = base_url.rstrip("/")
        self._now = now
        self._new_id = new_id
        self._key = key
        self._polls_per_second = polls_per_second
        # A demo starts when it is first polled: everybody sees a video from its first state on.
        self._scripts = dict(DEMOS)
        self._tasks: dict[str, SimulatedTask] = {}
        self._polls: deque[float] = deque()
        self._created = 0
        self._fresh: dict[str, tuple[str, float]] = {}
        self._lock = RLock()
        self._routes = {
            "/api/v1/jobs/recordInfo": ("GET", self._record_info),
            "/api/v1/jobs/createTask": ("POST", self._create_task),
            "/api/v1/common/download-url": ("POST", self._download_url),
            "/api/v1/chat/credit": ("GET", self._credit),
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        with self._lock:  # the server has a thread per connection
            if request.url.path.startswith("/files/"):
                return self._file(request)
            return self._call(request)

    def add(self, task_id: str, script: Script) -> None:
        """Make one more task known; its clock starts when it is first polled."""
        with self._lock:
            self._scripts[task_id] = script

    def _call(self, request: httpx.Request) -> httpx.Response:
        method, answer = self._routes.get(request.url.path, ("", None))
        if answer is None:
            return self._no_route(request, HTTPStatus.NOT_FOUND)
        if request.method != method:
            return self._no_route(request, HTTPStatus.METHOD_NOT_ALLOWED)
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if not self._is_known(key.strip() if scheme.lower() == "bearer" else ""):
            return _envelope(401, "You do not have access permissions")
        return answer(request)

    def _is_known(self, key: str) -> bool:
        return key == self._key if self._key is not None else bool(key)

    def _record_info(self, request: httpx.Request) -> httpx.Response:
        if self._too_many_polls():
            return _envelope(429, "Rate limit exceeded")
        task_id = request.url.params.get("taskId")
        # Documented with HTTP status 400; errors that were recorded have 200 and a `code`.
        if not task_id:
            return _envelope(400, "taskId parameter is required", status=HTTPStatus.BAD_REQUEST)
        task = self._find(task_id)
        # What is on the wire; documented is 404 "Task not found"
        # (https://docs.kie.ai/market/common/get-task-detail.md).
        if task is None:
            return _envelope(422, "recordInfo is null")
        return _envelope(200, "success", task.record(self._now(), self._link_of(task_id)))

    def _too_many_polls(self) -> bool:
        now = self._now()
        self._polls.append(now)
        while self._polls[0] <= now - 1:
            self._polls.popleft()
        return self._polls_per_second is not None and len(self._polls) > self._polls_per_second

    def _create_task(self, request: httpx.Request) -> httpx.Response:
        try:
            body = json.loads(request.read())
        except ValueError:
            return _envelope(
                500, "Server exception, please try again later or contact customer service"
            )
        # Both codes are Kie's for a bad createTask: 500 and 422.
        model = body.get("model") if isinstance(body, dict) else None
        if not isinstance(model, str) or not model:
            return _envelope(422, "The model name is not supported")
        inputs = body.get("input")
        script = script_for(model, inputs if isinstance(inputs, dict) else {}, self._created)
        self._created += 1
        task_id = self._new_id()
        self._tasks[task_id] = SimulatedTask(task_id, script, self._now())
        return _envelope(200, "success", {"taskId": task_id, "recordId": task_id})

    def _download_url(self, request: httpx.Request) -> httpx.Response:
        try:
            url = json.loads(request.read())["url"]
        except (ValueError, TypeError, KeyError):
            url = None
        # Only links to files of its own are renewed: what is no link of Kie's is "wrong".
        path = url.removeprefix(self.base_url) if isinstance(url, str) else ""
        if self._media_at(path) is None:
            return _envelope(422, "url is wrong")
        token = self._new_id()
        self._fresh[token] = (path, self._now() + _FRESH_LINK_LIFETIME)
        return _envelope(200, "success", f"{self.base_url}{path}?token={token}")

    def _credit(self, _request: httpx.Request) -> httpx.Response:
        return _envelope(200, "success", _CREDITS)

    def _file(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        token = request.url.params.get("token")
        found = self._media_at(path)
        # The plain link needs no token; a stale or foreign token opens nothing.
        if token is not None and not self._is_fresh(token, path):
            return _gone(HTTPStatus.FORBIDDEN)
        if found is None or request.method != "GET":
            return _gone(HTTPStatus.NOT_FOUND)
        task, name = found
        modified = task.delivered_at(self._now())
        if modified is None or self._now() >= modified + _FILE_LIFETIME:
            return _gone(HTTPStatus.NOT_FOUND)
        body = media.body(name)
        headers = {
            "Content-Type": media.content_type(name),
            "ETag": etag(body),
            "Last-Modified": formatdate(modified, usegmt=True),
            "Accept-Ranges": "bytes",
        }
        return deliver(request, body, headers)

    def _is_fresh(self, token: str, path: str) -> bool:
        known, until = self._fresh.get(token, ("", 0.0))
        return known == path and self._now() < until

    def _find(self, task_id: str) -> SimulatedTask | None:
        script = self._scripts.get(task_id)
        if task_id not in self._tasks and script is not None:
            self._tasks[task_id] = SimulatedTask(task_id, script, self._now() - script.age)
        return self._tasks.get(task_id)

    def _link_of(self, task_id: str) -> Callable[[str], str]:
        return lambda path: f"{self.base_url}/files/{task_id}/{path}"

    def _media_at(self, path: str) -> tuple[SimulatedTask, str] | None:
        """Return the task and the media file that stand under a path."""
        task_id, _, file_path = path.removeprefix("/files/").partition("/")
        task = self._find(task_id)
        if task is None or file_path not in task.script.files:
            return None
        return task, task.script.files[file_path]

    def _no_route(self, request: httpx.Request, status: HTTPStatus) -> httpx.Response:
        """Return what Kie's web framework answers where there is no route: no `code`, no `msg`."""
        body = {
            "timestamp": datetime.fromtimestamp(self._now(), UTC).isoformat(
                timespec="milliseconds"
            ),
            "status": int(status),
            "error": status.phrase,
            "message": "No message available",
            "path": request.url.path,
        }
        return _json(status, body)


def _envelope(
    code: int, msg: str, data: object = None, *, status: HTTPStatus = HTTPStatus.OK
) -> httpx.Response:
    return _json(status, {"code": code, "msg": msg, "data": data})


def _json(status: HTTPStatus, value: object) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return httpx.Response(status, headers=headers, content=compact(value).encode())


def _gone(status: HTTPStatus) -> httpx.Response:
    # A page, as real hosts have: a client that saves it as a picture is found out.
    page = f"<!DOCTYPE html><title>{status.phrase}</title><h1>{int(status)} {status.phrase}</h1>"
    return httpx.Response(status, html=page)
