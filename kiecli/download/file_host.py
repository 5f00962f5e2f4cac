"""Requests to the hosts of files, redirects followed and errors translated."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from kiecli.clock import Clock
from kiecli.download.response import FileResponse
from kiecli.download.retry import PermanentError, TransientError
from kiecli.files.content_check import is_text
from kiecli.network.body import Chunk, iter_body
from kiecli.network.deadline import READ_TIMEOUT, Deadline
from kiecli.network.decoding import decompress
from kiecli.network.errors import describe_error, is_certificate_error
from kiecli.urls import host_of

_MAX_REDIRECTS = 10
_ASTRAY = "the link, or one that it redirects to, is not an http or https URL"
# What httpx and the resolver raise for names that cannot be names.
_NO_ADDRESS = (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError)
_REDIRECTS = {301, 302, 303, 307, 308}
# Reading a redirect's few bytes keeps the connection for the next question.
_WORTH_READING = 16 * 1024
# Bytes without a control character after which a body counts as text: the signatures of binary
# formats are shorter.
_MIN_HEAD = 64


@contextmanager
def open_url(
    client: httpx.Client,
    url: str,
    headers: Mapping[str, str],
    task_id: str,
    deadline: Deadline,
) -> Iterator[httpx.Response]:
    """Ask for a file and give its answer, body unread, for the time of the block.

    The client must follow no redirects and send no key. What breaks while the
    block reads the body is turned into our words too. The task is told to nobody but our own log.
    All that comes before the body, redirects included, must come within the deadline.

    Raises:
        Setback: The connection broke, or never came about.
        Refusal: The way there leads where it must not: another scheme, down to plain http, round
            in circles; or to a host whose certificate is refused.
    """
    way = [_checked(url)]
    try:
        with _follow_redirects(client, way, headers, task_id, deadline) as response:
            yield response
    except _NO_ADDRESS as error:
        raise PermanentError(_ASTRAY) from error
    except httpx.HTTPError as error:
        reason = f"{host_of(way[-1])}: {describe_error(error, deadline)}"
        raise (PermanentError if is_certificate_error(error) else TransientError)(reason) from error


@contextmanager
def _follow_redirects(
    client: httpx.Client,
    way: list[str],
    headers: Mapping[str, str],
    task_id: str,
    deadline: Deadline,
) -> Iterator[httpx.Response]:
    """Go from the last address on the way to an answer that redirects no further."""
    while True:
        client.cookies.clear()  # whoever set one has no business with where we go next
        # A length context something only when nobody packs the body on the way.
        sent = {"Accept-Encoding": "identity", **headers}
        extensions = {"task_id": task_id, "timeout": deadline.timeouts()}
        request = client.build_request(
            "GET", _without_user(way[-1]), headers=sent, extensions=extensions
        )
        response = client.send(request, stream=True)
        try:
            location = _location(response)
            if location is None:
                yield response
                return
            way.append(_followed(way, location))
        finally:
            response.close()


def _location(response: httpx.Response) -> str | None:
    if response.status_code not in _REDIRECTS or "location" not in response.headers:
        return None
    length = FileResponse.read(response.status_code, response.headers).length
    if length is not None and length < _WORTH_READING:
        response.read()
    return response.headers["location"]


def _followed(way: list[str], location: str) -> str:
    """Return where a redirect leads.

    Raises:
        Refusal: It leads where it must not.
    """
    here = way[-1]
    url = _checked(here, location)
    if _scheme(url) == "http" and _scheme(here) == "https":
        raise PermanentError(f"{host_of(here)} redirects from https to plain http ({host_of(url)})")
    if url in way:
        raise PermanentError(f"{host_of(here)} redirects in a loop")
    if len(way) > _MAX_REDIRECTS:
        raise PermanentError(f"{host_of(here)} redirects more than {_MAX_REDIRECTS} times")
    return url


def _checked(url: str, location: str = "") -> str:
    """Return an address that can be asked, or where one redirects to.

    Raises:
        Refusal: It is none of http or https, or none at all.
    """
    try:
        address = urljoin(url, location)
        parts = urlsplit(address)
        usable = parts.scheme.lower() in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable:
        raise PermanentError(_ASTRAY)
    return address


def _scheme(url: str) -> str:
    return urlsplit(url).scheme.lower()


def _without_user(url: str) -> str:
    """Return the URL without user and password: httpx would send them as Authorization."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def file_deadline(clock: Clock) -> Deadline:
    """Return the deadline of one try: for its first byte, and again for each chunk of its body."""
    return Deadline(clock, READ_TIMEOUT, "byte of the file")


def chunks(response: httpx.Response, answer: FileResponse, deadline: Deadline) -> Iterator[Chunk]:
    """Yield the body; the first chunk comes even when empty.

    A chunk is good until the next one is asked for, and the deadline starts anew then.

    Raises:
        httpx.TransportError: The connection broke, was silent for 20 s, or ended too early.
        httpx.DecodingError: The packing is damaged.
    """
    raw = iter_body(response, deadline)
    body = raw if answer.encoding is None else decompress(raw)
    yield next(body, b"")
    yield from body


def first_chunk(body: Iterator[Chunk]) -> Chunk:
    """Return the first chunk of a body, joined with the next while it could be either.

    A host may send a byte at a time, and the first bytes of many formats could begin a text.
    """
    first = next(body)
    while len(first) < _MIN_HEAD and (not first or is_text(first)) and (more := next(body, b"")):
        first = bytes(first) + more
    return first
