"""Arguments that cannot be used are named before anything is converted."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill.export import (
    OnnxPredictor,
    check_onnx,
    deployment_table,
    load,
    model_card,
    save,
    to_onnx,
    trusted_types,
)


@pytest.fixture(scope="module")
def tree(toy):
    return DecisionTreeClassifier(max_depth=3, random_state=0).fit(*toy)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"path": 3}, TypeError, "path must be a str or Path, got 3"),
        ({"check": "no"}, TypeError, "check must be a bool, got 'no'"),
        ({"tolerance": -1}, ValueError, "tolerance must be None or a number of at"),
        ({"tolerance": "a"}, ValueError, "tolerance must be None or.*got 'a'"),
        ({"tolerance": float("nan")}, ValueError, "tolerance must be.*got nan"),
        ({"tolerance": True}, ValueError, "tolerance must be.*got True"),
        ({"dtype": "int8"}, ValueError, "dtype must be 'float32' or 'float64', got"),
        ({"dtype": "rubbish"}, ValueError, "dtype must be 'float32' or 'float64'"),
        ({"target_opset": 14}, ValueError, "target_opset must be.*15 to 20, got 14"),
    ],
)
def test_arguments_of_to_onnx(tree, toy, given, error, message):
    with pytest.raises(error, match=message):
        to_onnx(tree, toy[0], **given)


def _writers(tree, X, y):
    return [
        lambda path: to_onnx(tree, X, path),
        lambda path: save(tree, path),
        lambda path: model_card(tree, X, y, path),
    ]


@pytest.mark.parametrize("which", range(3))
def test_a_file_needs_a_folder_and_a_name(tree, toy, tmp_path, which):
    write = _writers(tree, *toy)[which]
    lost = tmp_path / "nowhere" / "file"
    with pytest.raises(FileNotFoundError, match="path must be in a folder that exists"):
        write(lost)
    with pytest.raises(IsADirectoryError, match="path must be a file, got the folder"):
        write(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("read", [OnnxPredictor, load, trusted_types])
def test_a_file_that_is_not_there(tmp_path, read):
    with pytest.raises(FileNotFoundError, match="path must be a file that exists, got"):
        read(tmp_path / "none")


@pytest.mark.parametrize("read", [load, trusted_types])
def test_a_file_of_another_kind_is_not_read_as_skops(tmp_path, read):
    file = tmp_path / "pickle.skops"
    file.write_bytes(b"abc" * 10)
    with pytest.raises(ValueError, match="path must be a file written by save, got"):
        read(file)


def test_what_is_no_onnx_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="model must be an ONNX model, got what"):
        OnnxPredictor(b"abc" * 10)
    file = tmp_path / "rubbish.onnx"
    file.write_bytes(b"abc" * 10)
    with pytest.raises(ValueError, match="model must be an ONNX model, got what"):
        OnnxPredictor(file)


@pytest.mark.parametrize("trusted", [True, [1]])
def test_trusted_holds_names(tree, tmp_path, trusted):
    file = save(tree, tmp_path / "tree.skops")
    with pytest.raises(TypeError, match="trusted must be names of classes, got"):
        load(file, trusted=trusted)


def test_what_is_not_fitted_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        save(DecisionTreeClassifier(), tmp_path / "tree.skops")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (lambda X: X.astype(str) + "a", "X must hold numbers, got an entry that is"),
        (sp.csr_array, "X must be dense, got a sparse matrix"),
    ],
)
def test_rows_that_are_no_numbers_are_not_served(tree, toy, rows, message):
    served = OnnxPredictor(to_onnx(tree, toy[0]))
    with pytest.raises(TypeError, match=message):
        served.predict(rows(toy[0]))


def test_a_regressor_has_no_probabilities(toy):
    X = toy[0]
    regressor = DecisionTreeRegressor(max_depth=2).fit(X, X[:, 0])
    served = OnnxPredictor(to_onnx(regressor, X))
    with pytest.raises(AttributeError, match="The model is a regressor, use predict"):
        served.predict_proba(X)


def test_only_a_model_of_the_same_kind_is_compared(tree, toy, binary):
    X = toy[0]
    regressor = DecisionTreeRegressor(max_depth=2).fit(X, X[:, 0])
    other = DecisionTreeClassifier(max_depth=2).fit(*binary)
    made = to_onnx(tree, X)
    for model, said in [(regressor, "predictions"), (other, r"the classes \[0, 1\]")]:
        with pytest.raises(ValueError, match=f"onnx must be made from.*with {said}"):
            check_onnx(model, made, X)
    with pytest.raises(ValueError, match="got one with predictions for a model with"):
        check_onnx(tree, to_onnx(regressor, X), X)


@pytest.mark.parametrize(
    ("models", "error", "message"),
    [
        (None, TypeError, "models must be a fitted distiller or learner, got None"),
        ({"a": 3}, TypeError, r"models\['a'\] must be a fitted distiller or learner"),
        (DecisionTreeClassifier(), NotFittedError, "not fitted"),
    ],
)
def test_models_of_a_table(toy, models, error, message):
    with pytest.raises(error, match=message):
        deployment_table(models, toy[0])


def test_rows_and_size_of_a_table(tree, toy):
    with pytest.raises(ValueError, match="X must hold at least one row, got none"):
        deployment_table(tree, toy[0][:0])
    for largest in (-1, "a", True):
        with pytest.raises(ValueError, match="largest must be a number of bytes, got"):
            deployment_table(tree, toy[0], largest=largest)


def test_columns_that_cannot_be_inputs_are_named(toy):
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    from skdistill.exceptions import ExportError

    X, y = toy
    frame = pd.DataFrame(
        {"label": X[:, 0], "": X[:, 1], "word": np.where(y > "0", *"ab")}
    )
    learner = DecisionTreeClassifier(max_depth=2)
    columns = make_column_transformer(
        (OneHotEncoder(), ["word"]), ("passthrough", ["label", ""])
    )
    model = make_pipeline(columns, learner).fit(frame, y)
    with pytest.raises(ExportError, match="X must not have columns named 'label', ''"):
        to_onnx(model, frame)
    twins = pd.DataFrame(X[:, :2], columns=["a", "a"])
    with pytest.raises(ExportError, match="columns of different names.*got 'a' more"):
        to_onnx(learner.fit(X[:, :2], y), twins)
    frame = frame.assign(word=pd.date_range("2020", periods=len(y)))
    with pytest.raises(ExportError, match="'word' must hold numbers or text.*datetime"):
        to_onnx(model, frame)
