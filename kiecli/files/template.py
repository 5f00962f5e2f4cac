"""File names from a template, a URL and a type; nothing in here touches a disk.

What the user typed is honoured as typed. What is filled in comes from the network, so it can
never leave the folder that was meant, hide a file, or upset a shell or another system.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from kiecli.api.models import Task
from kiecli.clock import utc
from kiecli.errors import UsageError
from kiecli.files import media_types
from kiecli.files.sanitize import UNKNOWN, PathComponent, Token, sanitize
from kiecli.system.path_syntax import PathSyntax
from kiecli.system.syntax import PATHS, SHELL
from kiecli.urls import file_name_of

DEFAULT_TEMPLATE = "{label}-{n}.{ext}"
"""The template of `download` without `--output`."""

FIELDS = ("label", "task_id", "n", "name", "ext", "model", "date", "prompt")
"""The names that may stand between braces in a template."""

_MAX_PROMPT = 60  # characters: some ten words tell one picture from another in a listing
# A letter for each field: only what was typed can name a device.
_TYPICAL = dict.fromkeys(FIELDS, "x")
# A file renamed to one of these would take the place of the system's own link.
_STDOUT = frozenset({"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})

# Compiled at its first use: the default template needs no parsing.
_TEMPLATE_PART = r"(?P<brace>\{\{|\}\})|\{(?P<field>[^{}]*)\}|(?P<typed>[^{}]+)|(?P<stray>.)"
# A number alone is no extension: `song v1.5` has none.
_EXTENSION = re.compile(r"(?=[0-9]*[a-z])[a-z0-9]{1,10}")


class Template(NamedTuple):
    """An `--output` template that has been parsed and checked."""

    text: str
    """As typed."""
    components: tuple[PathComponent, ...]
    """The parts of the path, between its slashes."""
    fields: frozenset[str]
    """The names of the fields that it uses."""
    absolute: bool
    """Whether it is an absolute path, which ignores the folder of `--dir`."""
    syntax: PathSyntax
    """How this system reads paths."""

    @classmethod
    def parse(cls, text: str, syntax: PathSyntax = PATHS) -> "Template":
        """Read a template; doubled braces stand for themselves.

        Args:
            text: As typed.
            syntax: How the system reads paths.

        Raises:
            UsageError: It has an unknown word, a format, a brace too many, or names a folder,
                stdout or a device.
        """
        parts: list[list[Token]] = [[]]
        fields = set()
        for token in _tokens(text):
            if token.is_field:
                parts[-1].append(token)
                fields.add(token.text)
            else:
                split = syntax.split(token.text)
                first, *others = (Token(typed, is_field=False) for typed in split)
                parts[-1].append(first)
                parts.extend([other] for other in others)
        components = tuple(map(PathComponent, parts))
        template = cls(text, components, frozenset(fields), syntax.is_absolute(text), syntax)
        template._check_file_name()
        return template

    @property
    def escapes_directory(self) -> bool:
        """Whether a typed `..` leads out of the folder that it starts in."""
        return any(self.syntax.is_parent(part.typed or "") for part in self.components)

    def fill(self, values: Mapping[str, str | None]) -> str:
        """Return the path for these values, each made safe; a missing one is `unknown`."""
        safe = {field: sanitize(field, values.get(field)) for field in self.fields}
        return self.syntax.separator.join(part.fill(safe) for part in self.components)

    def fill_stem(self, values: Mapping[str, str | None]) -> str:
        """Return the path without its extension, for when only the host could tell that."""
        path = self.fill({**values, "ext": UNKNOWN})
        return path.removesuffix(f".{UNKNOWN}") if self.text.endswith(".{ext}") else path

    def is_unique_per_result(self, *, several_results: bool, has_label: bool) -> bool:
        """Whether a file of such a name can only be this one result of this one task.

        Args:
            several_results: The task has more than one.
            has_label: The task has a label, which may be that of another task in another run.
        """
        names_task = "task_id" in self.fields or ("label" in self.fields and not has_label)
        names_result = not self.fields.isdisjoint({"n", "name"})
        return names_task and (names_result or not several_results)

    def with_field(self, field: str) -> str:
        """Return the text of this template with one more field in it, to be given as advice."""
        stem = split_extension(self.text.removesuffix(".{ext}"))[0]
        ending = ".{ext}" if stem != self.text else ""
        return f"{stem}-{{{field}}}{ending}"

    def check(self, *, several_tasks: bool, in_folder: bool) -> None:
        """Check that the template fits the rest of the command line.

        Args:
            several_tasks: More than one id was given.
            in_folder: `--dir` was given.

        Raises:
            UsageError: Files would land on one name, or outside of the folder.
        """
        if several_tasks and self.fields.isdisjoint({"label", "task_id"}):
            raise UsageError(
                f"several tasks cannot share --output {self.text}",
                hint=f"add {{label}}, as in: -o {SHELL.quote(self.with_field('label'))}",
            )
        if in_folder and (self.absolute or self.escapes_directory):
            how, instead = (
                ("is an absolute path", "give a relative one")
                if self.absolute
                else ("leads out of --dir", "leave out ..")
            )
            raise UsageError(
                f"--output {self.text} {how}", hint=f"use it without --dir, or {instead}"
            )

    def _check_file_name(self) -> None:
        if not self.text:
            raise UsageError("--output is empty", hint=f"the default is {DEFAULT_TEMPLATE}")
        if self.text in _STDOUT:
            raise UsageError(f"--output {self.text} is not a file", hint="for stdout, use: -o -")
        if self.components[-1].typed in {"", ".", ".."}:
            raise UsageError(
                f"--output {self.text} names a folder, not a file",
                hint=f"to save into a folder: -d {SHELL.quote(self.text)}",
            )
        typical = "/".join(part.fill(_TYPICAL) for part in self.components)
        if problem := self.syntax.problem(typical):
            raise UsageError(f"--output {self.text}: {problem}", hint="give another name")


PARSED_DEFAULT = Template(
    text=DEFAULT_TEMPLATE,
    components=(
        PathComponent(
            [
                Token("label", is_field=True),
                Token("-", is_field=False),
                Token("n", is_field=True),
                Token(".", is_field=False),
                Token("ext", is_field=True),
            ]
        ),
    ),
    fields=frozenset({"label", "n", "ext"}),
    absolute=False,
    syntax=PATHS,
)
"""What `Template.parse` makes of the default: most runs need nothing parsed."""


def _tokens(text: str) -> Iterator[Token]:
    for found in re.finditer(_TEMPLATE_PART, text):
        if found["stray"]:
            raise UsageError(
                f"--output {text} has an unmatched {found['stray']}",
                hint="for a literal brace write {{ or }}",
            )
        if (field := found["field"]) is None:
            yield Token(found["typed"] or found["brace"][0], is_field=False)
        elif field in FIELDS:
            yield Token(field, is_field=True)
        else:
            raise _unknown_field(field)


def _unknown_field(text: str) -> UsageError:
    """Return the error of what stands between two braces and names no field."""
    base = re.split(r"[:!.\[]", text, maxsplit=1)[0]
    if base in FIELDS:
        return UsageError(
            f"--output has {{{text}}}, but words take no format spec", hint=f"write {{{base}}}"
        )
    known = " ".join(f"{{{name}}}" for name in FIELDS)
    return UsageError(f"--output has an unknown word: {{{text}}}", hint=_nearest(text) + known)


def _nearest(word: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word.strip().lower(), FIELDS, n=1, cutoff=0.5)
    return f"did you mean {{{near[0]}}}? Words: " if near else "words: "


def task_values(task: Task, label: str | None, fields: Collection[str]) -> dict[str, str | None]:
    """Return the values that all results of a task share; None where one is not known.

    Args:
        task: The finished task.
        label: The user's own name for it, or None.
        fields: The names of the fields that are used; of the others some may be missing.
    """
    values = {"label": label or task.task_id, "task_id": task.task_id, "model": task.model}
    # What a task was asked for is JSON in a string: it is parsed for those who want it.
    if "prompt" in fields:
        values["prompt"] = _first_words(task.prompt or "")
    if "date" in fields and task.completed_at is not None:
        values["date"] = utc(task.completed_at).date().isoformat()
    return values


def _first_words(text: str) -> str:
    """Return as many whole words as fit, or the start of a text that has no spaces."""
    text = " ".join(text.split())
    if len(text) <= _MAX_PROMPT:
        return text
    return text[: _MAX_PROMPT + 1].rpartition(" ")[0] or text[:_MAX_PROMPT]


def split_url_name(url: str) -> tuple[str, str]:
    """Return the URL's own file name and its extension, lower case, both empty where missing."""
    return split_extension(unquote(file_name_of(url)))


def split_extension(name: str) -> tuple[str, str]:
    """Return a name without its extension, and that in lower case; empty where there is none."""
    # `.png` alone is a hidden file without an extension.
    stem, _, extension = name.rpartition(".")
    if stem and _EXTENSION.fullmatch(extension.lower()):
        return stem, extension.lower()
    return name, ""


def extension_for(content_type: str | None, head: bytes) -> str:
    """Return the extension of the Content-Type, else that of the first bytes, else `bin`.

    Types that say nothing, such as `application/octet-stream`, leave it to the bytes.
    """
    return media_types.extension_of_type(content_type) or media_types.sniff(head) or "bin"
