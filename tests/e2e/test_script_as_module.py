"""A run sees what ``python script.py`` would have made of the script: state, identities, names; however it was started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipapp
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.support_project import load, run_folder

if TYPE_CHECKING:
    from e2e.support_project import Project

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize("program", ["state", "identity", "patterns", "by_value"])
def test_a_process_of_its_own_gives_what_this_one_gives(project: Project, program: str) -> None:
    shutil.copy(PROGRAMS / f"{program}.py", project.root / "main.py")

    here = project.python("main.py", "--executor", "inline").stdout
    there = project.python("main.py").stdout

    assert here.startswith("error: None\n")
    assert here.count("\n") > 30
    assert there == here


AT_THE_TOP = """
import decimal, logging, os, pickle, random, statistics, sys
from pathlib import Path
import pyexp

random.seed(0)
decimal.getcontext().prec = 5
statistics.mean = lambda values: "patched"
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
if "--fast" in sys.argv:
    sys.argv.remove("--fast")
os.makedirs("data", exist_ok=True)
os.chdir("data")
ARGS = {}

class Model:
    def __init__(self, width=1):
        self.width = width

@pyexp.experiment(stash=False, output_dir=Path(__file__).parent / "out")
def experiment(config):
    logging.info("loss")
    with open(config.out / "model.pkl", "wb") as file:
        pickle.dump(globals()["Model"](7), file)
    return (random.random(), decimal.getcontext().prec, statistics.mean([1]), ARGS, os.path.basename(__file__), __name__,
            os.path.basename(os.getcwd()), sys.argv[1:], Model(ARGS.get("width")))

@experiment.configs
def configs():
    return [{"name": "a"}, {"name": "b"}]

@experiment.report
def report(results):
    for run in results:
        model = pickle.loads((run.out / "model.pkl").read_bytes())
        print(run.error, *(run.result or [None])[:-1], type(run.result[-1]) is Model, run.result[-1].width, model.width, run.log.strip())

if __name__ == "__main__":
    ARGS["width"] = 3
    experiment.run(argv=["--report"] if "again" in sys.argv else [])
"""
LINE = "None 0.8444218515250481 5 patched {{'width': 3}} {file} __main__ data {argv} True 3 7 INFO loss\n"


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("main.py", "main.py"),
        ("my main.py", "my main.py"),
        ("🚀.py", "🚀.py"),
        ("link.py", "link.py"),
        ("__main__.py", "."),
        ("main.py", "-m main"),
        ("main.py", "-I main.py"),
        ("main.py", "-O main.py"),
    ],
)
def test_the_way_it_was_started_makes_no_difference(project: Project, file: str, command: str) -> None:
    if file == "link.py":
        project.write("real/main.py", AT_THE_TOP.replace("Path(__file__)", "Path(__file__).resolve()"))
        (project.root / file).symlink_to("real/main.py")
    else:
        project.write(file, AT_THE_TOP)
    arguments = [command] if command.endswith(".py") and not command.startswith("-") else command.split()

    done = project.python(*arguments, "--fast")

    assert done.stdout.startswith(2 * LINE.format(file=file, argv=[])), done.stdout + done.stderr
    if file == "main.py":  # what a run pickled opens in another start, too
        assert project.python("main.py", "again").stdout == 2 * LINE.format(file=file, argv=[])


PACKED = """
import random
import pyexp

random.seed(0)

@pyexp.experiment(stash=False, output_dir="out")
def experiment(config):
    return random.random()

if __name__ == "__main__":
    experiment.run(configs=[{"name": "a"}], report=lambda results: print(results[0].error, results[0].result))
"""


def test_under_a_profiler_the_script_is_still_the_script(project: Project) -> None:
    """``sys.modules["__main__"]`` is the profiler's module then."""
    project.write(
        "main.py",
        PACKED.replace("import random", "from typing import NewType\nimport random\nId = NewType('Id', int)").replace(
            "return", "Id(1); return"
        ),
    )

    assert project.python("-m", "cProfile", "-o", "profile", "main.py").stdout == "None 0.8444218515250481\n"


def test_an_archive_that_can_be_read_again_is_a_script_like_others(project: Project) -> None:
    project.write("source/__main__.py", PACKED)
    zipapp.create_archive(project.root / "source", project.root / "app.pyz")

    assert project.python("app.pyz").stdout == "None 0.8444218515250481\n"


@pytest.mark.parametrize("way", ["stdin", "-c"])
def test_what_has_no_file_goes_by_value(project: Project, way: str) -> None:
    program = PACKED.replace("return random.random()", "return Model().width").replace(
        "random.seed(0)", "class Model:\n    width = LIMIT = 5"
    )
    command = [sys.executable, "-"] if way == "stdin" else [sys.executable, "-c", program]

    done = subprocess.run(
        command, input=program, capture_output=True, text=True, cwd=project.root, env=project.environment, check=False
    )

    assert done.stdout == "None 5\n", done.stderr


