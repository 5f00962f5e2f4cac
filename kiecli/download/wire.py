"""The bytes of an answer's body, unpacked where they came packed."""

from collections.abc import Callable, Iterator

import httpx

from kiecli.connection import Piece
from kiecli.direct import PIECES
from kiecli.download.answer import Answer
from kiecli.packing import unpacked


def chunks(response: httpx.Response, answer: Answer) -> Iterator[Piece]:
    """Yield the body; the first chunk comes even when empty.

    A chunk is good until the next one is asked for.

    Raises:
        httpx.TransportError: The connection broke, was silent for 20 s, or ended too early.
        httpx.DecodingError: The packing is damaged.
    """
    pieces: Callable[[], Iterator[Piece]] = response.extensions.get(PIECES, response.iter_raw)
    raw = pieces()
    body = raw if answer.encoding is None else unpacked(raw)
    yield next(body, b"")
    yield from body
