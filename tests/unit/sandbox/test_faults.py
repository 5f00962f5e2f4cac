"""Faults and broken connections are the same in process and over sockets."""

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from kiecli.sandbox.simulation import SimulatedKie
from tests.support.faults import Faults, envelope, record
from tests.support.server import Certificate, closed_port, serving
from tests.support.systems import needs_resets
from tests.support.wire import WireTransport, delayed, reset, silence

BODY = bytes(range(256)) * 40
NOON = 1_790_000_000.0
Door = tuple[Faults, httpx.Client]


@pytest.fixture(params=["in process", "over sockets"])
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    if request.param == "in process":
        faults = Faults(SimulatedKie("https://api.kie.test", now=lambda: NOON), now=lambda: 5.0)
        with httpx.Client(transport=WireTransport(faults)) as client:
            yield faults, client
    else:
        with (
            serving(now=lambda: NOON) as server,
            httpx.Client(timeout=2.0, trust_env=False) as client,
        ):
            yield server.faults, client


def met(get: Callable[[], httpx.Response]) -> object:
    """Return what a request came to: a status and a body, or the kind of what went wrong."""
    try:
        response = get()
    except httpx.TransportError as error:
        return type(error)
    return response.status_code, response.content


@pytest.mark.parametrize(
    ("script", "outcomes"),
    [
        ({}, [(200, BODY)]),
        ({"cuts": [1000]}, [httpx.RemoteProtocolError, (200, BODY)]),
        ({"cuts": [None, 9]}, [(200, BODY), httpx.RemoteProtocolError, (200, BODY)]),
        ({"cuts": [len(BODY)]}, [(200, BODY)]),
        pytest.param(
            {"cuts": [1000], "end": "reset"},
            [httpx.ReadError, (200, BODY)],
            marks=needs_resets,
        ),
        ({"cuts": [1000], "end": "stall"}, [httpx.ReadTimeout, (200, BODY)]),
        ({"framing": "close"}, [(200, BODY), (200, BODY)]),
        ({"framing": "close", "cuts": [1000]}, [(200, BODY[:1000]), (200, BODY)]),
        pytest.param(
            {"framing": "close", "cuts": [1000], "end": "reset"},
            [httpx.ReadError],
            marks=needs_resets,
        ),
        ({"framing": "chunked"}, [(200, BODY), (200, BODY)]),
        ({"framing": "chunked", "drip": (999, 0.001)}, [(200, BODY)]),
        ({"framing": "chunked", "cuts": [1000]}, [httpx.RemoteProtocolError, (200, BODY)]),
        ({"drip": (999, 0.001)}, [(200, BODY)]),
        ({"delay": 0.001}, [(200, BODY)]),
        ({"gzipped": True}, [(200, BODY)]),
    ],
)
def test_a_file_on_a_bad_wire(door: Door, script: dict[str, Any], outcomes: list[object]) -> None:
    faults, client = door
    url = faults.file("/a.png", BODY, **script)
    assert [met(lambda: client.get(url)) for _ in outcomes] == outcomes


@pytest.mark.parametrize(
    ("script", "range_header", "answer"),
    [
        ({}, "bytes=10000-", (206, "bytes 10000-10239/10240", BODY[10000:])),
        ({}, "bytes=10240-", (416, "bytes */10240", b"")),
        ({"ranges": False}, "bytes=10000-", (200, None, BODY)),
        ({"shift": -5}, "bytes=10000-", (206, "bytes 9995-10239/10240", BODY[9995:])),
        ({"shift": 5}, "", (200, None, BODY)),
        ({"total": 7}, "bytes=10000-", (206, "bytes 10000-10239/7", BODY[10000:])),
        ({"etag": '"1"'}, "bytes=10000-", (206, "bytes 10000-10239/10240", BODY[10000:])),
        ({"etag": '"2"'}, "bytes=10000-", (200, None, BODY)),
        (
            {"etag": '"2"', "if_range": False},
            "bytes=10000-",
            (206, "bytes 10000-10239/10240", BODY[10000:]),
        ),
    ],
)
def test_a_part_of_a_file(
    door: Door, script: dict[str, Any], range_header: str, answer: tuple[object, ...]
) -> None:
    faults, client = door
    url = faults.file("/a.png", BODY, **{"etag": '"1"'} | script)
    response = client.get(url, headers={"Range": range_header, "If-Range": '"1"'})
    place = response.headers.get("Content-Range")
    assert (response.status_code, place, response.content) == answer


def test_the_headers_of_a_file(door: Door) -> None:
    faults, client = door
    url = faults.file(
        "/a.png",
        b"x",
        etag=['"1"', None],
        modified="Mon, 23 Nov 2026 12:00:00 GMT",
        content_type=None,
        ranges=False,
        headers={"Content-Disposition": "attachment"},
    )
    answers = [dict(client.get(url).headers) for _ in range(3)]
    for headers in answers:
        headers.pop("date", None)
    plain = {
        "last-modified": "Mon, 23 Nov 2026 12:00:00 GMT",
        "content-disposition": "attachment",
        "content-length": "1",
    }
    assert answers == [{"etag": '"1"'} | plain, plain, plain]


