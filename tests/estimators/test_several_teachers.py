"""Lists of teachers, the store, and arguments of splitter and student."""

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill import CrossFitDistiller, DistilledClassifier

TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
PLAIN = {"alpha": 1.0, "correction": None, "random_state": 0}


class Untouchable(ClassifierMixin, BaseEstimator):
    """Fails the test when it is fitted."""

    def fit(self, X, y):
        raise AssertionError("a teacher was fitted")

    def predict_proba(self, X):
        raise AssertionError("a teacher was asked")


@pytest.mark.parametrize("kind", [DistilledClassifier, CrossFitDistiller])
def test_all_teachers_are_checked_before_the_first_is_fitted(toy, kind):
    X, y = toy
    with pytest.raises(ValueError, match="teacher must "):
        kind([Untouchable(), FrozenEstimator(GaussianNB())], TREE).fit(X, y)


def test_in_sample_teachers_are_averaged_on_unlabelled_rows_too(toy):
    X, y = toy
    distiller = DistilledClassifier([GaussianNB(), TREE], DecisionTreeRegressor())
    distiller.fit(X[:99], y[:99], X_unlabeled=X[99:])
    fitted = [model.fit(X[:99], y[:99]) for model in (GaussianNB(), TREE)]
    mean = np.mean([model.predict_proba(X) for model in fitted], axis=0)
    np.testing.assert_allclose(distiller.teacher_proba_, mean[:99])
    np.testing.assert_allclose(distiller.crossfit_.unlabeled_proba, mean[99:])


def test_one_in_sample_teacher_labels_unlabelled_rows(toy):
    X, y = toy
    distiller = DistilledClassifier(GaussianNB(), DecisionTreeRegressor())
    distiller.fit(X[:99], y[:99], X_unlabeled=X[99:])
    own = GaussianNB().fit(X[:99], y[:99])
    found = distiller.crossfit_.unlabeled_proba
    np.testing.assert_allclose(found, own.predict_proba(X[99:]))


def test_the_store_spares_the_in_sample_teacher(toy, tmp_path):
    X, y = toy
    options = {"memory": tmp_path, "random_state": 0}
    first = DistilledClassifier(GaussianNB(), TREE, **options).fit(X, y)
    again = DistilledClassifier(GaussianNB(), TREE, **options).fit(X, y)
    assert first.crossfit_.fit_seconds == again.crossfit_.fit_seconds


class Colours(StratifiedKFold):
    """Refuses to split without colours."""

    seen: list = []  # noqa: RUF012

    def split(self, X, y=None, groups=None, colour=None):
        self.seen.append(colour)
        return super().split(X, y)


def test_what_the_splitter_requested_reaches_it_once(toy):
    X, y = toy
    colour = np.arange(240)
    Colours.seen.clear()
    with sklearn.config_context(enable_metadata_routing=True):
        cv = Colours(3).set_split_request(colour=True)
        distiller = CrossFitDistiller([GaussianNB(), TREE], TREE, cv=cv, **PLAIN)
        distiller.fit(X, y, colour=colour)
    assert len(Colours.seen) == 1
    np.testing.assert_array_equal(Colours.seen[0], colour)


class Paired(ClassifierMixin, BaseEstimator):
    """Refuses rows that come without their own mark."""

    def fit(self, X, y, sample_weight=None, mark=None):
        np.testing.assert_array_equal(mark, X[:, 0])
        self.tree_ = clone(TREE).fit(X, y, sample_weight)
        self.classes_ = self.tree_.classes_
        return self

    def predict_proba(self, X):
        return self.tree_.predict_proba(X)


def test_what_the_student_requested_is_cut_to_the_rows_it_is_tried_on(toy):
    X, y = toy
    with sklearn.config_context(enable_metadata_routing=True):
        student = Paired().set_fit_request(mark=True, sample_weight=False)
        distiller = CrossFitDistiller(GaussianNB(), student, cv=2, random_state=0)
        distiller.fit(X, y, mark=X[:, 0])
    assert len(distiller.selection_) == 6
