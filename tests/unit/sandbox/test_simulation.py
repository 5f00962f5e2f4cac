"""The simulated Kie answers as the real one was seen to."""

import json
from typing import Any

import httpx
import pytest

from kiecli.api.models import Result, Task
from kiecli.sandbox import media
from kiecli.sandbox.demos import DEMOS
from kiecli.sandbox.simulation import SimulatedKie
from kiecli.sandbox.tasks import Script, Stage

KIE = "https://api.kie.test"
START = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC
KEY = {"Authorization": "Bearer any-key"}


class Time:
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = START

    def __call__(self) -> float:
        return self.seconds


class Client:
    """Asks a simulated Kie, with a key."""

    def __init__(self, **settings: Any) -> None:
        self.time = Time()
        self.ids = iter(f"{n:032x}" for n in range(1, 100))
        self.kie = SimulatedKie(KIE, now=self.time, new_id=lambda: next(self.ids), **settings)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.kie(httpx.Request("GET", self.url(path), headers=KEY | headers))

    def post(self, path: str, body: object) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = httpx.Request("POST", self.url(path), headers=KEY, content=content)
        return self.kie(request).json()

    def poll(self, task_id: str) -> Any:
        return self.get(f"/api/v1/jobs/recordInfo?taskId={task_id}").json()

    def task(self, task_id: str) -> Task:
        return Task.parse(task_id, self.poll(task_id)["data"])

    def url(self, path: str) -> str:
        return path if path.startswith(KIE) else KIE + path


@pytest.fixture
def client() -> Client:
    return Client()


def envelope(code: int, msg: str, data: object = None) -> dict[str, object]:
    return {"code": code, "msg": msg, "data": data}


def test_a_record_has_the_shape_of_recorded_ones(client: Client) -> None:
    """JSON stands in strings in strings, stamps are milliseconds and costTime is seconds."""
    assert client.poll("demo-image") == envelope(
        200,
        "success",
        {
            "taskId": "demo-image",
            "model": "wan/2-7-image",
            "state": "success",
            "param": '{"input":"{\\"prompt\\":\\"Layered hills under a low sun, flat colours\\",'
            '\\"aspect_ratio\\":\\"3:2\\"}","model":"wan/2-7-image"}',
            "resultJson": f'{{"resultUrls":["{KIE}/files/demo-image/1/image.png"]}}',
            "failCode": None,
            "failMsg": None,
            "costTime": 13,
            "completeTime": 1789999998100,
            "createTime": 1789999985000,
            "creditsConsumed": 4.0,
            "recordId": "demo-image",
            "operationType": "wan/2-7-image",
            "paramJson": '{"prompt":"Layered hills under a low sun, flat colours",'
            '"aspect_ratio":"3:2"}',
            "response": {"resultUrls": [f"{KIE}/files/demo-image/1/image.png"]},
            "successFlag": 1,
        },
    )


def test_a_failed_record_has_a_code_a_message_and_no_result(client: Client) -> None:
    data = client.poll("demo-fail")["data"]
    del data["param"], data["paramJson"]
    assert data == {
        "taskId": "demo-fail",
        "model": "grok-imagine/image-to-video",
        "state": "fail",
        "resultJson": "",
        "failCode": "422",
        "failMsg": "The input was flagged as sensitive by content moderation",
        "costTime": 6,
        "completeTime": 1789999998400,
        "createTime": 1789999992000,
        "creditsConsumed": 0,
        "recordId": "demo-fail",
        "operationType": "grok-imagine/image-to-video",
        "response": None,
        "successFlag": 3,
    }
    assert client.task("demo-fail").to_error().hint == (
        "blocked by content moderation; change the prompt or the input"
    )


