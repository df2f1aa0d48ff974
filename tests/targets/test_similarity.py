"""KD-sim: class vectors, their similarities and targets of them."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from simplex import labelled_rows
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skdistill import DistilledClassifier
from skdistill.targets import (
    ClassSimilarity,
    PartialTeacher,
    class_vectors,
    make_targets,
    on_simplex,
    one_hot,
)

P = np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.3, 0.6, 0.1], [0.1, 0.1, 0.8]])
Y = np.array([0, 0, 1, 2])
VECTORS = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 3.0]])


def test_targets_are_labels_mixed_with_the_similarity_row():
    """Papers.md 3.5, by its own lines of NumPy."""
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    similar = softmax(unit @ unit.T / 0.4, axis=1)
    expected = 0.7 * np.eye(3)[Y] + 0.3 * similar[Y]
    found = ClassSimilarity(0.4, 0.3, VECTORS)(P, Y)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_vectors_can_be_the_mean_distributions_of_the_classes():
    means = [P[:2].mean(axis=0), P[2], P[3]]
    expected = ClassSimilarity(vectors=means)(P, Y)
    found = ClassSimilarity(vectors="distributions")(P, Y)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_default_vectors_are_the_mean_logits_of_the_classes():
    proba = np.array(
        [[1.0, 0.0, 0.0], [0.5, 0.4, 0.1], [0.3, 0.6, 0.1], [0.1, 0.1, 0.8]]
    )
    logits = np.log(np.maximum(proba, 1 / 500))
    logits -= logits.mean(axis=1, keepdims=True)
    means = [logits[:2].mean(axis=0), logits[2], logits[3]]
    expected = ClassSimilarity(vectors=means)(proba, Y)
    np.testing.assert_allclose(ClassSimilarity()(proba, Y), expected, rtol=1e-14)


def test_a_class_without_rows_is_alike_as_far_as_it_is_confused():
    rule = ClassSimilarity(mix=1.0, vectors="distributions")
    found = rule.cosines(P[:3], Y[:3])
    means = np.array([P[:2].mean(axis=0), P[2], [0, 0, 1.0]])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    np.testing.assert_allclose(found, means @ means.T, rtol=1e-14)


def test_a_teacher_that_knows_nothing_leaves_classes_alike():
    found = ClassSimilarity(1.0, 1.0)(np.full((3, 3), 1 / 3), np.arange(3))
    expected = softmax(np.eye(3), axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_orthonormal_vectors_and_a_small_temperature_are_labels_exactly():
    rule = ClassSimilarity(1e-3, 1.0, np.eye(3))
    np.testing.assert_array_equal(rule(P, Y), one_hot(Y, 3))


def test_without_mix_the_labels_are_left_exactly():
    np.testing.assert_array_equal(ClassSimilarity(mix=0)(P, Y), one_hot(Y, 3))


def test_a_large_temperature_smooths_evenly():
    found = ClassSimilarity(1e9, 0.3)(P, Y)
    np.testing.assert_allclose(found, 0.7 * one_hot(Y, 3) + 0.1, atol=1e-8)


def test_tiny_and_huge_vectors_keep_their_direction():
    scales = np.array([[1e-200], [1e200], [1.0]])
    found = ClassSimilarity(vectors=VECTORS * scales)(P, Y)
    expected = ClassSimilarity(vectors=VECTORS)(P, Y)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@given(labelled_rows(), st.floats(1e-3, 100), st.floats(0, 1))
@settings(deadline=None)
def test_rows_stay_on_the_simplex(rows, temperature, mix):
    proba, y = rows
    rule = ClassSimilarity(temperature, mix)
    assert on_simplex(make_targets(proba, y, rules=[rule]))


def test_given_vectors_need_no_teacher():
    assert ClassSimilarity.needs_labels
    assert ClassSimilarity().needs_teacher
    rule = ClassSimilarity(vectors=VECTORS)
    assert not rule.needs_teacher
    np.testing.assert_array_equal(rule(P, Y), rule(P[::-1], Y))


def test_equal_rules_are_equal_and_copies_too():
    rule = ClassSimilarity(0.2, 0.5, VECTORS)
    for other in (
        ClassSimilarity(0.2, 0.5, VECTORS.tolist()),
        pickle.loads(pickle.dumps(rule)),
        copy.deepcopy(rule),
    ):
        assert rule == other
        assert hash(rule) == hash(other)
    assert rule != ClassSimilarity(0.2, 0.5, VECTORS + 1)
    assert rule != ClassSimilarity(0.2)
    assert rule != "rule"
    distiller = clone(DistilledClassifier(target=rule))
    assert distiller.target == rule


def test_the_vectors_are_its_own():
    mine = VECTORS.copy()
    rule = ClassSimilarity(vectors=mine)
    mine[:] = 1
    np.testing.assert_array_equal(rule.vectors, VECTORS)
    with pytest.raises(ValueError, match="read-only"):
        rule.vectors[0, 0] = 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"temperature": 0}, "temperature must be a positive finite number"),
        ({"mix": 1.5}, r"mix must be a number in \[0, 1\]"),
        ({"vectors": [[1.0, 0.0], [0, 0]]}, "direction for every class, .* in row 1"),
        ({"vectors": [1.0, 0.0]}, "vectors must have shape"),
        ({"vectors": "mean"}, "vectors must be 'logits', 'distributions' or one row"),
        ({"vectors": [[np.nan, 0.0]]}, "vectors must be finite"),
    ],
)
def test_parameters_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        ClassSimilarity(**arguments)


def test_vectors_must_be_one_a_class():
    with pytest.raises(ValueError, match="one row for each of the 3 classes, got 2"):
        ClassSimilarity(vectors=VECTORS[:2])(P, Y)


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def test_vectors_of_a_linear_model_are_its_weights(iris):
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(*iris)
    coef = model[-1].coef_
    np.testing.assert_array_equal(class_vectors(model), coef)
    np.testing.assert_array_equal(class_vectors(FrozenEstimator(model)), coef)
    np.testing.assert_array_equal(class_vectors(model, [2, 0, 1]), coef[[2, 0, 1]])


def test_two_classes_that_share_a_weight_vector_are_opposite(iris):
    X, y = iris
    model = LogisticRegression().fit(X[:100], y[:100])
    np.testing.assert_array_equal(
        class_vectors(model), [-model.coef_[0] / 2, model.coef_[0] / 2]
    )


def test_sparse_weights_are_read(iris):
    model = LogisticRegression(max_iter=1000).fit(*iris)
    dense = model.coef_
    np.testing.assert_array_equal(class_vectors(model.sparsify()), dense)


def test_vectors_of_a_network_are_its_last_layer(iris):
    model = MLPClassifier((5,), max_iter=5000, tol=1e-3, random_state=0).fit(*iris)
    np.testing.assert_array_equal(class_vectors(model), model.coefs_[-1].T)


def test_vectors_of_a_torch_module_are_its_last_linear_layer():
    torch = pytest.importorskip("torch")
    last = torch.nn.Linear(4, 3)
    module = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.ReLU(), last)
    weight = last.weight.detach().numpy()
    np.testing.assert_array_equal(class_vectors(module), weight)

    class Net:
        module_ = module
        classes_ = np.array(["a", "b", "c"])

    found = class_vectors(Net(), ["c", "a", "b"])
    np.testing.assert_array_equal(found, weight[[2, 0, 1]])
    alone = torch.nn.Linear(4, 1)
    np.testing.assert_array_equal(
        class_vectors(alone)[1], alone.weight.detach().numpy()[0] / 2
    )


def test_a_teacher_without_a_linear_layer_is_refused(iris):
    with pytest.raises(TypeError, match="end in a linear layer"):
        class_vectors(RandomForestClassifier(2).fit(*iris))
    with pytest.raises(TypeError, match="must be fitted"):
        class_vectors(LogisticRegression())


def test_one_versus_one_weights_are_refused():
    X = np.repeat(np.eye(4), 5, axis=0)
    y = np.repeat(np.arange(4), 5)
    with pytest.raises(ValueError, match="each of its 4 classes, got 6 of SVC"):
        class_vectors(SVC(kernel="linear").fit(X, y))


def test_classes_a_teacher_does_not_know_are_refused(iris):
    model = LogisticRegression(max_iter=1000).fit(*iris)
    with pytest.raises(ValueError, match=r"classes must be known .* got \[3\]"):
        class_vectors(model, [0, 1, 3])


def test_pairs_of_classes_are_no_classes():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="one weight vector for each of its 3"):
        class_vectors(SVC(kernel="linear").fit(X, y))
    two = y < 2
    assert class_vectors(SVC(kernel="linear").fit(X[two], y[two])).shape == (2, 4)


def test_rows_without_a_teacher_are_not_in_the_means():
    rng = np.random.default_rng(0)
    P, y = rng.dirichlet(np.ones(3), 60), rng.integers(3, size=60)
    rule = PartialTeacher(spread=ClassSimilarity())
    partly = P.copy()
    partly[::3] = np.nan
    known = ~np.isnan(partly[:, 0])
    made = make_targets(partly, y, rules=[rule]).values
    np.testing.assert_array_equal(made[known], rule(P[known], y[known]))
    np.testing.assert_array_equal(made[~known], np.eye(3)[y[~known]])
