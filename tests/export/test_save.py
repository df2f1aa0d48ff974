"""skops files: what is written, what is trusted, what is refused."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.exceptions import ExportError
from skdistill.export import load, save, trusted_types
from skdistill.students import SoftLogisticRegression


@pytest.mark.parametrize(
    "student",
    [
        SoftLogisticRegression(),
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=3),
    ],
)
def test_a_student_comes_back_with_the_same_probabilities(student, toy, tmp_path):
    X, y = toy
    student.fit(X, y)
    file = save(student, tmp_path / "student.skops")
    again = load(file, trusted=trusted_types(file))
    assert type(again) is type(student)
    np.testing.assert_array_equal(again.predict_proba(X), student.predict_proba(X))


@pytest.mark.parametrize("kind", [DistilledClassifier, CrossFitDistiller])
def test_a_distiller_comes_back(kind, toy, tmp_path):
    X, y = toy
    distiller = kind(
        LogisticRegression(), DecisionTreeClassifier(max_depth=3), random_state=0
    ).fit(X, y)
    file = save(distiller, tmp_path / "distiller.skops")
    again = load(file, trusted=["sklearn.tree._tree.Tree"])
    np.testing.assert_array_equal(again.predict_proba(X), distiller.predict_proba(X))
    assert again.selection_ == distiller.selection_
    assert again.correction_ == distiller.correction_
    assert trusted_types(file) == trusted_types(distiller)


def test_trees_must_be_trusted_by_name(toy, tmp_path):
    X, y = toy
    file = save(DecisionTreeClassifier(max_depth=2).fit(X, y), tmp_path / "a.skops")
    with pytest.raises(ExportError, match=r"got a file with \['sklearn.tree._tree"):
        load(file)


def shifted(X):
    return X + 1.0


def test_unknown_types_are_refused_and_listed(toy, tmp_path):
    X, y = toy
    model = make_pipeline(FunctionTransformer(shifted), LogisticRegression()).fit(X, y)
    file = save(model, tmp_path / "model.skops")
    unknown = trusted_types(file)
    assert unknown == [f"{__name__}.shifted"]
    with pytest.raises(ExportError, match=r"trusted must name every class .*shifted"):
        load(file)
    again = load(file, trusted=unknown)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
