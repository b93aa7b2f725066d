"""Every benchmark's table, one after the other; name some to run only those (``run_all.py running logging``)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

if __name__ == "__main__":
    wanted = sys.argv[1:] or sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    failed = [
        name for name in wanted if subprocess.run([sys.executable, HERE / f"bench_{name}.py"], check=False).returncode
    ]
    sys.exit(f"these benchmarks broke: {', '.join(failed)}" if failed else 0)
