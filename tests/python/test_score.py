"""Scoring: kinds in and out, the same values as the command line, bad rows, threads."""

import json
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import tachles
from conftest import POSTINGS

VAGUE = "We want a social media guru with a big smile and lots of passion for our Facebook presence!"
CONCRETE = "Edit three reels a week for our TikTok channel in CapCut; target 20,000 views a month. 9,000 NIS, 5 days, Haifa."


def rows(records):
    return records.to_pylist()


def test_three_lines_are_enough():
    done = subprocess.run(
        [sys.executable, "-c", f"import tachles\nmodel = tachles.load()\nprint(model.score([{VAGUE!r}])['verdict'][0])"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "vague\n"


def test_every_kind_of_input_says_the_same(model, postings):
    table = pa.Table.from_pylist(postings)
    frame = pd.DataFrame(postings)
    expected = rows(model.score(table))
    assert len(expected) == len(postings)
    assert [row["source_record"] for row in expected] == list(range(1, len(postings) + 1))
    kinds = {
        "list of dicts": postings,
        "tuple of dicts": tuple(postings),
        "generator": (row for row in postings),
        "batch": table.to_batches()[0],
        "reader": table.to_reader(max_chunksize=5),
        "chunks": pa.concat_tables([table.slice(0, 3), table.slice(3, 0), table.slice(3)]),
        "dictionary": table.set_column(0, table.column_names[0], table.column(0).dictionary_encode()),
        "views": table.cast(pa.schema([(name, pa.string_view()) for name in table.column_names])),
    }
    for kind, ads in kinds.items():
        assert rows(model.score(ads)) == expected, kind
    assert rows(pa.Table.from_pandas(model.score(frame), preserve_index=False)) == expected
    for dtype in ("string[pyarrow]", pd.ArrowDtype(pa.large_string()), "category", object):
        assert rows(pa.Table.from_pandas(model.score(frame.astype(dtype)), preserve_index=False)) == expected, dtype
    assert rows(model.score(pl.from_pandas(frame)).to_arrow()) == expected
    assert rows(model.score(pl.from_pandas(frame).lazy()).to_arrow()) == expected


def test_texts_alone_come_as_lists_series_and_arrays(model):
    texts = [VAGUE, CONCRETE]
    expected = model.score(texts)
    assert expected["verdict"].to_pylist() == ["vague", "concrete"]
    for ads in (np.array(texts), np.array(texts, dtype=object), pa.array(texts), pa.chunked_array([texts[:1], texts[1:]])):
        assert model.score(ads).equals(expected)
    series = pd.Series(texts, index=["a", "b"], name="anything")
    scored = model.score(series)
    assert isinstance(scored, pd.DataFrame)
    assert list(scored.index) == ["a", "b"]
    assert scored.dtypes["p_vague"] == pd.ArrowDtype(pa.float64())
    assert scored["verdict"].tolist() == ["vague", "concrete"]
    scored = model.score(pl.Series(texts))
    assert isinstance(scored, pl.DataFrame)
    assert scored["verdict"].to_list() == ["vague", "concrete"]


def test_columns_are_those_of_the_command_line(model, command, tmp_path):
    command("batch", POSTINGS, "-o", tmp_path / "out.parquet")
    command("batch", POSTINGS, "-o", tmp_path / "out.csv")
    theirs = pq.read_table(tmp_path / "out.parquet")
    ads = pyarrow.csv.read_csv(POSTINGS, parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True))
    ours = model.score(ads, source=str(POSTINGS))
    assert ours.schema.equals(theirs.schema)
    assert tuple(ours.column_names) == tachles.COLUMNS
    assert (tmp_path / "out.csv").read_text().split("\n")[0].split(",") == list(tachles.COLUMNS)
    # Tables have no lines, so the number of the row stands there.
    line = ours.schema.get_field_index("source_line")
    assert ours.remove_column(line).equals(theirs.remove_column(line))


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet", "jsonl.gz", "csv.zst"])
def test_files_are_byte_for_byte_those_of_the_command_line(model, postings, command, tmp_path, ending):
    table = pa.Table.from_pylist(postings * 120)
    source = tmp_path / "ads.parquet"
    pq.write_table(table, source, row_group_size=500)
    command("batch", source, "-o", tmp_path / f"theirs.{ending}")
    for kind, ads in {"arrow": table, "pandas": table.to_pandas(), "polars": pl.from_arrow(table)}.items():
        model.write(ads, tmp_path / f"ours.{ending}", source=str(source))
        assert (tmp_path / f"ours.{ending}").read_bytes() == (tmp_path / f"theirs.{ending}").read_bytes(), kind


def test_records_are_the_lines_of_the_command_line(model, postings, command, tmp_path):
    source = tmp_path / "ads.parquet"
    pq.write_table(pa.Table.from_pylist(postings), source)
    lines = command("batch", source, "-o", "-", "--advice").splitlines()
    assert model.records(postings, source=str(source), advice=True) == [json.loads(line) for line in lines]


def test_one_ad_is_the_record_that_score_prints(model, command, tmp_path):
    (tmp_path / "ad.txt").write_text(VAGUE, encoding="utf-8")
    theirs = json.loads(command("score", tmp_path / "ad.txt", "--format", "json"))
    ours = model.record(VAGUE, source=str(tmp_path / "ad.txt"))
    assert ours == theirs
    assert any(reason["edit"] for reason in ours["reasons"] if reason["fired"])
    assert model.record({"title": "Guru", "text": VAGUE})["title"] == "Guru"


def test_settings_do_what_they_say(model, postings):
    html = {"id": "h", "text": f"<p>{VAGUE}</p><ul><li>Smile</li></ul>"}
    assert rows(model.score([html]))[0]["text"].startswith("We want")
    assert rows(model.score([html], markup="plain"))[0]["text"] is None
    assert rows(model.score([VAGUE], with_text=True))[0]["text"] == VAGUE
    assert rows(model.score([{"Stellentext": VAGUE}], columns={"text": "Stellentext"}))[0]["verdict"] == "vague"
    nurse = "We want a nurse with passion and a big smile to join our young and dynamic family!"
    assert rows(model.score([nurse]))[0]["verdict"] == "out_of_scope"
    assert rows(model.score([nurse], all_roles=True))[0]["verdict"] != "out_of_scope"
    twice = [{"id": 1, "text": CONCRETE}, {"id": 2, "text": CONCRETE.upper()}]
    assert [row["duplicate_of"] for row in rows(model.score(twice))] == [None, "1"]
    assert [row["duplicate_of"] for row in rows(model.score(twice, reposts="off"))] == [None, None]
    quotes = lambda scored: {q["quote"] for row in rows(scored) for q in row["everyone_evidence"] or []}
    assert "passion" in quotes(model.score([VAGUE]))
    assert "passion" not in quotes(model.score([VAGUE], allow=["passion"]))
    hebrew = rows(model.score(["🙂 דרושה נינג'ה סושיאל צעירה ודינמית עם המון תשוקה לפייסבוק!"], offsets="bytes"))[0]
    text = "🙂 דרושה נינג'ה סושיאל צעירה ודינמית עם המון תשוקה לפייסבוק!"
    for place in hebrew["everyone_evidence"]:
        assert text.encode()[place["start"] : place["end"]].decode() == place["quote"]


def test_nothing_to_score_gives_an_empty_table_of_the_same_columns(model):
    full = model.score([VAGUE])
    for ads in ([], pa.table({"text": pa.array([], pa.string())})):
        empty = model.score(ads)
        assert empty.num_rows == 0
        assert empty.schema.equals(full.schema)
    assert model.score(pd.Series([], dtype=object)).shape == (0, len(tachles.COLUMNS))
    assert model.score(pl.DataFrame({"text": []}, schema={"text": pl.String})).height == 0
    assert model.records([]) == []


MISSING = [VAGUE, None, float("nan"), "", " \u200f\n", 7, b"bytes", ["list"], "half \ud800", "NUL \0 byte", CONCRETE]


def test_a_row_that_cannot_be_read_is_an_error_that_names_it(model):
    with pytest.raises(tachles.EmptyTextError, match=r"<memory>, record 2: the text is empty .and 8 more of 11 rows") as caught:
        model.score(MISSING)
    assert (caught.value.kind, caught.value.record) == ("empty-text", 2)
    with pytest.raises(tachles.RecordError, match="record 1: a text must be a string, is int"):
        model.score([3, VAGUE])
    with pytest.raises(tachles.RecordError, match=r"is dict \(column 'text'\)"):
        model.score(pd.DataFrame({"text": [{"a": 1}, "x"]}))
    with pytest.raises(tachles.EmptyTextError):
        model.score(pd.Series([VAGUE, pd.NA]))
    with pytest.raises(tachles.EmptyTextError):
        model.score(pl.Series([None, VAGUE]))
    with pytest.raises(tachles.EmptyTextError):
        model.score(pa.array([None], pa.null()))


def test_nothing_is_lost_of_rows_that_cannot_be_read(model):
    bad = []
    with pytest.warns(tachles.BadRecordsWarning, match="9 of 11 rows cannot be read: record 2: the text is empty"):
        scored = model.score(MISSING, bad="null", quarantine=bad)
    assert scored["verdict"].to_pylist() == ["vague"] + [None] * 9 + ["concrete"]
    assert scored["source_record"].to_pylist() == list(range(1, 12))
    assert [fault["record"] for fault in bad] == list(range(2, 11))
    codes = [fault["code"] for fault in bad]
    assert codes == ["empty-text"] * 4 + ["record"] * 5
    with pytest.warns(tachles.BadRecordsWarning):
        kept = model.score(MISSING, bad="drop")
    assert kept["source_record"].to_pylist() == [1, 11]
    with pytest.warns(tachles.BadRecordsWarning):
        series = model.score(pd.Series(MISSING, index=list("abcdefghijk")), bad="drop")
    assert list(series.index) == ["a", "k"]
    with pytest.warns(tachles.BadRecordsWarning):
        records = model.records(MISSING, bad="null")
    assert [record and record["verdict"] for record in records] == ["vague"] + [None] * 9 + ["concrete"]


def test_a_file_appears_only_when_all_rows_are_in_it_or_others_are_wanted(model, tmp_path):
    path = tmp_path / "out.jsonl"
    with pytest.raises(tachles.EmptyTextError):
        model.write([VAGUE, None], path)
    assert list(tmp_path.iterdir()) == []
    with pytest.warns(tachles.BadRecordsWarning):
        model.write([VAGUE, None], path, bad="drop")
    assert len(path.read_text().splitlines()) == 1
    with pytest.raises(tachles.UsageError, match="must end in"):
        model.write([VAGUE], tmp_path / "out.txt")
    with pytest.raises(tachles.FileError):
        model.write([VAGUE], tmp_path / "no" / "folder" / "out.csv")


def test_long_texts_are_read_up_to_the_limit(model):
    huge = (VAGUE + "\n") * 40_000
    assert len(huge) > 3_000_000
    assert rows(model.score([huge]))[0]["words"] > 600_000
    with pytest.raises(tachles.TooLongError, match="must be shorter than 1 MiB"):
        model.score([huge], max_record=1 << 20)


def test_wrong_arguments_are_told(model):
    for ads, rule in [(VAGUE, "a list or a table"), ({"text": VAGUE}, "a list or a table"), (7, "this is int")]:
        with pytest.raises(tachles.UsageError, match=rule):
            model.score(ads)
    with pytest.raises(tachles.LayoutError, match="a column with the text is needed"):
        model.score(pd.DataFrame({"job": ["x"]}))
    with pytest.raises(tachles.LayoutError, match='column "text" must hold strings'):
        model.score(pa.table({"text": [1.5]}))
    for wrong in ({"reposts": "some"}, {"offsets": "words"}, {"markup": "xml"}, {"threads": 0}, {"bad": "ignore"}, {"allow": "x"}):
        with pytest.raises(tachles.UsageError):
            model.score([VAGUE], **wrong)
    with pytest.raises(tachles.UsageError, match="one ad is needed, these are 2"):
        model.record([VAGUE, CONCRETE])


def test_the_number_of_threads_changes_nothing(model, postings):
    ads = pa.Table.from_pylist(postings * 40)
    one = model.score(ads, threads=1)
    for threads in (2, 7, None):
        assert model.score(ads, threads=threads).equals(one)


def test_threads_of_python_share_a_model_and_run_meanwhile(model, postings):
    ads = pa.Table.from_pylist(postings * 100)
    expected = model.score(ads, threads=1)
    ticks, results = [], []
    done = threading.Event()

    def tick():
        while not done.wait(0.001):
            ticks.append(1)

    ticker = threading.Thread(target=tick)
    ticker.start()
    workers = [threading.Thread(target=lambda: results.append(model.score(ads, threads=1))) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    done.set()
    ticker.join()
    assert len(results) == 4 and all(result.equals(expected) for result in results)
    assert len(ticks) > 10, "the interpreter was held"
