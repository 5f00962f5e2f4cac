"""Bodies that come packed though none was asked to be, unpacked a piece at a time.

httpx unpacks whatever arrived at once, however much it holds: 64 KiB can become 67 MB, and as
often again for each packing around the first.
"""

from collections.abc import Iterable, Iterator

import httpx

KNOWN = frozenset({"gzip", "deflate"})
"""What can be unpacked; whatever else a server sends unasked is refused by its name."""

_PIECE = 64 * 1024


def unpacked(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Yield what packed pieces hold, in pieces of 64 KiB at most.

    Args:
        pieces: A body, packed in one of the known ways.

    Raises:
        httpx.DecodingError: They are damaged, or end too early.
    """
    import zlib

    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: gzip or zlib, told by its head
    began = False
    for packed in pieces:
        began = began or bool(packed)
        rest, full = packed, True
        while rest or full:
            try:
                piece = unpacker.decompress(rest, _PIECE)
            except zlib.error as error:
                raise httpx.DecodingError("damaged") from error
            yield piece
            # A piece that is full may have left some behind, though all was consumed.
            rest, full = unpacker.unconsumed_tail, len(piece) == _PIECE
        if unpacker.eof:
            break
    if (began and not unpacker.eof) or unpacker.unused_data:
        raise httpx.DecodingError("cut off, or followed by something else")
