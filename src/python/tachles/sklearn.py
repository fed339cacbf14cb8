"""A classifier with the interface of scikit-learn, that learns a tachles model from texts."""

from __future__ import annotations

import warnings
from typing import Any, Optional, Union

import numpy as np
import pyarrow as pa
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from ._frames import frame
from .model import Model
from .verbs import train


class TachlesClassifier(ClassifierMixin, BaseEstimator):
    """Tells two kinds of ads apart by their texts.

    Fitting learns a :class:`~tachles.Model`: columns, costs, calibration and thresholds are chosen by cross-validation that
    keeps near-duplicates (and employers, where `X` has them) on one side of a fold. Of the two classes the second, in sorted
    order, is the one a probability is learned for: with the labels ``concrete`` and ``vague`` that is ``vague``; with 0
    and 1 it is 1.

    Parameters
    ----------
    folds : int, default=5
        Folds of the inner cross-validation; each class needs at least as many ads.
    class_weight : {None, "balanced"} or dict, default=None
        Whether the classes count the same in sum, or what each counts; a weight is at most 1000 times the other.
    costs : tuple of float, default=(1.0, 3.0, 10.0, 30.0)
        Inverse L2 penalties to choose from.
    random_state : int or None, default=None
        The seed of the folds; None is 1. Fitting is deterministic either way.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels.
    model_ : Model
        What was learned; its verdicts, reasons and explanations are there too.

    Examples
    --------
    >>> from sklearn.model_selection import cross_val_score
    >>> from tachles.sklearn import TachlesClassifier
    >>> cross_val_score(TachlesClassifier(), texts, labels, scoring="roc_auc")  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        folds: int = 5,
        class_weight: Union[None, str, dict[Any, float]] = None,
        costs: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0),
        random_state: Optional[int] = None,
    ) -> None:
        self.folds = folds
        self.class_weight = class_weight
        self.costs = costs
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> TachlesClassifier:
        """Learn from texts.

        Parameters
        ----------
        X : list, array or Series of str, or a table of ads
            The ads; see :class:`~tachles.Model`. Columns of labels in a table are not looked at.
        y : array-like of shape (n_samples,)
            Two classes.
        """
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) != 2:
            raise ValueError(f"Only binary classification is supported; y has {len(classes)} class(es)")
        table = _plain(frame(_texts(X), {}))
        if table.num_rows != len(codes):
            raise ValueError(f"X and y must be of one length, are {table.num_rows} and {len(codes)}")
        labels = pa.array(np.where(codes == 1, "vague", "concrete"))
        with warnings.catch_warnings():
            # Heads that nobody labelled are left out; that is meant here.
            warnings.filterwarnings("ignore", message="no row has a label for")
            self.model_ = train(
                table.append_column("label", labels),
                name="classifier",
                no_nested=True,
                folds=self.folds,
                class_weight=_weights(self.class_weight, classes),
                costs=",".join(str(float(cost)) for cost in self.costs),
                seed=1 if self.random_state is None else int(self.random_state),
            )
        self.classes_ = classes
        return self

    def predict_proba(self, X: Any) -> Any:
        """Calibrated probabilities, shape (n_samples, 2), in the order of ``classes_``.

        An ad in neither Hebrew nor English gets the share of the second class in training.
        """
        check_is_fitted(self)
        scored = self.model_.score(_plain(frame(_texts(X), {})), all_roles=True, reposts="off")
        p = scored["p_vague"].to_numpy(zero_copy_only=False).astype(float)
        p = np.where(np.isnan(p), self._prior(), p)
        return np.column_stack([1 - p, p])

    def decision_function(self, X: Any) -> Any:
        """Log-odds of the second class; above 0 for the ads that :meth:`predict` gives it."""
        p, threshold = self.predict_proba(X)[:, 1], self._threshold()
        known = np.clip(p, 1e-6, 1 - 1e-6)
        odds = np.log(known / (1 - known)) - np.log(threshold / (1 - threshold))
        # The threshold itself belongs to the second class.
        return np.where(p >= threshold, np.maximum(odds, np.finfo(float).tiny), odds)

    def predict(self, X: Any) -> Any:
        """The class of each ad: the second where its probability reaches the threshold chosen in training."""
        above = self.decision_function(X) > 0
        return self.classes_[above.astype(int)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.classifier_tags.multi_class = False
        return tags

    def _threshold(self) -> float:
        forced = float(self.model_.config["decision"]["forced"])
        return min(max(forced, 1e-6), 1 - 1e-6)

    def _prior(self) -> float:
        figures = (self.model_.metrics or {}).get("out_of_fold") or [{"heads": []}]
        found = [head["prevalence"] for head in figures[0]["heads"] if head["head"] == "vague"]
        return float(found[0]) if found else 0.5


def _weights(wanted: Union[None, str, dict[Any, float]], classes: Any) -> str:
    """What the command line calls the weights of classes: those of the second, of the first."""
    if not isinstance(wanted, dict):
        return "none" if wanted is None else wanted
    first, second = (float(wanted.get(known, 1.0)) for known in classes)
    if not (first > 0 and 0 < second / first <= 1000):
        raise ValueError(f"weights of classes must be above 0, and the second at most 1000 times the first; are {wanted}")
    return f"vague={second / first!r}"


def _texts(X: Any) -> Any:
    """`X`, with the one column of a two-dimensional array of texts taken out."""
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] == 1:
        return X[:, 0]
    if isinstance(X, np.ndarray) and X.ndim != 1:
        raise ValueError(f"X must be one text a sample, has shape {X.shape}")
    return X


def _plain(made: Any) -> pa.Table:
    for row, what in made.faults.items():
        raise ValueError(f"row {row}: a text must be a string, is {what}")
    labels = ("label", "scope", "vagueness", "split", "generic", "undefined", "no_barrier", "no_stake", "unmeasurable", "everyone")
    table: pa.Table = made.table
    return table.select([name for name in table.column_names if name.lower() not in labels])
