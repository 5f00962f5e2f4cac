"""Whatever stands before the pipe, stdin is ids or one clear error."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiecli import ids
from kiecli.errors import KieError
from kiecli.render.text import error_line
from tests.support.hostile.answers import bodies, envelopes, mutated
from tests.support.hostile.oracle import FAILURES, assert_tame, attempt
from tests.support.hostile.search import examples
from tests.support.hostile.text import text

_created = st.fixed_dictionaries(
    {"code": st.just(200), "data": st.fixed_dictionaries({"taskId": st.just("0f1e2d3c") | text})}
)
_ours = st.fixed_dictionaries({"task_id": st.just("0f1e2d3c"), "exit_code": st.just(0)})
_values = mutated(st.lists(_created | _ours | envelopes, max_size=3))


@examples(200)
@given(_values.map(json.dumps) | _values.map(lambda all_: "\n".join(map(json.dumps, all_))))
def test_json_on_stdin_is_ids_or_one_line_of_error(stdin: str) -> None:
    _assert_read(stdin.encode())


@examples(200)
@given(bodies() | st.binary(max_size=80) | text.map(lambda each: each.encode(errors="ignore")))
@example(b"\xef\xbb\xbf")
@example(b'"taskId":"' + b"\\" * 10_000)
@example(b'{"taskId' + b'\\"' * 5000)
@example(b"[" * 100_000)
@example(b'"' * 10_001)
def test_bytes_on_stdin_are_ids_or_one_line_of_error(stdin: bytes) -> None:
    _assert_read(stdin)


def _assert_read(stdin: bytes) -> None:
    asked, error = attempt(lambda: ids.read(["-"], lambda: stdin))
    if error is not None:
        assert error.exit_code in FAILURES
        line = error_line(error)
        assert_tame(line)
        assert "\n" not in line
    else:
        assert asked is not None
        assert asked.task_ids
        assert all(map(ids._ID.fullmatch, asked.task_ids))
        assert set(asked.created) <= set(asked.task_ids)


@pytest.mark.parametrize("value", [{"code": 500, "msg": "\n::error::x\x1b[2J##[debug]"}])
def test_an_error_of_create_task_is_told_as_text(value: Any) -> None:
    with pytest.raises(KieError) as raised:
        ids.read(["-"], lambda: json.dumps(value).encode())
    assert error_line(raised.value) == (
        "kiecli: the answer on stdin is an error, no task: "
        "Kie answered: ::error::x[2J## [debug] (code 500)"
    )
