"""Training, the batch and the ledger: the command line in a process of its own."""

import json

import pandas as pd
import polars as pl
import pytest

import tachles
from conftest import LABELED, POSTINGS, PROJECT

AUTHORED = PROJECT / "models" / "authored"


@pytest.fixture(scope="module")
def few(labeled):
    return [row for row in labeled if row["lang"] == "en"][:160]


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
    with pytest.warns(UserWarning, match="head `scope` is left out"):
        tachles.train(rows, no_nested=True, folds=2)


def test_errors_come_back_with_their_kind_and_place(few, tmp_path):
    with pytest.raises(tachles.TrainingError, match="training needs at least"):
        tachles.train(few[:6], no_nested=True)
    wrong = [dict(row) for row in few]
    wrong[7]["label"] = "perhaps"
    with pytest.raises(tachles.LabelError) as caught:
        tachles.train(wrong, no_nested=True)
    assert caught.value.record == 8
    with pytest.raises(tachles.UsageError, match="unexpected argument"):
        tachles.train(few, no_such_option=True)
    with pytest.raises(tachles.FileError, match="no such file"):
        tachles.train(tmp_path / "nothing.csv")
    with pytest.raises(tachles.UsageError, match="there is none"):
        tachles.train()


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
