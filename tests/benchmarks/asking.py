"""The reference for `kiecli status`: Typer and httpx imported, one TLS context, one GET."""

import ssl
import sys

import httpx
import typer

typer.Typer()
context = ssl.create_default_context()
with httpx.Client(verify=context, trust_env=False) as client:
    answer = client.get(sys.argv[1], headers={"Authorization": "Bearer benchmark-key-0000"})
    print(answer.json()["data"]["state"])
