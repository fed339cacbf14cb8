"""The command line: ``python -m tachles``, and the command ``tachles`` that comes with the package."""

from __future__ import annotations

import sys

from . import _core


def main() -> int:
    """Runs the command line with the arguments of the process, and gives its exit code."""
    return _core.main(["tachles", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
