"""The built-in tasks of the sandbox, and the scripts of those that createTask makes."""

from collections.abc import Mapping
from typing import Any

from kiecli.sandbox.tasks import Link, Result, Script, Stage

_HOUR = 3600.0
_DONE = 15.0  # seconds: two after an ordinary task has ended

# Seconds from createTask to success: a batch is seen to fill up, out of order, and one of four
# variants to win; the same in every run. Nobody waits long.
_LIFETIMES = (2.6, 4.4, 1.2, 5.8, 3.4, 1.9)
# A little before four seconds: the poll that is due then must find it done.
_VIDEO = (Stage(0, "waiting"), Stage(1.5, "generating"), Stage(3.9, "success"))
_ENDLESS = (Stage(0, "waiting"), Stage(3, "generating"))

_IMAGE = {"1/image.png": "image.png"}
# Six results with one name: real Grok tasks are like that.
_IMAGES = {f"{n}/image.jpg": f"image-{n}.jpg" for n in range(1, 7)}
_FILM = {"1/video.mp4": "video.mp4"}
_SPEECH = {"1/speech.wav": "take-1.wav"}
_TAKES = {
    f"{n}/{name}": media
    for n in (1, 2)
    for name, media in (
        ("take.wav", f"take-{n}.wav"),
        ("stream", f"take-{n}.wav"),
        ("cover.jpg", f"image-{n}.jpg"),
    )
}


def _result_urls(*paths: str) -> Result:
    """Return the usual shape of a result: a list of URLs."""
    return lambda link: {"resultUrls": [link(path) for path in paths]}


def _music_tracks(link: Link) -> object:
    """Suno's shape: takes with a stream and a cover each, and no resultUrls."""
    return {
        "code": 200,
        "msg": "All generated successfully.",
        "data": [
            _take(link, n, title) for n, title in ((1, "Hills at Dawn"), (2, "Hills at Dusk"))
        ],
    }


def _take(link: Link, n: int, title: str) -> dict[str, object]:
    return {
        "id": f"5a3c8f1e-0000-4000-8000-00000000000{n}",
        "audio_url": link(f"{n}/take.wav"),
        "stream_audio_url": link(f"{n}/stream"),
        "image_url": link(f"{n}/cover.jpg"),
        "title": title,
        "tags": "ambient, calm",
        "duration": 2.4,
    }


def _lyrics(_link: Link) -> object:
    return {
        "resultObject": {
            "lyricsData": [
                {
                    "text": "[Verse]\nThe sun is low, the hills are blue\nThe links go dark at two",
                    "title": "Before the Links Expire",
                    "status": "complete",
                    "errorMessage": "",
                }
            ]
        }
    }


_PROMPT = {"prompt": "Layered hills under a low sun, flat colours", "aspect_ratio": "3:2"}

DEMOS: Mapping[str, Script] = {
    "demo-image": Script(
        model="wan/2-7-image",
        input=_PROMPT,
        age=_DONE,
        result=_result_urls(*_IMAGE),
        files=_IMAGE,
    ),
    "demo-images": Script(
        model="grok-imagine/text-to-image",
        input=_PROMPT,
        age=_DONE,
        result=_result_urls(*_IMAGES),
        files=_IMAGES,
    ),
    "demo-video": Script(
        model="kling-3.0/video",
        input={**_PROMPT, "duration": "4", "sound": False},
        stages=_VIDEO,
        result=_result_urls(*_FILM),
        files=_FILM,
        credits=52.5,
    ),
    "demo-audio": Script(
        model="suno/generate-music",
        input={"prompt": "Two slow chords", "instrumental": True},
        age=_DONE,
        result=_music_tracks,
        files=_TAKES,
        credits=12,
    ),
    "demo-text": Script(
        model="suno/generate-lyrics",
        input={"prompt": "A song about links that expire"},
        age=_DONE,
        result=_lyrics,
        credits=0.4,
    ),
    "demo-fail": Script(
        model="grok-imagine/image-to-video",
        input={**_PROMPT, "duration": 6},
        stages=(Stage(0, "waiting"), Stage(6.4, "fail")),
        age=8,
        fail_code="422",
        fail_message="The input was flagged as sensitive by content moderation",
    ),
    "demo-slow": Script(
        model="bytedance/seedance-2",
        input={**_PROMPT, "resolution": "480p"},
        stages=_ENDLESS,
        credits=80,
    ),
    "demo-expired": Script(
        model="wan/2-7-image",
        input=_PROMPT,
        age=30 * _HOUR,
        result=_result_urls(*_IMAGE),
        files=_IMAGE,
    ),
}

# The first family one of whose keywords is in the model's name; any other model makes an image.
_FAMILIES: tuple[tuple[tuple[str, ...], Result, Mapping[str, str]], ...] = (
    (("lyrics",), _lyrics, {}),
    (("suno",), _music_tracks, _TAKES),
    (("elevenlabs", "tts", "audio", "speech"), _result_urls(*_SPEECH), _SPEECH),
    (
        ("video", "kling", "sora", "seedance", "veo", "hailuo", "runway", "happyhorse", "r2v"),
        _result_urls(*_FILM),
        _FILM,
    ),
)


def script_for(model: str, inputs: Mapping[str, Any], number: int) -> Script:
    """Return the script of a new task: it succeeds 1 to 6 seconds after it was made.

    Args:
        model: As createTask was given it.
        inputs: As createTask was given them.
        number: How many tasks were made before.
    """
    end = _LIFETIMES[number % len(_LIFETIMES)]
    stages = (Stage(0, "waiting"), Stage(end / 2, "generating"), Stage(end, "success"))
    for keywords, result, files in _FAMILIES:
        if any(keyword in model.lower() for keyword in keywords):
            return Script(model, inputs, stages, result=result, files=files)
    return Script(model, inputs, stages, result=_result_urls(*_IMAGE), files=_IMAGE)
