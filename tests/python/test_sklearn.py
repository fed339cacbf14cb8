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
from sklearn.utils.validation import check_is_fitted, validate_data

from tachles.sklearn import TachlesClassifier

# By the tag `two_d_array=False` scikit-learn leaves out all checks but that of cloning: the others feed numbers in two
# dimensions. So they are run on a classifier that says numbers in words first.
KINDS = ["tiny", "small", "short", "middling", "medium", "large", "long", "huge", "vast", "endless"]


class OfNumbers(TachlesClassifier):
    """Learns from numbers: a text has a word for each, by the tenth of its column that it is in."""

    def fit(self, X, y):
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        X, y = validate_data(self, X, y)
        self.tenths_ = np.quantile(X, np.linspace(0.1, 0.9, 9), axis=0)
        return super().fit(self.said(X), y)

    def predict_proba(self, X):
        check_is_fitted(self)
        return super().predict_proba(self.said(validate_data(self, X, reset=False)))

    def said(self, X):
        kinds = [np.searchsorted(tenths, column) for tenths, column in zip(self.tenths_.T, X.T)]
        return [" ".join(f"{KINDS[kind]}{'x' * at}" for at, kind in enumerate(row)) for row in zip(*kinds)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.one_d_array = False
        tags.input_tags.two_d_array = True
        return tags


def failing(estimator):
    """The checks that are meant to fail, each with its reason."""
    numbers = {"check_class_weight_classifiers": "weights ten million times apart are refused"}
    return numbers if isinstance(estimator, OfNumbers) else {}


@parametrize_with_checks([TachlesClassifier(), OfNumbers(folds=2, costs=(30.0,))], expected_failed_checks=failing)
def test_the_checks_of_scikit_learn(estimator, check):
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
    assert ((fitted.decision_function(texts) > 0) == (said == "vague")).all()
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


def test_the_threshold_itself_belongs_to_the_second_class(data, fitted):
    # Found by scikit-learn's check_classifiers_classes.
    on_it = clone(fitted).fit(*data)
    p = on_it.predict_proba(data[0])[:1, 1]
    on_it._threshold = lambda: p[0]
    assert on_it.predict(data[0])[0] == "vague" and on_it.decision_function(data[0])[0] > 0


def test_an_ad_in_another_language_gets_the_share_of_training(data, fitted):
    p = fitted.predict_proba(["Мы ищем опытного специалиста по социальным сетям в нашу команду"])
    assert p[0, 1] == pytest.approx((data[1] == "vague").mean(), abs=1e-3)


def test_weights_of_classes_move_the_probabilities(data):
    X, y = data
    mean = {}
    for weight in (0.1, 1, 10):
        fitted = TachlesClassifier(folds=2, costs=(3.0,), class_weight={"vague": weight, "concrete": 1}).fit(X, y)
        mean[weight] = fitted.model_.explain(X[0], most=1)["amount"][0].as_py()
    assert mean[0.1] < mean[1] < mean[10]
    for wrong in ({"vague": 1e6}, {"concrete": 0}):
        with pytest.raises(ValueError, match="weights of classes must be above 0"):
            TachlesClassifier(class_weight=wrong).fit(X, y)


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
