"""What a run gets from outside, put together when it is used."""

import io
import os
import sys
from math import inf
from pathlib import Path
from threading import Event

import pytest

from kiecli.clock import SystemClock
from kiecli.errors import AccessError, ConfigError
from kiecli.runtime import OutputOptions, Runtime, system_runtime
from kiecli.workers import DaemonThreadPool, ThreadEventQueue
from tests.support.fakes import FakeClock, FakeEventQueue, InlineWorkerPool
from tests.support.faults import Faults
from tests.support.program import FakeStream
from tests.support.systems import limit, needs_process_limits
from tests.support.wire import WireTransport


def world(**environ: str) -> Runtime:
    out, err = FakeStream(), FakeStream()
    return Runtime(
        environ={"KIECLI_CONFIG": "/nonexistent/config.json", **environ},
        stdin=None,
        stdout=out,
        stderr=err,
    )


@needs_process_limits
def test_jobs_that_only_wait_count_among_those_that_may_have_files_open() -> None:
    """200 descriptors are enough for 33 jobs of five each, and for no other beside them."""
    runtime, host_is_back = world(), Event()
    with limit("NOFILE", 200):
        workers = runtime.workers(33, 5)

    def wait_for_host() -> None:
        with workers.idle():
            runtime.event_queue.put("waits")
            host_is_back.wait(5)

    for _ in range(34):
        workers.submit(wait_for_host)
    said = [runtime.event_queue.get(inf) for _ in range(33)]
    assert (said, runtime.event_queue.get(runtime.clock.now() + 0.05)) == (["waits"] * 33, None)
    host_is_back.set()
    assert runtime.event_queue.get(inf) == "waits"


def test_every_default_is_the_real_thing() -> None:
    runtime = world()
    assert isinstance(runtime.clock, SystemClock)
    assert isinstance(runtime.event_queue, ThreadEventQueue)
    assert isinstance(runtime.workers(3), DaemonThreadPool)
    assert 0.9 <= runtime.random(0.9, 1.1) <= 1.1
    assert runtime.resume_command() == ""
    assert runtime.rate_limiter is runtime.rate_limiter
    assert runtime.client_factory is runtime.client_factory


def test_a_test_can_have_a_world_of_its_own() -> None:
    clock = FakeClock()
    event_queue = FakeEventQueue(clock)
    workers = InlineWorkerPool(clock, event_queue)
    runtime = Runtime(
        environ={},
        stdin=None,
        stdout=None,
        stderr=None,
        clock=clock,
        random=max,
        event_queue=event_queue,
        workers=lambda _most: workers,
    )
    assert runtime.clock is clock
    assert runtime.event_queue is event_queue
    assert runtime.workers(3) is workers
    assert runtime.random(0.9, 1.1) == 1.1


def test_a_client_needs_a_key_and_an_address() -> None:
    with pytest.raises(AccessError):
        world().client(OutputOptions())
    with pytest.raises(ConfigError):
        world(KIE_API_KEY="k", KIE_BASE_URL="ftp://x").client(OutputOptions())


def test_a_client_asks_the_address_that_is_set(kie: Faults, clock: FakeClock) -> None:
    runtime = Runtime(
        environ={"KIE_API_KEY": "sk-0123456789", "KIE_BASE_URL": kie.base_url},
        stdin=None,
        stdout=None,
        stderr=None,
        clock=clock,
        transport=WireTransport(kie),
    )
    client = runtime.client(OutputOptions())
    assert client.task("demo-image").state == "success"
    (seen,) = kie.requests
    assert seen.headers["authorization"] == "Bearer sk-0123456789"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("sk-0123456789", "a **** b"),
        ('"sk-0123456789"', "a **** b"),
        ("sk-0123456789 \x7f", "a sk-0123456789 b"),
        ("sandbox", "a sk-0123456789 b"),
        ("", "a sk-0123456789 b"),
    ],
)
def test_the_key_is_masked_in_both_streams(key: str, shown: str) -> None:
    out, err = FakeStream(), FakeStream()
    runtime = Runtime(environ={"KIE_API_KEY": key}, stdin=None, stdout=out, stderr=err)
    runtime.redact_api_key()
    runtime.out.line("a sk-0123456789 b")
    runtime.err.line("a sk-0123456789 b")
    assert (out.text, err.text) == (f"{shown}\n", f"{shown}\n")


def test_stdin_is_read_to_its_end() -> None:
    runtime = Runtime(environ={}, stdin=io.BytesIO(b"a\nb\xff"), stdout=None, stderr=None)
    assert runtime.stdin_bytes() == b"a\nb\xff"
    assert world().stdin_bytes() == b""


def test_a_process_has_its_own_streams_and_environment(tmp_path: Path) -> None:
    before = sys.stdin, sys.stdout, sys.stderr
    with (
        (tmp_path / "in").open("w+") as stdin,
        (tmp_path / "out").open("w", encoding="ascii") as stdout,
    ):
        sys.stdin, sys.stdout, sys.stderr = stdin, stdout, None
        try:
            runtime = system_runtime()
            runtime.out.line("out/\udcff")
            runtime.err.line("nowhere")
        finally:
            sys.stdin, sys.stdout, sys.stderr = before
        assert runtime.environ is os.environ
        assert runtime.stdin is stdin.buffer
        assert runtime.err.stream is None
    assert (tmp_path / "out").read_bytes() == b"out/\xff\n"


def test_a_process_can_be_without_a_stdin() -> None:
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = sys.stdout = sys.stderr = None
    try:
        runtime = system_runtime()
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
    assert runtime.stdin is None
    assert runtime.stdin_bytes() == b""
