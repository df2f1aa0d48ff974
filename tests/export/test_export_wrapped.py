"""A distiller inside a search or a pipeline: its student is what is shipped."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller
from skdistill.export import OnnxPredictor, check_onnx, deployment_table, to_onnx

TEACHER = RandomForestClassifier(10, random_state=0)
PLAIN = {"alpha": 1.0, "correction": None, "random_state": 0}
TREE = CrossFitDistiller(TEACHER, DecisionTreeClassifier(max_depth=3), **PLAIN)
RIDGE = CrossFitDistiller(TEACHER, Ridge(), **PLAIN)

WRAPPED = {
    "pipeline": make_pipeline(StandardScaler(), TREE),
    "pipeline of a regressor": make_pipeline(StandardScaler(), RIDGE),
    "search": GridSearchCV(TREE, {"alpha": [0.5, 1.0]}, cv=2),
    "search of a pipeline": GridSearchCV(
        make_pipeline(StandardScaler(), RIDGE),
        {"crossfitdistiller__alpha": [0.5, 1.0]},
        cv=2,
    ),
    "pipeline of a search": make_pipeline(
        StandardScaler(), GridSearchCV(TREE, {"alpha": [1.0]}, cv=2)
    ),
}


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("name", WRAPPED)
def test_the_student_is_exported_with_the_steps_in_front(toy, name, frozen):
    X, y = toy
    model = WRAPPED[name].fit(X, y)
    if frozen:
        model = FrozenEstimator(model)
    made = to_onnx(model, X)
    assert check_onnx(model, made, X).n_labels == 0
    served = OnnxPredictor(made)
    np.testing.assert_array_equal(served.predict(X), model.predict(X))
    np.testing.assert_array_equal(served.classes_, model.classes_)


def test_a_table_weighs_the_student_and_not_the_distiller(toy):
    X, y = toy
    search = WRAPPED["search"].fit(X, y)
    table = deployment_table(search, X, y)
    student = search.best_estimator_.student_
    assert table[0].n_bytes == len(pickle.dumps(student))
    assert [one.form for one in table] == ["pickle", "onnx"]
    assert {one.name for one in table} == {"student"}
    assert table[1].accuracy == table[0].accuracy == search.score(X, y)


def test_columns_named_by_numbers(toy):
    X, y = toy
    frame = pd.DataFrame(X)
    distiller = TREE.fit(frame, y)
    served = OnnxPredictor(to_onnx(distiller, frame))
    np.testing.assert_array_equal(served.predict(frame), distiller.predict(frame))
    turned = frame[[*reversed(frame.columns)]]
    np.testing.assert_array_equal(served.predict(turned), distiller.predict(frame))
