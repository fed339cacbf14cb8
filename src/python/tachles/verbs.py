"""The verbs of the command line for Python programs: train, batch.

Each runs the command line of this very package in a process of its own, so results are the same to the byte, an interrupt
ends it at once, and every option of the command line is there: ``no_nested=True`` is ``--no-nested``, ``exclude_ids=["a",
"b"]`` is ``--exclude-ids a --exclude-ids b``. Tables go there as temporary Parquet files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import warnings as _warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional, Union

import pyarrow as pa
import pyarrow.parquet

from . import _core
from ._frames import frame
from .errors import TachlesError, UsageError, of
from .model import Model, Path_, load


class _Done(NamedTuple):
    code: int
    printed: bytes
    events: list[dict[str, Any]]


def train(
    *labeled: Any,
    output: Optional[Path_] = None,
    names: Optional[Sequence[str]] = None,
    columns: Optional[Mapping[str, str]] = None,
    log: Optional[Callable[[str], None]] = None,
    **options: Any,
) -> Model:
    """Learn a model from labelled ads: cross-validated by employer and near-duplicates, calibrated.

    Parameters
    ----------
    *labeled
        Tables (any kind that :class:`Model` takes, with label columns: see :meth:`Model.evaluate`) or paths of files.
    output : path, optional
        The model directory to write; nothing is kept without.
    names : sequence of str, optional
        What to call tables in the model's card; ``labeled.parquet`` by default.
    columns : mapping, optional
        As in :meth:`Model.score`.
    log : callable, optional
        Is told what the command line says, line by line.
    **options
        Those of ``tachles train``, such as ``name``, ``seed``, ``folds``, ``no_nested`` (quick, its figures slightly kind),
        ``class_weight="balanced"``, ``costs``, ``unlabeled``.

    Returns
    -------
    Model
        With its figures in :attr:`Model.metrics`.

    Raises
    ------
    TrainingError
        When there is too little to learn from.
    """
    with tempfile.TemporaryDirectory(prefix="tachles-") as folder:
        files = _files(labeled, names, columns, Path(folder))
        options.setdefault("name", "trained" if output is None else Path(output).name)
        target = Path(folder) / "model" if output is None else Path(output)
        _run("train", *files, output=target, map=_maps(columns), log=log, **options)
        return load(target)


def batch(
    inputs: Union[Path_, Sequence[Path_]],
    output: Path_,
    *,
    log: Optional[Callable[[str], None]] = None,
    **options: Any,
) -> dict[str, Any]:
    """Score files from end to end, in bounded memory: ``tachles batch``.

    Parameters
    ----------
    inputs : path or sequence of paths
        Files, folders or patterns.
    output : path
        CSV, JSON Lines or Parquet by its name.
    **options
        Those of ``tachles batch``, such as ``ledger``, ``quarantine``, ``only_new``, ``report``.

    Returns
    -------
    dict
        What became of the records: ``read``, ``scored``, ``unchanged``, ``duplicates``, ``quarantined`` …
    """
    several = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    done = _run("batch", *several, output=output, log=log, **{**options, "log_format": "json"})
    counts = [event["fields"] for event in done.events if event["event"] == "done"]
    return dict(counts[-1]) if counts else {}


def why(id: str, ledger: Path_) -> Optional[dict[str, Any]]:
    """The history of a posting in a ledger: what was said of it, when, on what evidence; None when it was never seen."""
    text = _core.why(os.fspath(ledger), id)
    return None if text is None else json.loads(text)


def _files(
    tables: Sequence[Any], names: Optional[Sequence[str]], columns: Optional[Mapping[str, str]], folder: Path
) -> list[str]:
    """The files that `tables` are; those in memory are written into `folder`."""
    if not tables:
        raise UsageError("a table or a file is needed, there is none")
    if names is not None and len(names) != len(tables):
        raise UsageError(f"as many names as tables are needed, there are {len(names)} for {len(tables)}")
    files = []
    for place, table in enumerate(tables):
        if isinstance(table, (str, os.PathLike)):
            files.append(os.fspath(table))
            continue
        usual = "labeled.parquet" if len(tables) == 1 else f"labeled {place + 1}.parquet"
        name = Path(names[place] if names is not None else usual).name
        made = frame(table, columns or {})
        for row, what in made.faults.items():
            raise of("record", f"a text must be a string, is {what}", file=name, record=row + 1)
        inside = folder / str(place) / name
        inside.parent.mkdir()
        # Dictionaries and views are of no use in a file.
        pa.parquet.write_table(made.table, inside, store_schema=False)
        files.append(str(inside))
    return files


def _maps(columns: Optional[Mapping[str, str]]) -> list[str]:
    return [f"{field}={column}" for field, column in (columns or {}).items()]


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


def _run(verb: str, *positional: Path_, log: Optional[Callable[[str], None]] = None, **options: Any) -> _Done:
    """Runs a verb; its warnings become warnings, its error an exception."""
    files = [os.fspath(file) for file in positional]
    command = [sys.executable, "-m", "tachles._child", verb, *_arguments(options), "--", *files]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            printed, said = process.communicate()
        except BaseException:
            process.kill()
            raise
    events: list[dict[str, Any]] = []
    for line in said.decode("utf-8", "replace").splitlines():
        try:
            event = json.loads(line)
            events.append({"fields": {}, **event})
        except (json.JSONDecodeError, TypeError):
            events.append({"event": "message", "level": "info", "message": line, "fields": {}})
    for event in events:
        if event["event"] == "raised":
            raise of(*event["parts"])
        message = event["message"]
        if message.startswith("warning: "):
            _warnings.warn(message[len("warning: ") :], UserWarning, stacklevel=3)
        elif log is not None:
            log(message)
    if process.returncode not in (0, 1):
        text = "; ".join(event["message"] for event in events[-3:]) or f"exit code {process.returncode}"
        raise TachlesError(f"{verb} did not end well: {text}")
    return _Done(process.returncode, printed, events)
