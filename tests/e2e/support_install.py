"""A virtual environment with programs in it, as an installer leaves them, without the network that one needs."""

from __future__ import annotations

import sys
import venv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONSOLE_SCRIPT = """#!{python}
import sys
from {module} import {function}
if __name__ == "__main__":
    sys.argv[0] = sys.argv[0].removesuffix(".exe")
    sys.exit({function}())
"""


class Installation:
    """An environment that has all packages of this one, too."""

    def __init__(self, place: Path) -> None:
        venv.EnvBuilder(symlinks=True).create(place)
        self.programs = place / "bin"
        (self.packages,) = place.glob("lib/python*/site-packages")
        self.add_path("more", *(folder for folder in sys.path if folder.endswith("site-packages")))

    def add_path(self, name: str, *folders: str) -> None:
        """Have modules found in *folders*, as an editable installation does."""
        (self.packages / f"{name}.pth").write_text("".join(f"{folder}\n" for folder in folders))

    def add_program(self, program: str, entry: str, package: str) -> Path:
        """Install what an entry point makes of *entry* (``module:function``) in *package*; return the program."""
        info = self.packages / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[console_scripts]\n{program} = {entry}\n")
        module, _, function = entry.partition(":")
        script = self.programs / program
        script.write_text(CONSOLE_SCRIPT.format(python=self.programs / "python", module=module, function=function))
        script.chmod(0o755)
        return script
