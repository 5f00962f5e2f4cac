"""Connecting: addresses race, look-ups are shared, and nothing is left open."""

import errno
import socket
import threading
from collections.abc import Sequence

import pytest

from kiecli.clock import SystemClock
from kiecli.network.connect import (
    Address,
    Connector,
    Resolve,
    ResolveTimeout,
    interleaved,
    resolve,
)
from kiecli.network.deadline import Deadline
from tests.support.raw_server import dead_ports
from tests.support.resources import nothing_left_behind
from tests.support.server import closed_port

DELAY = 0.05
"""Short: what is dead here stays dead however long one waits."""

V4, V6 = socket.AF_INET, socket.AF_INET6


def at(*ports: int) -> list[Address]:
    return [Address(V4, ("127.0.0.1", port)) for port in ports]


def answering(addresses: Sequence[Address]) -> Resolve:
    return lambda _host, _port: addresses


def connector(addresses: Sequence[Address]) -> Connector:
    return Connector(SystemClock(), answering(addresses), DELAY)


def soon(seconds: float = 20.0) -> Deadline:
    return Deadline(SystemClock(), seconds)


@pytest.mark.parametrize("dead", [0, 1, 2, 4])
def test_dead_addresses_before_a_good_one_cost_a_moment(dead: int) -> None:
    with (
        dead_ports(dead) as ports,
        socket.create_server(("127.0.0.1", 0)) as good,
        nothing_left_behind(),
    ):
        port = good.getsockname()[1]
        with connector(at(*ports, port)).connect("kie.test", 443, soon()) as source:
            assert source.getpeername()[1] == port
            assert source.getblocking() is False
            assert source.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_the_next_address_follows_a_failure_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as good:
        port = good.getsockname()[1]
        addresses = at(closed_port(), port)
        # The deadline is over long before the delay is.
        patient = Connector(SystemClock(), answering(addresses), 60.0)
        with patient.connect("kie.test", 443, soon(10.0)) as source:
            assert source.getpeername()[1] == port


def test_the_winner_comes_first_from_then_on() -> None:
    first = closed_port()
    with socket.create_server(("127.0.0.1", 0)) as good:
        made = connector(at(first, good.getsockname()[1]))
        made.connect("kie.test", 443, soon()).close()
        with (
            socket.create_server(("127.0.0.1", first)),
            made.connect("kie.test", 443, soon()) as source,
        ):
            assert source.getpeername() == good.getsockname()


def test_a_winner_that_died_gives_way_to_the_others() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        winner = socket.create_server(("127.0.0.1", 0))
        made = connector(at(winner.getsockname()[1], other.getsockname()[1]))
        made.connect("kie.test", 443, soon()).close()
        winner.close()
        with made.connect("kie.test", 443, soon()) as source:
            assert source.getpeername() == other.getsockname()


def test_dead_addresses_alone_end_at_the_deadline() -> None:
    with dead_ports(3) as ports, nothing_left_behind(), pytest.raises(TimeoutError):
        connector(at(*ports)).connect("kie.test", 443, soon(0.3))


def test_a_deadline_that_is_over_leaves_no_time_to_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as good, pytest.raises(TimeoutError):
        connector(at(good.getsockname()[1])).connect("kie.test", 443, soon(0.0))


def test_when_all_fail_the_last_failure_is_raised() -> None:
    with nothing_left_behind(), pytest.raises(ConnectionRefusedError):
        connector(at(closed_port(), closed_port())).connect("kie.test", 443, soon())


def test_an_address_that_fails_before_anything_is_sent_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as good:
        addresses = [
            Address(V4, ("255.255.255.255", 1)),  # nobody connects to all
            Address(12345, ("127.0.0.1", 1)),  # no such family
            *at(good.getsockname()[1]),
        ]
        connector(addresses).connect("kie.test", 443, soon()).close()
        with pytest.raises(OSError) as failure:  # noqa: PT011  each system has its own words
            connector(addresses[:2]).connect("kie.test", 443, soon())
    assert failure.value.errno == errno.EAFNOSUPPORT


def test_a_host_without_addresses_is_an_error() -> None:
    with pytest.raises(OSError, match="no address"):
        connector([]).connect("kie.test", 443, soon())


# Looking hosts up.


