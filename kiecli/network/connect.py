"""Connects like a browser: the addresses of a host race (RFC 8305, "Happy Eyeballs").

The standard library tries one address after the other, each for the whole timeout: two dead ones
before a good one would cost 20 seconds.
"""

import errno
import os
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain, zip_longest
from math import inf
from typing import NamedTuple

from kiecli.clock import Clock
from kiecli.network.deadline import Deadline
from kiecli.workers import start_or_run

ATTEMPT_DELAY = 0.25
"""Seconds before the next address is tried beside those that have not answered.

RFC 8305, section 5, recommends them.
"""

# `connect_ex` returns these while connecting goes on; Windows has an errno of its own.
_IN_PROGRESS = {errno.EINPROGRESS, getattr(errno, "WSAEWOULDBLOCK", errno.EINPROGRESS)}

_MAX_LABEL = 63  # bytes between two full stops of a name (RFC 1035, section 2.3.4)

_SocketAddress = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


class Address(NamedTuple):
    """An address family and a socket address, as `socket.getaddrinfo` returns them."""

    family: int
    address: _SocketAddress


Resolve = Callable[[str, int], Sequence[Address]]
"""Returns the addresses of a host and port, the preferred one first; raises OSError."""


class ResolveTimeout(TimeoutError):
    """The name of a host was not resolved in time."""


def resolve(host: str, port: int) -> list[Address]:
    """Look up the addresses of a host, in the system's order of preference (RFC 6724).

    Raises:
        socket.gaierror: There are none.
        UnicodeError: The name is not a valid hostname.
    """
    # As bytes the name skips Python's IDNA 2003 codec, whose tables take 0.8 ms to import: httpx
    # has encoded it already (IDNA 2008). The codec is left to refuse labels of a bad length.
    first, *labels = reversed(host.split("."))  # a full stop may end the name (RFC 1034, 3.1)
    fits = len(first) <= _MAX_LABEL and all(0 < len(label) <= _MAX_LABEL for label in labels)
    name = host.encode() if fits and host.isascii() else host
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [Address(family, address) for family, _, _, _, address in found]


def interleaved(addresses: Iterable[Address]) -> list[Address]:
    """Return the addresses with IPv6 and IPv4 alternating, the family of the first one first.

    RFC 8305, section 4: a family that does not work here then costs one delay, not one for each
    of its addresses.
    """
    families: dict[int, list[Address]] = {}
    for address in dict.fromkeys(addresses):
        families.setdefault(address.family, []).append(address)
    turns = zip_longest(*families.values())
    return [address for address in chain.from_iterable(turns) if address is not None]


class Connector:
    """Opens TCP connections; one for a whole run, shared by all its threads.

    Each host is looked up once, and the address that answered first comes first from then on.
    """

    def __init__(
        self, clock: Clock, resolve: Resolve = resolve, delay: float = ATTEMPT_DELAY
    ) -> None:
        """Begin without any lookups.

        Args:
            clock: Measures the delays.
            resolve: Looks a host up; it may block for long.
            delay: Seconds between the starts of two attempts.
        """
        self._clock = clock
        self._resolve = resolve
        self._delay = delay
        self._lookups: dict[tuple[str, int], _Lookup] = {}
        self._lock = threading.Lock()

    def connect(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """Return a connected, non-blocking socket.

        Raises:
            ResolveTimeout: The name was not resolved by the deadline.
            TimeoutError: No address answered by the deadline.
            OSError: Each address failed, or there is none.
            UnicodeError: The name is not a valid hostname.
        """
        key = (host, port)
        with self._lock:
            lookup = self._lookups.get(key)
            if lookup is None:
                lookup = self._lookups[key] = _Lookup(partial(self._resolve, host, port))
        try:
            addresses = lookup.wait(deadline)
            source, winner = _race(addresses, deadline, self._clock, self._delay)
        except ResolveTimeout:
            raise  # the lookup goes on, and the next call waits for the same one
        except (OSError, UnicodeError):
            with self._lock:
                if self._lookups.get(key) is lookup:  # not one that another thread has begun since
                    del self._lookups[key]  # look the host up anew next time: it may have moved
            raise
        lookup.addresses = [winner, *(address for address in addresses if address != winner)]
        # Requests are small, and Nagle's algorithm would hold back their ends.
        source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return source


class _Lookup:
    """The lookup of a host, which all threads that connect to it share.

    Attributes:
        addresses: Its result, in the order in which to try them.
    """

    def __init__(self, resolve: Callable[[], Sequence[Address]]) -> None:
        """Start it on a thread of its own: `getaddrinfo` has no timeout."""
        self.addresses: list[Address] = []
        self._resolve = resolve
        self._done = threading.Event()
        self._error: Exception | None = None
        start_or_run(self._run)

    def wait(self, deadline: Deadline) -> list[Address]:
        """Wait for the addresses, or raise ResolveTimeout, or what the lookup raised."""
        if not self._done.wait(max(0.0, deadline.remaining())):
            raise ResolveTimeout("the name was not resolved in time")
        if self._error is not None:
            raise self._error
        return self.addresses

    def _run(self) -> None:
        try:
            self.addresses = interleaved(self._resolve())
        except Exception as error:  # noqa: BLE001  raised again where it is waited for
            self._error = error
        finally:
            self._done.set()


def _race(
    addresses: Iterable[Address], deadline: Deadline, clock: Clock, delay: float
) -> tuple[socket.socket, Address]:
    """Return the first socket that is connected, with its address; close all others.

    Raises:
        TimeoutError: None was by the deadline.
        OSError: The failure of the last one that failed.
    """
    untried = deque(addresses)
    next_at = clock.now()
    error = OSError(errno.EADDRNOTAVAIL, "the host has no address")
    with selectors.DefaultSelector() as attempts:
        try:
            while untried or attempts.get_map():
                if deadline.expired:
                    raise TimeoutError("no address answered in time")
                until_next = next_at - clock.now() if untried else inf
                try:
                    if until_next <= 0:
                        next_at = clock.now() + delay
                        _begin(attempts, untried.popleft())
                    elif won := _wait(attempts, min(until_next, deadline.remaining())):
                        return won
                except OSError as failure:
                    # The next address need not wait out the delay.
                    error, next_at = failure, clock.now()
            raise error
        finally:
            for source in [key.fileobj for key in attempts.get_map().values()]:
                _close(attempts, source)


def _begin(attempts: selectors.BaseSelector, address: Address) -> None:
    """Start a non-blocking connect; raises OSError if it fails at once."""
    # OSError if this machine lacks the address family, or descriptors have run out.
    source = socket.socket(address.family, socket.SOCK_STREAM)
    source.setblocking(False)
    code = source.connect_ex(address.address)
    if code and code not in _IN_PROGRESS:
        source.close()
        raise OSError(code, os.strerror(code))
    attempts.register(source, selectors.EVENT_WRITE, address)


def _wait(attempts: selectors.BaseSelector, seconds: float) -> tuple[socket.socket, Address] | None:
    """Wait for an attempt to end and return it if it succeeded; raises OSError if it failed."""
    # On Windows failures are exceptional, not writable; SelectSelector reports both as one.
    for key, _ in attempts.select(seconds):
        source = key.fileobj
        assert isinstance(source, socket.socket)
        code = source.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0:
            attempts.unregister(source)
            return source, key.data
        _close(attempts, source)
        raise OSError(code, os.strerror(code))  # `select` reports the other ready ones again
    return None


def _close(attempts: selectors.BaseSelector, source: object) -> None:
    assert isinstance(source, socket.socket)
    attempts.unregister(source)
    source.close()
