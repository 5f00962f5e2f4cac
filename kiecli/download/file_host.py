"""Requests to file hosts: without key or cookies, following redirects that are safe."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from kiecli.download.context import TransferContext
from kiecli.download.disk_errors import is_out_of_descriptors
from kiecli.download.failures import PermanentError, TransientError
from kiecli.download.response import FileResponse, is_text
from kiecli.network.body import Chunk, first_bytes, iter_body
from kiecli.network.client import send_get
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
from kiecli.urls import is_web_address, percent_encode, server_of

# Fewer than curl (50) and browsers (20) allow; real links to results redirect once or not at all.
_MAX_REDIRECTS = 10
_REDIRECTS = {301, 302, 303, 307, 308}
# Bytes of a redirect's own body that are read, so that its connection can be used again.
_MAX_REDIRECT_BODY = 16 * 1024
# Bytes without a control character after which a body counts as text: the signatures of binary
# formats are shorter.
_MIN_HEAD = 64
_NOT_A_WEB_ADDRESS = "is not an http or https URL"


class FileRequest(NamedTuple):
    """A request for a file: URL, headers and time limit."""

    url: str
    headers: Mapping[str, str]
    """Additional ones, such as `Range`."""
    task_id: str
    """For the log of requests only; no server learns of it."""
    timeout: float = READ_TIMEOUT
    """Seconds to the first byte of the body, redirects included, and again to each chunk of it."""
    waits_for_host: bool = True
    """Whether to wait out the pause of a host that could not be connected to, or fail at once."""


@contextmanager
def open_url(
    context: TransferContext, requested: FileRequest
) -> Iterator[tuple[FileResponse, Iterator[Chunk]]]:
    """Request a file; the context is the head of the response and an iterator over its body.

    The body comes decompressed, in chunks whose buffer is reused for the next one. Network errors
    are translated, also those that come while the block reads the body.

    Raises:
        TransientError: The connection broke, or never came about.
        OSError: No more files can be opened, sockets included.
        PermanentError: A host's certificate is refused, a proxy requires a login, or the way leads
            where it must not: to another scheme, from https to http, in a loop.
    """
    path = [checked_url(requested.url)]
    deadline = Deadline(context.clock, requested.timeout, "byte of the file")
    try:
        with _follow_redirects(context, requested, path, deadline) as response:
            wall = context.clock.wall()
            answer = FileResponse.read(response.status_code, dict(response.headers.items()), wall)
            body = iter_body(response, deadline)
            yield answer, body if answer.encoding is None else _decompressed(body)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise PermanentError(f"{_origin(path)} {_NOT_A_WEB_ADDRESS}") from error
    except httpx.HTTPError as error:
        if is_out_of_descriptors(error):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE)) from error
        if is_login_required(error):
            raise PermanentError(PROXY_LOGIN_REQUIRED, proxy_login_hint()) from error
        peer = name_of_peer(server_of(path[-1]), error)
        reason = f"{peer}: {describe_error(error, deadline)}"
        if is_certificate_error(error):
            raise PermanentError(reason, certificate_hint(error)) from error
        raise TransientError(reason) from error


def _decompressed(body: Iterator[Chunk]) -> Iterator[Chunk]:
    from kiecli.network.decoding import decompress  # nobody should compress what is not text

    return ([piece] for piece in decompress(chain.from_iterable(body)))


@contextmanager
def _follow_redirects(
    context: TransferContext, requested: FileRequest, path: list[str], deadline: Deadline
) -> Iterator[httpx.Response]:
    """Follow redirects from the last URL of `path`, adding each, to the first other response."""
    while True:
        response = _send(context, requested, path[-1], deadline)
        try:
            is_redirect = response.status_code in _REDIRECTS
            location = _location(response) if is_redirect else None
            if location is None:
                yield response
                return
            path.append(_next_address(path, location))
        finally:
            response.close()


def _send(
    context: TransferContext, requested: FileRequest, url: str, deadline: Deadline
) -> httpx.Response:
    """Send one request, as soon as its host can be connected to."""
    client, hosts = context.client, context.hosts
    server = urlsplit(url).netloc  # another port is another server
    if hosts.outages and hosts.wait(server, patient=requested.waits_for_host):
        deadline.restart()
    started = context.clock.now()
    try:
        headers: Mapping[str, str] = client.headers
        if requested.headers:
            headers = {**headers, **requested.headers}
        # The client's own `build_request` would look for cookies, parameters and a base URL.
        request = httpx.Request(
            "GET",
            url,
            headers=headers,
            extensions={"task_id": requested.task_id},
        )
        response = send_get(client, request, deadline)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        if is_out_of_descriptors(error):
            hosts.on_not_tried(server)
            raise
        if is_certificate_error(error) or is_login_required(error):
            hosts.on_connected(server)
            raise
        peer = name_of_peer(server_of(url), error)
        reason = f"could not reach {peer}: {describe_error(error, deadline)}"
        raise hosts.on_unreachable(server, reason, started) from error
    except BaseException:  # whatever it is, other files need not wait for it
        hosts.on_connected(server)
        raise
    if hosts.outages:
        hosts.on_connected(server)
    return response


def _location(response: httpx.Response) -> str | None:
    location: str | None = response.headers.get("location")
    if location is None:
        return None
    length = FileResponse.read(response.status_code, response.headers).length
    if length is not None and length < _MAX_REDIRECT_BODY:
        response.read()
    return location


def _next_address(path: list[str], location: str) -> str:
    """Return the URL that a redirect leads to.

    Raises:
        PermanentError: It leads where it must not.
    """
    here = path[-1]
    origin = _origin([*path, location])
    try:
        url = checked_url(urljoin(here, location), origin)
    except ValueError as error:
        raise PermanentError(f"{origin} {_NOT_A_WEB_ADDRESS}") from error
    if _scheme(url) == "http" and _scheme(here) == "https":
        raise PermanentError(
            f"{server_of(here)} redirects from https to plain http ({server_of(url)})"
        )
    if url in path:
        raise PermanentError(f"{server_of(here)} redirects in a loop")
    if len(path) > _MAX_REDIRECTS:
        raise PermanentError(f"{server_of(here)} redirects more than {_MAX_REDIRECTS} times")
    return url


def _origin(path: list[str]) -> str:
    """Describe the last URL of a path for messages without quoting it: it may be a secret."""
    return "the link" if len(path) == 1 else f"{server_of(path[-2])} redirects to what"


def checked_url(url: str, origin: str = "the link") -> str:
    """Return the URL percent-encoded and without user and password.

    httpx would send those as Authorization.

    Args:
        url: The URL, or what stands in its place.
        origin: Where it comes from, for the message.

    Raises:
        PermanentError: It is not a valid http or https URL.
    """
    try:
        parts = urlsplit(url)
        is_usable = is_web_address(url) and parts.port != 0
    except ValueError:  # a port that is no number, or too large
        is_usable = False
    if not is_usable:
        raise PermanentError(f"{origin} {_NOT_A_WEB_ADDRESS}")
    return percent_encode(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))


def _scheme(url: str) -> str:
    return urlsplit(url).scheme.lower()


def first_chunk(body: Iterator[Chunk]) -> Chunk:
    """Return the first chunk of a body, with the next ones until it tells text from binary.

    A host may send a byte at a time, and the signatures of many formats begin with letters.
    """
    first = next(body, ())
    while len(head := first_bytes(_MIN_HEAD, first)) < _MIN_HEAD and (not head or is_text(head)):
        more = next(body, None)
        if more is None:
            break
        first = [head, *more]  # what there was may be overwritten by now
    return first
