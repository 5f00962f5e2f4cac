"""Asking a host how long a file is, without fetching it."""

import httpx

from kiecli.download.answer import Answer
from kiecli.download.host import answered
from kiecli.download.judgement import Way, judge
from kiecli.download.setbacks import Refusal, Setback
from kiecli.download.verify import replaced
from kiecli.download.wire import chunks
from kiecli.media import HEAD_SIZE


def told_length(client: httpx.Client, url: str, due: str | None, task_id: str) -> int | None:
    """Return the bytes of a file as its host tells, or None when it cannot or will not.

    Asked once: what stands on the disk is there in any case. GET and not HEAD, which signed links
    refuse; the body is not read.
    """
    try:
        with answered(client, url, {}, task_id) as response:
            answer = Answer.read(response.status_code, response.headers)
            if judge(answer, 0, None).way is not Way.START or not answer.total:
                return None
            head = bytes(next(chunks(response, answer))[:HEAD_SIZE])
            absence = replaced(head, answer.total, due=due, content_type=answer.content_type)
            return answer.total if absence is None else None
    except (Setback, Refusal):
        return None
