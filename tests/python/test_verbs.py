"""Training, figures, audit, suggestions, the batch and the ledger: the command line in a process of its own."""

import csv
import json
import pickle
import shutil

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tachles
from conftest import LABELED, POSTINGS, PROJECT

AUTHORED = PROJECT / "models" / "authored"


@pytest.fixture(scope="module")
def few(labeled):
    return [row for row in labeled if row["lang"] == "en"][:160]


@pytest.fixture(scope="module")
def audited(few):
    return tachles.audit(pd.DataFrame(few), folds=3, with_text=True)


def same_cells(table, path):
    """Whether a table holds what the CSV at `path` does, cell by cell, blanks as nulls."""
    with open(path, encoding="utf-8", newline="") as file:
        theirs = list(csv.DictReader(file))
    assert table.column_names == list(theirs[0])
    for ours, row in zip(table.to_pylist(), theirs, strict=True):
        for name, cell in row.items():
            assert ours[name] == (None if cell == "" else type(ours[name])(cell)), (name, row["id"])


def test_training_gives_the_bytes_of_the_command_line(few, command, tmp_path):
    frame = pd.DataFrame(few)
    model = tachles.train(frame, output=tmp_path / "ours", names=["few.csv"], no_nested=True, folds=3, seed=5)
    frame.to_csv(tmp_path / "few.csv", index=False)
    arguments = ["train", tmp_path / "few.csv", "-o", tmp_path / "theirs", "--name", "ours", "--no-nested"]
    command(*arguments, "--folds", 3, "--seed", 5)
    for file in ("config.json", "tokenizer.json", "model.safetensors", "metrics.json", "README.md"):
        assert (tmp_path / "ours" / file).read_bytes() == (tmp_path / "theirs" / file).read_bytes(), file
    assert model.id == tachles.load(tmp_path / "theirs").id
    assert model.config["training"]["seed"] == 5
    assert model.metrics["nested"] is None


def test_a_model_needs_no_folder(few):
    told = []
    model = tachles.train(pl.from_dicts(few), no_nested=True, folds=2, log=told.append)
    assert model.id.startswith("trained@")
    assert any("labeled.parquet: " in line for line in told)
    assert model.score([few[0]["text"]], all_roles=True)["p_vague"][0].is_valid


def test_what_training_warns_of_is_a_warning(few):
    rows = [{"text": row["text"], "label": row["label"]} for row in few]
    with pytest.warns(UserWarning, match="no row has a label for `scope`, .* left out"):
        tachles.train(rows, no_nested=True, folds=2)


def test_errors_come_back_with_their_kind_and_place(few, tmp_path):
    with pytest.raises(tachles.TrainingError, match="training needs at least"):
        tachles.train(few[:6], no_nested=True)
    wrong = [dict(row) for row in few]
    wrong[7]["label"] = "perhaps"
    with pytest.raises(tachles.LabelError) as caught:
        tachles.train(wrong, no_nested=True)
    assert (caught.value.file, caught.value.record) == ("labeled.parquet", 8)
    with pytest.raises(tachles.UsageError, match="unexpected argument"):
        tachles.train(few, no_such_option=True)
    with pytest.raises(tachles.FileError, match="no such file"):
        tachles.train(tmp_path / "nothing.csv")
    with pytest.raises(tachles.UsageError, match="there is none"):
        tachles.train()


def test_figures_of_a_process_are_those_of_the_model(few, labeled, command, tmp_path):
    path = tmp_path / "labeled.parquet"
    pq.write_table(pa.Table.from_pylist(labeled), path)
    theirs = json.loads(command("evaluate", path, "-m", AUTHORED, "--format", "json"))
    ours = tachles.evaluate(path, model=AUTHORED)
    assert ours == theirs
    inside = tachles.evaluate(labeled, model=tachles.load(AUTHORED))
    assert inside == json.loads(json.dumps(theirs).replace(str(path), "labeled.parquet"))
    promoted = tachles.evaluate(labeled, model=AUTHORED, against=AUTHORED, max_loss=0.02)["promotion"]
    assert promoted["promoted"] is True


def test_an_audit_is_that_of_the_command_line(few, audited, command, tmp_path):
    pq.write_table(pa.Table.from_pylist(few), tmp_path / "labeled.parquet")
    command("audit", tmp_path / "labeled.parquet", "--folds", 3, "--with-text", "--out", tmp_path / "theirs.csv")
    assert isinstance(audited, pd.DataFrame)
    same_cells(pa.Table.from_pandas(audited, preserve_index=False), tmp_path / "theirs.csv")
    assert audited["fix"].isna().all()
    assert list(audited["rank"]) == list(range(1, len(audited) + 1))
    assert (audited["p_given"].dropna() < 0.5).all()


def test_what_was_decided_of_an_audit_is_learned_and_not_asked_again(few, audited):
    found = audited.copy()
    found.loc[found.index[0], "fix"] = "keep"
    found.loc[found.index[1], "fix"] = "unknown"
    again = tachles.audit(pd.DataFrame(few), folds=3, fixes=found)
    left = set(zip(again["id"], again["head"]))
    assert not left & set(zip(found["id"][:2], found["head"][:2]))
    model = tachles.train(few, no_nested=True, folds=2, fixes=[pl.from_pandas(found)])
    assert json.dumps(model.config).count("fix") > 0
    found.loc[found.index[0], "fix"] = "perhaps"
    with pytest.raises(tachles.LabelError, match="perhaps"):
        tachles.train(few, no_nested=True, folds=2, fixes=found)


