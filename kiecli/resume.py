"""The line that takes work up again: safe and cheap to run, never a new submission."""

from collections.abc import Sequence

_MANY = 20


def line(words: Sequence[str], task_ids: Sequence[str]) -> str:
    """Return a shell line.

    Args:
        words: The command with its options, `("download", "-d", "out")`.
        task_ids: The tasks it is to name; of very many the first three, and in a
            shell's comment how many more there are.
    """
    import shlex

    ids = task_ids if len(task_ids) <= _MANY else task_ids[:3]
    text = shlex.join(["kiecli", *words, *ids])
    return text if ids is task_ids else f"{text}  # and {len(task_ids) - len(ids)} more"
