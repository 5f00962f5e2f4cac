"""`kiecli config`."""

from typing import Any

from typer import Typer


def build(settings: dict[str, Any]) -> Typer:
    """Return the sub-application."""
    app = Typer(context_settings=settings, rich_markup_mode=None, help="Keep the API key.")
    app.callback(invoke_without_command=True)(lambda: None)
    return app
