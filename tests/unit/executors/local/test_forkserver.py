"""The fork server: what its runs share and what they do not, and every way in which it can fail."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import time
import types
from pathlib import Path

import pytest

from pyexp import ForkserverExecutor
from pyexp.errors import ExecutorError
from pyexp.executors.base import Session
from pyexp.executors.child import random_state
from pyexp.executors.local import server
from pyexp.scheduler.retry import RetryPolicy
from support.experiments import run_all, run_one
from support.processes import is_alive
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

THREE = [{"x": x} for x in range(3)]


class AtTheTop:
    """Calls a function where the script's code is made ready: stands for what its top does."""

    def __init__(self, function, *args) -> None:
        self.call = (function, args)

    def __reduce__(self):
        return self.call


def function_with(top):
    """An experiment whose code, in the server, begins with *top*."""

    def function(config):
        assert top is None
        return config.x

    return function


def run_with_top(function, *args, output_dir, configs=THREE, **settings):
    top = AtTheTop(function, *args)
    return run_all(function_with(top), configs, output_dir, executor="forkserver", **settings)


def explode(path):
    with open(path, "a") as file:
        file.write("x")
    raise ValueError("at the top")


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setitem(RetryPolicy.__init__.__kwdefaults__, "first_delay_s", 0.0)
    monkeypatch.setitem(Session.__init__.__kwdefaults__, "grace_s", 0.5)


@pytest.mark.slow
def test_runs_are_forked_from_one_server(tmp_path):
    def pids(config):
        return os.getppid(), os.getpid(), os.getsid(0)

    found = [result.result for result in run_all(pids, THREE, tmp_path, executor="forkserver")]

    assert len({parent for parent, _, _ in found}) == 1
    assert found[0][0] != os.getpid()
    assert len({pid for _, pid, _ in found}) == 3
    assert all(pid == sid for _, pid, sid in found)


@pytest.mark.slow
def test_nothing_of_a_run_is_seen_by_the_next(tmp_path):
    def leave_traces(config):
        seen = {
            "global": random_state.__dict__.get("trace"),
            "descriptors": len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0,
            "threads": threading.active_count(),
            "variable": os.environ.get("PYEXP_TRACE"),
            "folder": os.getcwd(),
            "arguments": list(sys.argv),
            "handler": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
        }
        random_state.trace = config.x
        random_state.kept_open = open(os.devnull)  # noqa: SIM115
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        os.environ["PYEXP_TRACE"] = "left"
        os.chdir("/")
        sys.argv.append("left")
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return seen

    first, *others = (r.result for r in run_all(leave_traces, THREE, tmp_path, executor="forkserver", jobs=1))

    assert first["global"] is None
    assert first["variable"] is None
    assert first["threads"] == 1
    assert others == [first, first]


@pytest.mark.slow
def test_run_finds_signals_as_a_script_does(tmp_path):
    def look(config):
        return signal.set_wakeup_fd(-1), signal.getsignal(signal.SIGCHLD), signal.getsignal(signal.SIGINT)

    result = run_one(look, {}, tmp_path, executor="forkserver").result

    assert result == (-1, signal.SIG_DFL, signal.default_int_handler)


@pytest.mark.slow
def test_exit_handlers_of_the_top_are_the_servers_and_those_of_a_run_its_own(tmp_path):
    def append(path):
        Path(path).write_text(Path(path).read_text() + f"{os.getpid()} " if Path(path).exists() else f"{os.getpid()} ")

    def register(path):
        import atexit

        atexit.register(append, path)

    top = AtTheTop(register, str(tmp_path / "top"))

    def function(config):
        import atexit

        assert top is None

        atexit.register(append, str(config.out / "own"))
        return os.getpid(), os.getppid()

    results = run_all(function, THREE, tmp_path / "out", executor="forkserver")

    server_pid = results[0].result[1]
    assert (tmp_path / "top").read_text().split() == [str(server_pid)]
    assert [(r.out / "own").read_text().split() for r in results] == [[str(r.result[0])] for r in results]


@pytest.mark.slow
def test_error_of_the_top_is_every_runs_failure_and_made_once(tmp_path):
    results = run_with_top(explode, str(tmp_path / "count"), output_dir=tmp_path / "out")

    assert {r.status for r in results} == {"failed"}
    assert all(r.error.startswith("ValueError: at the top\n") and "in explode" in r.error for r in results)
    assert (tmp_path / "count").read_text() == "x"


@pytest.mark.slow
def test_retries_try_the_top_again_once_for_all(tmp_path):
    results = run_with_top(explode, str(tmp_path / "count"), output_dir=tmp_path / "out", retries=2, jobs=3)

    assert {r.attempts for r in results} == {3}
    assert (tmp_path / "count").read_text() == "xxx"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "args", "words"),
    [
        (os._exit, (7,), "ForkServerDied: the process that makes the script ready for the runs exited with code 7"),
        (signal.raise_signal, (9,), "ForkServerDied: the process that makes the script ready for the runs killed by"),
        (sys.exit, (3,), "SystemExit"),
    ],
)
def test_top_that_ends_the_server(tmp_path, function, args, words):
    results = run_with_top(function, *args, output_dir=tmp_path)

    assert [r.error.startswith(words) for r in results] == [True] * 3