def test_a_module_that_a_script_starts_has_the_scripts_top(project: Project) -> None:
    project.write(
        "main.py",
        "import random\nimport package.work\nrandom.seed(0)\nif __name__ == '__main__':\n    package.work.main()\n",
    )
    project.write("package/__init__.py", "")
    project.write(
        "package/work.py", PACKED.replace("random.seed(0)", "").replace('if __name__ == "__main__"', "def main()")
    )

    assert project.python("main.py").stdout == "None 0.8444218515250481\n"


EDITED = """
import time
from pathlib import Path
import pyexp

VERSION = "old"

@pyexp.experiment(stash=False, jobs=1)
def experiment(config):
    path = Path(__file__)
    path.write_text(path.read_text().replace('"old"', '"new"').replace("raise", "#"))
    if config.i == 2:
        raise ValueError("shown")
    return VERSION

if __name__ == "__main__":
    experiment.run(configs=[{"name": f"r{i}", "i": i} for i in range(3)], report=lambda results: print([r.result for r in results]))
"""


def test_a_script_that_is_edited_meanwhile_stays_what_it_was(project: Project) -> None:
    project.write("main.py", EDITED)

    assert project.python("main.py").stdout == "['old', 'old', None]\n"
    assert 'raise ValueError("shown")' in load(run_folder(project.batch("experiment"), "r2") / "status.json")["error"]


def experiment_of(top: str = "", body: str = "return 1", guarded: str = "", start: str = "experiment.run()") -> str:
    guard = f'if __name__ == "__main__":\n    {guarded}\n    ' if guarded else ""
    return f"""
import sys, threading
import pyexp
{top}
@pyexp.experiment(stash=False)
def experiment(config):
    {body}
experiment.configs(lambda: [{{"name": "a"}}])
experiment.report(lambda results: print(results[0].error, results[0].result, repr(results[0].log)))
{guard}{start}
"""


def test_output_and_failures_of_the_top_are_the_runs(project: Project) -> None:
    top = "print('top')\nif 'pyexp.executors.child.child' in sys.modules:\n    raise ValueError('at the top')"
    project.write("main.py", experiment_of(top, guarded="pass"))

    done = project.python("main.py", status=0)

    assert "ValueError: at the top" in done.stdout
    assert 'main.py", line 5, in <module>' in done.stdout
    assert "pyexp/" not in done.stdout
    assert "'top\\nTraceback" in done.stdout


def test_an_experiment_that_is_started_while_a_run_imports_it_is_told_what_to_do(project: Project) -> None:
    top = "first = pyexp.experiment(stash=False, name='first', executor='inline')(lambda config: 0)\nfirst.run(configs=[{'name': 'x'}])"
    project.write("main.py", experiment_of(top, guarded="pass"))

    done = project.python("main.py")

    assert (
        "main.py starts the experiment 'first' while a run imports it: put the call under `if __name__" in done.stdout
    )


@pytest.mark.parametrize(
    ("top", "guarded", "is_noted"),
    [
        ("threading.stack_size(1 << 20)", "", True),
        ("import os\nos.environ['A'] = 'b'", "", True),
        ("for i in range(3):\n    print(i)", "", True),
        ("LIMIT = 1\nclass A: ...\ntry:\n    import numpy\nexcept ImportError:\n    numpy = None", "", False),
        ("threading.stack_size(1 << 20)", "pass", False),
    ],
)
def test_without_a_guard_it_is_said_what_is_lost(project: Project, top: str, guarded: str, is_noted: bool) -> None:
    project.write("main.py", experiment_of(top, guarded=guarded))

    note = 'note: main.py has no `if __name__ == "__main__":`'
    told = project.python("main.py").stderr
    assert (note in told, told.count("note:")) == (is_noted, int(is_noted))


def test_a_traceback_shows_the_line_whatever_stands_above_it(project: Project) -> None:
    project.write("main.py", experiment_of("'\x0b'\n\x0c", "raise ValueError", guarded="pass"))

    assert "    raise ValueError\n" in project.python("main.py").stdout


def test_by_value_does_not_execute_the_top_again(project: Project) -> None:
    project.write(
        "main.py",
        experiment_of(
            "open('count', 'a').write('x')",
            guarded="from pyexp import SubprocessExecutor",
            start="experiment.run(executor=SubprocessExecutor(by_value=True))",
        ),
    )

    done = project.python("main.py")

    assert done.stdout == "None 1 ''\n"
    assert (project.root / "count").read_text() == "x"
    assert "note:" not in done.stderr


def test_large_variables_come_from_a_file_of_the_batch(project: Project) -> None:
    top = "DATA = bytearray(3 << 20)\ndef has_data(data=DATA): return data is DATA, data[5]"
    project.write("main.py", experiment_of(top, "return has_data()", guarded="DATA[5] = 7"))

    done = project.python("main.py", TMPDIR=os.fspath(project.root))

    assert done.stdout == "None (True, 7) ''\n"
    assert not list(project.root.glob("pyexp-*"))


