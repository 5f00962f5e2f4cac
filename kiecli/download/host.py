"""One question to a file host: redirects followed with care, errors in our words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

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
    try:
        with _arrived(client, url, headers) as response:
            yield response
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = f"{host_of(url)}: {what_broke(error)}"
        broken = Refusal if _is_for_good(error) else Setback
        raise broken(reason) from error


def _is_for_good(error: Exception) -> bool:
    unusable = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
    return isinstance(error, unusable) or certificate_refused(error)


@contextmanager
def _arrived(
    client: httpx.Client, url: str, headers: Mapping[str, str]
) -> Iterator[httpx.Response]:
    """Follow redirects to the answer that is none."""
    passed = {url}
    while True:
        # A length means something only when nobody packs the body on the way.
        sent = {"Accept-Encoding": "identity", **headers}
        request = client.build_request("GET", _without_user(url), headers=sent)
        response = client.send(request, stream=True)
        try:
            location = _location(response)
            if location is None:
                yield response
                return
            url = _followed(url, location, passed)
            passed.add(url)
        finally:
            response.close()


def _location(response: httpx.Response) -> str | None:
    if response.status_code not in _REDIRECTS or "location" not in response.headers:
        return None
    if int(response.headers.get("content-length", _WORTH_READING)) < _WORTH_READING:
        response.read()
    return response.headers["location"]


def _followed(url: str, location: str, passed: set[str]) -> str:
    """Return where a redirect leads.

    Raises:
        Refusal: It leads where it must not.
    """
    try:
        target = urljoin(url, location)
        scheme, host = urlsplit(target).scheme.lower(), urlsplit(target).hostname
    except ValueError:
        scheme, host, target = "", None, ""
    if scheme not in ("http", "https") or not host:
        raise Refusal(f"{host_of(url)} redirects to something that is no http or https address")
    if scheme == "http" and urlsplit(url).scheme.lower() == "https":
        raise Refusal(f"{host_of(url)} redirects from https to plain http, at {host}")
    if target in passed:
        raise Refusal(f"{host_of(url)} redirects in a circle")
    if len(passed) > MOST_REDIRECTS:
        raise Refusal(f"more than {MOST_REDIRECTS} redirects, the last to {host}")
    return target


def _without_user(url: str) -> str:
    """Return the URL without user and password: httpx would send them as Authorization."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
