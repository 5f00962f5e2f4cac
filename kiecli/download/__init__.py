"""Saving results: complete under their final name, or not there at all."""
