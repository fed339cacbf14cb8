"""The verbs of the command line for Python programs: train, evaluate, audit, suggest, batch, tokens, why.

But for the last two each runs the command line of this very package in a process of its own, so results are the same to
the byte, an interrupt ends it at once, and every option of the command line is there: ``no_nested=True`` is
``--no-nested``, ``exclude_ids=["a", "b"]`` is ``--exclude-ids a --exclude-ids b``. Tables go there as temporary Parquet
files.
"""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable, Optional, Union

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from . import _core
from ._frames import frame, kind_of, one, whole
from ._process import run
from .errors import UsageError, of
from .model import Model, Path_, load, reading, token_table

Log = Optional[Callable[[str], None]]
Columns = Optional[Mapping[str, str]]


def train(
    *labeled: Any,
    output: Optional[Path_] = None,
    names: Optional[Sequence[str]] = None,
    columns: Columns = None,
    fixes: Any = None,
    log: Log = None,
    **options: Any,
) -> Model:
    """Learn a model from labelled ads: cross-validated by employer and near-duplicates, calibrated.

    Parameters
    ----------
    *labeled
        Tables (any kind that :class:`Model` takes, with label columns: see :func:`evaluate`) or paths of files.
    output : path, optional
        The model directory to write; nothing is kept without.
    names : sequence of str, optional
        What to call tables in the model's card; ``labeled.parquet`` by default.
    columns : mapping, optional
        As in :meth:`Model.score`.
    fixes : table, path, or list of these, optional
        What :func:`audit` gave, with its column ``fix`` filled in: labels are learned as it says.
    log : callable, optional
        Is told what the command line says, line by line, as it says it.
    **options
        Those of ``tachles train``, such as ``name``, ``seed``, ``folds``, ``no_nested`` (quick, its figures slightly kind),
        ``class_weight="balanced"``, ``reason="unpaid"`` (a reason of your own, a column of 0 and 1), ``costs``, ``unlabeled``,
        ``statements`` (judged statements, see docs/CODEBOOK.md),
        ``rubric`` (a directory of lexicons and token tables in place of the package's).

    Returns
    -------
    Model
        With its figures in :attr:`Model.metrics`.

    Raises
    ------
    TrainingError
        When there is too little to learn from.
    """
    with tempfile.TemporaryDirectory(prefix="tachles-") as temporary:
        folder = Path(temporary)
        files = _files(folder, labeled, "labeled", names, columns, _reasons(options))
        options["fixes"] = _fixes(folder, fixes)
        options.setdefault("name", "trained" if output is None else Path(output).name)
        target = folder / "model" if output is None else Path(output)
        run("train", *files, output=target, map=_maps(columns), folder=folder, log=log, **options)
        return load(target, rubric=options.get("rubric"))


def evaluate(
    *labeled: Any,
    model: Union[None, Model, Path_] = None,
    against: Union[None, Model, Path_] = None,
    names: Optional[Sequence[str]] = None,
    columns: Columns = None,
    log: Log = None,
    **options: Any,
) -> dict[str, Any]:
    """Measure a model on labelled ads, and compare it with another.

    :meth:`Model.evaluate` does the same without a process, for tables only.

    Parameters
    ----------
    *labeled
        Tables of ads with their labels, or paths of files: ``label`` (``vague`` or ``concrete``), and where known ``scope``,
        ``vagueness`` and the six reasons; blanks are unknown.
    model, against : Model or path, optional
        The model inside the package by default; another one to compare with on the same ads.
    names, columns, log
        As in :func:`train`.
    **options
        Those of ``tachles evaluate``, such as ``splits="valid,test"`` (which rows of tables that have a ``split``; ``test`` by
        default), ``report="page.html"``, ``max_loss=0.02`` or ``promote_if`` (``["promotion"]["promoted"]`` of the
        result says whether the model may take the place of the other).

    Returns
    -------
    dict
        What ``tachles evaluate --format json`` prints: every figure with its interval, for all ads, each table and
        each language; ``notes`` say when the model has learned from the ads.
    """
    with tempfile.TemporaryDirectory(prefix="tachles-") as temporary:
        folder = Path(temporary)
        own = model.heads if isinstance(model, Model) else []
        files = _files(folder, labeled, "labeled", names, columns, [*_reasons(options), *own])
        models = {"model": _model(folder / "model", model), "against": _model(folder / "against", against)}
        done = run("evaluate", *files, map=_maps(columns), folder=folder, log=log, **{**models, **_rubric(model), **options, "format": "json"})
        found: dict[str, Any] = json.loads(done.printed)
        return found


