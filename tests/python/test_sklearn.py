"""The classifier: scikit-learn's own checks where they apply, and what one does with a classifier."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from tachles.sklearn import TachlesClassifier

# scikit-learn leaves out, by the tag `two_d_array=False`, nearly all checks that fit: they feed numbers in two dimensions.
# Of those it does run, none is left out here.
LEFT_OUT: dict = {}


@parametrize_with_checks([TachlesClassifier()], expected_failed_checks=lambda _: LEFT_OUT)
def test_the_checks_of_scikit_learn_that_apply(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def data(labeled):
    rows = [row for row in labeled if row["lang"] == "en"][:150]
    return np.array([row["text"] for row in rows], dtype=object), np.array([row["label"] for row in rows])


@pytest.fixture(scope="module")
def fitted(data):
    return TachlesClassifier(folds=3).fit(*data)


def test_it_learns(data, labeled, fitted):
    held_out = [row for row in labeled if row["lang"] == "en"][150:]
    texts, truth = [row["text"] for row in held_out], np.array([row["label"] for row in held_out])
    p = fitted.predict_proba(texts)
    assert list(fitted.classes_) == ["concrete", "vague"]
    assert p.shape == (len(texts), 2) and np.allclose(p.sum(axis=1), 1)
    assert roc_auc_score(truth == "vague", p[:, 1]) > 0.8
    assert fitted.score(texts, truth) > 0.7
    said = fitted.predict(texts)
    assert ((fitted.decision_function(texts) >= 0) == (said == "vague")).all()
    assert (p[:, 1].argsort() == fitted.decision_function(texts).argsort(kind="stable")).mean() > 0.9


def test_every_kind_of_x_and_y_does(data, fitted):
    X, y = data
    expected = fitted.predict_proba(X)
    for other in (list(X), pd.Series(X, index=range(5, 5 + len(X))), X.reshape(-1, 1), pd.DataFrame({"text": X}), X.astype(str)):
        assert np.array_equal(fitted.predict_proba(other), expected)
    coded = clone(fitted).fit(list(X), (y == "vague").astype(int))
    assert np.array_equal(coded.predict_proba(X), expected)
    assert list(coded.classes_) == [0, 1]
    table = pd.DataFrame({"text": X, "label": "no label at all"})
    assert np.array_equal(clone(fitted).fit(table, y).predict_proba(table), expected), "columns of labels are not looked at"


def test_it_can_be_kept_and_copied(data, fitted):
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict_proba(data[0]), fitted.predict_proba(data[0]))
    with pytest.raises(NotFittedError):
        clone(fitted).predict(data[0])
    assert clone(fitted).get_params() == fitted.get_params()


def test_pipelines_and_searches_take_it(data):
    X, y = data
    shorter = FunctionTransformer(lambda texts: [text[:400] for text in texts])
    pipeline = make_pipeline(shorter, TachlesClassifier(folds=2, costs=(3.0,)))
    search = GridSearchCV(
        pipeline,
        {"tachlesclassifier__class_weight": [None, "balanced"]},
        cv=StratifiedKFold(2, shuffle=True, random_state=0),
        scoring="roc_auc",
        error_score="raise",
    )
    search.fit(X, y)
    assert search.best_score_ > 0.7
    scores = cross_val_score(TachlesClassifier(folds=2, costs=(3.0,)), X, y, cv=2, scoring="roc_auc", error_score="raise")
    assert len(scores) == 2


def test_an_ad_in_another_language_gets_the_share_of_training(data, fitted):
    p = fitted.predict_proba(["Мы ищем опытного специалиста по социальным сетям в нашу команду"])
    assert p[0, 1] == pytest.approx((data[1] == "vague").mean(), abs=1e-3)


def test_what_cannot_be_fitted_is_told(data):
    X, y = data
    for classes, rule in [(np.array(["a"] * len(y)), "1 class"), (np.arange(len(y)) % 3, "3 class"), (None, "requires y")]:
        with pytest.raises(ValueError, match=rule):
            TachlesClassifier().fit(X, classes)
    with pytest.raises(ValueError, match="of one length"):
        TachlesClassifier().fit(X[:-1], y)
    with pytest.raises(ValueError, match="must be a string"):
        TachlesClassifier().fit([1] * len(y), y)
    with pytest.raises(ValueError, match="one text a sample"):
        TachlesClassifier().fit(np.array([["a", "b"]] * len(y), dtype=object), y)
    with pytest.raises(ValueError, match="training needs at least"):
        TachlesClassifier(folds=5).fit(X[:6], y[:6])
