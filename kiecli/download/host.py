"""One question to a file host: redirects followed with care, errors in our words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from kiecli.download.answer import Answer
from kiecli.download.setbacks import Refusal, Setback
from kiecli.transport import certificate_refused, host_of, what_broke

MOST_REDIRECTS = 10
_REDIRECTS = {301, 302, 303, 307, 308}
# Reading a redirect's few bytes keeps the connection for the next question.
_WORTH_READING = 16 * 1024


@contextmanager
def answered(
    client: httpx.Client, url: str, headers: Mapping[str, str]
) -> Iterator[httpx.Response]:
    """Ask for a file and give its answer, body unread, for the time of the block.

    The client must follow no redirects, send no key and keep no cookies. What breaks while the
    block reads the body is turned into our words too.

    Raises:
        Setback: The connection broke, or never came about.
        Refusal: The way there leads where it must not: another scheme, down to plain http, round
            in circles; or to a host whose certificate is refused.
    """
    way = [url]
    try:
        with _arrived(client, way, headers) as response:
            yield response
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = f"{host_of(way[-1])}: {what_broke(error)}"
        broken = Refusal if _is_for_good(error) else Setback
        raise broken(reason) from error


def _is_for_good(error: Exception) -> bool:
    unusable = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
    return isinstance(error, unusable) or certificate_refused(error)


@contextmanager
def _arrived(
    client: httpx.Client, way: list[str], headers: Mapping[str, str]
) -> Iterator[httpx.Response]:
    """Go from the last address on the way to an answer that redirects no further."""
    while True:
        # A length means something only when nobody packs the body on the way.
        sent = {"Accept-Encoding": "identity", **headers}
        request = client.build_request("GET", _without_user(way[-1]), headers=sent)
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
    here = host_of(way[-1])
    url = _joined(way[-1], location)
    scheme, host = _parts(url)
    if scheme not in ("http", "https") or not host:
        raise Refusal(f"{here} redirects to something that is no http or https address")
    if scheme == "http" and _parts(way[-1])[0] == "https":
        raise Refusal(f"{here} redirects from https to plain http, at {host}")
    if url in way:
        raise Refusal(f"{here} redirects in a circle")
    if len(way) > MOST_REDIRECTS:
        raise Refusal(f"{here} redirects to {host}, after {MOST_REDIRECTS} other redirects")
    return url


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _parts(url: str) -> tuple[str, str | None]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.hostname


def _without_user(url: str) -> str:
    """Return the URL without user and password: httpx would send them as Authorization."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
