"""One question to a file host: redirects followed with care, errors in our words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from kiecli.download.answer import Answer
from kiecli.download.setbacks import Refusal, Setback
from kiecli.transport import certificate_refused, host_of, what_broke

_MOST_REDIRECTS = 10
_ASTRAY = "the link, or one that it redirects to, is no http or https address"
# What httpx and the resolver raise for names that cannot be names.
_NO_ADDRESS = (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError)
_REDIRECTS = {301, 302, 303, 307, 308}
# Reading a redirect's few bytes keeps the connection for the next question.
_WORTH_READING = 16 * 1024


@contextmanager
def answered(
    client: httpx.Client, url: str, headers: Mapping[str, str], task_id: str
) -> Iterator[httpx.Response]:
    """Ask for a file and give its answer, body unread, for the time of the block.

    The client must follow no redirects and send no key. What breaks while the
    block reads the body is turned into our words too. The task is told to nobody but our own log.

    Raises:
        Setback: The connection broke, or never came about.
        Refusal: The way there leads where it must not: another scheme, down to plain http, round
            in circles; or to a host whose certificate is refused.
    """
    way = [_checked(url)]
    try:
        with _arrived(client, way, headers, task_id) as response:
            yield response
    except _NO_ADDRESS as error:
        raise Refusal(_ASTRAY) from error
    except httpx.HTTPError as error:
        reason = f"{host_of(way[-1])}: {what_broke(error)}"
        raise (Refusal if certificate_refused(error) else Setback)(reason) from error


@contextmanager
def _arrived(
    client: httpx.Client, way: list[str], headers: Mapping[str, str], task_id: str
) -> Iterator[httpx.Response]:
    """Go from the last address on the way to an answer that redirects no further."""
    while True:
        client.cookies.clear()  # whoever set one has no business with where we go next
        # A length means something only when nobody packs the body on the way.
        sent = {"Accept-Encoding": "identity", **headers}
        request = client.build_request(
            "GET", _without_user(way[-1]), headers=sent, extensions={"task_id": task_id}
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
    length = Answer.read(response.status_code, response.headers).length
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
        raise Refusal(f"{host_of(here)} redirects from https to plain http, at {host_of(url)}")
    if url in way:
        raise Refusal(f"{host_of(here)} redirects in a circle")
    if len(way) > _MOST_REDIRECTS:
        raise Refusal(f"{host_of(here)} redirects after {_MOST_REDIRECTS} other redirects")
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
        raise Refusal(_ASTRAY)
    return address


def _scheme(url: str) -> str:
    return urlsplit(url).scheme.lower()


def _without_user(url: str) -> str:
    """Return the URL without user and password: httpx would send them as Authorization."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
