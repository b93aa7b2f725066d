"""Starting and ending a viewer: as a program, beside an experiment, with bad input (and S11)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import pyexp.viewer
from pyexp.errors import MissingExtraError, SettingsError, ViewerError
from pyexp.log import Logger
from pyexp.viewer.launch import background, foreground
from pyexp.viewer.settings import ViewerSettings, checked_root

SOURCE = str(Path(pyexp.viewer.__file__).parents[2])


def environment():
    return os.environ | {"PYTHONPATH": SOURCE, "PYTHONWARNINGS": "error"}


def ask(url, path="/api/hello"):
    base, _, token = url.partition("/#token=")
    request = urllib.request.Request(base.rstrip("/") + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def run_program(*arguments, **settings):
    return subprocess.Popen(
        [sys.executable, "-m", "pyexp.viewer", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        **settings,
    )


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_the_program_prints_its_address_and_ends_on_a_signal(tmp_path, ending):
    port = free_port()
    with run_program(tmp_path, "--port", port) as program:
        assert program.stdout.readline() == f"Viewing {tmp_path}\n"
        url = program.stdout.readline().strip()
        assert url.startswith(f"http://127.0.0.1:{port}/#token=")
        assert ask(url)["root"] == tmp_path.name
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(url.partition("#")[0] + "#token=wrong")
        program.send_signal(ending)
        assert program.wait(10) == 0
        assert program.stderr.read() == ""


def test_the_token_is_another_one_each_time(tmp_path):
    assert ViewerSettings(root=tmp_path).token != ViewerSettings(root=tmp_path).token
    assert len(ViewerSettings(root=tmp_path).token) > 40
    assert ViewerSettings(root=tmp_path).token not in repr(ViewerSettings(root=tmp_path))


@pytest.mark.slow
def test_for_other_machines_the_address_with_this_ones_name_is_printed_too(tmp_path):
    port = free_port()
    with run_program(tmp_path, "--port", port, "--host", "0.0.0.0") as program:
        program.stdout.readline()
        url = program.stdout.readline().strip()
        assert url.startswith(f"http://127.0.0.1:{port}/#token=")
        other, _, note = program.stdout.readline().strip().partition("  ")
        assert other == url.replace("127.0.0.1", socket.gethostname())
        assert note == "(from other machines)"
        program.terminate()


@pytest.mark.slow
def test_a_restart_has_the_same_address_also_beside_an_experiment(tmp_path):
    port = free_port()
    urls = []
    for _ in range(2):
        with run_program(tmp_path, "--port", port) as program:
            program.stdout.readline()
            urls.append(program.stdout.readline().strip())
            program.terminate()
        viewer = pyexp.viewer.start_viewer(tmp_path, port=port)
        urls.append(viewer.url)
        viewer.stop()
    assert len(set(urls)) == 1


@pytest.mark.slow
def test_without_a_token_the_address_has_none(tmp_path):
    with run_program(tmp_path, "--port", free_port(), "--no-token") as program:
        program.stdout.readline()
        url = program.stdout.readline().strip()
        assert "#" not in url
        assert ask(url)["token"] is False
        program.terminate()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{tmp}", "{tmp}/missing"], "lies in the other"),
        (["{tmp}", "--base-url", "hub.example"], "--base-url is 'hub.example'"),
        (["{tmp}", "--allow-host", "*.example"], "--allow-host is '*.example'"),
        (["{tmp}", "--allow-frame", "*"], "--allow-frame is '*'"),
        (["{tmp}", "--allow-frame", "https://hub.example", "--no-token"], "leave --no-token out"),
        (["{tmp}/file"], "is a file"),
        (["{tmp}", "--port", "{taken}"], "choose another one with --port"),
        (["{tmp}", "--port", "99999"], "from 0 to 65535"),
        (["{tmp}", "--host", "0.0.0.0", "--no-token"], "leave --no-token out"),
        (["{tmp}", "--host", "192.0.2.1"], "cannot listen on '192.0.2.1'"),
        (["{tmp}", "--host", "no such host"], "cannot listen on 'no such host'"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, capsys, arguments, words):
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given = [text.format(tmp=tmp_path, taken=taken.getsockname()[1]) for text in arguments]
        assert foreground.main(given) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("missing", ["aiohttp", "watchfiles"])
def test_a_missing_extra_is_one_sentence(tmp_path, monkeypatch, capsys, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    assert foreground.main([str(tmp_path)]) == 2
    assert 'pip install "pyexp[viewer]"' in capsys.readouterr().err
    with pytest.raises(MissingExtraError, match="viewer"):
        pyexp.viewer.start_viewer(tmp_path)
    with pytest.raises(MissingExtraError, match="viewer"):
        pyexp.viewer.run(tmp_path)


def test_importing_the_package_imports_no_web_stack():
    code = "import sys, pyexp.viewer; sys.exit(bool({'aiohttp', 'watchfiles', 'numpy', 'anyio'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0


@pytest.mark.slow
def test_a_viewer_in_the_background_serves_until_stopped(tmp_path, capfd):
    with Logger(tmp_path / "a") as logger:
        logger.add_scalar("loss", 1.0)
    viewer = pyexp.viewer.start_viewer(tmp_path, port=free_port())
    assert viewer.is_running
    assert [run["name"] for run in ask(viewer.url, "/api/catalog")["runs"]] == ["a"]
    assert "token" not in repr(viewer)
    viewer.stop()
    assert not viewer.is_running
    viewer.stop()
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_taken_port_gives_the_next_free_one(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        viewer = pyexp.viewer.start_viewer(tmp_path, port=port)
        try:
            found = int(viewer.url.partition("/#")[0].rpartition(":")[2])
            assert port < found < port + 100
            assert ask(viewer.url)["root"] == tmp_path.name
        finally:
            viewer.stop()


@pytest.mark.slow
def test_the_folder_may_be_made_later_by_the_experiment(tmp_path):
    viewer = pyexp.viewer.start_viewer(tmp_path / "out" / "mnist", port=free_port())
    try:
        assert ask(viewer.url)["root"] == "mnist"
    finally:
        viewer.stop()


@pytest.mark.slow
def test_a_background_viewer_that_cannot_start_says_why(tmp_path):
    with pytest.raises(ViewerError, match="cannot listen"):
        pyexp.viewer.start_viewer(tmp_path, host="192.0.2.1")
    with pytest.raises(SettingsError, match="port is -1"):
        pyexp.viewer.start_viewer(tmp_path, port=-1)


def test_a_process_that_dies_at_once_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(background.sys, "executable", "/bin/false")
    with pytest.raises(ViewerError, match="did not start"):
        pyexp.viewer.start_viewer(tmp_path)


@pytest.mark.parametrize("how", ["kill", "exit"])
@pytest.mark.slow
def test_a_background_viewer_ends_with_its_parent(tmp_path, how):
    code = (
        "import sys, os, signal, time, pyexp.viewer\n"
        f"v = pyexp.viewer.start_viewer({str(tmp_path)!r}, port={free_port()})\n"
        # A sibling that keeps the lifeline open must not keep the viewer alive.
        "if os.fork() == 0: time.sleep(15); os._exit(0)\n"
        "print(v.pid, v.url, flush=True)\n"
        "sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
    ) as parent:
        pid, url = parent.stdout.readline().split()
        assert ask(url)["root"] == tmp_path.name
        if how == "kill":
            parent.kill()
        else:
            parent.stdin.write("\n")
            parent.stdin.flush()
        parent.wait(20)
        end = Path(f"/proc/{pid}")
        deadline = time.monotonic() + 10
        while end.exists() and "\tZ" not in (end / "status").read_text():
            assert time.monotonic() < deadline, "the viewer outlived its parent"
        os.killpg(parent.pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits")
@pytest.mark.slow
def test_s11_nothing_is_left_in_files_and_the_token_is_in_no_command_line(tmp_path, monkeypatch):
    before = os.umask(0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "logs").mkdir()
    try:
        viewer = pyexp.viewer.start_viewer(tmp_path / "logs", port=free_port())
    finally:
        os.umask(before)
    try:
        token = viewer.url.partition("#token=")[2]
        ask(viewer.url, "/api/catalog")
        process = Path(f"/proc/{viewer.pid}")
        if process.exists():
            assert token not in (process / "cmdline").read_text()
            assert token not in (process / "environ").read_text()
        found = [path for path in tmp_path.rglob("*") if path != tmp_path / "logs"]
        assert [path for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077] == []
        assert found == []
    finally:
        viewer.stop()


@pytest.mark.slow
def test_in_a_notebook_cell_it_serves_until_the_stop_button(tmp_path, monkeypatch, capsys):
    port = free_port()

    def press_stop(viewer):
        assert ask(viewer.url)["root"] == tmp_path.name
        raise KeyboardInterrupt

    monkeypatch.setattr(background.Viewer, "wait", press_stop)

    async def cell():
        pyexp.viewer.run(tmp_path, port=port)

    asyncio.run(cell())
    url = capsys.readouterr().out.splitlines()[1]
    assert url.startswith(f"http://127.0.0.1:{port}/#token=")
    with pytest.raises(urllib.error.URLError):
        ask(url)


def test_the_root_is_resolved_and_must_be_a_folder(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert checked_root(tmp_path / "link") == tmp_path / "real"
    assert checked_root(tmp_path / "missing") == tmp_path / "missing"
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="name the folder"):
        checked_root(tmp_path / "file")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:5/#token=t"),
        ("::1", "http://[::1]:5/#token=t"),
        ("0.0.0.0", "http://127.0.0.1:5/#token=t"),
    ],
)
def test_the_address_fits_a_browser(tmp_path, host, expected):
    assert ViewerSettings(root=tmp_path, host=host, token="t").url(5) == expected
