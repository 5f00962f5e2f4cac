"""What is logged of exchanges with file hosts."""

import httpx
import pytest

from kiecli.network.logging import Exchange, LoggingTransport
from tests.support.fakes import FakeClock


def test_exchanges_are_logged_without_their_query() -> None:
    clock, logged = FakeClock(), list[Exchange]()

    def answer(request: httpx.Request) -> httpx.Response:
        clock.advance(0.25)
        if request.url.path == "/gone":
            raise httpx.ReadTimeout("", request=request)
        return httpx.Response(206)

    transport = LoggingTransport(httpx.MockTransport(answer), logged.append, clock)
    with httpx.Client(transport=transport) as client:
        client.get("https://host.test/a.png?token=canary", extensions={"task_id": "t1"})
        with pytest.raises(httpx.ReadTimeout):
            client.get("https://host.test/gone")
    assert logged == [
        Exchange("GET", "host.test", "/a.png", "t1", "HTTP 206", 250),
        Exchange("GET", "host.test", "/gone", "-", "ReadTimeout", 250),
    ]
