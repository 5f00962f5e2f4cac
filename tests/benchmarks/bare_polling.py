"""The reference for the polls of `kiecli wait`: a bare httpx loop, paced at eight a second."""

import os
import sys
import time

import httpx

url, polls = os.environ["KIE_BASE_URL"], int(sys.argv[1])
with httpx.Client(trust_env=False) as client:
    began = time.monotonic()
    for n in range(polls):
        time.sleep(max(0.0, began + n / 8 - time.monotonic()))
        answer = client.get(
            f"{url}/api/v1/jobs/recordInfo",
            params={"taskId": f"benchmark-{n % 300:03}"},
            headers={"Authorization": "Bearer benchmark-key-0000"},
        )
        assert answer.json()["data"]["state"]
