"""The block of rows that a terminal shows while a run goes on."""

from kiecli.render.block import Block


def test_a_run_with_nothing_left_draws_no_row() -> None:
    block = Block({}, 0.0, watching=True, timeout=None)
    assert block.draw(80, 24, 1.0, ascii_only=False).renderables == []
