"""The floor for many files: what Typer, httpx and sixteen threads take for the bare transfer.

It asks for the record and saves the bytes, and does nothing else that kiecli does: no parts that
resume, no checks, no retries.
"""

import json
import os
import sys
from queue import Empty, SimpleQueue
from threading import Thread

import httpx
import typer

typer.Typer()
base, task_id, folder = sys.argv[1:]
tls = httpx.create_ssl_context() if base.startswith("https") else False
urls: SimpleQueue[str] = SimpleQueue()


def save() -> None:
    """Save what is left in the queue, over one connection."""
    with httpx.Client(verify=tls, trust_env=False) as client:
        while True:
            try:
                url = urls.get_nowait()
            except Empty:
                return
            with client.stream("GET", url) as response, open(_path(url), "wb") as file:  # noqa: PTH123
                file.writelines(response.iter_raw())


def _path(url: str) -> str:
    return f"{folder}/{url.rpartition('/')[2]}"


with httpx.Client(verify=tls, trust_env=False) as api:
    record = api.get(f"{base}/api/v1/jobs/recordInfo?taskId={task_id}").json()["data"]
for each in json.loads(record["resultJson"])["resultUrls"]:
    urls.put(each)
threads = [Thread(target=save) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
os._exit(0)
