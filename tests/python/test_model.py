"""A model as an object: its settings, its copies, what it explains, and errors."""

import copy
import json
import pickle

import pytest

import tachles
from conftest import PROJECT

AD = "דרוש/ה מומחה/ית סושיאל צעיר/ה ודינמי/ת לניהול הנוכחות בפייסבוק!"
AUTHORED = PROJECT / "models" / "authored"


def test_version_and_reasons():
    assert tachles.__version__ == next(
        line.split('"')[1] for line in (PROJECT / "Cargo.toml").read_text().splitlines() if line.startswith("version")
    )
    assert tuple(tachles.reasons()) == tachles.REASONS
    assert "what it flags" in tachles.reasons("everyone")["everyone"].lower()
    with pytest.raises(tachles.UsageError, match="there is no .nothing."):
        tachles.reasons("nothing")


def test_a_model_is_loaded_saved_and_refused(tmp_path):
    model = tachles.load(AUTHORED)
    assert model.id.startswith("authored@")
    assert repr(model) == f"<tachles.Model {model.id}>"
    assert model.metrics == json.loads((AUTHORED / "metrics.json").read_text())
    model.save(tmp_path / "copy")
    for file in AUTHORED.iterdir():
        assert (tmp_path / "copy" / file.name).read_bytes() == file.read_bytes(), file.name
    with pytest.raises(tachles.ModelError, match="a model is a directory; there is none here") as caught:
        tachles.load(tmp_path / "nowhere")
    assert caught.value.file.endswith("nowhere")
    weights = tmp_path / "copy" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(tachles.ModelError, match="SHA-256"):
        tachles.load(tmp_path / "copy")
    with pytest.raises(tachles.FileError):
        model.save(weights)


def test_copies_and_pickles_score_alike(model):
    expected = model.score([AD])
    for other in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other.id == model.id
        assert other.score([AD]).equals(expected)


def test_other_thresholds_change_the_verdict_and_the_digest(model):
    p = model.record(AD)["p_vague"]
    sure = model.with_thresholds(concrete=0.0, vague=p)
    unsure = model.with_thresholds(concrete=0.0, vague=1.0)
    assert (sure.record(AD)["verdict"], unsure.record(AD)["verdict"]) == ("vague", "unsure")
    assert sure.thresholds == (0.0, p)
    assert len({model.id, sure.id, unsure.id}) == 3
    assert sure.record(AD)["p_vague"] == p
    with pytest.raises(tachles.ModelError, match="0 <= lower <= upper <= 1"):
        model.with_thresholds(concrete=0.9, vague=0.1)


def test_a_sum_is_explained_to_the_last_term(model):
    whole = model.explain(AD, head=None, most=0).to_pylist()
    assert [row["head"] for row in whole if row["column"] == "(bias)"] == model.heads
    config = {head["name"]: head for head in model.config["heads"]}
    record = model.record(AD)
    import math

    for head, p in [("vague", record["p_vague"]), ("scope", record["p_scope"])]:
        margin = sum(row["amount"] for row in whole if row["head"] == head)
        z = config[head]["slope"] * margin + config[head]["offset"]
        assert 1 / (1 + math.exp(-z)) == pytest.approx(p, abs=1e-6)
    short = model.explain(AD, most=5).to_pylist()
    assert [row["column"] for row in short][0] == "(bias)" and short[-1]["column"] == "(the rest)"
    assert sum(row["amount"] for row in short) == pytest.approx(
        sum(row["amount"] for row in whole if row["head"] == "vague"), abs=1e-9
    )
    with pytest.raises(tachles.UsageError, match="a head is one of"):
        model.explain(AD, head="tone")


def test_tokens_are_those_of_the_command_line(model, command, tmp_path):
    (tmp_path / "ad.txt").write_text(AD, encoding="utf-8")
    lines = command("tokens", tmp_path / "ad.txt").decode().splitlines()
    assert model.tokens(AD).to_pylist() == [json.loads(line) for line in lines]
    for token in model.tokens(AD).to_pylist():
        assert AD[token["start"] : token["end"]]


def test_a_review_is_for_reading(model):
    review = model.review(AD)
    assert str(review).startswith("VAGUE  p(vague)")
    assert "<!doctype html>" in review.html.lower()
    assert "srcdoc" in review._repr_html_()


def test_figures_are_those_of_the_command_line(model, labeled, command, tmp_path):
    path = PROJECT / "data" / "labeled" / "ads.csv"
    theirs = json.loads(command("evaluate", path, "-m", AUTHORED, "--format", "json"))
    authored = tachles.load(AUTHORED)
    ours = authored.evaluate(labeled, names=[str(path)], report=tmp_path / "page.html")
    assert ours == theirs
    assert "<svg" in (tmp_path / "page.html").read_text()
    both = authored.evaluate(labeled, against=model)
    assert both["against"]["model"] == model.id
    with pytest.raises(tachles.LabelError, match="labeled, record 1"):
        authored.evaluate([{"text": AD, "label": "maybe"}])
    with pytest.raises(tachles.UsageError):
        authored.evaluate()


def test_errors_survive_a_pickle():
    error = tachles.RecordError("a rule", file="x.csv", record=3, line=9)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is tachles.RecordError and isinstance(again, ValueError)
    assert str(again) == "x.csv, record 3, line 9: a rule"


def test_a_class_stands_for_every_kind_of_the_program():
    from tachles.errors import KINDS

    source = (PROJECT / "src" / "error.rs").read_text()
    codes = {line.split('"')[1] for line in source.splitlines() if line.strip().startswith("ErrorKind::") and "=> \"" in line}
    assert codes - {"broken-pipe"} == set(KINDS)
