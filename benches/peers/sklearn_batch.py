#!/usr/bin/env python3
"""scikit-learn from file to file: the peer of `tachles batch`, called by benches/peers/run.py.

    sklearn_batch.py train ROWS.pickle MODEL.pickle
    sklearn_batch.py score MODEL.pickle ADS.csv OUT.csv    prints the seconds from opening the file to the end of the output
    sklearn_batch.py validate                              prints the seconds of cross-validation on the authored ads
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pickle
import sys
import time

import pandas as pd

from sklearn_baseline import HEADS, Features, authored, choose_strength, folds, groups, logistic


def train(rows, model):
    rows = pd.read_pickle(rows)
    features = Features().fit(rows["doc"])
    x = features.transform(rows["doc"])
    heads = [logistic(x, rows[head].to_numpy(), 10.0) for head in HEADS]
    with open(model, "wb") as out:
        pickle.dump((features, heads), out)


def score(model, ads, out):
    with open(model, "rb") as file:
        features, heads = pickle.load(file)
    start = time.perf_counter()
    rows = pd.read_csv(ads, keep_default_na=False, dtype=str)
    x = features.transform(rows["title"] + "\n" + rows["text"])
    for name, head in zip(HEADS, heads):
        rows[f"p_{name}"] = head.predict_proba(x)[:, 1]
    rows.drop(columns="text").to_csv(out, index=False)
    print(time.perf_counter() - start)


def validate():
    rows = authored()
    start = time.perf_counter()
    choose_strength(rows, folds(rows, groups(rows)))
    print(time.perf_counter() - start)


if __name__ == "__main__":
    verb, *arguments = sys.argv[1:]
    {"train": train, "score": score, "validate": validate}[verb](*arguments)
