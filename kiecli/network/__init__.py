"""The network: connecting, time limits, proxies, TLS and what goes wrong there.

HTTP itself is read by httpx and its engine, httpcore.
"""