@pytest.mark.parametrize(
    ("task_id", "paths", "kind"),
    [
        ("demo-image", ["1/image.png"], "image"),
        ("demo-images", [f"{n}/image.jpg" for n in range(1, 7)], "image"),
        ("demo-audio", ["1/take.wav", "2/take.wav"], "audio"),
        ("demo-expired", ["1/image.png"], "image"),
        ("demo-text", [], ""),
    ],
)
def test_a_finished_demo_delivers_when_first_polled(
    client: Client, task_id: str, paths: list[str], kind: str
) -> None:
    assert client.task(task_id).results == tuple(
        Result(n, f"{KIE}/files/{task_id}/{path}", kind) for n, path in enumerate(paths, start=1)
    )


def test_lyrics_are_an_object(client: Client) -> None:
    assert [take["title"] for take in client.task("demo-text").inline_result["lyricsData"]] == [
        "Before the Links Expire"
    ]


@pytest.mark.parametrize(
    ("task_id", "states"),
    [
        ("demo-video", {0: "waiting", 1.4: "waiting", 1.6: "generating", 4: "success"}),
        ("demo-slow", {0: "waiting", 3: "generating", 1e9: "generating"}),
        ("demo-image", {0: "success", -60: "waiting"}),
    ],
)
def test_a_demo_lives_from_its_first_poll_on(
    client: Client, task_id: str, states: dict[float, str]
) -> None:
    client.time.seconds = START + 1000
    assert client.task(task_id).state == states[0]
    for after, state in states.items():
        client.time.seconds = START + 1000 + after
        assert (after, client.task(task_id).state) == (after, state)


def test_an_unfinished_task_has_no_result_and_no_end(client: Client) -> None:
    data = client.poll("demo-slow")["data"]
    names = ("resultJson", "costTime", "completeTime")
    assert [data[name] for name in names] == ["", None, None]


def test_a_test_can_add_a_task_with_a_life_of_its_own(client: Client) -> None:
    client.kie.add("mine", Script("m", {}, stages=(Stage(0, "queuing"), Stage(5, "success"))))
    assert client.task("mine").state == "queuing"
    client.time.seconds += 5
    task = client.task("mine")
    assert (task.state, task.results, task.raw["resultJson"]) == ("success", (), "")


@pytest.mark.parametrize(
    ("path", "status", "answer"),
    [
        ("recordInfo?taskId=nobody", 200, envelope(422, "recordInfo is null")),
        ("recordInfo?taskId=", 400, envelope(400, "taskId parameter is required")),
        ("recordInfo", 400, envelope(400, "taskId parameter is required")),
    ],
)
def test_a_poll_without_a_known_task_id_is_refused(
    client: Client, path: str, status: int, answer: dict[str, object]
) -> None:
    response = client.get(f"/api/v1/jobs/{path}")
    assert (response.status_code, response.json()) == (status, answer)


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        ("", envelope(401, "You do not have access permissions")),
        ("Bearer", envelope(401, "You do not have access permissions")),
        ("Bearer  ", envelope(401, "You do not have access permissions")),
        ("Basic abc", envelope(401, "You do not have access permissions")),
        ("bearer x", envelope(200, "success", 1250.5)),
    ],
)
def test_a_request_without_a_bearer_key_is_refused(
    client: Client, header: str, answer: dict[str, object]
) -> None:
    response = client.get("/api/v1/chat/credit", Authorization=header)
    assert (response.status_code, response.json()) == (200, answer)


def test_any_key_but_its_own_is_refused_as_no_key_is() -> None:
    client = Client(key="own")
    refused = envelope(401, "You do not have access permissions")
    answers = [
        client.get("/api/v1/chat/credit", Authorization=f"Bearer {key}").json()
        for key in ("own", "other", "")
    ]
    assert answers == [envelope(200, "success", 1250.5), refused, refused]


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/api/v1/veo/record-info", 404, "Not Found"),
        ("GET", "/", 404, "Not Found"),
        ("POST", "/api/v1/jobs/recordInfo", 405, "Method Not Allowed"),
        ("GET", "/api/v1/jobs/createTask", 405, "Method Not Allowed"),
    ],
)
def test_a_route_that_is_not_there_is_refused_without_a_code(
    client: Client, method: str, path: str, status: int, error: str
) -> None:
    response = client.kie(httpx.Request(method, KIE + path))
    assert (response.status_code, response.json()) == (
        status,
        {
            "timestamp": "2026-09-21T14:13:20.000+00:00",
            "status": status,
            "error": error,
            "message": "No message available",
            "path": path,
        },
    )


