"""Data frames: one input a column, text, missing entries, encoders and imputers."""

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.compose import (
    ColumnTransformer,
    make_column_selector,
    make_column_transformer,
)
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from skdistill import DistilledClassifier
from skdistill.exceptions import ExportError
from skdistill.export import OnnxPredictor, check_onnx, to_onnx

NUMBERS, TEXTS = ["size", "two words", "rooms"], ["city", "kind"]


def houses(n_samples=300, seed=0):
    rng = np.random.default_rng(seed)
    holes = rng.random(n_samples) < 0.2
    return pd.DataFrame(
        {
            "size": rng.normal(size=n_samples),
            "two words": np.where(holes, np.nan, rng.normal(size=n_samples)),
            "rooms": rng.integers(1, 6, n_samples),
            "city": rng.choice(["Oslo", "Rome", "Łódź"], n_samples),
            "kind": pd.Categorical(rng.choice(["flat", "hut"], n_samples)),
            "new": rng.random(n_samples) > 0.5,
        }
    )


def labels(X):
    return np.where(X["size"] + X["rooms"] + (X["city"] == "Rome") > 3, "dear", "cheap")


def prepared(learner, **imputer):
    return make_pipeline(
        ColumnTransformer(
            [
                (
                    "numbers",
                    make_pipeline(SimpleImputer(**imputer), StandardScaler()),
                    NUMBERS,
                ),
                ("texts", OneHotEncoder(handle_unknown="ignore"), TEXTS),
            ],
            remainder="passthrough",
        ),
        learner,
    )


@pytest.mark.parametrize(
    "learner",
    [
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=4),
        HistGradientBoostingClassifier(max_iter=5),
        XGBClassifier(n_estimators=5, n_jobs=1),
        LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1),
        RandomForestRegressor(5, max_depth=4),
    ],
    ids=lambda learner: type(learner).__name__,
)
def test_a_pipeline_of_mixed_columns(learner):
    X, new = houses(), houses(seed=1)
    student = prepared(learner)
    teacher = make_pipeline(SimpleImputer(), GaussianNB())
    proba = teacher.fit(X[NUMBERS], labels(X)).predict_proba(X[NUMBERS])
    distiller = DistilledClassifier(student=student, random_state=0)
    distiller.fit(X, labels(X), teacher_proba=proba)
    onnx = to_onnx(distiller, X)
    assert check_onnx(distiller, onnx, new).largest < 1e-6
    served = OnnxPredictor(onnx.SerializeToString())
    assert served.input_names == tuple(X.columns)
    # By name: a server's frame may have its columns in another order, and more.
    shuffled = new[new.columns[::-1]].assign(other=1)
    np.testing.assert_array_equal(served.predict(shuffled), distiller.predict(new))


@pytest.mark.parametrize(
    "imputer",
    [
        {"add_indicator": True},
        {"strategy": "median"},
        {"strategy": "constant", "fill_value": -1.0},
        {"strategy": "most_frequent", "add_indicator": True},
    ],
    ids=str,
)
def test_imputers_keep_their_indicators(imputer):
    X, new = houses(), houses(seed=1)
    student = prepared(LogisticRegression(), **imputer).fit(X, labels(X))
    assert check_onnx(student, to_onnx(student, X), new).largest < 1e-12


def test_empty_columns_are_dropped_or_kept_as_in_the_student():
    X, y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
    X[:, 1] = np.nan
    X[::4, 2] = np.nan
    for keep in (False, True):
        imputer = SimpleImputer(keep_empty_features=keep, add_indicator=True)
        student = make_pipeline(imputer, LogisticRegression())
        if keep:
            student.fit(X, y)
        else:
            with pytest.warns(UserWarning, match="without any observed values"):
                student.fit(X, y)
            with pytest.warns(UserWarning, match="without any observed values"):
                assert check_onnx(student, to_onnx(student, X), X).largest < 1e-12
            continue
        assert check_onnx(student, to_onnx(student, X), X).largest < 1e-12


def test_another_code_for_missing_entries():
    X, y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
    X[::3, 1] = -999
    student = make_pipeline(SimpleImputer(missing_values=-999), LogisticRegression())
    student.fit(X, y)
    assert check_onnx(student, to_onnx(student, X), X).largest < 1e-12


def test_numbers_alone_are_one_matrix_even_where_they_differ_in_kind():
    X = houses()[["size", "two words", "rooms", "new"]]
    y = labels(houses())
    for student in (
        HistGradientBoostingClassifier(max_iter=5),
        XGBClassifier(n_estimators=5, n_jobs=1),
        LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1),
    ):
        codes = (y == "dear").astype(int)
        onnx = to_onnx(student.fit(X, codes), X)
        served = OnnxPredictor(onnx.SerializeToString())
        assert served.input_names == ("X",)
        assert check_onnx(student, onnx, X).largest < 1e-6


