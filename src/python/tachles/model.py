"""A model: scores ads, says why, and can be measured."""

from __future__ import annotations

import json
import os
import warnings as _warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Optional, Union

import pyarrow as pa

from . import _core
from ._frames import frame, one
from .errors import BadRecordsWarning, UsageError, of

Path_ = Union[str, "os.PathLike[str]"]
Bad = Literal["raise", "null", "drop"]

MAX_RECORD = 16 << 20
"""The longest posting that is read, in bytes, unless the caller says otherwise."""
SOURCE = "<memory>"
"""What records and errors call a table that has no other name."""
_SHOWN = 5


def load(path: Optional[Path_] = None, *, rubric: Optional[Path_] = None) -> Model:
    """Load a model.

    Parameters
    ----------
    path : str or path-like, optional
        A model directory. Without it, the model inside the package.
    rubric : str or path-like, optional
        The directory of the lexicons and token tables that the model was trained with, where those are not the package's.
        It must stay where it is as long as the model is used, also by those it is pickled for.

    Raises
    ------
    ModelError
        When the directory is missing a part, damaged, of another version, or was trained with another rubric.

    Examples
    --------
    >>> import tachles
    >>> model = tachles.load()
    >>> model.score(["We are looking for a social media ninja with passion!"])["verdict"].to_pylist()
    ['vague']
    """
    core = _core.Core.load(*(None if place is None else os.fspath(place) for place in (path, rubric)))
    beside: dict[str, bytes] = {}
    if path is not None:
        for name in ("metrics.json", "README.md"):
            file = Path(path) / name
            if file.is_file():
                beside[name] = file.read_bytes()
    return Model(core, beside)


