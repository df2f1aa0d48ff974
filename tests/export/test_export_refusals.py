"""What cannot be exported says so, and what to do instead."""

import numpy as np
import pytest
import scipy.sparse as sp
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.exceptions import ExportError
from skdistill.export import check_onnx, to_onnx
from skdistill.extreme import ExtremeDistiller


@pytest.fixture(scope="module")
def coded():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 8, 300), rng.normal(size=300)]).astype(float)
    return X, (X[:, 0] % 2 + X[:, 1] > 0.5).astype(int)


def test_categorical_splits_of_histogram_boosting(coded):
    student = HistGradientBoostingClassifier(max_iter=3, categorical_features=[0])
    with pytest.raises(ExportError, match="Fit it with categorical_features=None"):
        to_onnx(student.fit(*coded), coded[0])


def test_linear_leaves(coded):
    student = LGBMClassifier(
        n_estimators=3, linear_tree=True, verbose=-1, n_jobs=1, random_state=0
    )
    with pytest.raises(ExportError, match="Fit it with linear_tree=False"):
        to_onnx(student.fit(*coded), coded[0])


def test_categories_of_catboost(coded):
    X, y = coded
    student = CatBoostClassifier(
        iterations=2,
        verbose=0,
        allow_writing_files=False,
        thread_count=1,
        cat_features=[0],
    )
    student.fit(X.astype(int), y)
    with pytest.raises(ExportError, match="without cat_features"):
        to_onnx(student, X)


def test_extreme_distillers(toy):
    X, y = toy
    distiller = ExtremeDistiller(LogisticRegression(max_iter=500), random_state=0)
    with pytest.raises(ExportError, match="sparse student has no ONNX form"):
        to_onnx(distiller.fit(X, y), X)


def test_classifiers_without_probabilities(binary):
    X, y = binary
    with pytest.raises(ExportError, match="must have predict_proba to be exported"):
        to_onnx(RidgeClassifier().fit(X, y), X)


class Coin(ClassifierMixin, BaseEstimator):
    """No converter knows it."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


def test_learners_without_a_converter(binary):
    X, y = binary
    with pytest.raises(ExportError, match=r"Coin .*update_registered_converter"):
        to_onnx(Coin().fit(X, y), X)


@pytest.mark.parametrize("model", [3, LogisticRegression])
def test_what_is_no_model(model, binary):
    with pytest.raises(TypeError, match="model must be a fitted distiller or learner"):
        to_onnx(model, binary[0])


@pytest.mark.parametrize(
    "model", [LogisticRegression(), CrossFitDistiller(), DistilledClassifier()]
)
def test_models_that_are_not_fitted(model, binary):
    with pytest.raises(NotFittedError):
        to_onnx(model, binary[0])


def test_sparse_rows(binary):
    X, y = binary
    student = LogisticRegression().fit(sp.csr_matrix(X), y)
    with pytest.raises(ExportError, match=r"X must be dense .* Pass X.toarray\(\)"):
        to_onnx(student, sp.csr_matrix(X))


@pytest.mark.parametrize("X", [["a", "b"], [1.0, 2.0], [["a"], ["b"]]])
def test_rows_of_another_kind(X, binary):
    student = LogisticRegression().fit(*binary)
    with pytest.raises(ExportError, match="X must be an array of numbers with one row"):
        to_onnx(student, X)


@pytest.mark.parametrize("opset", [14, 21, 17.0, "17"])
def test_opsets(opset, binary):
    student = LogisticRegression().fit(*binary)
    with pytest.raises(ValueError, match="target_opset must be a whole number from 15"):
        to_onnx(student, binary[0], target_opset=opset)


def test_dtypes(binary):
    student = LogisticRegression().fit(*binary)
    with pytest.raises(ValueError, match="dtype must be 'float32' or 'float64'"):
        to_onnx(student, binary[0], dtype=int)


def test_labels_that_onnx_has_not(binary):
    X, y = binary
    mixed = np.array([0, "one"], dtype=object)
    tree = DecisionTreeClassifier(max_depth=2).fit(X, y)
    tree.classes_ = mixed
    with pytest.raises(ExportError, match=r"classes must be numbers or all text"):
        to_onnx(tree, X)


def test_rows_that_differ_are_named(binary):
    X, y = binary
    one, other = (LogisticRegression(C=C).fit(X, y) for C in (1.0, 1e-3))
    with pytest.raises(
        ExportError, match=r"240 of 240 rows that differ by up to \S+, \d+ of them with"
    ):
        check_onnx(other, to_onnx(one, X), X)


def test_a_label_that_differs_beyond_a_tie_is_an_error(binary):
    X, y = binary

    class Contrary(LogisticRegression):
        def predict(self, X):
            return 1 - super().predict(X)

    student = LogisticRegression().fit(X, y)
    contrary = Contrary().fit(X, y)
    with pytest.raises(ExportError, match=r"240 of them with another label"):
        check_onnx(contrary, to_onnx(student, X), X)


def test_rows_rounded_past_a_threshold_are_found():
    # The thresholds lie between neighbours that float32 cannot tell apart.
    X = 1 + np.arange(400)[:, None] * 1e-9
    y = np.arange(400) // 100 % 2
    student = HistGradientBoostingClassifier(max_iter=5, early_stopping=False)
    student.fit(X, y)
    assert check_onnx(student, to_onnx(student, X), X).largest < 1e-6
    with pytest.raises(ExportError, match=r"export with dtype='float64'"):
        to_onnx(student, X, dtype="float32")