def audit(
    *labeled: Any,
    names: Optional[Sequence[str]] = None,
    columns: Columns = None,
    fixes: Any = None,
    log: Log = None,
    **options: Any,
) -> Any:
    """Labels that look wrong, the surest first, with the evidence for the other label; nothing is changed.

    Every label is judged by a model that saw neither the ad nor its group (employer, near-duplicates). Fill in the column
    ``fix`` of the result (``keep``, ``yes``, ``no``, ``vague``, ``concrete`` or ``unknown``) and give it to
    :func:`train` or to the next audit as `fixes`.

    Parameters
    ----------
    *labeled, names, columns, fixes, log
        As in :func:`train`.
    **options
        Those of ``tachles audit``, such as ``text_only``, ``most`` (suspects of one head at most), ``with_text``, ``splits``,
        ``folds``, ``seed``; not those that only print figures (``plant``).

    Returns
    -------
    pandas.DataFrame, polars.DataFrame or pyarrow.Table
        The rows of the file that ``tachles audit --out`` writes, of the kind that was given; blanks are nulls. ``kind`` is
        ``suspect`` or ``conflict``, ``p_given`` the probability, 0 to 1, of the label that was given.
    """
    with tempfile.TemporaryDirectory(prefix="tachles-") as temporary:
        folder = Path(temporary)
        files = _files(folder, labeled, "labeled", names, columns, _reasons(options))
        options["fixes"] = _fixes(folder, fixes)
        run("audit", *files, map=_maps(columns), folder=folder, log=log, **{**options, "out": folder / "out.csv", "top": 0})
        return _written(folder / "out.csv", labeled[0])


def suggest(
    *pool: Any,
    n: int = 50,
    model: Union[None, Model, Path_] = None,
    labeled: Any = None,
    names: Optional[Sequence[str]] = None,
    columns: Columns = None,
    log: Log = None,
    **options: Any,
) -> Any:
    """Which ads of a pool to label next: those the model is unsure of, that are typical, and unlike what is labelled.

    Parameters
    ----------
    *pool
        Tables of ads, or paths of files.
    n : int, default=50
        How many to choose. The first of a longer list are those of a shorter one.
    model : Model or path, optional
        The model that is to be improved; the one inside the package by default. ``cold=True`` chooses without.
    labeled : table, path, or list of these, optional
        Ads that are labelled already: neither these nor ads nearly the same are chosen, nor ads much like them.
    names, columns, log
        As in :func:`train`.
    **options
        Those of ``tachles suggest``, such as ``quota="he=20,en=30"``, ``exclude_ids``; not ``simulate``, which only prints.

    Returns
    -------
    pandas.DataFrame, polars.DataFrame or pyarrow.Table
        The rows of the file that ``tachles suggest --out`` writes, of the kind that was given, in the order they were chosen;
        label columns are null, to be filled in and given to :func:`train` as one more table.
    """
    with tempfile.TemporaryDirectory(prefix="tachles-") as temporary:
        folder = Path(temporary)
        files = _files(folder / "pool", pool, "pool", names, columns, ())
        known = _several(labeled)
        options["labeled"] = _files(folder / "known", known, "labeled", None, columns, ()) if known else None
        options.update(_rubric(model), model=_model(folder / "model", model))
        target = folder / "out.csv"
        run("suggest", *files, map=_maps(columns), folder=folder, log=log, **{**options, "count": n, "out": target})
        return _written(target, pool[0])


def batch(
    inputs: Union[Path_, Sequence[Path_]],
    output: Path_,
    *,
    log: Log = None,
    **options: Any,
) -> dict[str, Any]:
    """Score files from end to end, in bounded memory: ``tachles batch``.

    Parameters
    ----------
    inputs : path or sequence of paths
        Files, folders or patterns.
    output : path
        CSV, JSON Lines or Parquet by its name.
    log
        As in :func:`train`.
    **options
        Those of ``tachles batch``, such as ``ledger``, ``quarantine``, ``only_new``, ``report``.

    Returns
    -------
    dict
        What became of the records: ``read``, ``scored``, ``unchanged``, ``duplicates``, ``quarantined`` …
    """
    several = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    done = run("batch", *several, output=output, log=log, **{**options, "log_format": "json"})
    counts = [event["fields"] for event in done.events if event["event"] == "done"]
    return dict(counts[-1]) if counts else {}


