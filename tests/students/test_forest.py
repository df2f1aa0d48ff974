"""Forest students: rows are drawn, not their copies."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from skdistill.students import StudentData, find_route, fit_student
from skdistill.students._forest import draws_rows
from skdistill.targets import Targets

CLASSES = np.array(["a", "b"])


class Recorder(RandomForestClassifier):
    """Keeps the weights of each tree."""

    def fit(self, X, y, sample_weight=None):
        self.given_ = [*getattr(self, "given_", []), sample_weight]
        return super().fit(X, y, sample_weight)


@pytest.fixture(scope="module")
def soft():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    p = 1 / (1 + np.exp(-2 * X[:, 0]))
    values = np.column_stack([1 - p, p])
    codes = (rng.random(300) < p).astype(int)
    return StudentData(X, Targets(values), CLASSES, codes, None, {})


def test_the_copies_of_a_row_are_drawn_together(soft):
    student = Recorder(4, random_state=0)
    fitted = fit_student(student, soft)
    draws = []
    for weight in fitted.given_:
        counts = weight.reshape(300, 2) / soft.targets.values
        np.testing.assert_allclose(counts[:, 0], counts[:, 1])
        np.testing.assert_allclose(counts, np.round(counts))
        assert counts[:, 0].sum() == pytest.approx(300)
        draws.append(counts[:, 0])
    assert 0.55 < (draws[0] > 0).mean() < 0.72  # 1 - 1/e of the rows
    assert not np.array_equal(draws[0], draws[1])


@pytest.mark.parametrize(("max_samples", "n"), [(None, 300), (0.5, 150), (40, 40)])
def test_max_samples_is_the_number_of_rows_drawn(soft, max_samples, n):
    fitted = fit_student(Recorder(2, max_samples=max_samples, random_state=0), soft)
    counts = fitted.given_[0].reshape(300, 2)[:, 0] / soft.targets.values[:, 0]
    assert counts.sum() == pytest.approx(n)


@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesClassifier])
def test_the_forest_comes_back_with_its_parameters(soft, kind):
    student = kind(
        6,
        criterion="entropy",
        bootstrap=True,
        max_samples=0.7,
        max_depth=4,
        random_state=3,
    )
    before = student.get_params()
    fitted = fit_student(student, soft)
    assert fitted.get_params() == before
    assert len(fitted.estimators_) == 6
    seeds = {tree.random_state for tree in fitted.estimators_}
    assert len(seeds) == 6


def test_trees_are_those_of_a_forest_on_the_drawn_rows(soft):
    fitted = fit_student(Recorder(3, random_state=0), soft)
    X = np.repeat(soft.X, 2, axis=0)
    tree = fitted.estimators_[1]
    own = type(tree)(**tree.get_params())
    own.fit(X, np.tile([0.0, 1.0], 300), sample_weight=fitted.given_[1])
    np.testing.assert_allclose(
        own.predict_proba(soft.X), tree.predict_proba(soft.X.astype(np.float32))
    )


def test_soft_targets_are_learned_better_than_with_copies_drawn_apart(soft):
    truth = soft.targets.values[:, 1]

    def error(fitted):
        return ((fitted.predict_proba(soft.X)[:, 1] - truth) ** 2).mean()

    rows = np.repeat(np.arange(300), 2)
    apart = RandomForestClassifier(5, random_state=0).fit(
        soft.X[rows], np.tile(CLASSES, 300), sample_weight=soft.targets.values.ravel()
    )
    together = fit_student(Recorder(5, random_state=0), soft)
    assert error(together) < 0.6 * error(apart)


def test_forests_without_bootstrap_are_left_to_themselves(soft):
    assert not draws_rows(RandomForestClassifier(bootstrap=False))
    assert not draws_rows(ExtraTreesClassifier())
    fitted = fit_student(Recorder(3, bootstrap=False, random_state=0), soft)
    assert len(fitted.given_) == 1


def test_fit_forest_draws_from_the_forests_own_seed(soft):
    first = fit_student(Recorder(3, random_state=1), soft)
    again = fit_student(Recorder(3, random_state=1), soft)
    other = fit_student(Recorder(3, random_state=2), soft)
    answers = [fitted.predict_proba(soft.X) for fitted in (first, again, other)]
    np.testing.assert_array_equal(answers[0], answers[1])
    assert not np.array_equal(answers[0], answers[2])


def test_out_of_bag_scores_of_repeated_rows_are_refused():
    with pytest.raises(
        ValueError, match="oob_score of the student must be False, because its"
    ):
        find_route(RandomForestClassifier(criterion="entropy", oob_score=True))
