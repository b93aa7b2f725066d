"""Make the golden batches, once: `python tests/golden/make.py`, with pyexp as it was at commit f2bb449.

This is the record of how `batches/` came to be; no test runs it. Golden batches are never made again: a later version
must read, report, continue and show what this one wrote. Batches of a later format get a folder of their own.

The experiments run in `/home/user/project`, which is made for it, so that no folder of the machine stands in a pickle,
a hash or a checksum. What the library notes of the machine besides (host, process ids, packages, where Python is) is
replaced afterwards, in plain files only.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyexp
from pyexp.store.batches.finding import find_batch
from pyexp.store.status import load_status, save_status

HERE = Path(__file__).absolute().parent
PROJECT = Path("/home/user/project")
OUT = PROJECT / "out"
SOURCE = Path(pyexp.__file__).absolute().parents[1]

HOST = "golden-host"
SITE = "/home/user/venv/lib/python3.11/site-packages"
PYTHON = "/home/user/venv/bin/python"
PACKAGES = ("anyio", "cloudpickle", "matplotlib", "numpy", "plotly", "protobuf")
LARGEST_BYTES = 1 << 20

CONTINUE = """\
from golden.states import states
states.run(argv=None, continue_run=True, filter={filter!r}, output_dir={out!r}, report=lambda results: None)
"""


def main():
    target = HERE / "batches"
    if target.exists() or PROJECT.exists():
        sys.exit(f"{target} or {PROJECT} exists: golden batches are never made again, and need that folder for a while")
    prepare()
    try:
        from golden import experiments

        make_plain_batches(experiments)
        make_states(experiments.states)
        make_damage(experiments.damaged)
        tear_logs(experiments.logged)
        neutralise()
        require_neutral()
        shutil.copytree(OUT, target)
    finally:
        os.chdir(HERE)
        shutil.rmtree(PROJECT)


def prepare():
    (PROJECT / "golden").mkdir(parents=True)
    for path in HERE.glob("*.py"):
        shutil.copy(path, PROJECT / "golden")
    os.chdir(PROJECT)
    sys.path.insert(0, str(PROJECT))
    sys.dont_write_bytecode = True
    os.environ |= {
        "GOLDEN_MAKING": "1",
        "MPLBACKEND": "Agg",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join([str(PROJECT), str(SOURCE)]),
    }


def run(runner, **settings):
    runner.run(output_dir=OUT, argv=None, report=lambda results: None, **settings)


def make_plain_batches(experiments):
    for name, runner in experiments.RUNNERS.items():
        if name == "swept":
            run(runner, configs=experiments.variant_configs)
        if name not in ("states", "scripted"):
            run(runner)
    script = [sys.executable, "golden/script.py", "--output-dir", str(OUT)]
    subprocess.run(script, check=True)


def make_states(states):
    run(states, filter="^(passed|failed|exited|killed)$")
    run(states, continue_run=True, filter="^(retried|failed-twice)$", retries=1)
    run(states, continue_run=True, filter="^timed-out$", timeout=1.5)
    stop("interrupted", signal.SIGINT)
    stop("orphaned", signal.SIGKILL)
    (events,) = find_batch(OUT / "states").glob("orphaned-*/events.pb")
    cut(events, 9)


def stop(name, number):
    """Continue the run *name* in a process of its own, and end that with a signal while the run waits."""
    code = CONTINUE.format(filter=f"^{name}$", out=str(OUT))
    process = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 60
    while not list(OUT.glob(f"states/*/{name}-*/waiting")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"{name} never waited")
        time.sleep(0.05)
    process.send_signal(number)
    process.wait()


def make_damage(damaged):
    runs = {result.name: result.out for result in damaged.results(output_dir=OUT)}
    flip(runs["flipped-result"] / "result.pkl")
    cut(runs["cut-result"] / "result.pkl", 4)
    for name in ("altered-config", "altered-config-without-result"):
        path = runs[name] / "config.json"
        path.write_text(re.sub(r'"x": \d+', '"x": 99', path.read_text(encoding="utf-8")), encoding="utf-8")
    (runs["altered-config-without-result"] / "result.pkl").unlink()
    for name in ("lost-status", "lost-status-and-result"):
        (runs[name] / "status.json").unlink()
    for name in ("lost-status-and-result", "lost-result"):
        (runs[name] / "result.pkl").unlink()
    cut(runs["torn-status"] / "status.json", 40)
    cut(runs["whole"].parent / "index.jsonl", 5)


def tear_logs(logged):
    runs = {result.name: result.out for result in logged.results(output_dir=OUT)}
    data = (runs["torn"] / "events.pb").read_bytes()
    (runs["torn"] / "events.pb").write_bytes(data[: len(data) * 3 // 5])
    data = (runs["jsonl-torn"] / "scalars.jsonl").read_bytes()
    (runs["jsonl-torn"] / "scalars.jsonl").write_bytes(data[: len(data) * 3 // 5])


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path, size):
    path.write_bytes(path.read_bytes()[:-size])


def neutralise():
    for path in OUT.glob("*/*/*/status.json"):
        if path.parent.name.startswith("torn-status-"):
            path.write_text(neutral(path.read_text(encoding="utf-8")), encoding="utf-8")
            continue
        status = load_status(path)
        pid = status.pid and 4242
        save_status(
            path, replace(status, host=status.host and HOST, pid=pid, error=status.error and neutral(status.error))
        )
    for pattern in ("*/*/*/log.out", "*/*/index.jsonl"):
        for path in OUT.glob(pattern):
            path.write_text(neutral(path.read_text(encoding="utf-8")), encoding="utf-8")
    for path in OUT.glob("*/*/.owner"):
        path.write_text(json.dumps(neutral_owner(json.loads(path.read_bytes()))), encoding="utf-8")
    for path in OUT.glob("*/*/batch.json"):
        facts = json.loads(path.read_bytes())
        facts |= {"host": HOST, "owner": neutral_owner(facts["owner"]), "platform": "Linux-6.1-x86_64-with-glibc2.36"}
        facts["packages"] = {name: version for name, version in facts["packages"].items() if name in PACKAGES}
        facts["command"] = [PYTHON, "golden/script.py"]
        path.write_text(json.dumps(facts, indent=1), encoding="utf-8")


def neutral_owner(owner):
    return owner | {"host": HOST, "pid": 4242}


def neutral(text):
    text = re.sub(r'"pid": \d+', '"pid": 4242', text.replace(str(SOURCE), SITE).replace(sys.executable, PYTHON))
    return text.replace(f'"{socket.gethostname()}"', f'"{HOST}"')


def require_neutral():
    """Fail if the machine shows anywhere, or if the fixture is too large."""
    folders = {str(SOURCE), str(HERE), str(Path.home()), sys.executable, sys.prefix, sys.base_prefix, "/tmp/"}
    strange = folders | {f'"{socket.gethostname()}"'}
    files = [path for path in OUT.rglob("*") if path.is_file()]
    for path in files:
        data = path.read_bytes()
        if found := [text for text in strange if text.encode() in data]:
            raise AssertionError(f"{path} names {found}")
    if (size := sum(path.stat().st_size for path in files)) > LARGEST_BYTES:
        raise AssertionError(f"the batches have {size:,} bytes")


if __name__ == "__main__":
    main()