@pytest.mark.slow
def test_top_that_hangs_is_ended_with_the_batch(tmp_path):
    def hang(path):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        Path(path).write_text(str(os.getpid()))
        time.sleep(600)

    results = run_with_top(hang, str(tmp_path / "pid"), output_dir=tmp_path / "out", timeout=1.5, jobs=3)

    assert {r.status for r in results} == {"timeout"}
    assert not is_alive(int((tmp_path / "pid").read_text()))


@pytest.mark.slow
def test_output_of_the_top_is_in_the_batchs_file(tmp_path):
    results = run_with_top(print, "made ready", output_dir=tmp_path)

    batch = results[0].out.parent
    assert (batch / "forkserver.out").read_text() == "made ready\n"
    assert [r.log for r in results] == [""] * 3


@pytest.mark.slow
def test_quiet_top_leaves_no_file(tmp_path):
    result = run_one(lambda config: 1, {}, tmp_path, executor="forkserver")

    assert not (result.out.parent / "forkserver.out").exists()


@pytest.mark.slow
def test_stream_that_the_top_put_in_place_stays(tmp_path):
    def replace():
        class Shouting:
            def write(self, text):
                return sys.__stdout__.write(text.upper())

            def flush(self):
                sys.__stdout__.flush()

        sys.stdout = Shouting()

    top = AtTheTop(replace)

    def function(config):
        assert top is None
        print("heard")

    assert run_one(function, {}, tmp_path, executor="forkserver").log == "HEARD\n"


@pytest.mark.slow
def test_killed_server_fails_the_run_under_way_and_is_started_again(tmp_path):
    def kill_server(config):
        import subprocess

        if config.x == 1 and not (config.out / "seen").exists():
            (config.out / "seen").write_text(str(subprocess.Popen(["sleep", "600"]).pid))
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(600)
        return os.getppid()

    first, lost, last = run_all(kill_server, THREE, tmp_path, executor="forkserver", jobs=1)

    assert [r.status for r in (first, lost, last)] == ["passed", "failed", "passed"]
    assert lost.error.startswith("ForkServerDied: while the run was under way, the process that it was forked from")
    assert "killed by SIGKILL: out of memory, perhaps" in lost.error
    assert first.result != last.result
    assert not is_alive(int((lost.out / "seen").read_text()))
    assert run_one(kill_server, {"x": 1}, tmp_path / "again", executor="forkserver", retries=1).status == "passed"


@pytest.mark.slow
def test_run_that_is_done_when_its_server_is_killed_has_passed(tmp_path):
    def kill_at_the_end(config):
        import atexit

        atexit.register(os.kill, os.getppid(), signal.SIGKILL)
        return config.x

    results = run_all(kill_at_the_end, THREE, tmp_path, executor="forkserver", jobs=1)

    assert [(r.status, r.result) for r in results] == [("passed", 0), ("passed", 1), ("passed", 2)]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a sub-reaper")
def test_what_a_crashed_run_left_elsewhere_is_ended_with_the_run(tmp_path):
    def crash_or_look(config):
        import subprocess

        from support.processes import is_alive
        from support.waiting import wait_until

        path = Path(config.path)
        if config.x == 0:
            path.write_text(str(subprocess.Popen(["sleep", "600"], start_new_session=True, env={}).pid))
            os.abort()
        wait_until(lambda: not is_alive(int(path.read_text())), timeout_s=10, what="the end of the orphan")

    configs = [{"x": x, "path": str(tmp_path / "pid")} for x in range(2)]

    crashed, looking = run_all(crash_or_look, configs, tmp_path / "out", executor="forkserver", jobs=1)

    assert crashed.error.startswith("ProcessKilled: killed by SIGABRT")
    assert looking.status == "passed", looking.error


@pytest.mark.parametrize("is_late", [False, True], ids=["at the top", "by a thread of the top, later"])
@pytest.mark.slow
def test_helper_of_the_top_lives_on_beside_the_runs(tmp_path, is_late):
    def start_helper(folder, is_late):
        import subprocess

        from support.waiting import wait_until

        def start():
            wait_until(lambda: Path(folder, "go").exists() or not is_late)
            pid = subprocess.Popen(["sleep", "600"]).pid
            Path(folder, "part").write_text(str(pid))
            Path(folder, "part").rename(Path(folder, "pid"))

        thread = threading.Thread(target=start, daemon=True)
        thread.start()
        if not is_late:
            thread.join()

    top = AtTheTop(start_helper, str(tmp_path), is_late)

    def look(config):
        from support.processes import is_alive
        from support.waiting import wait_until

        assert top is None
        Path(config.folder, "go").touch()
        wait_until(Path(config.folder, "pid").exists)
        return is_alive(int(Path(config.folder, "pid").read_text()))

    configs = [{"x": x, "folder": str(tmp_path)} for x in range(3)]
    results = run_all(look, configs, tmp_path / "out", executor="forkserver", jobs=1)

    assert [r.result for r in results] == [True] * 3
    wait_until(lambda: not is_alive(int((tmp_path / "pid").read_text())), what="the end of the helper")


