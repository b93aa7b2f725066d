"""A run that runs its own script again, as torchrun, Lightning and `os.execv` do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pyexp import LogReader

if TYPE_CHECKING:
    from e2e.support_project import Project

# Two ranks that meet on a socket: rank 0 listens, rank 1 connects, and both say so in the run's folder.
LAUNCHER = """\
import os, subprocess, sys

def launch(port_file):
    processes = []
    for rank in range(2):
        environment = os.environ | {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "PORT_FILE": str(port_file)}
        processes.append(subprocess.Popen([sys.executable, *sys.argv], env=environment))
    codes = [process.wait(60) for process in processes]
    if any(codes):
        raise RuntimeError(f"ranks ended with {codes}")
"""
MEETING = """\
import os, socket, time
from pathlib import Path

def meet():
    port_file, rank = Path(os.environ["PORT_FILE"]), int(os.environ["RANK"])
    if rank == 0:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(60)
            port_file.with_suffix(".tmp").write_text(str(server.getsockname()[1]))
            port_file.with_suffix(".tmp").rename(port_file)
            peer, _ = server.accept()
            return peer.recv(10).decode()
    deadline = time.monotonic() + 60
    while not port_file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    with socket.create_connection(("127.0.0.1", int(port_file.read_text()))) as peer:
        peer.sendall(b"hello")
    return "sent"
"""
SCRIPT = """\
import os
import pyexp
from launcher import launch
from meeting import meet

@pyexp.experiment(name="ddp", stash=False)
def experiment(config, logger, out):
    if "RANK" not in os.environ:
        launch(out / "port")
        return {"x": config.x}
    logger.set_global_it(int(os.environ["RANK"]))
    logger.add_scalar("rank", config.x)
    logger.add_text("met", meet())
    (out / ("rank" + os.environ["RANK"])).write_text(str(config.x))

experiment.configs(lambda: [{"name": f"c{x}", "x": x} for x in range(3)])

if __name__ == "__main__":
    experiment.run()
    print("after the run")
"""


@pytest.fixture
def ddp(project: Project) -> Project:
    project.write("launcher.py", LAUNCHER)
    project.write("meeting.py", MEETING)
    project.write("main.py", SCRIPT)
    return project


@pytest.mark.parametrize("executor", ["subprocess", "fork", "inline"])
def test_a_launcher_that_starts_the_script_for_each_rank_plays_the_run(ddp: Project, executor: str):
    done = ddp.python("main.py", "--executor", executor, "-j", "1" if executor == "inline" else "3")
    assert "3 passed" in done.stderr
    assert done.stdout.endswith("after the run\n")
    (batch,) = (ddp.root / "out" / "ddp").iterdir()
    for x in range(3):
        (run,) = batch.glob(f"c{x}-*")
        assert [(run / f"rank{rank}").read_text() for rank in range(2)] == [str(x)] * 2
        log = LogReader(run)
        assert log.load_scalars("rank") == [(0, float(x))]
        assert [text for _, text in log.load_text("met")] == ["hello"]


def script(body: str, *, head: str = "", experiment: str = "@pyexp.experiment(name='exp', stash=False)") -> str:
    return (
        f"import os, subprocess, sys\nimport pyexp\n{head}\n{experiment}\ndef experiment(config):\n"
        + "".join(f"    {line}\n" for line in body.splitlines())
        + "\nexperiment.configs(lambda: [{'name': 'a'}])\nif __name__ == '__main__':\n    experiment.run()\n"
    )


def batches(project: Project, name: str = "exp") -> int:
    return len(list((project.root / "out" / name).iterdir()))


AGAIN = "subprocess.run([sys.executable, *sys.argv]{environment})"


def test_without_a_launcher_it_is_refused(project: Project):
    project.write(
        "main.py", script("return subprocess.run([sys.executable, *sys.argv], capture_output=True, text=True).stderr")
    )
    project.write("show.py", "import main\nprint(main.experiment.results()[0].result)")
    project.python("main.py")
    shown = project.python("show.py").stdout
    assert shown.count("\n") <= 2
    assert "this script was started again by its own run 'a-" in shown
    assert "or use a launcher that sets RANK or LOCAL_RANK" in shown
    assert batches(project) == 1


def test_a_second_level_is_refused(project: Project):
    body = """\
level = int(os.environ.get("LEVEL", "0"))
if level < 3:
    done = subprocess.run([sys.executable, *sys.argv], env=os.environ | {"LEVEL": str(level + 1), "LOCAL_RANK": str(level + 1)})
    with open(config.out / "codes", "a") as file:
        print(level, done.returncode, file=file)