class Model:
    """A trained model; immutable, and safe to share between threads.

    Made by :func:`load` and :func:`train`. Wherever *ads* are asked for, any of these will do: a list of strings; a list of
    dicts, a ``pandas.DataFrame``, a ``polars.DataFrame``, a ``pyarrow.Table`` or anything else that speaks the Arrow
    PyCapsule interface, with the columns that files have (``text`` or ``description``, and ``id``, ``title``,
    ``requirements``, ``company`` …, also in Hebrew); a ``pandas.Series``, ``polars.Series`` or Arrow array of texts.
    """

    def __init__(self, core: _core.Core, beside: Optional[Mapping[str, bytes]] = None) -> None:
        self._core = core
        self._beside = dict(beside or {})
        self._config: Optional[dict[str, Any]] = None

    # What it is

    @property
    def id(self) -> str:
        """Name and digest, as in every record."""
        return self._core.id

    @property
    def config(self) -> dict[str, Any]:
        """What ``config.json`` says: heads, thresholds, what it was trained on."""
        if self._config is None:
            self._config = json.loads(self._core.config())
        return self._config

    @property
    def metrics(self) -> Optional[dict[str, Any]]:
        """The figures that training measured (``metrics.json``); None where they are not beside the model."""
        text = self._beside.get("metrics.json")
        return None if text is None else json.loads(text)

    @property
    def heads(self) -> list[str]:
        """The names of the heads: ``scope``, ``vague`` and the reasons."""
        return [head["name"] for head in self.config["heads"]]

    @property
    def thresholds(self) -> tuple[float, float]:
        """From which ``p_vague`` down an ad is concrete, and from which up it is vague."""
        decision = self.config["decision"]
        return decision["lower"], decision["upper"]

    def with_thresholds(self, concrete: float, vague: float) -> Model:
        """The same model with other thresholds of the verdict; its digest is another.

        Parameters
        ----------
        concrete : float
            At or below this ``p_vague`` an ad is concrete.
        vague : float
            At or above it an ad is vague; between the two it is unsure. Make them equal for a verdict on every ad.
        """
        beside = {name: data for name, data in self._beside.items() if name != "README.md"}
        return Model(self._core.deciding(vague, concrete), beside)

    def save(self, path: Path_) -> None:
        """Write the model directory `path`, which the command line and :func:`load` read."""
        folder = Path(path)
        names = ("config.json", "tokenizer.json", "model.safetensors")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, data in zip(names, self._core.to_bytes()):
                (folder / name).write_bytes(data)
            for name, data in self._beside.items():
                (folder / name).write_bytes(data)
        except OSError as error:
            raise of("io", error.strerror or str(error), file=str(error.filename or folder)) from error

    # What it says

    def score(
        self,
        ads: Any,
        *,
        bad: Bad = "raise",
        quarantine: Optional[list[dict[str, Any]]] = None,
        all_roles: bool = False,
        allow: Sequence[str] = (),
        reposts: Literal["exact", "near", "off"] = "exact",
        advice: bool = False,
        offsets: Literal["codepoints", "bytes", "utf16", "raw"] = "codepoints",
        with_text: bool = False,
        columns: Optional[Mapping[str, str]] = None,
        markup: Literal["auto", "plain", "html"] = "auto",
        max_record: int = MAX_RECORD,
        source: str = SOURCE,
        threads: Optional[int] = None,
    ) -> Any:
        """Score ads: one record an ad, in their order, with the columns of the command line's CSV and Parquet.

        It runs on all cores without holding the interpreter; the result is the same for any number of threads.

        Parameters
        ----------
        ads
            See :class:`Model`.
        bad : {"raise", "null", "drop"}
            What to do about rows that cannot be read (no text, a text that is no string …): raise the error of the first of
            them; keep a record for each with nothing in it but its place; or leave them out, as the command line does. The
            last two warn (:class:`BadRecordsWarning`).
        quarantine : list, optional
            Rows that cannot be read are appended to it, as dicts of ``record`` (from 1), ``code``, ``message`` and ``raw``.
        all_roles : bool
            Judge every role, not only those that run social media.
        allow : sequence of str
            Phrases that are no evidence; ``"reason: phrase"`` for one reason only.
        reposts : {"exact", "near", "off"}
            Which ads repeat an earlier one and share its verdict: those with the same words, also those that say nearly the
            same, or none. With ``"off"`` a record depends on nothing but its own ad.
        advice : bool
            Advise on every ad in particular (many times slower).
        offsets : {"codepoints", "bytes", "utf16", "raw"}
            What ``start`` and ``end`` count.
        with_text : bool
            Carry the plain text that offsets count in.
        columns : mapping, optional
            Which column holds a field, as in ``{"text": "Job Description"}``, where its name does not tell.
        markup : {"auto", "plain", "html"}
            Whether texts are HTML: those that look like it, none, all.
        max_record : int
            Longer postings, in bytes, are bad.
        source : str
            The name of the table in ``source_file`` and in errors.
        threads : int, optional
            How many threads; all cores by default.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table
            The kind that was given; a ``pyarrow.Table`` for lists. A DataFrame of pandas has Arrow dtypes and the index of
            the input.
        """
        if bad not in ("raise", "null", "drop"):
            raise UsageError(f"bad must be raise, null or drop, is {bad!r}")
        made = frame(ads, columns or {})
        reader, faults, warned = self._core.score(
            made.table,
            reading(source, columns, markup, max_record),
            _scoring(all_roles, allow, reposts, threads, advice, offsets, with_text),
        )
        records = reader.read_all().combine_chunks()
        faults = _faults(faults, made.faults)
        _tell(warned)
        _heed(faults, made.table.num_rows, bad, quarantine, source)
        if not faults:
            return made.back(records, None)
        if bad == "null":
            return made.back(_with_gaps(records, faults, source), None)
        lost = {fault[0] - 1 for fault in faults}
        kept = [row for row in range(made.table.num_rows) if row not in lost]
        return made.back(records, pa.array(kept, type=pa.int64()))

    def records(self, ads: Any, *, bad: Bad = "raise", **options: Any) -> list[dict[str, Any]]:
        """Score ads into nested records, the same as the command line's JSON Lines.

        Parameters are those of :meth:`score`; with ``bad="null"`` a record that cannot be read is None.
        """
        lines, faults = self._lines(ads, bad, options)
        records: list[Any] = [json.loads(line) for line in lines.splitlines()]
        if bad == "null":
            for fault in faults:
                records.insert(fault[0] - 1, None)
        return records

    def record(self, ad: Union[str, Mapping[str, Any]], *, advice: bool = True, **options: Any) -> dict[str, Any]:
        """Score one ad, a text or a dict, with advice: the record that ``tachles score --format json`` prints."""
        options.setdefault("source", "-")
        return self.records(one(ad, options.get("columns") or {}), advice=advice, **options)[0]

    def write(
        self,
        ads: Any,
        path: Path_,
        *,
        bad: Bad = "raise",
        quarantine: Optional[list[dict[str, Any]]] = None,
        **options: Any,
    ) -> None:
        """Score ads into a file: JSON Lines, CSV or Parquet by its name, packed where ``.gz`` or ``.zst`` follows.

        The bytes are those of ``tachles batch`` on a Parquet file of the same table under the name `source`. The file
        appears when it is complete. Parameters are those of :meth:`score`, but for ``bad="null"``.
        """
        if bad == "null":
            raise UsageError("bad must be raise or drop, is 'null': a file has no records without a verdict")
        made = frame(ads, options.get("columns") or {})
        faults, warned = self._core.write(made.table, os.fspath(path), bad == "raise", *_options(options))
        _tell(warned)
        _heed(_faults(faults, made.faults), made.table.num_rows, bad, quarantine, options.get("source", SOURCE))

    def explain(self, ad: Union[str, Mapping[str, Any]], *, head: Optional[str] = "vague", most: int = 20) -> pa.Table:
        """The sum behind a probability, term by term.

        Parameters
        ----------
        ad : str or dict
            One ad.
        head : str or None
            The head; None for all of them.
        most : int
            How many terms of each head; what the others add up to stands in a term ``(the rest)``. 0 for all.

        Returns
        -------
        pyarrow.Table
            ``head``, ``column``, ``amount`` (log-odds before calibration, the largest first whatever its sign) and
            ``spans`` (places in code points of the plain text). The first row of each head is its ``(bias)``; amounts add
            up to the margin.
        """
        sums = self._core.explain(one(ad, {}), reading())
        if head is not None and head not in self.heads:
            raise UsageError(f"a head is one of {', '.join(self.heads)}, is {head!r}")
        rows: list[tuple[str, str, float, list[dict[str, int]]]] = []
        for name, bias, _margin, _probability, parts in sums:
            if head not in (None, name):
                continue
            rows.append((name, "(bias)", bias, []))
            shown = parts[:most] if most else parts
            rows += [(name, part, amount, [{"start": s, "end": e} for s, e in spans]) for part, amount, spans in shown]
            if len(shown) < len(parts):
                rows.append((name, "(the rest)", sum(amount for _, amount, _ in parts[len(shown) :]), []))
        span = pa.struct([("start", pa.int64()), ("end", pa.int64())])
        schema = pa.schema(
            [("head", pa.string()), ("column", pa.string()), ("amount", pa.float64()), ("spans", pa.list_(span))]
        )
        return pa.Table.from_pylist([dict(zip(schema.names, row)) for row in rows], schema=schema)

    def tokens(self, text: str) -> pa.Table:
        """The tokens of a text as the model sees them: ``token``, ``start``, ``end`` (code points of the plain text)."""
        return token_table(self._core.tokens(one(text, {}), reading()))

    def review(self, ad: Union[str, Mapping[str, Any]], *, all_roles: bool = False) -> Review:
        """One ad for reading: printed as text, and in a notebook with its evidence marked and Hebrew set right."""
        return Review(*self._core.review(one(ad, {}), reading("-"), all_roles))

    # How well

    def evaluate(
        self,
        *labeled: Any,
        splits: Sequence[str] = ("test",),
        against: Optional[Model] = None,
        report: Optional[Path_] = None,
        columns: Optional[Mapping[str, str]] = None,
        names: Optional[Sequence[str]] = None,
    ) -> dict[str, Any]:
        """Measure the model on labelled ads.

        Parameters
        ----------
        *labeled
            Tables of ads with their labels: ``label`` (``vague`` or ``concrete``), and where known ``scope``,
            ``vagueness`` and the six reasons.
        splits : sequence of str
            Which rows of tables that have a ``split``.
        against : Model, optional
            Another model to compare with, on the same ads.
        report : path, optional
            Write a page with charts and the worst errors.
        columns : mapping, optional
            As in :meth:`score`.
        names : sequence of str, optional
            What to call the tables.

        Returns
        -------
        dict
            What ``tachles evaluate --format json`` prints: every figure with its interval, for all ads, each table and
            each language; ``notes`` say when the model has learned from the ads.
        """
        sets = labeled_sets(labeled, columns, names)
        figures, page = self._core.evaluate(sets, list(splits), None if against is None else against._core)
        if report is not None:
            Path(report).write_text(page, encoding="utf-8")
        found: dict[str, Any] = json.loads(figures)
        return found

    # How it is kept

    def __repr__(self) -> str:
        return f"<tachles.Model {self.id}>"

    def __reduce__(self) -> Any:
        rubric = self._core.rubric
        return _unpickle, (self._core.to_bytes(), self._beside, None if rubric is None else os.fspath(rubric))

    def _lines(self, ads: Any, bad: Bad, options: dict[str, Any]) -> tuple[bytes, list[_core.Bad]]:
        if bad not in ("raise", "null", "drop"):
            raise UsageError(f"bad must be raise, null or drop, is {bad!r}")
        quarantine = options.pop("quarantine", None)
        made = frame(ads, options.get("columns") or {})
        lines, faults, warned = self._core.lines(made.table, *_options(options))
        faults = _faults(faults, made.faults)
        _tell(warned)
        _heed(faults, made.table.num_rows, bad, quarantine, options.get("source", SOURCE))
        return lines, faults


