"""``python -m pyexp.viewer DIR``: the viewer's command line."""

from __future__ import annotations

import sys

from pyexp.viewer.launch.foreground import main

if __name__ == "__main__":
    sys.exit(main())