"""
    project.write("main.py", script(body))
    project.python("main.py")
    (codes,) = (project.root / "out" / "exp").glob("*/*/codes")
    assert codes.read_text().splitlines() == ["1 2", "0 0"]
    assert batches(project) == 1


def test_a_script_that_restarts_itself_plays_its_run_where_a_launcher_says_so(project: Project):
    body = """\
if "LOCAL_RANK" not in os.environ:
    os.environ["LOCAL_RANK"] = "0"
    os.execv(sys.executable, [sys.executable, *sys.argv])
print("played", config.name)
"""
    project.write("main.py", script(body))
    project.python("main.py")
    (log,) = (project.root / "out" / "exp").glob("*/*/log.out")
    assert "played a\n" in log.read_text()
    assert batches(project) == 1


def test_what_a_played_function_raises_ends_its_process(project: Project):
    body = """\
if "RANK" in os.environ:
    raise ValueError("in the rank")
return subprocess.run([sys.executable, *sys.argv], env=os.environ | {"RANK": "0"}).returncode
"""
    project.write("main.py", script(body))
    project.write(
        "show.py", "import main\nprint(main.experiment.results()[0].result, main.experiment.results()[0].log)"
    )
    project.python("main.py")
    shown = project.python("show.py").stdout
    assert shown.startswith("1 ")
    assert "ValueError: in the rank" in shown


@pytest.mark.parametrize("kind", ["another script", "another experiment", "the same function elsewhere"])
def test_another_experiment_inside_a_run_works_as_ever(project: Project, kind: str):
    inner = "inner" if kind != "the same function elsewhere" else "exp"
    project.write(
        "other.py", script("return 1", experiment=f"@pyexp.experiment(name='{inner}', stash=False, output_dir='out2')")
    )
    body = "subprocess.run([sys.executable, 'other.py'], check=True)"
    if kind == "another experiment":
        body = "pyexp.experiment(name='inner', stash=False, output_dir='out2', executor='inline')(len).run(configs=[{'x': 1}])"
    project.write("main.py", script(body))
    assert "1 passed" in project.python("main.py").stderr
    assert len(list((project.root / "out2" / inner).iterdir())) == 1


@pytest.mark.parametrize("name", ["RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK"])
def test_a_launcher_around_the_whole_script_is_refused(project: Project, name: str):
    project.write("main.py", script("return 1"))
    done = project.python("main.py", status=2, **{name: "1"})
    assert done.stderr == (
        f"main.py: error: {name}=1: a launcher has started this whole script, and each rank would start a batch; start the "
        f"script without it, and use the launcher inside the experiment's function\n"
    )
    assert not (project.root / "out").exists()
    assert "1 passed" in project.python("main.py", **{name: "0"}).stderr


@pytest.mark.parametrize("kind", ["dead", "not an ancestor", "not JSON", "of another host", "without fields"])
def test_a_variable_that_does_not_count_changes_nothing(project: Project, kind: str):
    project.write("main.py", script("return 1"))
    project.python("main.py")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    living = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (folder,) = (project.root / "out" / "exp").glob("*/a-*")
    owner = {"host": os.uname().nodename, "pid": ended.pid if kind == "dead" else living.pid, "started": ""}
    told = {
        "folder": str(folder),
        "script": str(project.root / "main.py"),
        "owner": owner,
        "launchers": {},
        "is_played": False,
    }
    if kind == "of another host":
        owner["host"] = "elsewhere"
        owner["pid"] = 1 << 22
    variable = {"not JSON": "{", "without fields": "{}"}.get(kind, json.dumps(told))
    try:
        assert "1 passed" in project.python("main.py", PYEXP_RUN=variable).stderr
    finally:
        living.communicate(b"\n")
    assert batches(project) == 2


def test_a_class_is_played_too(project: Project):
    project.write(
        "main.py",
        """\
import os, subprocess, sys
import pyexp

class Training(pyexp.Experiment):
    def experiment(self):
        if "RANK" not in os.environ:
            self.codes = [
                subprocess.run([sys.executable, *sys.argv], env=os.environ | {"RANK": str(rank)}).returncode for rank in range(2)
            ]
            return
        self.logger.add_text("rank", os.environ["RANK"])
        (self.out / ("rank" + os.environ["RANK"])).write_text(self.cfg.name)

    @staticmethod
    def configs():
        return [{"name": "a"}]

    @staticmethod
    def report(results):
        print(results[0].codes, results[0].logger.load_text("rank"))

if __name__ == "__main__":
    pyexp.ExperimentRunner(Training, stash=False).run()
""",
    )
    done = project.python("main.py")
    assert done.stdout == "[0, 0] [(0, '0')]\n"
