"""Finds the result URLs, object or text in a task's record, in every shape ever seen.

The shapes are those of recorded recordInfo answers, of the documented examples
(https://docs.kie.ai/market/common/get-task-detail.md) and of public clients.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from json import dumps
from typing import Any, NamedTuple

from kiecli import safe_json
from kiecli.urls import file_name_of, is_web_address, percent_encode

_KINDS = {
    "image": "png jpg jpeg webp gif avif bmp svg heic tif tiff",
    "video": "mp4 mov webm mkv m4v avi",
    "audio": "mp3 wav m4a ogg oga opus flac aac",
}
_KIND_OF = {extension: kind for kind, names in _KINDS.items() for extension in names.split()}

# The lists of files, in the order in which their entries are numbered, each with the kind of its
# files for URLs that do not show it.
_LISTS = {
    "resultUrls": "file",
    "firstFrameUrl": "image",
    "lastFrameUrl": "image",
    "resultWaterMarkUrls": "video",
}
_TRACK_LISTS = ("data", "sunoData")
# Names are compared without case and underscores: clients met `audio_url` and `audioUrl` alike.
_AUDIO = ("audiourl", "sourceaudiourl")  # the second stands beside an empty first
_PREVIEW = "stream"  # a stream never ends as a whole file
_COVERS = ("image", "cover")

# A list in a string in a list was met. Strings in strings may go deeper than a parser would let
# lists go, deeper than Python's stack even.
_MAX_LAYERS = 16


class Result(NamedTuple):
    """One file that a task delivers."""

    n: int
    """Its place among the task's results, from 1."""
    url: str
    """Its address, percent-encoded; an entry that is no web address stands as Kie sent it."""
    kind: str
    """`image`, `video`, `audio` or `file`."""


class TaskOutput(NamedTuple):
    """All results of a task: files, and an object or text inside the record."""

    results: tuple[Result, ...]
    """Its files, each once, in order."""
    inline_result: Any
    """The `resultObject`, or a result that is plain text, or None."""

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> "TaskOutput":
        """Find the results in a record.

        Every entry of a known list becomes a result, also one that is no URL: it is then reported
        as not saved, and does not vanish.
        """
        delivered = _delivered(raw)
        found = list(_known_urls(delivered)) or list(_find_urls(delivered))
        kinds: dict[str, str] = {}
        for url, kind in found:
            kinds.setdefault(percent_encode(url), kind)
        results = tuple(
            Result(n, url, _kind(url, kind)) for n, (url, kind) in enumerate(kinds.items(), 1)
        )
        inline: object = None
        if isinstance(delivered, dict):
            inline = safe_json.decode_nested(delivered.get("resultObject"))
        elif isinstance(delivered, str) and not results:
            inline = delivered
        return cls(results, None if inline == "" else inline)


def _delivered(raw: Mapping[str, Any]) -> object:
    """Return the parsed `resultJson`, or else `response`, which holds the same, parsed already."""
    for name in ("resultJson", "response"):
        delivered = safe_json.decode_nested(raw.get(name))
        if isinstance(delivered, str) and delivered.startswith(("{", "[")):
            delivered = safe_json.decode_nested(delivered)  # a JSON string in a JSON string
        if delivered not in (None, "", {}, []):
            return delivered
    return None


def _known_urls(delivered: object) -> Iterator[tuple[str, str]]:
    """Yield (url, kind) from the fields that are known by name, in order."""
    if not isinstance(delivered, dict):
        return
    for name, kind in _LISTS.items():
        yield from ((entry, kind) for entry in _entries(delivered.get(name)))
    songs = filter(None, map(delivered.get, _TRACK_LISTS))
    for track in chain.from_iterable(map(_tracks, songs)):
        yield from _audio(track)
    inline = safe_json.decode_nested(delivered.get("resultObject"))
    if isinstance(inline, dict):
        yield from ((mask, "image") for mask in _masks(inline))


def _masks(inline: Mapping[str, Any]) -> Iterator[str]:
    """Yield the masks of subject detection, then those of a segment map."""
    yield from _entries(inline.get("mask_urls"))
    for segment in _dicts(inline.get("segments")):
        yield from _entries(segment.get("maskUrl"))


def _tracks(song: object) -> Iterator[dict[str, Any]]:
    """Yield the takes of a song, also where a callback's `data` wraps the list once more."""
    for item in _dicts(song):
        yield item
        yield from chain.from_iterable(_dicts(item.get(name)) for name in _TRACK_LISTS)


def _audio(track: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the audio of a take, never its stream or cover."""
    by_name = {_plain(name): value for name, value in track.items()}
    for name in _AUDIO:
        if entries := list(_entries(by_name.get(name))):
            yield from ((entry, "audio") for entry in entries)
            return


def _dicts(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list, of one in a string, or the one that stands for a list."""
    value = safe_json.decode_nested(value)
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _entries(value: object, layers: int = _MAX_LAYERS) -> Iterator[str]:
    """Yield the entries of a list, of a string, or of a list inside a string (all were met).

    Null, true, false and what is empty are no entries.
    """
    match value:
        case str() if layers and (held := safe_json.decode_nested(value)) != value:
            yield from _entries(held, layers - 1)
        case str() if value.strip():
            yield value.strip()
        case list() if layers:
            for item in value:
                yield from _entries(item, layers - 1)
        case {"url": url} if layers:
            yield from _entries(url, layers - 1)
        case None | bool() | str():
            return
        case dict() if found := [url for url, _ in _find_urls(value)]:
            yield from found
        case _ if value:
            yield dumps(value)  # no address, so it cannot be saved; but it does not vanish


def _find_urls(value: object) -> Iterator[tuple[str, str]]:
    """Yield every string that is a URL, wherever it stands, but for streams and covers of songs."""
    if isinstance(value, str):
        text = value.strip()
        if is_web_address(text) and not any(map(str.isspace, text)):
            yield text, "file"
    elif isinstance(value, list):
        for item in value:
            yield from _find_urls(item)
    elif isinstance(value, dict):
        audio = dict(_audio(value))
        yield from audio.items()
        for name, item in value.items():
            if name in _LISTS:
                yield from ((entry, _LISTS[name]) for entry in _entries(item))
            elif not _is_preview(_plain(name), of_track=bool(audio)):
                yield from _find_urls(item)


def _is_preview(name: str, *, of_track: bool) -> bool:
    beside_audio = name in _AUDIO or any(cover in name for cover in _COVERS)
    return _PREVIEW in name or (of_track and beside_audio)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _kind(url: str, kind: str) -> str:
    """Return the kind that a URL's extension shows, else the one that its field implies."""
    _, dot, extension = file_name_of(url).rpartition(".")
    return _KIND_OF.get(extension.lower(), kind) if dot else kind
