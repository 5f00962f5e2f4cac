"""Sends a request again when the server closed its idle connection just as the request came.

Such a connection looks open when it is chosen, so every client that keeps connections meets this.
Nothing is wrong with server or network then, and the request was most likely never read: curl and
browsers ask again at once (RFC 9112, section 9.3.1).
"""

from typing import TypeVar

import httpx

from kiecli.errors import causes
from kiecli.network.deadline import Deadline

E = TypeVar("E", bound=Exception)

CLOSED_IDLE = "the idle connection was closed"
"""The note (PEP 678) on an error that a reused connection ended with before any byte of an answer.

It is also the outcome of such a request in the log.
"""


def closed_idle(error: E) -> E:
    """Return the error with the note that it is the end of an idle connection."""
    error.add_note(CLOSED_IDLE)
    return error


def was_closed_idle(error: httpx.TransportError) -> bool:
    """Return whether a reused connection was closed before any byte of an answer came."""
    return any(CLOSED_IDLE in getattr(cause, "__notes__", ()) for cause in causes(error))


def get(client: httpx.Client, request: httpx.Request, deadline: Deadline) -> httpx.Response:
    """Send a GET, its body left to come; once more if its idle connection was closed.

    Some servers announce that with a 408 before they close, which then looks like the answer (RFC
    9110, section 15.5.9).

    The server may have acted on the first one all the same, which is harmless with GET (RFC 9110,
    section 9.2.2). The deadline goes on; connecting has its ten seconds anew.

    Args:
        client: Sends it.
        request: The request, still without its time limits.
        deadline: That of the request, of both together.

    Raises:
        httpx.TransportError: There is no response.
    """
    request.extensions["timeout"] = deadline.timeouts()
    try:
        response = client.send(request, stream=True)
    except httpx.TransportError as error:
        if not was_closed_idle(error):
            raise
    else:
        if response.status_code != httpx.codes.REQUEST_TIMEOUT or not _is_reused(response):
            return response
        response.close()  # and its connection, since the body was not read
    request.extensions["timeout"] = deadline.timeouts()  # the limit for connecting begins anew
    return client.send(request, stream=True)


def _is_reused(response: httpx.Response) -> bool:
    stream = response.extensions.get("network_stream")
    return stream is not None and stream.get_extra_info("is_reused")
