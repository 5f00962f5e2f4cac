"""What is ours of reading answers makes the same of them as httpx alone."""

from itertools import chain

import httpx
import pytest

from kiecli.clock import SystemClock
from kiecli.download.failures import AttemptFailed, PermanentError
from kiecli.download.file_host import FileRequest, open_url
from kiecli.download.response import classify
from kiecli.network.client import ClientFactory
from tests.support.downloads import context
from tests.support.raw_server import raw_server
from tests.unit.download.raw_answers import LARGE, RAW_ANSWERS, RawAnswer

Result = tuple[int, bytes] | str
"""Status and body, or what failed."""


def ours(url: str) -> Result:
    try:
        with (
            ClientFactory({}).client() as client,
            open_url(context(client, SystemClock()), FileRequest(url, {}, "a")) as (answer, body),
        ):
            if isinstance(classify(answer, 0, None), PermanentError) and answer.encoding:
                return "refused"
            return answer.status, b"".join(map(bytes, chain.from_iterable(body)))
    except AttemptFailed as error:
        return type(error.__cause__).__name__


def httpx_alone(url: str) -> Result:
    client = httpx.Client(
        trust_env=False, follow_redirects=True, headers={"Accept-Encoding": "identity"}
    )
    try:
        with client:
            response = client.get(url)
            return response.status_code, response.content
    except httpx.HTTPError as error:
        return type(error).__name__


def both(answer: RawAnswer) -> tuple[tuple[Result, int], tuple[Result, int]]:
    """Return what each makes of it, and with how many requests."""
    results = []
    for read in (ours, httpx_alone):
        answers = [answer.data] if answer.then is None else [answer.data, answer.then]
        with raw_server(*answers, keep=True) as server:
            results.append((read(server.url), len(server.requests)))
    return results[0], results[1]


@pytest.mark.parametrize("answer", RAW_ANSWERS, ids=lambda answer: answer.name)
def test_an_answer_is_read_as_httpx_reads_it(answer: RawAnswer) -> None:
    kiecli, bare = both(answer)
    if answer.differs:
        assert kiecli != bare
    else:
        assert kiecli == bare


@pytest.mark.parametrize(
    "answer", [each for each in RAW_ANSWERS if "hints" in each.name], ids=lambda each: each.name
)
def test_news_before_an_answer_are_no_second_request(answer: RawAnswer) -> None:
    (_, requests), _ = both(answer)
    assert requests == (1 if answer.then is None else 2)


CUT = ["cut", "short", "half", "nothing", "one byte of"]


@pytest.mark.parametrize(
    "answer",
    [each for each in RAW_ANSWERS if any(word in each.name for word in CUT)],
    ids=lambda each: each.name,
)
def test_what_is_cut_off_is_never_a_whole_file(answer: RawAnswer) -> None:
    (result, _), _ = both(answer)
    assert isinstance(result, str), result


def test_a_large_answer_is_read_whole() -> None:
    [large] = [each for each in RAW_ANSWERS if each.name == "large"]
    (result, _), _ = both(large)
    assert result == (200, LARGE)
