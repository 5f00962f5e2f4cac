"""The reference for `kiecli status`: Typer and httpx imported, one GET, a TLS context for HTTPS."""

import ssl
import sys

import httpx
import typer

typer.Typer()
url = sys.argv[1]
context = ssl.create_default_context() if url.startswith("https:") else False
with httpx.Client(verify=context, trust_env=False) as client:
    answer = client.get(url, headers={"Authorization": "Bearer benchmark-key-0000"})
    print(answer.json()["data"]["state"])
