"""No name from the network leaves the folder, hides a file or upsets a shell."""

import re
from unicodedata import category

from hypothesis import given
from hypothesis import strategies as st

from kiecli.api.models import Task
from kiecli.download.plan import NameReservations, SaveOptions, plan
from kiecli.files.sanitize import fold_path
from kiecli.files.template import (
    FIELDS,
    Template,
    extension_for,
    split_url_name,
    task_values,
)
from kiecli.system.path_syntax import PosixPaths
from tests.support.hostile.answers import hostile_records
from tests.support.hostile.oracle import FAILURES, assert_tame, attempt
from tests.support.hostile.search import examples
from tests.support.hostile.text import text

_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9])(\.|$)", re.IGNORECASE)
_FORMS = st.sampled_from(
    [
        "{task_id}-{n}.{ext}",
        "{model}/{date}/{name}.{ext}",
        "{name}",
        "{ext}",
        "{model}{name}-{n}",
        "{label}{prompt}",
    ]
)


def _assert_safe(path: str, folders: int) -> None:
    parts = path.split("/")
    assert len(parts) == folders + 1
    for part in parts:
        assert part not in ("", ".", "..")
        assert part[0] not in ".-"
        assert not _DEVICE.match(part)
        assert len(part.encode()) <= 255
        assert all(category(char)[0] in "LMN" or char in "_.-+=@," for char in part)


@examples(250)
@given(form=_FORMS, url=text | st.builds("https://h.test/{}".format, text), model=text, ext=text)
def test_what_is_filled_in_stays_between_its_slashes(
    form: str, url: str, model: str, ext: str
) -> None:
    param = {"input": {"prompt": model}}
    task = Task.parse("0f1e2d3c", {"model": model, "param": param})
    name, known = split_url_name(url)
    assert len(known) <= 10
    assert known.isalnum() or not known
    assert name or not known
    template = Template.parse(form, PosixPaths())
    for extension in (known or None, ext, extension_for(ext, ext.encode(errors="ignore"))):
        values = {**task_values(task, None, FIELDS), "n": "1", "name": name, "ext": extension}
        _assert_safe(template.fill(values), form.count("/"))
        _assert_safe(template.fill_stem(values), form.count("/"))


@examples(250)
@given(form=_FORMS, data=hostile_records)
def test_a_plan_has_a_name_of_its_own_for_each_result_or_an_error(form: str, data: object) -> None:
    options = SaveOptions(".", Template.parse(form, PosixPaths()))

    def reserved() -> list[str]:
        targets = plan(Task.parse("0f1e2d3c", data), options)
        NameReservations(options.template).add(targets)
        return [target.path for target in targets]

    paths, error = attempt(reserved)
    if error is not None:
        assert error.exit_code in FAILURES
        return
    assert paths
    assert len(set(map(fold_path, paths))) == len(paths)
    for path in paths:
        _assert_safe(path, form.count("/"))
        assert_tame(path)


@examples(200)
@given(text)
def test_a_template_is_read_or_refused_in_one_line(form: str) -> None:
    template, error = attempt(lambda: Template.parse(form, PosixPaths()))
    assert (template is None) == (error is not None)
    if template is not None:
        assert isinstance(template.fill({}), str)
