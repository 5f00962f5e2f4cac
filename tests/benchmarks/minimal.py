"""The reference for start-up: the smallest Typer app that has two commands.

Its help is plain, as kiecli's is: with Typer's default, rich would be imported for it, and twice
the time be easy to beat.
"""

import typer

app = typer.Typer(rich_markup_mode=None)


@app.command()
def greet(name: str) -> None:
    """Say hello."""
    print(f"hello {name}")


@app.command()
def part(name: str) -> None:
    """Say goodbye."""
    print(f"goodbye {name}")


if __name__ == "__main__":
    app()
