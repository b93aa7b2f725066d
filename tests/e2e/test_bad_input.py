"""What a user can get wrong: one sentence each, that says what, where, and what to do; nothing is lost by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.support_project import statuses
from e2e.support_refusals import refused, write

if TYPE_CHECKING:
    from e2e.support_project import Project

ALLOWED = "configs hold int, float, str, bool, None, Path, and dict, list, tuple and set of them"


@pytest.mark.parametrize(
    ("configs", "sentence"),
    [
        ("[]", "configs are empty, so there is nothing to run: return at least one dict"),
        ("None", "configs are None, so there is nothing to run: return a list of dicts"),
        (
            '[{"name": "a", "x": 1}, {"name": "b"}, {"x": 1, "name": "a"}]',
            "configs at positions 0 and 2 are the same: both are named 'a' and have equal values: drop one, or vary the name",
        ),
        (
            '[{"name": "a", "model": {"layers": [1, range(3)]}}]',
            f"config 'a' (position 0): key 'model.layers[1]' holds range(0, 3) (range): {ALLOWED}",
        ),
        ("[{'name': 'a', 'model': {1: 2}}]", "config 'a' (position 0): 'model' has the key 1 (int): keys are strings, write '1'"),
        ("[{'out': 'here'}]", "config at position 0: key 'out' is reserved for the folder of the run: rename it"),
        ("[{'a': 1}, 5]", "configs: the item at position 1 is 5 (int), not a dict: each is a dict of"),
    ],
)  # fmt: skip
def test_configs(project: Project, configs: str, sentence: str):
    write(project, configs)
    assert refused(project).startswith(sentence)
    assert not (project.root / "out").exists()


def test_no_configs_function(project: Project):
    write(project)
    text = (project.root / "main.py").read_text().replace("@experiment.configs\n", "")
    (project.root / "main.py").write_text(text)
    assert refused(project) == (
        "the experiment 'experiment' has no configs: decorate a function with @experiment.configs, or pass run(configs=...)"
    )


def test_bad_yaml_names_the_chain_of_files_and_the_place(project: Project):
    project.write("base.yaml", "model:\n  width: [1, 2\nlr: 3")
    project.write("main.yaml", "imports: base.yaml")
    write(project, 'pyexp.load_config("main.yaml")')
    line = refused(project)
    assert line.startswith("config file 'base.yaml' (imported by 'main.yaml'), line 3, column 3:")


def test_unknown_executor(project: Project):
    write(project)
    assert refused(project, "--executor", "subproces") == (
        "there is no executor 'subproces'; choose one of subprocess, fork, forkserver, inline, ray, ray:<address>, or pass an "
        "Executor instance"
    )


@pytest.mark.parametrize(
    ("package", "arguments", "sentence"),
    [
        ("ray", ["--executor", "ray"], "the executor 'ray' needs the package 'ray', which is not installed: "),
        ("aiohttp", ["--viewer"], "the viewer needs the package 'aiohttp', which is not installed: "),
    ],
)
def test_missing_extra(project: Project, package: str, arguments: list[str], sentence: str):
    write(project)
    project.write(f"{package}.py", f"raise ModuleNotFoundError('No module named {package}', name={package!r})")
    extra = "ray" if package == "ray" else "viewer"
    done = project.python("main.py", *arguments, status=2)
    assert done.stderr.splitlines()[-1] == f'main.py: error: {sentence}pip install "pyexp[{extra}]"'
    assert "Traceback" not in done.stderr
    project.python("main.py", "--continue")
    assert statuses(project.batch("experiment")) == {"a": "passed"}


@pytest.mark.parametrize("flag", ["--continue", "--report"])
def test_no_previous_batch(project: Project, flag: str):
    write(project)
    folder = project.root / "out" / "experiment"
    sentence = f"there is no batch in {folder} yet: run the experiment first"
    assert refused(project, flag) == sentence
    assert refused(project, "--list") == f"there is no batch in {folder} yet: run the experiment first"
    assert not (project.root / "out").exists()


@pytest.mark.parametrize("flag", ["--continue", "--report"])
def test_unknown_timestamp(project: Project, flag: str):
    write(project)
    project.python("main.py")
    batch = project.batch("experiment")
    line = refused(project, f"{flag}=2024-01-25_14-30-00")
    assert line.startswith(f"there is no batch '2024-01-25_14-30-00' in {batch.parent}; the nearest is {batch.name!r}")


def test_bad_regex(project: Project):
    write(project)
    assert refused(project, "--filter", "(fast") == (
        "filter='(fast' is not a regular expression: missing ), unterminated subpattern at position 0"
    )


def test_output_folder_that_cannot_be_written(project: Project):
    write(project, body='Path("ran").touch()')
    (project.root / "file").touch()
    assert refused(project, "--output-dir", "file") == (
        f"cannot write to the output folder '{project.root}/file/experiment': Not a directory; choose another with "
        f"output_dir (--output-dir)"
    )
    assert not (project.root / "ran").exists()


def test_report_folder_that_cannot_be_made(project: Project):
    write(project)
    project.python("main.py")
    batch = project.batch("experiment")
    (batch / "report").touch()
    text = (project.root / "main.py").read_text()
    (project.root / "main.py").write_text(
        text.replace("experiment.run()", "experiment.run(report=lambda rs, folder: 1)")
    )
    assert refused(project, "--report") == (
        f"cannot make the report's folder '{batch}/report': File exists; the results are kept: fix this, then rerun with "
        f"--report"
    )


def test_the_library_raises_what_the_script_prints(project: Project):
    project.write(
        "main.py",
        """
        import pyexp

        @pyexp.experiment(stash=False)
        def experiment(config): ...

        def report(error):
            print(type(error).__name__, type(error).__mro__[2].__name__, isinstance(error, pyexp.PyexpError), error)

        def attempt(**settings):
            try:
                experiment.run(argv=None, **{"configs": lambda: [{"a": 1}], **settings})
            except Exception as error:
                report(error)

        def go():
            attempt(configs=list)
            attempt(executor="nope")
            attempt(job=3)
            attempt(filter="zzz")
            attempt(continue_run=True)
        """,
    )
    lines = project.python("-c", "from main import go\ngo()").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "NoConfigsError",
        "UnknownExecutorError",
        "SettingsError",
        "NothingMatchesError",
        "BatchNotFoundError",
    ]
    assert all(line.split()[2] == "True" for line in lines)
    assert lines[2].endswith("there is no setting 'job': did you mean 'jobs'?")
