"""Waiting: when to poll which task, and when to give it up."""
