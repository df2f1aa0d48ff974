"""Who sees which partition, and in which order."""

import numpy as np
import pytest
from recorder import Recorder
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from skdistill.distributed import CrossFitDistiller
from skdistill.distributed._groups import Groups, deal, orders, shares
from skdistill.distributed._learners import learn, learn_soft
from skdistill.exceptions import MissingClassWarning

pytestmark = pytest.mark.usefixtures("here")


class Sampled(ClassifierMixin, BaseEstimator):
    """A recorder without ``partial_fit``."""

    def fit(self, X, y):
        self.inner_ = Recorder().fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict_proba(self, X):
        return self.inner_.predict_proba(X)


def rows_of(groups, group):
    """Numbers of the rows in the partitions of 100 of a group."""
    return {
        row
        for place in np.flatnonzero(groups == group)
        for row in range(100 * place, 100 * place + 100)
    }


@pytest.mark.parametrize("epochs", [1, 2])
def test_a_fed_teacher_sees_all_rows_of_the_other_groups_and_none_of_its_own(
    parts, epochs
):
    d = CrossFitDistiller(Recorder(), cv=4, teacher_epochs=epochs, random_state=0)
    d.fit(*parts)
    assert sorted(np.bincount(d.groups_)) == [3, 3, 3, 3]
    for group, teacher in enumerate(d.teachers_):
        assert set(teacher.ids_) == set(range(1200)) - rows_of(d.groups_, group)
        assert (np.unique(teacher.ids_, return_counts=True)[1] == epochs).all()


def test_a_sampling_teacher_gets_its_share_of_every_other_partition(parts):
    d = CrossFitDistiller(Sampled(), cv=4, teacher_rows=95, random_state=0).fit(*parts)
    for group, teacher in enumerate(d.teachers_):
        ids = teacher.inner_.ids_
        assert 90 <= len(ids) <= 95
        assert len(set(ids)) == len(ids)
        assert not set(ids) & rows_of(d.groups_, group)
        per_partition = np.bincount(ids // 100, minlength=12)
        assert (per_partition[d.groups_ != group] >= 9).all()


def test_enough_rows_are_all_rows(parts):
    d = CrossFitDistiller(Sampled(), cv=3, random_state=0).fit(*parts)
    assert [len(teacher.inner_.ids_) for teacher in d.teachers_] == [800] * 3


def test_a_teacher_that_knows_its_rows_by_heart_knows_nothing_of_its_partitions(parts):
    X, y = parts
    rng = np.random.RandomState(0)
    noise = y.map_blocks(rng.permutation, dtype=y.dtype).persist()
    d = CrossFitDistiller(KNeighborsClassifier(1), random_state=0).fit(X, noise)
    right = d.classes_[d.teacher_proba_.compute().argmax(axis=1)] == noise.compute()
    assert right.mean() < 0.45  # 1 if it saw them


def test_the_seed_fixes_groups_and_order_and_another_seed_changes_them(parts):
    fits = [
        CrossFitDistiller(Recorder(), Recorder(), n_epochs=2, random_state=seed)
        for seed in (0, 0, 1)
    ]
    for one in fits:
        one.fit(*parts)
    assert (fits[0].groups_ == fits[1].groups_).all()
    assert (fits[0].groups_ != fits[2].groups_).any()
    orders = [[seen[0][0] // 100 for seen in one.student_.seen_] for one in fits]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0][:12]) == sorted(orders[0][12:]) == list(range(12))
    assert orders[0][:12] != orders[0][12:]


def test_partitions_without_rows_belong_to_no_group():
    groups = deal(np.array([5, 0, 5, 5, 0]), 3, np.random.RandomState(0))
    assert sorted(groups.of) == [-1, -1, 0, 1, 2]
    assert set(orders(np.array([0, 2, 3]), 2, np.random.RandomState(0))) == {0, 2, 3}
    for group in range(3):
        assert groups.of[groups.own(group)].tolist() == [group]
        assert (groups.of[groups.others(group)] != group).all()
        assert len(groups.others(group)) == 2


def test_shares_hear_tiny_partitions_and_never_exceed_the_bound():
    groups = Groups(np.arange(1000) % 5, 5)
    lengths = np.full(1000, 7)
    drawn = shares(lengths, groups, 500)
    for group in range(5):
        assert 495 <= drawn[groups.others(group)].sum() <= 500
    assert (shares(lengths, groups, 10**6) == lengths).all()


def test_a_class_in_one_partition_alone_gets_the_prior_and_a_warning(parts):
    X, y = parts
    y = y.map_blocks(
        lambda part, block_info=None: np.where(
            block_info[0]["chunk-location"][0] == 3, "only", part
        ),
        dtype="<U4",
    )
    d = CrossFitDistiller(GaussianNB(), cv=4, random_state=0)
    with pytest.warns(MissingClassWarning, match=r"'only' \(300 rows\)"):
        d.fit(X, y)
    assert d.filled_ == (("only", 300),)
    column = d.teacher_proba_.compute()[:, d.classes_.tolist().index("only")]
    own = np.repeat(d.groups_ == d.groups_[3], 100)
    np.testing.assert_allclose(column[own], 1 / (900 + 4), rtol=1e-12)


def test_teachers_of_one_class_are_not_fitted(parts):
    X, _ = parts
    y = X[:, 0].map_blocks(
        lambda part, block_info=None: np.full(
            len(part), block_info[0]["chunk-location"][0] == 0
        ),
        dtype=bool,
    )
    for teacher in (GaussianNB(), Sampled()):
        d = CrossFitDistiller(teacher, cv=2, random_state=0)
        with pytest.warns(MissingClassWarning, match="True"):
            d.fit(X, y)
        group = d.groups_[0]
        assert d.teachers_[group] is None
        assert d.teachers_[1 - group] is not None
        proba = d.teacher_proba_.compute()[:100]
        np.testing.assert_allclose(proba, [[1 - 1 / 602, 1 / 602]] * 100)


def test_feeding_a_learner_leaves_the_one_before_as_it_was():
    before = Recorder().partial_fit(np.zeros((1, 1)), ["a"], classes=["a", "b"])
    X, classes = np.zeros((2, 1)), np.array(["a", "b"])
    after = learn(before, X, classes, classes)
    soft = learn_soft(before, X, np.full((2, 2), 0.5), classes)
    assert [len(one.seen_) for one in (before, after, soft)] == [1, 2, 2]
    after.seen_[0][1][0] = "b"
    soft.seen_[0][1][0] = "b"
    assert before.seen_[0][1].tolist() == ["a"]
