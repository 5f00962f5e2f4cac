"""Kie's API: the requests, and what the answers mean."""
