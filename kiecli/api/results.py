"""What a task delivers, in every shape that was ever met.

The shapes are those of real recordInfo answers and of the documented examples
(https://docs.kie.ai/market/common/get-task-detail.md).
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from kiecli import safe_json

_KINDS = {
    "image": "png jpg jpeg webp gif avif bmp svg heic tif tiff",
    "video": "mp4 mov webm mkv m4v avi",
    "audio": "mp3 wav m4a ogg oga opus flac aac",
}
# A list in a string in a list was met. Strings in strings may go deeper than a parser would let
# lists go, deeper than Python's stack even.
_MAX_LAYERS = 16
_KIND_OF = {extension: kind for kind, names in _KINDS.items() for extension in names.split()}


class Result(NamedTuple):
    """One file that a task delivers."""

    n: int
    """Its place among the task's results, from 1."""
    url: str
    kind: str
    """`image`, `video`, `audio` or `file`."""


class TaskOutput(NamedTuple):
    """All that a task delivers."""

    results: tuple[Result, ...]
    """Its files, each once, in order."""
    inline_result: Any
    """The `resultObject`, or a result that is plain text, or None."""

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> "TaskOutput":
        """Read what a record delivers; what cannot be read is not there."""
        delivered = _delivered(raw)
        results = tuple(_results(delivered))
        return cls(results, _document(delivered, results))


def _delivered(raw: Mapping[str, Any]) -> object:
    """Return the parsed result: `resultJson`, or `response`, the same already parsed."""
    for name in ("resultJson", "response"):
        delivered = safe_json.decode_nested(raw.get(name))
        if isinstance(delivered, str) and delivered.startswith(("{", "[")):
            delivered = safe_json.decode_nested(delivered)  # quoted once more than usual
        if delivered not in (None, "", {}, []):
            return delivered
    return None


def _document(delivered: object, results: tuple[Result, ...]) -> Any:
    if isinstance(delivered, dict):
        return delivered.get("resultObject")
    if isinstance(delivered, str) and not results:
        return delivered
    return None


def _results(delivered: object) -> Iterator[Result]:
    found = list(_named(delivered)) or list(_find_urls(delivered))
    told: dict[str, str] = {}
    for url, kind in found:
        told.setdefault(url, kind)
    for n, (url, kind) in enumerate(told.items(), start=1):
        yield Result(n, url, _kind(url, kind))


def _named(delivered: object) -> Iterator[tuple[str, str]]:
    """Yield (url, kind where the field tells it) from the fields that are known, in order."""
    if not isinstance(delivered, dict):
        return
    for name, kind in (
        ("resultUrls", "file"),
        ("firstFrameUrl", "image"),
        ("lastFrameUrl", "image"),
        ("resultWaterMarkUrls", "video"),
    ):
        for url in _urls(delivered.get(name)):
            yield url, kind
    for take in _audio_tracks(delivered.get("data")):
        for url in _urls(take.get("audio_url")):
            yield url, "audio"
    inner = delivered.get("resultObject")
    for url in _urls(inner.get("mask_urls") if isinstance(inner, dict) else None):
        yield url, "image"


def _audio_tracks(data: object) -> Iterator[dict[str, Any]]:
    for take in data if isinstance(data, list) else ():
        if isinstance(take, dict):
            yield take


def _urls(value: object, layers: int = _MAX_LAYERS) -> Iterator[str]:
    """Yield the URLs of a list, of a string, or of a list inside a string (all were met)."""
    value = safe_json.decode_nested(value)
    if isinstance(value, list) and layers:
        for item in value:
            yield from _urls(item, layers - 1)
    elif isinstance(value, str) and _is_url(value.strip()):
        yield value.strip()


def _find_urls(value: object) -> Iterator[tuple[str, str]]:
    """Yield every string that is a URL, wherever it stands."""
    if isinstance(value, str) and _is_url(value.strip()):
        yield value.strip(), "file"
    elif isinstance(value, list):
        for item in value:
            yield from _find_urls(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            # A stream is a preview that never ends well as a file (Suno).
            if name != "stream_audio_url":
                yield from _find_urls(item)


def _is_url(text: str) -> bool:
    if not text.lower().startswith(("http://", "https://")) or any(map(str.isspace, text)):
        return False
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False


def _kind(url: str, told: str) -> str:
    _, dot, extension = urlsplit(url).path.rpartition("/")[2].rpartition(".")
    return _KIND_OF.get(extension.lower(), told) if dot else told
