"""Ads as Python programs hold them, to tables of Arrow, and tables of records back to the caller's own kind."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Callable, NamedTuple, Optional

import pyarrow as pa

from . import _core
from .errors import RecordError, UsageError


class Frame(NamedTuple):
    """A table of ads, what is wrong with some of its rows, and the way back."""

    table: pa.Table
    faults: dict[int, str]
    """Rows, from 0, whose text is no string, each with what it is."""
    back: Callable[[pa.Table, Optional[pa.Array]], Any]
    """Makes the caller's kind of a table of records; the rows of the input that they stand for, where not all do."""


def frame(ads: Any, columns: Mapping[str, str], also: Collection[str] = ()) -> Frame:
    """The table that `ads` are, of the columns that mean something only, and those named in `also`."""
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if isinstance(ads, (str, bytes, Mapping)):
        raise UsageError(f"a list or a table of ads is needed, this is one {type(ads).__name__}; put it into a list")
    if pandas is not None and isinstance(ads, pandas.DataFrame):
        return _of_pandas(ads, columns, also, ads.index)
    if pandas is not None and isinstance(ads, pandas.Series):
        return _of_pandas(ads.to_frame("text"), {}, (), ads.index)
    if polars is not None and isinstance(ads, polars.LazyFrame):
        ads = ads.collect()
    if polars is not None and isinstance(ads, (polars.DataFrame, polars.Series)):
        table = ads if isinstance(ads, polars.DataFrame) else ads.to_frame("text")
        table = table[[table.columns[at] for at in _meaningful(table.columns, columns, also)]]
        return Frame(table.to_arrow(), {}, lambda records, _: polars.from_arrow(records))
    if isinstance(ads, (pa.Array, pa.ChunkedArray)):
        return Frame(pa.table({"text": ads}), {}, _as_it_is)
    if hasattr(ads, "__arrow_c_stream__") or hasattr(ads, "__arrow_c_array__"):
        table = pa.table(ads)
        return Frame(table.select(_meaningful(table.column_names, columns, also)), {}, _as_it_is)
    if hasattr(ads, "tolist"):
        ads = ads.tolist()
    if not isinstance(ads, Iterable):
        raise UsageError(f"a list or a table of ads is needed, this is {type(ads).__name__}")
    ads = list(ads)
    if any(isinstance(ad, Mapping) for ad in ads):
        return _of_dicts(ads, columns, also)
    texts, faults = _strings(ads)
    return Frame(pa.table({"text": texts}), faults, _as_it_is)


def one(ad: Any, columns: Mapping[str, str]) -> pa.Table:
    """The table of one ad: a text, a mapping of columns, or a table or list of one."""
    made = frame([ad] if isinstance(ad, (str, Mapping)) or ad is None else ad, columns)
    for row, what in made.faults.items():
        raise RecordError(f"a text must be a string, is {what}", record=row + 1)
    if made.table.num_rows != 1:
        raise UsageError(f"one ad is needed, these are {made.table.num_rows}")
    return made.table


def whole(table: Any) -> pa.Table:
    """A table of pandas, polars or Arrow with all its columns, as Arrow."""
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(table, pandas.DataFrame):
        return pa.Table.from_pandas(table, preserve_index=False)
    if polars is not None and isinstance(table, polars.LazyFrame):
        table = table.collect()
    if not hasattr(table, "__arrow_c_stream__"):
        raise UsageError(f"a table is needed, this is {type(table).__name__}")
    return pa.table(table)


def kind_of(ads: Any) -> Callable[[pa.Table], Any]:
    """Makes the kind of table that `ads` are, but for their index, of a table of other rows."""
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(ads, (pandas.DataFrame, pandas.Series)):
        return lambda table: table.to_pandas(types_mapper=pandas.ArrowDtype)
    if polars is not None and isinstance(ads, (polars.DataFrame, polars.LazyFrame, polars.Series)):
        return lambda table: polars.from_arrow(table)
    return lambda table: table


def _as_it_is(records: pa.Table, _: Optional[pa.Array]) -> pa.Table:
    return records


def _meaningful(names: Iterable[Any], columns: Mapping[str, str], also: Collection[str]) -> list[int]:
    words = [str(name) for name in names]
    known = _core.meaningful(words, list(columns.items()))
    return sorted({*known, *(at for at, word in enumerate(words) if word in also)})


def _of_pandas(ads: Any, columns: Mapping[str, str], also: Collection[str], index: Any) -> Frame:
    import pandas

    faults: dict[int, str] = {}
    arrays, names = [], []
    for at in _meaningful(ads.columns, columns, also):
        column = ads.iloc[:, at]
        name = str(ads.columns[at])
        array: Any
        try:
            array = pa.array(column, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            array, wrong = _strings(column.tolist())
            faults.update({row: f"{what} (column {name!r})" for row, what in wrong.items()})
        names.append(name)
        arrays.append(array)

    def back(records: pa.Table, rows: Optional[pa.Array]) -> Any:
        made = records.to_pandas(types_mapper=pandas.ArrowDtype)
        made.index = index if rows is None else index.take(rows.to_numpy())
        return made

    return Frame(pa.table(arrays, names=names), faults, back)


def _of_dicts(ads: list[Any], columns: Mapping[str, str], also: Collection[str]) -> Frame:
    faults: dict[int, str] = {}
    keys: dict[str, None] = {}
    for row, ad in enumerate(ads):
        if isinstance(ad, Mapping):
            keys.update(dict.fromkeys(ad))
        elif not _missing(ad):
            faults[row] = f"{type(ad).__name__} among dicts"
    names = list(keys)
    arrays, chosen = [], []
    for at in _meaningful(names, columns, also):
        values = [ad.get(names[at]) if isinstance(ad, Mapping) else None for ad in ads]
        try:
            array = pa.array([None if _missing(value) else value for value in values])
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            array, wrong = _strings(values)
            faults.update({row: f"{what} (key {names[at]!r})" for row, what in wrong.items()})
        arrays.append(array)
        chosen.append(names[at])
    return Frame(pa.table(arrays, names=chosen), faults, _as_it_is)


def _strings(values: list[Any]) -> tuple[pa.Array, dict[int, str]]:
    """The strings among `values`, and what the others are that are not missing."""
    try:
        # Nearly always all are strings, and Arrow sees so sooner.
        return pa.array(values, type=pa.large_string(), from_pandas=True), {}
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        pass
    texts: list[Optional[str]] = []
    faults: dict[int, str] = {}
    for row, value in enumerate(values):
        text = value if isinstance(value, str) else None
        if text is not None and not _encodes(text):
            text, faults[row] = None, "a string with half a surrogate pair"
        elif text is None and not _missing(value):
            faults[row] = type(value).__name__
        texts.append(text)
    return pa.array(texts, type=pa.large_string()), faults


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _missing(value: Any) -> bool:
    """True for None, NaN, NaT and pandas.NA."""
    if value is None or isinstance(value, float) and value != value:
        return True
    return type(value).__name__ in ("NAType", "NaTType")