class Review:
    """What there is to say of one ad, for people; made by :meth:`Model.review`."""

    def __init__(self, text: str, page: str) -> None:
        self.text = text
        """For a terminal."""
        self.html = page
        """A page of its own, without scripts."""

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        escaped = self.html.replace("&", "&amp;").replace('"', "&quot;")
        return f'<iframe srcdoc="{escaped}" style="width:100%;height:34em;border:1px solid #ccc"></iframe>'


def labeled_sets(
    tables: Sequence[Any], columns: Optional[Mapping[str, str]], names: Optional[Sequence[str]]
) -> list[tuple[pa.Table, dict[str, Any]]]:
    """Tables of labelled ads as the core takes them."""
    if not tables:
        raise UsageError("a table of labelled ads is needed, there is none")
    if names is not None and len(names) != len(tables):
        raise UsageError(f"as many names as tables are needed, there are {len(names)} for {len(tables)}")
    if names is None:
        names = ["labeled"] if len(tables) == 1 else [f"labeled {place + 1}" for place in range(len(tables))]
    sets = []
    for table, name in zip(tables, names):
        made = frame(table, columns or {})
        for row, what in made.faults.items():
            raise of("record", f"a text must be a string, is {what}", file=name, record=row + 1)
        sets.append((made.table, reading(name, columns)))
    return sets


