"""Bodies that come compressed though that was not asked for, decompressed a piece at a time.

httpx decompresses whatever arrived at once, however much it holds: 64 KiB can become 67 MB, and as
often again for each compression around the first.
"""

from collections.abc import Iterable, Iterator

import httpx

_PIECE = 64 * 1024
_ZLIB_OR_GZIP = 32  # added to the window's size: zlib detects which
_GZIP_START = 0x1F
_ZLIB_METHOD = 0x08  # the lower half of a zlib stream's first byte (RFC 1950, section 2.2)


def decompress(chunks: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Yield what compressed chunks hold, in pieces of 64 KiB at most.

    Args:
        chunks: A body in one of the supported encodings.

    Raises:
        httpx.DecodingError: It is damaged, ends too early, or something follows it.
    """
    import zlib

    decompressor = None
    for chunk in filter(len, chunks):
        decompressor = decompressor or zlib.decompressobj(_window_bits(chunk[0]))
        rest, is_full = chunk, True
        while rest or is_full:
            try:
                piece = decompressor.decompress(rest, _PIECE)
            except zlib.error as error:
                raise httpx.DecodingError("damaged") from error
            yield piece
            # A full piece may have left some behind, though all was consumed.
            rest, is_full = decompressor.unconsumed_tail, len(piece) == _PIECE
        if decompressor.eof:
            break
    if decompressor and (not decompressor.eof or decompressor.unused_data):
        raise httpx.DecodingError("cut off, or followed by something else")


def _window_bits(first: int) -> int:
    """Return how zlib must read a stream, by its first byte.

    "deflate" is a zlib stream (RFC 9110, section 8.4.1.2), but some servers send it bare.
    """
    import zlib

    is_framed = first == _GZIP_START or first & 0x0F == _ZLIB_METHOD
    return zlib.MAX_WBITS | _ZLIB_OR_GZIP if is_framed else -zlib.MAX_WBITS
