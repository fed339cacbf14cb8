#!/usr/bin/env python3
"""The peer to beat: TF-IDF and logistic regression in scikit-learn.

Word 1-2-grams and within-word character 3-5-grams, one L2 logistic
regression per head, trained on the same rows as the default model: the
authored ads, the real English train ads and the real Hebrew train ads.

    python3 -m venv .venv && .venv/bin/pip install -r benches/peers/requirements.txt
    .venv/bin/python benches/peers/sklearn_baseline.py [--out FILE.json] [--quick]

The texts of the real ads are not in this repository. They are looked for in
the folder named by TACHLES_SHARED (default: ../shared beside the repository),
as real/ads_en.jsonl and real/ads_he.jsonl. Without them only the authored
part runs.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import hashlib
import json
import platform
import re
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from scipy.sparse import hstack
from scipy.stats import rankdata
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

ROOT = Path(__file__).resolve().parents[2]
REASONS = ["generic", "undefined", "no_barrier", "no_stake", "unmeasurable", "everyone"]
HEADS = ["scope", "vague"] + REASONS
GRID = [1.0, 3.0, 10.0, 30.0]  # flat above 30
FOLDS = 5
UNKNOWN_COMPANY = {"", "-", "חסוי", "- חסוי -", "confidential"}
WORD = re.compile(r"[^\W_]+")


# ---------------------------------------------------------------- rows


def authored():
    rows = pd.read_csv(ROOT / "data/labeled/ads.csv", keep_default_na=False, dtype={"id": str})
    rows["company"] = ""
    rows["origin"] = "authored"
    return finish(rows)


def real(shared, name):
    labels = pd.read_csv(ROOT / f"data/real_labels/{name}.csv", dtype={"id": str})
    wanted = set(labels["id"])
    ads = {}
    with open(shared / f"real/ads_{name[:2]}.jsonl", encoding="utf-8") as lines:
        for line in lines:
            ad = json.loads(line)
            if ad["id"] in wanted:
                ads[ad["id"]] = ad
    missing = wanted - set(ads)
    if missing:
        print(f"note: {len(missing)} labelled ads of {name} have no text here; left out")
    labels = labels[labels["id"].isin(set(ads))].copy()
    for field in ("title", "text", "company"):
        labels[field] = [ads[i].get(field, "") for i in labels["id"]]
    labels["origin"] = name
    return finish(labels)


def finish(rows):
    rows = rows.reset_index(drop=True)
    rows["doc"] = rows["title"] + "\n" + rows["text"]
    rows["vague"] = (rows["label"] == "vague").astype(int)
    rows["log_words"] = np.log1p(rows["doc"].str.split().str.len())
    return rows


def shingles(doc):
    words = WORD.findall(doc.lower())
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)} or {tuple(words)}


def groups(rows):
    """One group per company and per cluster of near-duplicates, joined."""
    parent = list(range(len(rows)))

    def find(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def join(i, j):
        a, b = find(i), find(j)
        parent[max(a, b)] = min(a, b)

    seen = {}
    for i, company in enumerate(rows["company"].str.strip().str.lower()):
        if company not in UNKNOWN_COMPANY:
            join(i, seen.setdefault(company, i))
    sets = [shingles(doc) for doc in rows["doc"]]
    holders = defaultdict(list)
    for i, own in enumerate(sets):
        shared = Counter(j for s in own for j in holders[s])
        for j, n in shared.items():
            jaccard = n / (len(own) + len(sets[j]) - n)
            if jaccard >= 0.5 or n / min(len(own), len(sets[j])) >= 0.8:
                join(i, j)
        for s in own:
            holders[s].append(i)
    return np.array([find(i) for i in range(len(rows))])


def folds(rows, group):
    """Fold of each row; whole groups, balanced by count within each origin."""
    members = defaultdict(list)
    for i, g in enumerate(group):
        members[g].append(i)

    def key(g):
        digest = hashlib.sha256(rows["id"].iat[g].encode()).hexdigest()
        return (-len(members[g]), digest)

    origin = rows["origin"].to_numpy()
    load = defaultdict(lambda: np.zeros(FOLDS))
    out = np.empty(len(rows), dtype=int)
    for g in sorted(members, key=key):
        counts = Counter(origin[members[g]])
        cost = sum(load[o] * n for o, n in counts.items())
        fold = int(np.argmin(cost))
        out[members[g]] = fold
        for o, n in counts.items():
            load[o][fold] += n
    return out


# ---------------------------------------------------------------- model


class Features:
    def fit(self, docs):
        self.blocks = [
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True),
        ]
        for block in self.blocks:
            block.fit(docs)
        return self

    def transform(self, docs):
        return hstack([block.transform(docs) for block in self.blocks], format="csr")


def logistic(x, y, c):
    return LogisticRegression(C=c, solver="liblinear", random_state=0).fit(x, y)


def fit_predict(train, test, strength):
    """Probabilities (rows of test x heads) of models fitted on train."""
    features = Features().fit(train["doc"])
    x, xt = features.transform(train["doc"]), features.transform(test["doc"])
    out = np.empty((len(test), len(HEADS)))
    for k, head in enumerate(HEADS):
        y = train[head].to_numpy()
        if y.min() == y.max():
            out[:, k] = y[0]
        else:
            out[:, k] = logistic(x, y, strength[head]).predict_proba(xt)[:, 1]
    return out


def length_only(train, test):
    x, xt = train[["log_words"]].to_numpy(), test[["log_words"]].to_numpy()
    out = np.empty((len(test), len(HEADS)))
    for k, head in enumerate(HEADS):
        y = train[head].to_numpy()
        if y.min() == y.max():
            out[:, k] = y[0]
        else:
            out[:, k] = LogisticRegression(C=1e4).fit(x, y).predict_proba(xt)[:, 1]
    return out


def majority(train, test):
    return np.tile(train[HEADS].mean().to_numpy(), (len(test), 1))


def choose_strength(rows, fold):
    """C of each head, and its out-of-fold scores, by grouped cross-validation.

    Chosen by mean AUC over the real rows of each language that has both classes.
    """
    scores = {c: np.zeros((len(rows), len(HEADS))) for c in GRID}
    for f in range(FOLDS):
        train, test = rows[fold != f], rows[fold == f]
        features = Features().fit(train["doc"])
        x, xt = features.transform(train["doc"]), features.transform(test["doc"])
        for k, head in enumerate(HEADS):
            for c in GRID:
                p = logistic(x, train[head].to_numpy(), c).predict_proba(xt)[:, 1]
                scores[c][fold == f, k] = p
    best, out = {}, np.zeros((len(rows), len(HEADS)))
    for k, head in enumerate(HEADS):
        figure = {}
        for c in GRID:
            aucs = []
            for origin in sorted(set(rows["origin"]) - {"authored"}) or ["authored"]:
                at = (rows["origin"] == origin).to_numpy()
                y = rows[head].to_numpy()[at]
                if 0 < y.sum() < len(y):
                    aucs.append(roc_auc_score(y, scores[c][at, k]))
            figure[c] = float(np.mean(aucs))
        best[head] = max(GRID, key=lambda c: (round(figure[c], 4), -c))
        out[:, k] = scores[best[head]][:, k]
    return best, out


# ---------------------------------------------------------------- figures


def auc(y, p):
    return roc_auc_score(y, p) if 0 < y.sum() < len(y) else np.nan


def kappa(y, p, threshold=0.5):
    if y.min() == y.max():
        return np.nan
    q = (p >= threshold).astype(int)
    agree = (q == y).mean()
    chance = q.mean() * y.mean() + (1 - q.mean()) * (1 - y.mean())
    return (agree - chance) / (1 - chance) + 0.0 if chance < 1 else 0.0


def spearman(a, b):
    ra, rb = rankdata(a), rankdata(b)
    return np.corrcoef(ra, rb)[0, 1] if ra.std() > 0 and rb.std() > 0 else np.nan


def ap(y, p):
    return average_precision_score(y, p) if 0 < y.sum() < len(y) else np.nan


def brier(y, p):
    return ((p - y) ** 2).mean()


def best_threshold(y, p):
    cuts = np.unique(p)
    return float(max(cuts, key=lambda t: kappa(y, p, t)))


def interval(statistic, n, rounds):
    rng = np.random.default_rng(20090101)
    values = [statistic(rng.integers(0, n, n)) for _ in range(rounds)]
    values = [v for v in values if np.isfinite(v)]
    return [float(v) for v in np.percentile(values, [2.5, 97.5])] if values else None


def figures(rows, p, rounds, threshold=None):
    """Every figure with its interval: {head: {name: [value, [low, high]]}}."""
    out = {}
    n = len(rows)

    def put(head, name, statistic):
        value = float(statistic(np.arange(n)))
        value = value if np.isfinite(value) else None
        out.setdefault(head, {})[name] = [value, interval(statistic, n, rounds)]

    vagueness = rows["vagueness"].to_numpy()
    ys = rows[HEADS].to_numpy()
    for k, head in enumerate(HEADS):
        y, q = ys[:, k], p[:, k]
        put(head, "auc", lambda i: auc(y[i], q[i]))
        put(head, "average_precision", lambda i: ap(y[i], q[i]))
        put(head, "kappa_at_half", lambda i: kappa(y[i], q[i]))
        put(head, "brier", lambda i: brier(y[i], q[i]))
        out[head]["positives"] = int(y.sum())
        if head == "vague":
            put(head, "spearman_vagueness", lambda i: spearman(q[i], vagueness[i]))
            if threshold is not None:
                put(head, "kappa_at_chosen", lambda i: kappa(y[i], q[i], threshold))
                out[head]["threshold"] = threshold
    first = HEADS.index(REASONS[0])

    def macro(i):
        return np.nanmean([auc(ys[i, k], p[i, k]) for k in range(first, len(HEADS))])

    with np.errstate(all="ignore"):
        put("reasons", "macro_auc", macro)
    out["rows"] = n
    return out


def cell(pair):
    value, span = pair
    if span:
        span = [round(v, 3) + 0.0 for v in span]
    if value is None:
        return "-"
    value = round(value, 3) + 0.0
    return f"{value:.3f} [{span[0]:.3f}, {span[1]:.3f}]" if span else f"{value:.3f}"


def show(title, result):
    print(f"\n## {title} (n = {result['rows']})\n")
    names = ["auc", "average_precision", "kappa_at_half", "brier"]
    print("| head | positives | " + " | ".join(names) + " |")
    print("|---|---|" + "---|" * len(names))
    for head in HEADS:
        figure = result[head]
        print(f"| {head} | {figure['positives']} | " + " | ".join(cell(figure[m]) for m in names) + " |")
    print(f"\nreason macro-AUC {cell(result['reasons']['macro_auc'])}; ", end="")
    print(f"Spearman of p_vague with vagueness {cell(result['vague']['spearman_vagueness'])}", end="")
    if "threshold" in result["vague"]:
        chosen = cell(result["vague"]["kappa_at_chosen"])
        print(f"; kappa of vague at {result['vague']['threshold']:.3f} {chosen}", end="")
    print()


# ---------------------------------------------------------------- runs


def cross_validate(rows, fold, target, source, predict):
    """Scores of the target rows, each from a model that saw no row of its fold."""
    at = (rows["origin"] == target).to_numpy()
    allowed = np.isin(rows["origin"].to_numpy(), source)
    out = np.zeros((len(rows), len(HEADS)))
    for f in range(FOLDS):
        test = at & (fold == f)
        out[test] = predict(rows[allowed & (fold != f)], rows[test])
    return rows[at], out[at]


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--out", default="target/peers/sklearn_baseline.json", help="where the figures go (JSON)")
    options.add_argument("--quick", action="store_true", help="100 bootstrap rounds, not 2,000")
    options = options.parse_args()
    rounds = 100 if options.quick else 2000
    started = time.time()
    shared = Path(os.environ.get("TACHLES_SHARED") or ROOT.parent / "shared")
    print(f"scikit-learn {sklearn.__version__}, numpy {np.__version__}, Python {platform.python_version()}")

    ours = authored()
    result = {
        "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "intervals": f"95%, percentile bootstrap over ads, {rounds} rounds",
        "runs": {},
    }

    def record(name, title, rows, p, threshold=None):
        result["runs"][name] = figures(rows, p, rounds, threshold)
        show(title, result["runs"][name])

    def save():
        result["seconds"] = round(time.time() - started, 1)
        Path(options.out).parent.mkdir(parents=True, exist_ok=True)
        Path(options.out).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"\n{result['seconds']} s; figures in {options.out}")

    train, test = ours[ours["split"] != "test"], ours[ours["split"] == "test"]
    alone = dict.fromkeys(HEADS, 10.0)
    record("authored_test", "Authored ads alone, authored test split (a smoke test)",
           test, fit_predict(train, test, alone))

    names = [shared / f"real/ads_{lang}.jsonl" for lang in ("en", "he")]
    absent = [str(n.name) for n in names if not n.is_file()]
    if absent:
        print(f"\nThe texts of the real ads are absent ({', '.join(absent)} not under {shared}/real).")
        print("Set TACHLES_SHARED to the folder that holds them. Only the authored part was run.")
        save()
        return 0

    dev = real(shared, "en_dev")
    rows = pd.concat([ours, real(shared, "en_train"), real(shared, "he_train")], ignore_index=True)
    fold = folds(rows, groups(rows))
    print(f"\n{len(rows)} training rows: {dict(Counter(rows['origin']))}")

    strength, oof = choose_strength(rows, fold)
    result["C"] = strength
    print("C by grouped cross-validation:", ", ".join(f"{h} {c:g}" for h, c in strength.items()))
    k = HEADS.index("vague")
    at = (rows["origin"] == "en_train").to_numpy()
    threshold = best_threshold(rows["vague"].to_numpy()[at], oof[at, k])

    scores = fit_predict(rows, dev, strength)
    record("dev", "Real English dev, trained on all rows", dev, scores, threshold)
    known = set(rows["company"].str.strip().str.lower()) - UNKNOWN_COMPANY
    fresh = ~dev["company"].str.strip().str.lower().isin(known).to_numpy()
    record("dev_new_companies", "The same, dev ads of companies not in training",
           dev[fresh], scores[fresh], threshold)
    record("dev_authored_only", "Real English dev, trained on authored ads alone",
           dev, fit_predict(ours, dev, alone))
    english = rows[rows["origin"] == "en_train"]
    record("dev_length", "Real English dev, length only (log words, real English train)",
           dev, length_only(english, dev))
    record("dev_majority", "Real English dev, majority (prevalence of real English train)",
           dev, majority(english, dev))

    model = lambda a, b: fit_predict(a, b, strength)
    for origin, language in (("he_train", "Hebrew"), ("en_train", "English")):
        at = (rows["origin"] == origin).to_numpy()
        record(f"cv_{origin}_all", f"Real {language} train, 5-fold grouped, trained on everything outside the fold",
               rows[at], oof[at])
        record(f"cv_{origin}_alone", f"Real {language} train, 5-fold grouped, trained on real {language} alone",
               *cross_validate(rows, fold, origin, [origin], model))
        record(f"cv_{origin}_length", f"Real {language} train, 5-fold grouped, length only",
               *cross_validate(rows, fold, origin, [origin], length_only))
    save()
    return 0


if __name__ == "__main__":
    sys.exit(main())
