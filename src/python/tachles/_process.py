"""A verb of the command line in a process of its own: what it says is passed on, its error becomes an exception."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

from .errors import TachlesError, of
from .model import Path_


class Done(NamedTuple):
    """How a verb ended."""

    code: int
    """Its exit code, 0 or 1."""
    printed: str
    """Its standard output."""
    events: list[dict[str, Any]]
    """The lines of its log."""


def run(
    verb: str,
    *positional: Path_,
    folder: Optional[Path] = None,
    log: Optional[Callable[[str], None]] = None,
    **options: Any,
) -> Done:
    """Run a verb; its warnings become warnings, its error an exception, and `log` is told the rest as it is said.

    Files in `folder` stand for tables in memory, and are called by their names alone.
    """

    def named(text: str) -> str:
        return text if folder is None else re.sub(re.escape(f"{folder}{os.sep}") + r"(?:(?:pool|known)/)?(?:\d+/)?", "", text)

    files = [os.fspath(file) for file in positional]
    command = [sys.executable, "-m", "tachles._child", verb, *_arguments(options), "--", *files]
    events: list[dict[str, Any]] = []
    printed: list[bytes] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        # Two pipes, of which neither may fill up while the other is read.
        reader = threading.Thread(target=lambda out=process.stdout: printed.append(out.read()), daemon=True)
        reader.start()
        try:
            for line in process.stderr:
                event = _event(named(line.decode("utf-8", "replace").rstrip("\n")))
                events.append(event)
                message = event["message"]
                if event["event"] == "raised":
                    continue
                if message.startswith("warning: "):
                    warnings.warn(message[len("warning: ") :], UserWarning, stacklevel=3)
                elif log is not None:
                    log(message)
            process.wait()
        except BaseException:
            process.kill()
            raise
        reader.join()
    for event in events:
        if event["event"] == "raised":
            raise of(*event["parts"])
    if process.returncode not in (0, 1):
        text = "; ".join(event["message"] for event in events[-3:]) or f"exit code {process.returncode}"
        raise TachlesError(f"{verb} did not end well: {text}")
    return Done(process.returncode, named(b"".join(printed).decode("utf-8")), events)


def _event(text: str) -> dict[str, Any]:
    """A line of the log, which is JSON when it was asked for as such."""
    try:
        return {"fields": {}, **json.loads(text)}
    except (json.JSONDecodeError, TypeError):
        return {"event": "message", "level": "info", "message": text, "fields": {}}


def _arguments(options: Mapping[str, Any]) -> list[str]:
    arguments = []
    for name, value in options.items():
        flag = "--" + {"log_format": "log"}.get(name, name).replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            arguments.append(flag)
            continue
        several = value if isinstance(value, (list, tuple, set)) else [value]
        for one in several:
            arguments += [flag, os.fspath(one) if isinstance(one, os.PathLike) else str(one)]
    return arguments