def tokens(text: str) -> pa.Table:
    """The tokens of a text under the usual rules, without a model; :meth:`Model.tokens` goes by the rules of a model.

    Returns
    -------
    pyarrow.Table
        ``token``, ``start``, ``end`` (code points of the plain text).
    """
    return token_table(_core.tokens(one(text, {}), reading()))


def why(id: str, ledger: Path_) -> Optional[dict[str, Any]]:
    """The history of a posting in a ledger: what was said of it, when, on what evidence; None when it was never seen."""
    text = _core.why(os.fspath(ledger), id)
    return None if text is None else json.loads(text)


def _files(
    folder: Path,
    tables: Sequence[Any],
    word: str,
    names: Optional[Sequence[str]],
    columns: Columns,
    also: Collection[str],
) -> list[str]:
    """The files that `tables` are; those in memory are written into `folder`, called after `word` where not named."""
    if not tables:
        raise UsageError("a table or a file is needed, there is none")
    if names is not None and len(names) != len(tables):
        raise UsageError(f"as many names as tables are needed, there are {len(names)} for {len(tables)}")
    files = []
    for place, table in enumerate(tables):
        if isinstance(table, (str, os.PathLike)):
            files.append(os.fspath(table))
            continue
        usual = f"{word}.parquet" if len(tables) == 1 else f"{word} {place + 1}.parquet"
        name = Path(names[place] if names is not None else usual).name
        made = frame(table, columns or {}, also)
        for row, what in made.faults.items():
            raise of("record", f"a text must be a string, is {what}", file=name, record=row + 1)
        inside = folder / str(place) / name
        inside.parent.mkdir(parents=True)
        # Dictionaries and views are of no use in a file.
        pa.parquet.write_table(made.table, inside, store_schema=False)
        files.append(str(inside))
    return files


def _several(tables: Any) -> list[Any]:
    """`tables` as a list of tables and paths; a list of ads is one table."""
    if tables is None:
        return []
    if isinstance(tables, (list, tuple)) and not any(isinstance(table, Mapping) for table in tables):
        return list(tables)
    return [tables]


def _fixes(folder: Path, fixes: Any) -> list[str]:
    """The files of decisions that `fixes` are; tables are written into `folder`."""
    files = []
    for place, table in enumerate(_several(fixes)):
        if isinstance(table, (str, os.PathLike)):
            files.append(os.fspath(table))
            continue
        path = folder / f"fixes-{place + 1}.csv"
        decided = whole(table)
        decided = decided.select([name for name in decided.column_names if name in ("id", "head", "given", "file", "fix")])
        pa.csv.write_csv(decided.cast(pa.schema([(name, pa.string()) for name in decided.column_names])), path)
        files.append(str(path))
    return files


def _rubric(model: Union[None, Model, Path_]) -> dict[str, Any]:
    """The option that names the rubric of `model`, where that is not the package's."""
    rubric = model._core.rubric if isinstance(model, Model) else None
    return {} if rubric is None else {"rubric": rubric}


def _model(folder: Path, model: Union[None, Model, Path_]) -> Optional[Path_]:
    """The directory of `model`; one in memory is written into `folder`."""
    if not isinstance(model, Model):
        return model
    model.save(folder)
    return folder


def _reasons(options: Mapping[str, Any]) -> list[str]:
    found = options.get("reason")
    return [found] if isinstance(found, str) else list(found or ())


def _maps(columns: Columns) -> list[str]:
    return [f"{field}={column}" for field, column in (columns or {}).items()]


def _written(path: Path, given: Any) -> Any:
    """The CSV at `path` as a table of the kind of `given`: text as it stands, blanks as nulls."""
    words = {"kind", "head", "id", "title", "text", "company", "given", "fix", "evidence", "other_labels", "twins"}
    words |= {"split", "file", "content_hash", "lang", "why", "label"}
    with path.open(encoding="utf-8-sig") as file:
        names = next(csv.reader(file))
    types = {name: pa.string() if name in words else pa.float64() if name == "p_given" else pa.int64() for name in names}
    types.update({name: pa.float64() for name in names if name.startswith("p_")})
    table = pa.csv.read_csv(
        path,
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True),
    )
    return kind_of(given)(table)