class Resolver:
    """Counts, and answers when it is allowed to."""

    def __init__(self, *answers: Sequence[Address] | Exception) -> None:
        self.answers = list(answers)
        self.lookups: list[tuple[str, int]] = []
        self.may_answer = threading.Event()

    def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.lookups.append((host, port))
        self.may_answer.wait(20)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_host_is_looked_up_once_for_all_threads() -> None:
    with socket.create_server(("127.0.0.1", 0)) as good, nothing_left_behind():
        resolver = Resolver(at(good.getsockname()[1]))
        made = Connector(SystemClock(), resolver, DELAY)

        def connect() -> None:
            made.connect("kie.test", 443, soon()).close()

        threads = [threading.Thread(target=connect, daemon=True) for _ in range(8)]
        for thread in threads:
            thread.start()
        resolver.may_answer.set()
        for thread in threads:
            thread.join(20)
        connect()
    assert resolver.lookups == [("kie.test", 443)]


def test_a_slow_resolver_does_not_outlast_the_deadline_and_is_called_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as good:
        resolver = Resolver(at(good.getsockname()[1]))
        made = Connector(SystemClock(), resolver, DELAY)
        for _ in range(3):
            with pytest.raises(ResolveTimeout):
                made.connect("kie.test", 443, soon(0.02))
        resolver.may_answer.set()
        made.connect("kie.test", 443, soon()).close()
    assert len(resolver.lookups) == 1


@pytest.mark.parametrize(
    "failure", [socket.gaierror(socket.EAI_AGAIN, "try again"), UnicodeError("label too long")]
)
def test_a_lookup_that_failed_is_made_anew(failure: Exception) -> None:
    with socket.create_server(("127.0.0.1", 0)) as good:
        resolver = Resolver(failure, at(good.getsockname()[1]))
        resolver.may_answer.set()
        made = Connector(SystemClock(), resolver, DELAY)
        with pytest.raises(type(failure)):
            made.connect("kie.test", 443, soon())
        made.connect("kie.test", 443, soon()).close()
    assert len(resolver.lookups) == 2


def test_a_host_none_of_whose_addresses_answers_is_looked_up_anew() -> None:
    with socket.create_server(("127.0.0.1", 0)) as good:
        resolver = Resolver(at(closed_port()), at(good.getsockname()[1]))
        resolver.may_answer.set()
        made = Connector(SystemClock(), resolver, DELAY)
        with pytest.raises(ConnectionRefusedError):
            made.connect("kie.test", 443, soon())
        made.connect("kie.test", 443, soon()).close()


def test_two_that_fail_together_forget_only_what_they_tried() -> None:
    arrived = threading.Semaphore(0)

    class Arriving(Deadline):
        def remaining(self) -> float:
            arrived.release()  # it waits for the lookup from here on
            return super().remaining()

    resolver = Resolver(at(closed_port()))
    made = Connector(SystemClock(), resolver, DELAY)
    failures: list[OSError] = []

    def connect() -> None:
        try:
            made.connect("kie.test", 443, Arriving(SystemClock(), 20.0))
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=connect, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
        assert arrived.acquire(timeout=20)
    resolver.may_answer.set()
    for thread in threads:
        thread.join(20)
    assert (len(failures), len(resolver.lookups)) == (2, 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_systems_resolver_knows_this_machine(host: str) -> None:
    assert Address(V4, ("127.0.0.1", 80)) in resolve(host, 80)


@pytest.mark.parametrize("host", [f"{'a' * 64}.test", "a" * 64, "a..test", "."])
def test_what_can_be_no_name_is_refused_without_a_lookup(host: str) -> None:
    with pytest.raises(UnicodeError):
        resolve(host, 80)


@pytest.mark.parametrize(
    ("families", "order"),
    [
        ([], []),
        ([V6, V6, V4, V4], [0, 2, 1, 3]),
        ([V4, V6, V6, V6], [0, 1, 2, 3]),
        ([V6, V6, V6, V4], [0, 3, 1, 2]),
        ([V4, V4], [0, 1]),
    ],
)
def test_ipv4_and_ipv6_addresses_alternate(families: list[int], order: list[int]) -> None:
    addresses = [Address(family, ("host", n)) for n, family in enumerate(families)]
    assert interleaved(addresses) == [addresses[n] for n in order]


def test_an_address_that_is_listed_twice_is_tried_once() -> None:
    assert interleaved(at(1, 2, 1)) == at(1, 2)
