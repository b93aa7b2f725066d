"""Whose command line it is: every way to start a program, and which of them hand their arguments to the experiment."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from e2e.support_install import Installation

if TYPE_CHECKING:
    from e2e.support_project import Project

LAB = """
    import pyexp

    @pyexp.experiment(executor="inline", stash=False)
    def experiment(config):
        return config.x

    experiment.configs(lambda: [{"x": 1}])

    def main(*_):
        experiment.run()
        print("went on")
    """
REFUSED = "run() does not read the command line here, which has '--dry-run': pass argv=sys.argv[1:] to have it read, or argv=[]"

# What a person starts, and the program that leads to the experiment.
READ = {
    "main.py": (["main.py"], LAB + "\n    if __name__ == '__main__':\n        main()"),
    "a root script": (["main.py"], "import lab\nlab.main()"),
    "a helper of another package": (["main.py"], "import lab, lablib\nlablib.launch(lab.experiment)"),
    "-m": (["-m", "main"], "import lab\nlab.main()"),
    "cProfile": (["-m", "cProfile", "-o", os.devnull, "main.py"], "import lab\nlab.main()"),
    "pdb": (["-m", "pdb", "-c", "continue", "main.py"], "import lab\nlab.main()"),
    "trace": (["-m", "trace", "--count", "--ignore-dir", sys.prefix, "--coverdir", "covered", "main.py"], "import lab\nlab.main()"),
    "coverage": (["-m", "coverage", "run", "main.py"], "import lab\nlab.main()"),
    "runpy": (["outer.py"], "import lab\nlab.main()"),
    "an argument parser of its own": (["main.py"], "import argparse, lab\nargparse.ArgumentParser().parse_known_args()\nlab.main()"),
    "a package that is called fire": (["main.py"], "import lab, fire\nfire.Fire(lab.main)"),
}  # fmt: skip
NOT_READ = {
    "-c": (["-c", "import lab; lab.main()"], ""),
    "a thread": (["main.py"], "import lab, threading\nthread = threading.Thread(target=lab.main)\nthread.start()\nthread.join()"),
    "a pool of threads": (["main.py"], "import lab\nfrom concurrent.futures import ThreadPoolExecutor as Pool\nwith Pool(1) as pool: pool.submit(lab.main).result()"),
    "a forked pool": (["main.py"], "import lab, multiprocessing\nif __name__ == '__main__':\n    pool = multiprocessing.get_context('fork').Pool(1)\n    pool.map(lab.main, [1])\n    pool.close()\n    pool.join()"),
    "a spawned pool": (["main.py"], "import lab, multiprocessing\nif __name__ == '__main__':\n    pool = multiprocessing.get_context('spawn').Pool(1)\n    pool.map(lab.main, [1])\n    pool.close()\n    pool.join()"),
    "a loop": (["main.py"], "import lab, asyncio\nasync def go(): lab.main()\nasyncio.run(go())"),
    "unittest": (["main.py"], "import lab, sys, unittest\nclass Case(unittest.TestCase):\n    def test_it(self): lab.main()\nunittest.main(argv=sys.argv[:1])"),
    "pytest": (["-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "main.py"], "import lab\ndef test_it(): lab.main()"),
    "a handler of http.server": (["main.py"], "import handlers, lab\nhandlers.http(lab.main)"),
    "a handler of wsgiref": (["main.py"], "import handlers, lab\nhandlers.wsgi(lab.main)"),
    "a cell of a kernel": (["main.py"], "import ipykernel.kernelapp, lab\nipykernel.kernelapp.execute(lab.main)"),
    "click": (["main.py"], "import click, lab\nclick.command(context_settings={'ignore_unknown_options': True})(click.argument('rest', nargs=-1)(lambda rest: lab.main()))()"),
}  # fmt: skip
PYTEST_OPTIONS = """
    def pytest_addoption(parser):
        for flag in ("--dry-run", "--bogus", "--filter"):
            parser.addoption(flag, nargs="?")
    """
HANDLERS = """
    import io, threading, urllib.request
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from wsgiref.simple_server import make_server

    def http(function):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                failures.append(call(function))
                self.send_response(200)
                self.end_headers()
        serve_one(HTTPServer(("127.0.0.1", 0), Handler))

    def wsgi(function):
        def application(environ, start_response):
            failures.append(call(function))
            start_response("200 OK", [])
            return [b""]
        serve_one(make_server("127.0.0.1", 0, application))

    failures = []

    def call(function):
        try:
            function()
        except Exception as error:
            return error

    def serve_one(server):
        port = server.server_address[1]
        asking = threading.Thread(target=lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}").read())
        asking.start()
        server.handle_request()
        asking.join()
        server.server_close()
        if failures[0]:
            raise failures[0]
    """


def python(
    project: Project, *arguments: str, executable: str = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [executable, *arguments],
        cwd=project.root,
        env=project.environment | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def lab(project: Project) -> Project:
    project.write("lab.py", LAB)
    project.write("lablib/__init__.py", "def launch(experiment):\n    experiment.run()\n    print('went on')")
    project.write("fire.py", "def Fire(function):\n    function()")
    project.write("handlers.py", HANDLERS)
    project.write("outer.py", "import runpy\nrunpy.run_path('main.py', run_name='__main__')")
    project.write("conftest.py", PYTEST_OPTIONS)
    project.write("ipykernel/__init__.py", "")
    project.write("ipykernel/kernelapp.py", "def execute(cell):\n    cell()")
    return project


@pytest.mark.parametrize(("command", "program"), READ.values(), ids=READ)
def test_read(lab: Project, command: list[str], program: str):
    if "coverage" in command:
        pytest.importorskip("coverage")
    lab.write("main.py", program)
    done = python(lab, *command, "--dry-run")
    assert "1 of 1 runs would be executed by InlineExecutor" in done.stdout, done.stdout + done.stderr
    assert "went on" in done.stdout
    done = python(lab, *command, "--bogus")
    assert "unknown argument '--bogus'" in done.stdout + done.stderr
    assert "went on" not in done.stdout
    assert not (lab.root / "out").exists()


@pytest.mark.parametrize(("command", "program"), NOT_READ.values(), ids=NOT_READ)
def test_not_read(lab: Project, command: list[str], program: str):
    if "click" in program:
        pytest.importorskip("click")
    lab.write("main.py", program)
    done = python(lab, *command, "--dry-run")
    assert REFUSED in done.stdout + done.stderr
    assert not (lab.root / "out").exists()
    done = python(lab, *command, "--bogus", "--filter=nothing")
    assert "went on" in done.stdout, done.stderr
    assert len(lab.batches("experiment")) == 1


def test_stdin_is_not_read(lab: Project):
    done = subprocess.run(
        [sys.executable, "-", "--dry-run"],
        cwd=lab.root,
        env=lab.environment,
        input="import lab; lab.main()",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert REFUSED in done.stderr


@pytest.fixture
def installed(project: Project) -> Installation:
    """A virtual environment with the package ``lab`` and another one whose program loads it."""
    installation = Installation(project.root / "venv")
    lab = project.write("venv/lab.txt", LAB).read_text()
    for package, source in (("lab", lab), ("tool", "def main():\n    import lab\n    lab.main()\n")):
        (installation.packages / package).mkdir()
        (installation.packages / package / "__init__.py").write_text(source)
        (installation.packages / package / "__main__.py").write_text(f"from {package} import main\nmain()\n")
        installation.add_program(package, f"{package}:main", package)
    return installation


@pytest.mark.parametrize("way", ["console script", "-m"])
def test_a_program_of_an_installed_package_has_its_own_command_line(
    project: Project, installed: Installation, way: str
):
    def start(package: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(installed.programs / package)] if way == "console script" else ["-m", package]
        return python(project, *command, *arguments, executable=str(installed.programs / "python"))

    done = start("lab", "--dry-run")
    assert f"in a new batch in {project.root}/out/experiment" in done.stdout, done.stderr
    assert start("lab", "--bogus").returncode == 2
    assert REFUSED in start("tool", "--dry-run").stderr
    assert not (project.root / "out").exists()
    assert start("tool", "--bogus").returncode == 0
    assert len(project.batches("experiment")) == 1  # beside the person, not inside of site-packages


def test_a_main_module_that_holds_the_experiment_is_its_own(project: Project, installed: Installation):
    lab = (project.root / "venv" / "lab.txt").read_text()
    (installed.packages / "solo.py").write_text(f"{lab}\nmain()\n")
    done = python(project, "-m", "solo", "--dry-run", executable=str(installed.programs / "python"))
    assert "1 of 1 runs would be executed" in done.stdout, done.stderr


ASYNC = """
    import asyncio, sys, lab

    async def main():
        match sys.argv[1]:
            case "arun": print(await lab.experiment.arun())
            case "arun-argv": print(await lab.experiment.arun(argv=sys.argv[2:]))
            case "astream": print([r.name async for r in lab.experiment.astream()])
            case "astream-argv": print([r.name async for r in lab.experiment.astream(argv=sys.argv[2:])])

    asyncio.run(main())
    """


@pytest.mark.parametrize("call", ["arun", "astream"])
def test_in_a_loop_argv_is_given(lab: Project, call: str):
    lab.write("main.py", ASYNC)
    done = python(lab, "main.py", call, "--list")
    assert f"{call}() does not read the command line here, which has '--list'" in done.stderr
    done = python(lab, "main.py", f"{call}-argv", "--dry-run")
    assert "1 of 1 runs would be executed" in done.stdout, done.stderr
    assert "SettingsError: unknown argument '--bogus'" in python(lab, "main.py", f"{call}-argv", "--bogus").stderr
    assert not (lab.root / "out").exists()
    assert python(lab, "main.py", f"{call}-argv", "--filter", "config").returncode == 0
    assert " 1 passed " in python(lab, "main.py", f"{call}-argv", "--list").stdout


def test_a_run_that_starts_an_experiment_has_no_command_line(project: Project):
    """Its process has that of the start that it belongs to."""
    project.write("lab.py", LAB)
    project.write(
        "main.py",
        """
        import lab, pyexp

        @pyexp.experiment(stash=False)
        def outer(config):
            return len(lab.experiment.run(output_dir=config.out))

        if __name__ == "__main__":
            print(outer.run(configs=lambda: [{"x": 1}], report=lambda results: results[0].result))
        """,
    )
    for executor in ("subprocess", "fork", "inline"):
        done = python(project, "main.py", "--executor", executor)
        assert done.stdout.splitlines()[-1] == "1", done.stderr
        (result,) = project.batches("outer")[-1].glob("config0-*/result.pkl")
        result.unlink()
        done = python(project, "main.py", "--continue", "--executor", executor)
        assert done.stdout.splitlines()[-1] == "1", done.stderr