def test_more_polls_a_second_than_the_limit_are_refused() -> None:
    client = Client(polls_per_second=10)
    codes = [client.poll("demo-image")["code"] for _ in range(12)]
    client.time.seconds += 1
    codes += [client.poll("demo-image")["code"]]
    assert codes == [200] * 10 + [429, 429, 200]


@pytest.mark.parametrize(
    ("model", "results"),
    [
        ("wan/2-7-image", ["1/image.png"]),
        ("gpt-image-2", ["1/image.png"]),
        ("Kling-3.0/Video", ["1/video.mp4"]),
        ("wan/2-7-r2v", ["1/video.mp4"]),
        ("elevenlabs/text-to-speech", ["1/speech.wav"]),
        ("suno/v5", ["1/take.wav", "2/take.wav"]),
        ("suno/lyrics", []),
    ],
)
def test_a_new_task_becomes_what_its_model_makes(
    client: Client, model: str, results: list[str]
) -> None:
    task_id = "0" * 31 + "1"
    assert client.post(
        "/api/v1/jobs/createTask", {"model": model, "input": {"prompt": "p"}}
    ) == envelope(200, "success", {"taskId": task_id, "recordId": task_id})
    assert (client.task(task_id).state, client.task(task_id).prompt) == ("waiting", "p")
    client.time.seconds += 1.3
    assert client.task(task_id).state == "generating"
    client.time.seconds += 1.3
    links = [f"{KIE}/files/{task_id}/{path}" for path in results]
    assert [result.url for result in client.task(task_id).results] == links
    assert [client.get(link).status_code for link in links] == [200] * len(links)


def test_new_tasks_end_one_to_six_seconds_after_they_were_made(client: Client) -> None:
    """The same ones in every run, and not in their order."""
    ids = [client.post("/api/v1/jobs/createTask", {"model": "m"})["data"]["taskId"] for _ in "1234"]
    ends = []
    for task_id in ids:
        client.time.seconds = START + 6
        ends.append(round((client.task(task_id).completed_at or 0) - START, 1))
    assert ends == [2.6, 4.4, 1.2, 5.8]


def test_two_new_tasks_have_two_ids() -> None:
    client = Client()
    kie = SimulatedKie(KIE, now=client.time)
    request = httpx.Request(
        "POST", f"{KIE}/api/v1/jobs/createTask", headers=KEY, json={"model": "m"}
    )
    first, second = (kie(request).json()["data"]["taskId"] for _ in range(2))
    assert (len(first), len(second), first == second) == (32, 32, False)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (
            b"{model:",
            envelope(500, "Server exception, please try again later or contact customer service"),
        ),
        ({"input": {}}, envelope(422, "The model name is not supported")),
        ({"model": ""}, envelope(422, "The model name is not supported")),
        ([], envelope(422, "The model name is not supported")),
    ],
)
def test_a_bad_new_task_is_refused(client: Client, body: object, answer: dict[str, object]) -> None:
    assert client.post("/api/v1/jobs/createTask", body) == answer


def test_a_new_task_without_input_is_taken(client: Client) -> None:
    created = client.post("/api/v1/jobs/createTask", {"model": "m", "input": "x"})
    assert client.task(created["data"]["taskId"]).params == {"input": {}, "model": "m"}