@needs_resets
def test_the_next_requests_meet_what_is_scripted_then_the_simulation(door: Door) -> None:
    faults, client = door
    url = f"{faults.base_url}/files/demo-image/1/image.png"
    faults.next("file", reset(), silence(), httpx.ConnectError("no"))
    faults.next("file", delayed(httpx.Response(503, text="later"), 0.001), times=2)
    faults.next("file", lambda request: httpx.Response(200, text=request.url.path))
    outcomes = [met(lambda: client.get(url)) for _ in range(6)]
    # Over a socket, no connection and a reset one are one and the same to who is connected.
    assert outcomes[2] in (httpx.ConnectError, httpx.ReadError)
    assert outcomes[:2] + outcomes[3:] == [
        httpx.ReadError,
        httpx.ReadTimeout,
        (503, b"later"),
        (503, b"later"),
        (200, b"/files/demo-image/1/image.png"),
    ]
    assert client.get(url).headers["Content-Type"] == "image/png"
    faults.check()


def test_a_fault_for_one_task_is_not_met_by_another(door: Door) -> None:
    faults, client = door
    look = f"{faults.base_url}/api/v1/jobs/recordInfo"
    faults.next("recordInfo", envelope(500, "Internal error"), task_id="b")
    faults.next("recordInfo", record("a", "waiting"), task_id="a")
    faults.task("a", urls=["https://files.test/a.png"])
    faults.task("b", "fail", failCode="500", failMsg="no")
    answers = [client.get(look, params={"taskId": task_id}).json() for task_id in "aabb"]
    assert [(answer["code"], (answer["data"] or {}).get("state")) for answer in answers] == [
        (200, "waiting"),
        (200, "success"),
        (500, None),
        (200, "fail"),
    ]
    assert (answers[1]["data"]["resultJson"], answers[3]["data"]["failMsg"]) == (
        '{"resultUrls":["https://files.test/a.png"]}',
        "no",
    )


def test_every_request_is_noted(door: Door) -> None:
    faults, client = door
    client.get(f"{faults.base_url}/api/v1/jobs/recordInfo?taskId=t", headers={"X-One": "1"})
    client.post(f"{faults.base_url}/api/v1/jobs/createTask", content=b"{}")
    client.get(f"{faults.base_url}/b.png?x=1")
    noted = [(seen.method, seen.path, seen.query, seen.body) for seen in faults.requests]
    assert noted == [
        ("GET", "/api/v1/jobs/recordInfo", {"taskId": "t"}, b""),
        ("POST", "/api/v1/jobs/createTask", {}, b"{}"),
        ("GET", "/b.png", {"x": "1"}, b""),
    ]
    assert [seen.headers["X-One"] for seen in faults.seen("recordInfo", task_id="t")] == ["1"]
    assert faults.seen("recordInfo", task_id="u") == []
    assert faults.seen("file") == faults.seen("/b.png") == faults.requests[2:]


def test_what_is_scripted_and_never_met_fails_the_test() -> None:
    faults = Faults(SimulatedKie("https://api.kie.test", now=lambda: NOON))
    faults.next("credit", httpx.Response(500), times=2)
    faults.next("recordInfo", httpx.Response(401), task_id="t")
    faults(httpx.Request("GET", "https://api.kie.test/api/v1/chat/credit"))
    with pytest.raises(AssertionError) as caught:
        faults.check()
    assert str(caught.value) == (
        "scripted and never asked for: ["
        "credit: <Response [500 Internal Server Error]>, 1 left, "
        "recordInfo for t: <Response [401 Unauthorized]>, 1 left]"
    )


def test_a_stall_can_be_waited_for() -> None:
    with serving() as server, httpx.Client(timeout=5, trust_env=False) as client:
        url = server.faults.file("/a.png", BODY, cuts=[1000], end="stall")
        with client.stream("GET", url) as response:
            received = next(response.iter_raw())
            server.await_stall()
        assert (received, server.connections) == (BODY[:1000], 1)


def test_a_mistake_in_a_script_fails_the_test() -> None:
    def mistaken(_request: httpx.Request) -> httpx.Response:
        raise KeyError("oops")

    def ask() -> None:
        with serving() as server, httpx.Client(trust_env=False) as client:
            server.faults.always("/a", mistaken)
            assert met(lambda: client.get(f"{server.url}/a")) is httpx.RemoteProtocolError

    with pytest.raises(AssertionError, match=r"^went wrong in the server: \[KeyError\('oops'\)\]$"):
        ask()


def test_polls_can_be_limited_over_sockets() -> None:
    with (
        serving(now=lambda: NOON, polls_per_second=2) as server,
        httpx.Client(trust_env=False, headers={"Authorization": "Bearer k"}) as client,
    ):
        url = f"{server.url}/api/v1/jobs/recordInfo?taskId=demo-image"
        assert [client.get(url).json()["code"] for _ in range(3)] == [200, 200, 429]


def test_tls_is_spoken_to_who_trusts_the_certificate() -> None:
    certificate = Certificate.stored()
    trusting = ssl.create_default_context(cafile=certificate.file)
    with serving(certificate=certificate) as server:
        url = server.faults.file("/a.png", BODY)
        with httpx.Client(verify=trusting, trust_env=False) as client:
            assert (url[:8], client.get(url).content) == ("https://", BODY)
        with httpx.Client(trust_env=False) as client:
            assert met(lambda: client.get(url)) is httpx.ConnectError


def test_nobody_listens_at_a_closed_port() -> None:
    with httpx.Client(trust_env=False) as client:
        assert met(lambda: client.get(f"http://127.0.0.1:{closed_port()}")) is httpx.ConnectError