def test_a_selector_and_ordinal_codes():
    X, new = houses(), houses(seed=1)
    texts = make_column_selector(dtype_exclude="number")
    columns = ColumnTransformer(
        [("texts", OrdinalEncoder(), texts), ("numbers", "passthrough", ["size"])]
    )
    student = make_pipeline(columns, DecisionTreeClassifier(max_depth=4))
    student.fit(X, labels(X))
    assert check_onnx(student, to_onnx(student, X), new).largest < 1e-6


def test_missing_text_is_refused():
    X = houses()
    student = prepared(LogisticRegression()).fit(X, labels(X))
    holes = X.assign(city=X["city"].where(X["city"] != "Rome"))
    with pytest.raises(ExportError, match=r"column 'city' must hold numbers, or text"):
        to_onnx(student, holes)


def test_text_that_no_step_encodes_is_refused():
    X = houses()[["size", "kind"]]
    student = LGBMClassifier(n_estimators=2, verbose=-1, n_jobs=1)
    student.fit(X, labels(houses()))
    with pytest.raises(ExportError, match=r"must be encoded .* got \['kind'\]"):
        to_onnx(student, X)


def test_infrequent_categories_are_refused():
    X = houses()
    encoder = OneHotEncoder(min_frequency=0.4, handle_unknown="ignore")
    student = make_pipeline(
        ColumnTransformer([("texts", encoder, ["city"])]), LogisticRegression()
    ).fit(X, labels(X))
    with pytest.raises(ExportError, match="Fit it without min_frequency"):
        to_onnx(student, X)


def test_imputers_of_text_are_refused():
    X = houses()
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())
    student = make_pipeline(
        ColumnTransformer([("texts", texts, ["city"])]), LogisticRegression()
    ).fit(X, labels(X))
    with pytest.raises(ExportError, match="SimpleImputer cannot be exported: ONNX has"):
        to_onnx(student, X)


def test_columns_of_a_matrix_are_found_by_name():
    X = houses()[["size", "rooms", "new"]].astype(float)
    student = DecisionTreeClassifier(max_depth=4).fit(X, labels(houses()))
    served = OnnxPredictor(to_onnx(student, X).SerializeToString())
    shuffled = X[["new", "size", "rooms"]]
    np.testing.assert_array_equal(served.predict(shuffled), student.predict(X))
    np.testing.assert_array_equal(served.predict(X.to_numpy()), student.predict(X))
    with pytest.raises(ValueError, match="X must have the columns .* named 'rooms'"):
        served.predict(X.drop(columns="rooms"))


def test_a_column_named_as_the_matrix():
    X = houses()[["city"]].rename(columns={"city": "X"})
    student = make_pipeline(
        ColumnTransformer([("text", OneHotEncoder(), ["X"])]), LogisticRegression()
    ).fit(X, labels(houses()))
    assert check_onnx(student, to_onnx(student, X), X).largest < 1e-12


def test_whole_numbers_that_turn_into_fractions_are_refused():
    X = houses()
    student = prepared(LogisticRegression()).fit(X, labels(X))
    served = OnnxPredictor(to_onnx(student, X).SerializeToString())
    holes = X.assign(rooms=X["rooms"].where(X["rooms"] > 2))
    with pytest.raises(ValueError, match="'rooms' must hold whole numbers, as the sam"):
        served.predict(holes)
    with pytest.raises(ValueError, match="'new' must hold truth values"):
        served.predict(X.assign(new=0.5))
    with pytest.raises(ValueError, match="X must have the columns .* named 'city'"):
        served.predict(X.drop(columns="city"))
    served = OnnxPredictor(to_onnx(student, holes).SerializeToString())
    np.testing.assert_array_equal(served.predict(holes), student.predict(holes))


def test_a_matrix_where_columns_are_needed_is_refused():
    X = houses()
    student = prepared(LogisticRegression()).fit(X, labels(X))
    served = OnnxPredictor(to_onnx(student, X).SerializeToString())
    with pytest.raises(ValueError, match="X must be a data frame with the column 'siz"):
        served.predict(np.zeros((2, 6)))


def test_columns_may_be_named_like_nodes_of_the_graph():
    rng = np.random.default_rng(0)
    names = ["cast_1", "part_1", "X", "variable", "input"]
    X = pd.DataFrame(rng.normal(size=(60, 5)), columns=names)
    X["rows"] = rng.choice(["u", "v"], 60)
    y = (X["cast_1"] + (X["rows"] == "u") > 0.5).astype(int)
    columns = make_column_transformer(
        (OneHotEncoder(), ["rows"]), (StandardScaler(), names)
    )
    student = make_pipeline(columns, LogisticRegression()).fit(X, y)
    made = to_onnx(student, X)
    assert check_onnx(student, made, X).n_labels == 0