def test_a_file_is_delivered_without_a_key(client: Client) -> None:
    request = httpx.Request("GET", f"{KIE}/files/demo-image/1/image.png")
    response = client.kie(request)
    body = media.body("image.png")
    assert (response.status_code, response.read(), dict(response.headers)) == (
        200,
        body,
        {
            "content-type": "image/png",
            "etag": '"82bbf1c8a0cd74ac54a0d1f1b1ba1aa2"',
            "last-modified": "Mon, 21 Sep 2026 14:13:18 GMT",
            "accept-ranges": "bytes",
            "content-length": str(len(body)),
        },
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/files/demo-expired/1/image.png", 404),
        ("/files/demo-image/2/image.png", 404),
        ("/files/nobody/1/image.png", 404),
        ("/files/demo-video/1/video.mp4", 404),
        ("/files/demo-image", 404),
        ("/files/demo-image/1/image.png?token=guessed", 403),
    ],
)
def test_an_unknown_file_is_not_found(client: Client, path: str, status: int) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (
        status,
        "text/html; charset=utf-8",
    )


def test_a_file_refuses_other_methods_than_get_and_head(client: Client) -> None:
    url = f"{KIE}/files/demo-image/1/image.png"
    assert client.kie(httpx.Request("DELETE", url)).status_code == 404


def test_a_failed_task_has_no_files(client: Client) -> None:
    files = {"1/image.png": "image.png"}
    client.kie.add("mine", Script("m", {}, stages=(Stage(0, "fail"),), files=files))
    assert client.get("/files/mine/1/image.png").status_code == 404


def test_a_link_dies_a_day_after_completion(client: Client) -> None:
    link = client.task("demo-image").results[0].url
    completed = client.task("demo-image").completed_at
    assert completed is not None
    statuses = []
    for age in (24 * 3600 - 1, 24 * 3600):
        client.time.seconds = completed + age
        statuses.append(client.get(link).status_code)
    assert statuses == [200, 404]


def test_a_fresh_link_is_good_for_twenty_minutes_and_one_file(client: Client) -> None:
    url = f"{KIE}/files/demo-images/1/image.jpg"
    answer = client.post("/api/v1/common/download-url", {"url": url})
    token = "0" * 31 + "1"
    assert answer == envelope(200, "success", f"{url}?token={token}")
    fresh = answer["data"]
    assert client.get(fresh).read() == media.body("image-1.jpg")
    assert client.get(fresh.replace("/1/", "/2/")).status_code == 403
    client.time.seconds += 20 * 60
    assert client.get(fresh).status_code == 403


def test_a_fresh_link_to_what_has_expired_is_dead(client: Client) -> None:
    url = f"{KIE}/files/demo-expired/1/image.png"
    fresh = client.post("/api/v1/common/download-url", {"url": url})["data"]
    assert client.get(fresh).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://example.com/files/demo-image/1/image.png"},
        {"url": f"{KIE}/files/demo-image/9/image.png"},
        {"url": 5},
        {},
        [],
        b"no json",
    ],
)
def test_a_fresh_link_to_what_is_not_ours_is_refused(client: Client, body: object) -> None:
    assert client.post("/api/v1/common/download-url", body) == envelope(422, "url is wrong")


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("image.png", b"\x89PNG\r\n\x1a\n"),
        ("image-6.jpg", b"\xff\xd8\xff"),
        ("video.mp4", b"\x00\x00\x00 ftyp"),
        ("take-2.wav", b"RIFF"),
    ],
)
def test_media_are_what_their_names_say(name: str, start: bytes) -> None:
    assert media.body(name).startswith(start)


def test_every_demo_delivers_media_that_exist() -> None:
    names = sorted({name for script in DEMOS.values() for name in script.files.values()})
    assert [media.content_type(name) for name in names] == (
        ["image/jpeg"] * 6 + ["image/png"] + ["audio/wav"] * 2 + ["video/mp4"]
    )
    assert len({media.body(name) for name in names}) == len(names)
