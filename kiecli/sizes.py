"""Numbers of bytes as people read them."""


def show(size: float) -> str:
    """Return `812 B`, `1.4 MB`: decimal units, as file managers and curl show them."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