def test_suggestions_are_those_of_the_command_line(few, labeled, command, tmp_path):
    pool = [{name: row[name] for name in ("id", "title", "text")} for row in labeled if row["lang"] == "he"]
    pq.write_table(pa.Table.from_pylist(pool), tmp_path / "pool.parquet")
    pq.write_table(pa.Table.from_pylist(few[:40] + pool[:10]), tmp_path / "known.parquet")
    arguments = ["suggest", tmp_path / "pool.parquet", "-n", 12, "-m", AUTHORED, "--labeled", tmp_path / "known.parquet"]
    command(*arguments, "--out", tmp_path / "theirs.csv")
    model = tachles.load(AUTHORED)
    chosen = tachles.suggest(pl.from_dicts(pool), n=12, model=model, labeled=few[:40] + pool[:10])
    assert isinstance(chosen, pl.DataFrame)
    same_cells(chosen.to_arrow(), tmp_path / "theirs.csv")
    assert chosen["label"].is_null().all() and chosen["scope"].dtype == pl.Int64
    assert not set(chosen["id"]) & {row["id"] for row in pool[:10]}
    assert tachles.suggest(pool, n=5, model=model, labeled=[few[:40] + pool[:10]])["id"].to_pylist() == chosen["id"].to_list()[:5]
    cold = tachles.suggest(pool, n=3, cold=True)
    assert cold["p_vague"].null_count == 3
    # Filled in it is one more labelled table.
    filled = chosen.with_columns(label=pl.Series(["vague", "concrete"] * 6), scope=pl.lit(1))
    heads = tachles.evaluate(filled, model=model)["sets"][0]["heads"]
    assert {head["head"]: head["n"] for head in heads}["vague"] == 12


def test_tokens_need_no_model(command, tmp_path):
    text = "דרוש/ה מנהל.ת סושיאל, 9,000 ₪ לחודש & R&D"
    (tmp_path / "ad.txt").write_text(text, encoding="utf-8")
    theirs = [json.loads(line) for line in command("tokens", tmp_path / "ad.txt").splitlines()]
    assert tachles.tokens(text).to_pylist() == theirs == tachles.load().tokens(text).to_pylist()


def test_a_reason_of_your_own_is_a_column_of_the_table(few):
    rows = [{**row, "remote": int("remote" in row["text"].lower() or "home" in row["text"].lower())} for row in few]
    for table in (rows, pd.DataFrame(rows), pl.from_dicts(rows)):
        model = tachles.train(table, reason="remote", no_nested=True, folds=2, costs="3")
        assert model.heads[-1] == "remote"
    assert "remote" in {head["head"] for head in tachles.evaluate(rows, model=model, splits="train,valid,test")["sets"][0]["heads"]}


def test_what_is_said_is_passed_on_at_once_and_an_error_in_the_middle_ends_the_work(few):
    told = []

    def stop(line):
        told.append(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tachles.train(few, log=stop)
    assert len(told) == 1


def test_the_batch_keeps_its_books(command, tmp_path):
    ledger = tmp_path / "ledger.db"
    counts = tachles.batch(POSTINGS, tmp_path / "out.jsonl", ledger=ledger)
    assert counts["read"] == counts["scored"] + counts["duplicates"] == 12
    command("batch", POSTINGS, "-o", tmp_path / "theirs.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "theirs.jsonl").read_bytes()
    again = tachles.batch([POSTINGS], tmp_path / "again.jsonl", ledger=ledger)
    assert (again["scored"], again["unchanged"]) == (0, 12)
    past = tachles.why("S-01", ledger)
    record = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert past["history"][0]["verdict"] == record["verdict"]
    assert tachles.why("nobody", ledger) is None
    with pytest.raises(tachles.TachlesError):
        tachles.why("S-01", tmp_path / "no.db")
    with pytest.raises(tachles.UsageError, match="the output must end in"):
        tachles.batch(POSTINGS, tmp_path / "out.txt")
    counts = tachles.batch(PROJECT / "data" / "samples" / "broken.csv", tmp_path / "kept.csv", quarantine=tmp_path / "bad.jsonl")
    assert counts["quarantined"] == len((tmp_path / "bad.jsonl").read_text().splitlines()) > 0


def test_the_command_comes_with_the_package(command):
    assert command("--version").decode() == f"tachles {tachles.__version__}\n"
    command("batch", LABELED, code=2)


def test_a_model_with_a_rubric_of_its_own_is_loaded_pickled_and_measured_with_it(labeled, tmp_path):
    rubric, target = tmp_path / "house", tmp_path / "ours"
    shutil.copytree(PROJECT / "data" / "rubric", rubric)
    (rubric / "text").mkdir()
    own = (PROJECT / "data" / "text" / "abbreviations.toml").read_text(encoding="utf-8")
    assert "\nhe = [" in own
    (rubric / "text" / "abbreviations.toml").write_text(own.replace("\nhe = [", '\nhe = ["טמרגד",', 1), encoding="utf-8")
    few = labeled[::8]
    model = tachles.train(few, output=target, no_nested=True, folds=2, costs="3", rubric=rubric)
    assert model.tokens("טמרגד' אחת")["token"].to_pylist()[0] == "טמרגד'"
    assert tachles.load().tokens("טמרגד' אחת")["token"].to_pylist()[0] == "טמרגד"
    text = [few[0]["text"]]
    expected = model.score(text)["p_vague"].to_pylist()
    for same in (tachles.load(target, rubric=rubric), pickle.loads(pickle.dumps(model))):
        assert same.score(text)["p_vague"].to_pylist() == expected
    assert model.with_thresholds(concrete=0.1, vague=0.9).thresholds == (0.1, 0.9)
    assert tachles.evaluate(few, model=model, splits="train,valid,test")["sets"][0]["n"] == len(few)
    with pytest.raises(tachles.ModelError, match="name those with --rubric"):
        tachles.load(target)