def token_table(found: Sequence[tuple[str, int, int]]) -> pa.Table:
    """Tokens as a table: ``token``, ``start``, ``end``."""
    tokens, starts, ends = zip(*found) if found else ((), (), ())
    return pa.table(
        {
            "token": pa.array(tokens, type=pa.string()),
            "start": pa.array(starts, type=pa.int64()),
            "end": pa.array(ends, type=pa.int64()),
        }
    )


def reading(
    source: str = SOURCE,
    columns: Optional[Mapping[str, str]] = None,
    markup: str = "auto",
    max_record: int = MAX_RECORD,
) -> dict[str, Any]:
    """How a table is read, as the core takes it."""
    pairs = list((columns or {}).items())
    return {"source": source, "columns": pairs, "markup": markup, "max_record": max_record}


def _scoring(
    all_roles: bool = False,
    allow: Sequence[str] = (),
    reposts: str = "exact",
    threads: Optional[int] = None,
    advice: bool = False,
    offsets: str = "codepoints",
    with_text: bool = False,
) -> dict[str, Any]:
    if isinstance(allow, str):
        raise UsageError("allow must be a list of phrases, is one string")
    return {
        "all_roles": all_roles,
        "allow": list(allow),
        "reposts": reposts,
        "threads": threads,
        "advice": advice,
        "offsets": offsets,
        "with_text": with_text,
    }