def test_what_did_not_come_along_is_said_where_it_is_missed(project: Project) -> None:
    project.write("main.py", experiment_of("", "return SOCKET", guarded="import socket; SOCKET = socket.socket()"))

    done = project.python("main.py")

    told = done.stdout
    assert "note: the runs have no 'SOCKET', which was made under the guard: SOCKET is a socket, which" in done.stderr
    assert "NameError: name 'SOCKET' is not defined ('SOCKET' was not sent to the run's process: TypeError" in told


GENERATOR = "(x for x in 'ab')"


@pytest.mark.parametrize(
    ("top", "guarded", "told"),
    [
        ("X = None", f"X = {GENERATOR}", "X is a generator"),
        ("X = {}", f"X['a'] = {GENERATOR}", "X → key 'a' is a generator"),
        ("X = {'b': {}}", f"X['b']['a'] = {GENERATOR}", "X → key 'b' → key 'a' is a generator"),
        ("X = []", f"X.append({GENERATOR})", "X → item 0 is a generator"),
        ("class C: ...\nX = C()", f"X.a = {GENERATOR}", "X → attribute 'a' is a generator"),
        ("X = None\ndef fill():\n    global X\n    X = (x for x in 'ab')", "fill()", "X is a generator"),
        (f"X = {GENERATOR}", "next(X)", ""),
        (f"X = [{GENERATOR}]", "print(X)", ""),
        ("import sqlite3\nX = sqlite3.connect(':memory:')", "X.execute('select 1')", ""),
        ("X = None", "X = 5", ""),
    ],
)
def test_what_the_guarded_part_made_and_cannot_be_sent_is_noted(
    project: Project, top: str, guarded: str, told: str
) -> None:
    project.write("main.py", experiment_of(top, "return str(type(X))", guarded=guarded))

    notes = [line for line in project.python("main.py").stderr.splitlines() if line.startswith("note: the runs see")]

    seen = "note: the runs see 'X' as the script's top makes it, without what was done under the guard: "
    way_out = ", which cannot be pickled; make it in the function, or use the executor 'fork'"
    assert notes == ([f"{seen}{told}{way_out}"] if told else [])


def test_what_cannot_be_sent_is_refused_before_the_first_run(project: Project) -> None:
    project.write("main.py", experiment_of("import socket\nD = {'deep': [socket.socket()]}", "return D"))

    done = project.python("main.py", status=2)

    assert "the global 'D' → key 'deep' → item 0 is a socket, which cannot be pickled" in done.stderr
    assert "0 passed" not in done.stdout


def test_logging_that_was_set_up_reaches_a_function_that_goes_by_value(project: Project) -> None:
    top = "import logging\nlogging.basicConfig(level=logging.INFO, format='%(levelname)s: %(message)s')\nlogging.getLogger('quiet').setLevel(40)"
    body = "logging.info('shown'); logging.getLogger('quiet').warning('not shown')"
    project.write("main.py", experiment_of(top, body))

    assert project.python("main.py").stdout == "None None 'INFO: shown\\n'\n"


def test_classes_that_the_guarded_part_registers_are_built_in_runs(project: Project) -> None:
    top = """
from pyexp import build, register
LIMIT = 1
class Model: ...
@register
class Top(Model):
    width = 1
def limited():
    return LIMIT
"""
    guarded = """
    LIMIT = 5
    @register
    class Guarded(Model):
        def width(self):
            return limited()
    register("again")(Top)
"""
    body = "return [build(Model, {'type': 'Top'}).width, type(build(Model, {'type': 'again'})) is Top, build(Model, {'type': 'Guarded'}).width()]"
    project.write("main.py", experiment_of(top, body, guarded=guarded))

    assert project.python("main.py").stdout == "None [1, True, 5] ''\n"


def test_a_run_that_starts_runs_sends_them_what_it_was_made_of_itself(project: Project) -> None:
    top = """
from pathlib import Path
@pyexp.experiment(stash=False, name="inner")
def inner(config):
    return SIZE
SIZE = 1
"""
    body = "Path(__file__).write_text('broken ='); return [r.result for r in inner.run(configs=[{'name': 'x'}], report=list, output_dir=config.out)]"
    project.write("main.py", experiment_of(top, body, guarded="SIZE = 2"))

    assert project.python("main.py").stdout.startswith("None [2] ")


@pytest.mark.parametrize("executor", ["subprocess", "forkserver", "fork"])
def test_a_library_that_only_the_script_finds(project: Project, executor: str) -> None:
    path = [entry for entry in sys.path if entry]
    top = f"import os, sys\nsys.path[:0] = {path!r}\nos.environ.clear()\nimport pyexp\n"
    project.write("main.py", top + experiment_of("", "return 5").replace("import pyexp\n", ""))

    assert project.python("-I", "-S", "main.py", "--executor", executor).stdout.startswith("None 5 ")
