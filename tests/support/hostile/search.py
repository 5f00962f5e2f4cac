"""How long is looked for an answer that hurts: the same few hundred everywhere, more when asked."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

_TIMES = int(os.environ.get("HOSTILE_TIMES", "1"))


def examples(number: int) -> Callable[[Any], Any]:
    """Return what lets a property meet so many examples, always the same ones.

    `HOSTILE_TIMES=20 pytest tests/unit/test_hostile_*.py` meets twenty times as many, others
    each time.
    """
    search = settings(
        max_examples=number * _TIMES,
        derandomize=_TIMES == 1,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    # Long answers are what is looked for.
    unwarned = pytest.mark.filterwarnings("ignore:Generating overly large repr")
    return lambda test: unwarned(search(test))