def _options(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keyword arguments of :meth:`Model.score` as the core takes them."""
    read = {name: options[name] for name in ("source", "columns", "markup", "max_record") if name in options}
    scoring = {name: value for name, value in options.items() if name not in read}
    return reading(**read), _scoring(**scoring)


def _faults(found: list[_core.Bad], known: dict[int, str]) -> list[_core.Bad]:
    """What is wrong with rows: a text that is no string came to the core as none."""

    def told(fault: _core.Bad) -> _core.Bad:
        what = known.get(fault[0] - 1)
        return fault if what is None else (fault[0], "record", f"a text must be a string, is {what}", b"")

    return [told(fault) for fault in found]


def _heed(
    faults: list[_core.Bad], rows: int, bad: Bad, quarantine: Optional[list[dict[str, Any]]], source: str
) -> None:
    if not faults:
        return
    if quarantine is not None:
        keys = ("record", "code", "message", "raw")
        quarantine.extend(dict(zip(keys, fault)) for fault in faults)
    if bad == "raise":
        record, code, message, _ = faults[0]
        more = f" (and {len(faults) - 1} more of {rows} rows; bad='null' or 'drop' goes on without)" if len(faults) > 1 else ""
        raise of(code, message + more, file=source, record=record)
    said = "; ".join(f"record {record}: {message}" for record, _, message, _ in faults[:_SHOWN])
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    _warnings.warn(f"{len(faults)} of {rows} rows cannot be read: {said}{more}", BadRecordsWarning, stacklevel=3)


def _tell(warned: list[str]) -> None:
    for warning in warned:
        if not warning.endswith("no records"):
            _warnings.warn(warning, UserWarning, stacklevel=3)


def _with_gaps(records: pa.Table, faults: list[_core.Bad], source: str) -> pa.Table:
    """The records with an empty one in the place of every row that could not be read."""
    lost = {fault[0] for fault in faults}
    rows = range(1, records.num_rows + len(faults) + 1)
    places = iter(range(records.num_rows))
    takes = [None if row in lost else next(places) for row in rows]
    nullable = pa.schema([field.with_nullable(True) for field in records.schema])
    spread = records.cast(nullable).take(pa.array(takes, type=pa.int64()))
    numbers = pa.array(rows, type=pa.int64())
    own = {"source_file": pa.array([source] * len(rows)), "source_record": numbers, "source_line": numbers}
    for name, values in own.items():
        index = spread.schema.get_field_index(name)
        spread = spread.set_column(index, spread.schema.field(index), values)
    return spread


def _unpickle(parts: Sequence[bytes], beside: Mapping[str, bytes], rubric: Optional[str]) -> Model:
    config, tokenizer, weights = parts
    return Model(_core.Core.from_bytes(config, tokenizer, weights, rubric), beside)