@pytest.mark.slow
def test_fork_that_is_refused_fails_the_run(tmp_path):
    def refuse():
        import errno

        from pyexp.executors.child import spare

        def fork():
            raise OSError(errno.EAGAIN, "no more")

        spare.fork = fork

    results = run_with_top(refuse, output_dir=tmp_path)

    assert all(r.error.startswith("BlockingIOError: the run's process could not be started") for r in results)


@pytest.mark.parametrize("forks", [0, 1], ids=["of the first process", "of the next, while a run works"])
@pytest.mark.slow
def test_fork_that_hangs_fails_the_run(tmp_path, monkeypatch, forks):
    monkeypatch.setattr(server, "_FORK_S", 0.3)

    def hang(left):
        from pyexp.executors.child import spare

        whole = spare.fork

        def fork():
            nonlocal left
            left -= 1
            return whole() if left >= 0 else time.sleep(600)

        spare.fork = fork

    results = run_with_top(hang, forks, output_dir=tmp_path, configs=THREE[:1])

    assert results[0].status == "passed" or results[0].error.startswith("ForkServerDied: while the run was under way")
    assert results[0].status == "failed" or forks


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_process_that_waits_for_its_run_may_be_killed(tmp_path):
    def kill_others(config):
        from pyexp.executors.ending.processes import list_children
        from support.waiting import wait_until

        def spare():
            return [pid for pid in list_children(os.getppid()) if pid != os.getpid()]

        (pid,) = wait_until(spare, what="the process of the next run")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: pid not in list_children(os.getppid()), what="its end")
        return config.x

    results = run_all(kill_others, THREE, tmp_path, executor="forkserver", jobs=1)

    assert [result.result for result in results] == [0, 1, 2]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_next_run_holds_no_file_of_the_last(tmp_path):
    def files(config):
        names = []
        for descriptor in os.listdir("/proc/self/fd"):
            try:
                names.append(os.readlink(f"/proc/self/fd/{descriptor}"))
            except OSError:
                continue
        return sorted({name for name in names if name.endswith("log.out") or "memfd" in name or "socket" in name})

    for result in run_all(files, THREE, tmp_path, executor="forkserver", jobs=1):
        assert [name for name in result.result if name != str(result.out / "log.out")] == ["/memfd:pyexp (deleted)"]


@pytest.mark.slow
def test_thread_of_the_top_is_noted_once(tmp_path, capsys):
    def start():
        threading.Thread(target=time.sleep, args=(600,), name="prefetch", daemon=True).start()

    results = run_with_top(start, output_dir=tmp_path)

    assert {r.status for r in results} == {"passed"}
    told = capsys.readouterr().err
    assert told.count("note: ") == 1
    assert "has 'prefetch' (Python threads that may hold locks)" in told
    assert "'subprocess'" in told


@pytest.mark.parametrize(("owner", "name"), [(os, "fork"), (socket, "send_fds")])
def test_it_is_refused_where_the_platform_cannot(monkeypatch, owner, name):
    monkeypatch.delattr(owner, name)

    with pytest.raises(ExecutorError, match=rf"'forkserver' needs \w+\.{name}, which .* lacks: use 'subprocess'"):
        ForkserverExecutor()


@pytest.mark.slow
def test_run_imports_nothing_of_the_library_for_itself(tmp_path):
    """The server freezes what it has: what is collected in the run was made there."""

    def experiment(config):
        return [thing.__name__ for thing in gc.get_objects() if isinstance(thing, types.ModuleType)]

    assert run_one(experiment, {}, tmp_path, executor="forkserver").result == []


@pytest.mark.slow
@pytest.mark.parametrize(("of_the_user", "seen"), [(None, "1"), ("0", "0")])
def test_torch_asks_for_gpus_without_cuda_unless_the_user_says_otherwise(tmp_path, monkeypatch, of_the_user, seen):
    name = "PYTORCH_NVML_BASED_CUDA_CHECK"
    monkeypatch.delenv(name, raising=False)
    if of_the_user is not None:
        monkeypatch.setenv(name, of_the_user)

    def experiment(config):
        return os.environ.get(name)

    assert run_one(experiment, {}, tmp_path, executor="forkserver").result == seen
