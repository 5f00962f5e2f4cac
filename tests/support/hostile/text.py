"""Text that means to be more than text: to a terminal, to a log, to a shell, to a parser."""

from hypothesis import strategies as st

CORPUS = (
    # Terminals: colours, titles, links, cursor and keyboard reports, and what introduces them in
    # one character.
    "\x1b[31m",
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.test\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1bP+q544e\x1b\\",
    "\x1b[6n\x1bc",
    "\x9b31m\x9d0;t\x9c",
    "\x00\x07\x08\x7f\x0e\x0f",
    "\r\x1b[K",
    # Lines and columns.
    "\n",
    "\r\n",
    "\t",
    "\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029",
    # Direction.
    "\u202egpj.exe",
    "\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u202a\u202b\u202c\u202d",
    # Logs that obey (GitHub Actions).
    "::error title=x::y",
    "\n::set-output name=x::y",
    "\n  ::stop-commands::t",
    "::add-mask::e",
    "##[error]x",
    "#\x1b#[add-mask]e",
    # rich, Python, shells, HTML.
    "[bold red]x[/bold red]",
    "[/]",
    "[link=https://evil.test]x[/link]",
    "{task_id.__class__}",
    "%s%n%(x)s",
    "$(id) `id` ; id & | > x",
    "'\"\\",
    "<script>alert(1)</script>",
    # Paths.
    "../../etc/passwd",
    "/etc/passwd",
    "..\\..\\x",
    "-rf",
    ".bashrc",
    "con.png",
    "%2e%2e%2f%00",
    # Characters.
    "\ud800",
    "\udfff\ud800",
    "\ufeff",
    "\uffff\ufffe",
    "e\u0301" * 40,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\N{FULLWIDTH LATIN SMALL LETTER A}" * 100,
    "x" * 5000,
    # JSON in strings.
    "null",
    "[]",
    "{}",
    '""',
    '"\\ud800"',
    "1e999",
    "NaN",
    "-Infinity",
    "[" * 200 + "]" * 200,
    '["https://h.test/a.png"]',
    # Nearly addresses.
    "https://[",
    "https://",
    "http://h.test:99999/a",
    "https://h.test/\x1b[31m.png",
    "https://h.test/a.png\n::error::x",
    "https://h.test/##[error]x.png",
    "https://user:password@h.test/a.png",
    "https://\u202eh.test/a",
    "https://h.test/%1b%5b31m%0a.p%00ng",
    "HTTPS://H.TEST/A.PNG?x=1#y",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "",
    " ",
)
"""One of each that was ever thought of; what a search finds is added here."""

piece = st.sampled_from(CORPUS) | st.text(
    st.characters(categories=["C", "L", "N", "P", "S", "Z"]), max_size=12
)

text = st.lists(piece, min_size=1, max_size=3).map("".join)
"""Any of it, some of it together."""
