"""A verb of the command line in a process of its own; an error is the last line on standard error, as JSON."""

from __future__ import annotations

import json
import sys

from . import _core
from .errors import TachlesError

if __name__ == "__main__":
    try:
        code = _core.attempt(["tachles", *sys.argv[1:]])
    except TachlesError as error:
        parts = [error.kind, error.message, error.file, error.record, error.line, error.byte]
        print(json.dumps({"event": "raised", "message": str(error), "parts": parts}), file=sys.stderr)
        code = 2
    sys.exit(code)
