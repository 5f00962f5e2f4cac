"""Raw answers of servers, good and bad, to be read alike by kiecli and by httpx alone."""

import gzip
import zlib
from typing import NamedTuple

from kiecli.network.body import MIN_LARGE_BODY

LARGE = bytes(range(256)) * ((MIN_LARGE_BODY + 300_000) // 256)

PACKED = gzip.compress(b"a file" * 1000, mtime=0)


class RawAnswer(NamedTuple):
    """What a server sends; after its last answer it closes the connection."""

    name: str
    data: bytes
    differs: str = ""
    """Why kiecli makes something else of it than httpx, where it does."""
    then: bytes | None = None
    """What it sends to the next request."""


def ok(*headers: str, body: bytes = b"") -> bytes:
    """Return an answer with these headers."""
    return "\r\n".join(["HTTP/1.1 200 OK", *headers, "", ""]).encode("latin-1") + body


def sized(body: bytes, *headers: str) -> bytes:
    """Return an answer that tells its length."""
    return ok(f"Content-Length: {len(body)}", *headers, body=body)


def chunked(*chunks: bytes, trailers: bytes = b"") -> bytes:
    """Return an answer in chunks."""
    sent = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return ok("Transfer-Encoding: chunked", body=sent + b"0\r\n" + trailers + b"\r\n")


def packed(encoding: str, body: bytes) -> bytes:
    """Return an answer with a compressed body."""
    return sized(body, f"Content-Encoding: {encoding}")


def redirect(location: str, body: bytes = b"") -> bytes:
    """Return a redirect."""
    return sized(body, f"Location: {location}").replace(b"200 OK", b"302 Found")


_SENT_AGAIN = "a GET is sent again when its idle connection was closed"
_BARE = zlib.compress(b"a file" * 1000)[2:-4]
_LARGE_ANSWER = sized(LARGE)
_HEAD = len(_LARGE_ANSWER) - len(LARGE)
_CHUNKED_REDIRECT = chunked(b"moved").replace(b"200 OK", b"302 Found\r\nLocation: /y")
_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"

RAW_ANSWERS = [
    RawAnswer("small", sized(b"a file")),
    RawAnswer("small, nothing of it", sized(b"a file")[:-6]),
    RawAnswer("small, one byte short", sized(b"a file")[:-1]),
    RawAnswer("small, more after it", sized(b"a file") + b"more"),
    RawAnswer("large", _LARGE_ANSWER),
    RawAnswer("large, half of its head", _LARGE_ANSWER[: _HEAD // 2]),
    RawAnswer("large, nothing but its head", _LARGE_ANSWER[:_HEAD]),
    RawAnswer("large, one byte of it", _LARGE_ANSWER[: _HEAD + 1]),
    RawAnswer("large, half of it", _LARGE_ANSWER[: len(LARGE) // 2]),
    RawAnswer("large, one byte short", _LARGE_ANSWER[:-1]),
    RawAnswer("large, more after it", _LARGE_ANSWER + _LARGE_ANSWER),
    RawAnswer("large, after early hints", _HINTS + _LARGE_ANSWER),
    RawAnswer("large, a length sent twice", ok(*[f"Content-Length: {len(LARGE)}"] * 2, body=LARGE)),
    RawAnswer("large, of a part", _LARGE_ANSWER.replace(b"200 OK", b"206 Partial Content")),
    RawAnswer("large, in chunks", chunked(LARGE)),
    RawAnswer("large, until the end", ok(body=LARGE)),
    RawAnswer("large, HTTP/1.0", _LARGE_ANSWER.replace(b"1.1", b"1.0")),
    RawAnswer("a length sent twice in one line", ok("Content-Length: 6, 6", body=b"a file")),
    RawAnswer("two lengths", ok("Content-Length: 6", "Content-Length: 5", body=b"a file")),
    RawAnswer("two lengths in one line", ok("Content-Length: 6, 5", body=b"a file")),
    RawAnswer("a length that is no number", ok("Content-Length: 0x6", body=b"a file")),
    RawAnswer("a negative length", ok("Content-Length: -6", body=b"a file")),
    RawAnswer("a length and chunks", chunked(b"a file").replace(b"OK", b"OK\r\nContent-Length: 2")),
    RawAnswer("chunks", chunked(b"a ", b"file", trailers=b"X: y\r\n")),
    RawAnswer("chunks with extensions", chunked(b"a file").replace(b"6\r", b'6;a="b"\r')),
    RawAnswer("chunks, cut in a size", chunked(b"a file")[:-9]),
    RawAnswer("chunks, cut in a chunk", chunked(b"a file")[:-8]),
    RawAnswer("chunks, cut before the last", chunked(b"a file")[:-5]),
    RawAnswer("chunks, cut after the last", chunked(b"a file")[:-2]),
    RawAnswer("chunks, more after them", chunked(b"a file") + b"more"),
    RawAnswer("chunks, a wrong size", chunked(b"a file").replace(b"6\r", b"5\r")),
    RawAnswer("chunks, no size", chunked(b"a file").replace(b"6\r", b"x\r")),
    RawAnswer("another transfer coding", ok("Transfer-Encoding: gzip, chunked", body=PACKED)),
    RawAnswer("early hints and continue", _HINTS + b"HTTP/1.1 100 Continue\r\n\r\n" + sized(b"a")),
    RawAnswer("early hints alone", _HINTS),
    RawAnswer("no content", sized(b"").replace(b"200 OK", b"204 No Content")),
    RawAnswer("not modified", sized(LARGE).replace(b"200 OK", b"304 Not Modified")),
    RawAnswer("nothing", b""),
    RawAnswer("not HTTP", b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
    RawAnswer("HTTP/0.9", b"<h1>It works</h1>"),
    RawAnswer("a line that is no header", ok("nonsense", body=b"a file")),
    RawAnswer("white space before a colon", ok("Content-Length : 6", body=b"a file")),
    RawAnswer("white space after a value", ok("Content-Length: 6 \t", body=b"a file")),
    RawAnswer("a folded header", ok("X: 1\r\n 2", "Content-Length: 6", body=b"a file")),
    RawAnswer("bare line feeds", sized(b"a file").replace(b"\r\n", b"\n")),
    RawAnswer("two hundred headers", sized(b"a file", *(f"X-{n}: y" for n in range(200)))),
    RawAnswer("a head that is too long", sized(b"a file", "X: " + "y" * 200_000)),
    RawAnswer("gzip", packed("gzip", PACKED)),
    RawAnswer("gzip in chunks", chunked(PACKED).replace(b"OK", b"OK\r\nContent-Encoding: gzip")),
    RawAnswer(
        "gzip, damaged",
        packed("gzip", PACKED[:20] + b"\0" * 20),
        "httpx does not miss the end of a compressed file",
    ),
    RawAnswer("gzip that is none", packed("gzip", b"a file")),
    RawAnswer("deflate", packed("deflate", zlib.compress(b"a file" * 1000))),
    RawAnswer("deflate without its frame", packed("deflate", _BARE)),
    RawAnswer("a name of no compression", packed("utf-8", b"a file")),
    RawAnswer(
        "gzip, cut off",
        packed("gzip", PACKED[:-9]),
        "httpx takes half of a compressed file for all of it",
    ),
    RawAnswer(
        "gzip, more after it",
        packed("gzip", PACKED + b"more"),
        "httpx drops what follows; it may be the rest of the file",
    ),
    RawAnswer("x-gzip", packed("x-gzip", PACKED), "httpx knows gzip by its new name alone"),
    RawAnswer(
        "brotli",
        packed("br", b"a file"),
        "httpx leaves it compressed where its decoder is not installed; no file is that",
    ),
    RawAnswer(
        "gzip twice",
        packed("gzip, gzip", gzip.compress(PACKED)),
        "httpx decompresses without bounds: each layer can hold a thousand times more",
    ),
    RawAnswer("a redirect", redirect("/y", b"moved"), then=sized(b"a file")),
    RawAnswer("redirect, more after it", redirect("/y", b"moved") + b"more", then=sized(b"a file")),
    RawAnswer("a redirect to a large file", redirect("/y"), then=_LARGE_ANSWER),
    RawAnswer("a redirect to a file cut off", redirect("/y"), then=_LARGE_ANSWER[:-1]),
    RawAnswer("a redirect with hints", _HINTS + redirect("/y"), then=_HINTS + sized(b"a file")),
    RawAnswer("a redirect in chunks", _CHUNKED_REDIRECT, then=sized(b"a file")),
    RawAnswer("a redirect to nowhere", redirect("/y"), then=b"", differs=_SENT_AGAIN),
    RawAnswer("a redirect that is cut off", redirect("/y", b"moved")[:-1]),
]  # fmt: skip
