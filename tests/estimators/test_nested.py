"""Teachers of the selection never saw the labels that students are judged by."""

import pickle

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    PredefinedSplit,
    ShuffleSplit,
    TimeSeriesSplit,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from spies import LOG, Spy, SpyForest, all_nested

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.exceptions import (
    CoverageWarning,
    DistillationWarning,
    FoldsReducedWarning,
    MissingClassWarning,
)

FOREST = RandomForestClassifier(5, random_state=0)
TREE = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)
SEED = {"random_state": 0}


@pytest.mark.parametrize(
    ("teacher", "cv", "plain", "inner"),
    [
        (Spy(), 5, 5, 3),
        (Spy(), 2, 2, 2),
        (SpyForest(5, random_state=0), 3, 3, 3),
        (Spy(), KFold(4), 4, 4),
        (Spy(), ShuffleSplit(3, random_state=0), 3, 3),
    ],
)
@pytest.mark.filterwarnings("ignore::skdistill.exceptions.CoverageWarning")
def test_no_teacher_of_a_trial_saw_a_validation_label(
    numbered, teacher, cv, plain, inner
):
    X, y = numbered
    distiller = CrossFitDistiller(teacher, TREE, cv=cv, **SEED).fit(X, y)
    trials = distiller._trials
    assert len(LOG) == plain + len(trials) * inner
    for i, trial in enumerate(trials):
        assert not set(trial.train) & set(trial.test)
        fits = LOG[plain + i * inner : plain + (i + 1) * inner]
        for rows in fits:
            assert rows < set(trial.train)
        assert set.union(*fits) == set(trial.train)
        assert len(trial.crossfit.proba) == len(trial.train)
    assert all(all_nested(distiller))


def test_out_of_bag_teachers_of_a_trial_saw_no_validation_label(numbered):
    X, y = numbered
    teacher = SpyForest(40, random_state=0)
    distiller = CrossFitDistiller(teacher, TREE, cv="oob", **SEED).fit(X, y)
    assert [len(rows) for rows in LOG] == [240, 160, 160, 160]
    for rows, trial in zip(LOG[1:], distiller._trials, strict=True):
        assert rows == set(trial.train)
    assert all(all_nested(distiller))


@pytest.mark.parametrize("teacher", [GaussianNB(), FOREST])
def test_validation_labels_move_nothing_that_the_student_learns_from(toy, teacher):
    """Folds do not depend on labels here: those of the first are turned round."""
    X, y = toy
    cv = KFold(3)
    first = next(cv.split(X))[1]
    other = y.copy()
    other[first] = np.roll(y[first], 1)
    before, after = (
        CrossFitDistiller(teacher, TREE, cv=cv, **SEED).fit(X, labels)._trials
        for labels in (y, other)
    )
    assert_array_equal(before[0].test, first)
    assert_array_equal(before[0].crossfit.proba, after[0].crossfit.proba)
    record, same = before[0].crossfit, after[0].crossfit
    assert_array_equal(record.synthetic_proba, same.synthetic_proba)
    assert_array_equal(before[0].X_synthetic, after[0].X_synthetic)
    assert not np.array_equal(before[1].crossfit.proba, after[1].crossfit.proba)


def test_synthetic_rows_of_a_trial_are_made_and_labelled_without_its_validation_rows(
    toy,
):
    X, y = toy
    distiller = CrossFitDistiller(
        FOREST, TREE, bag_votes=False, calibration=None, **SEED
    )
    distiller.fit(X, y)
    for trial in distiller._trials:
        made = trial.X_synthetic
        base = trial.synthetic.base
        assert made.shape == X[trial.train].shape
        assert all(set(made[:, j]) <= set(X[trial.train, j]) for j in range(X.shape[1]))
        for a, b in trial.crossfit.splits:
            teacher = clone(FOREST).fit(X[trial.train][a], y[trial.train][a])
            own = np.isin(base, b)
            assert own.any()
            said = trial.crossfit.synthetic_proba[own]
            assert_allclose(said, teacher.predict_proba(made[own]))


class TestHeldFixed:
    """Where parts of the rows cannot be split, or no teacher is there to ask."""

    @pytest.mark.parametrize(
        "cv",
        [
            list(KFold(3).split(np.zeros(240))),
            iter(list(KFold(3).split(np.zeros(240)))),
            PredefinedSplit(np.arange(240) % 3),
        ],
    )
    def test_splits_of_the_users_know_no_parts(self, toy, cv):
        X, y = toy
        distiller = CrossFitDistiller(GaussianNB(), TREE, cv=cv, **SEED).fit(X, y)
        assert not any(all_nested(distiller))
        for trial, (train, test) in zip(
            distiller._trials, distiller.crossfit_.splits, strict=True
        ):
            assert_array_equal(trial.train, train)
            assert_array_equal(trial.test, test)
            assert_array_equal(trial.crossfit.proba, distiller.teacher_proba_[train])

    def test_so_do_splitters_that_find_too_few_groups(self, toy):
        X, y = toy
        groups = np.arange(240) % 4
        for cv, nested in ((GroupKFold(4), False), (GroupKFold(3), True)):
            rows = groups < 4 if cv.n_splits == 4 else np.full(240, True)
            own = groups if cv.n_splits == 4 else np.arange(240) % 6
            distiller = CrossFitDistiller(GaussianNB(), TREE, cv=cv, **SEED)
            distiller.fit(X[rows], y[rows], groups=own[rows])
            assert set(all_nested(distiller)) == {nested}

    @pytest.mark.parametrize("n_groups", [2, 3])
    def test_so_do_too_few_groups_with_an_int(self, toy, n_groups):
        X, y = toy
        groups = np.arange(240) % n_groups
        distiller = CrossFitDistiller(GaussianNB(), TREE, cv=n_groups, **SEED)
        distiller.fit(X, y, groups=groups)
        assert not any(all_nested(distiller))
        for trial in distiller._trials:
            assert not set(groups[trial.train]) & set(groups[trial.test])

    def test_groups_stay_together_within_the_parts(self, numbered):
        X, y = numbered
        groups = np.repeat(np.arange(40), 6)
        distiller = CrossFitDistiller(Spy(), TREE, cv=3, **SEED).fit(
            X, y, groups=groups
        )
        assert all(all_nested(distiller))
        for trial in distiller._trials:
            own = groups[trial.train]
            assert not set(own) & set(groups[trial.test])
            for fitted, labelled in trial.crossfit.splits:
                assert not set(own[fitted]) & set(own[labelled])

    def test_probabilities_of_the_users_are_fixed(self, toy):
        X, y = toy
        proba = np.random.default_rng(0).dirichlet(np.ones(3), size=240)
        distiller = CrossFitDistiller(student=TREE, **SEED)
        distiller.fit(X, y, teacher_proba=proba)
        assert not any(all_nested(distiller))
        assert len(distiller.selection_) == 6
        assert distiller.selection_[0].fold_log_losses[0] > 0

    @pytest.mark.filterwarnings("ignore::skdistill.exceptions.MissingClassWarning")
    def test_two_rows_a_class_are_too_few_to_nest(self, toy):
        X, y = toy
        rows = np.concatenate([np.flatnonzero(y == c)[:2] for c in "012"])
        distiller = CrossFitDistiller(GaussianNB(), LogisticRegression(), cv=2, **SEED)
        distiller.fit(X[rows], y[rows])
        assert not any(all_nested(distiller))

    def test_a_teacher_that_needs_more_rows_is_told_of(self, toy):
        X, y = toy
        distiller = CrossFitDistiller(KNeighborsClassifier(100), TREE, cv=2, **SEED)
        message = r"cross-fitted again.*\(ValueError: Expected n_neighbors <= n_samples"
        with pytest.warns(DistillationWarning, match=message):
            distiller.fit(X, y)
        assert not any(all_nested(distiller))
        assert len(distiller._trials) == 2

    def test_a_refit_after_a_fit_without_a_choice(self, toy):
        X, y = toy
        distiller = CrossFitDistiller(FOREST, TREE, alpha=0.5, correction=None, **SEED)
        distiller.fit(X, y)
        assert distiller._trials == []
        assert distiller.selection_ == ()
        proba = distiller.teacher_proba_
        distiller.refit_student(alpha="auto", correction="auto")
        assert len(distiller.selection_) == 6
        assert not any(all_nested(distiller))
        assert_array_equal(distiller.teacher_proba_, proba)


def test_a_refit_judges_by_the_trials_of_the_fit(numbered):
    X, y = numbered
    distiller = CrossFitDistiller(Spy(), TREE, **SEED).fit(X, y)
    n_fits, trials = len(LOG), distiller._trials
    distiller.refit_student(DecisionTreeRegressor(max_depth=3, random_state=0))
    assert len(LOG) == n_fits
    assert distiller._trials is trials
    assert all(all_nested(distiller))
    assert distiller.route_ == "regression"
    again = CrossFitDistiller(Spy(), distiller.student, **SEED).fit(X, y)
    assert again.selection_ == distiller.selection_
    assert_array_equal(again.predict_proba(X), distiller.predict_proba(X))


def test_a_refit_with_a_chosen_alpha_has_the_students_of_the_fit(toy):
    X, y = toy
    distiller = CrossFitDistiller(GaussianNB(), TREE, **SEED).fit(X, y)
    distiller.refit_student(alpha=1.0, correction=None)
    assert (distiller.alpha_, distiller.synthetic_) == (1.0, False)
    assert distiller.selection_ == ()
    same = DistilledClassifier(student=TREE, **SEED)
    same.fit(X, y, teacher_proba=distiller.teacher_proba_)
    proba = same.predict_proba(X)
    assert_allclose(distiller.predict_proba(X), proba, rtol=1e-14)


@pytest.mark.parametrize("kind", [CrossFitDistiller, DistilledClassifier])
def test_rows_and_trials_are_not_pickled(toy, kind):
    X, y = toy
    distiller = kind(GaussianNB(), [TREE, LogisticRegression()], **SEED).fit(X, y)
    assert {"_problem", "_record", "_trials"} <= set(vars(distiller))
    for copy in (pickle.loads(pickle.dumps(distiller)), clone(distiller)):
        assert not {"_problem", "_record", "_trials"} & set(vars(copy))
    copy = pickle.loads(pickle.dumps(distiller))
    assert_array_equal(copy.predict_proba(X), distiller.predict_proba(X))
    with pytest.raises(ValueError, match="must be called where fit was called"):
        copy.refit_student(alpha=0.5)


def test_plain_distillation_of_one_student_needs_no_folds(toy):
    """One row a class cannot be split, and two of each only with a warning."""
    X, y = toy
    for n in (1, 2):
        rows = np.concatenate([np.flatnonzero(y == c)[:n] for c in "012"])
        distiller = DistilledClassifier(FOREST, TREE, **SEED).fit(X[rows], y[rows])
        assert distiller._trials == []
    distiller.fit(X, y).refit_student([TREE, LogisticRegression()])
    assert np.isfinite([one.log_loss for one in distiller.students_]).all()


def test_each_warning_is_raised_once(toy):
    X, y = toy
    rows = np.concatenate([np.flatnonzero(y == "0")[:3], np.flatnonzero(y == "1")[:3]])
    X, y = np.r_[X[rows], X[-1:]], np.r_[y[rows], ["z"]]
    with pytest.warns(DistillationWarning) as caught:
        CrossFitDistiller(FOREST, TREE, cv=5, **SEED).fit(X, y)
    kinds = [one.category for one in caught]
    assert sorted(kinds, key=str) == [FoldsReducedWarning, MissingClassWarning]


def test_an_absent_class_is_refused_in_the_folds_and_borne_in_the_parts(toy):
    """Two rows: there in each training fold, but not within each part of one."""
    X, y = toy
    y = y.copy()
    y[[11, 200]] = "z"
    distiller = CrossFitDistiller(FOREST, TREE, cv=2, missing_class="error", **SEED)
    distiller.fit(X, y)
    assert any(trial.crossfit.filled for trial in distiller._trials)
    assert distiller.crossfit_.filled == ()
    y[11] = "0"
    with pytest.raises(ValueError, match="missing_class must be 'prior' when a class"):
        distiller.fit(X, y)


def test_classes_that_a_part_lacks_keep_their_column(toy):
    X, y = toy
    y = y.copy()
    y[[30, 100, 200]] = "z"  # the first part has 60 rows, the first two folds of it 30
    with pytest.warns(CoverageWarning):
        distiller = CrossFitDistiller(
            GaussianNB(var_smoothing=0.1), TREE, cv=TimeSeriesSplit(3), **SEED
        ).fit(X, y)
    assert all(all_nested(distiller))
    for trial in distiller._trials:
        assert trial.crossfit.proba.shape == (len(trial.train), 4)
    assert distiller._trials[0].crossfit.filled == (("z", 30),)
    oob = RandomForestClassifier(40, random_state=0)
    y[[30, 100]] = "0"
    with pytest.warns(MissingClassWarning, match=r"'z' \(1 rows\)"):
        distiller = CrossFitDistiller(oob, TREE, cv="oob", **SEED).fit(X, y)
    lacking = [t for t in distiller._trials if 200 in t.test]
    assert len(lacking) == 1
    assert lacking[0].crossfit.filled == (("z", 160),)


def test_only_the_teachers_of_the_folds_are_kept(numbered):
    X, y = numbered
    distiller = CrossFitDistiller(Spy(), TREE, cv=4, keep_teachers=True, **SEED)
    distiller.fit(X, y)
    assert len(distiller.crossfit_.teachers) == 4
    assert all(trial.crossfit.teachers == () for trial in distiller._trials)
    assert len(distiller.report(X, y).models) == 3


def test_results_do_not_depend_on_n_jobs(toy):
    X, y = toy
    one, two = (
        CrossFitDistiller(FOREST, TREE, cv=2, n_jobs=n, **SEED).fit(X, y)
        for n in (1, 2)
    )
    assert one.selection_ == two.selection_
    assert_array_equal(one.predict_proba(X), two.predict_proba(X))


@pytest.mark.parametrize(
    "student",
    [
        DecisionTreeClassifier(max_features=2, random_state=np.random.RandomState(0)),
        LogisticRegression(warm_start=True, max_iter=3),
        DecisionTreeClassifier(max_leaf_nodes=32),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_candidates_share_no_student(toy, student):
    """Neither one after the other, nor in processes, nor in threads."""
    X, y = toy
    said = []
    for n_jobs, backend in [(1, "loky"), (2, "loky"), (4, "threading")]:
        with parallel_config(backend):
            model = CrossFitDistiller(
                GaussianNB(), clone(student), cv=3, n_jobs=n_jobs, **SEED
            )
            said.append(model.fit(X, y).selection_)
    assert said[0] == said[1] == said[2]


def test_the_store_holds_the_teachers_of_the_parts_too(numbered, tmp_path):
    X, y = numbered
    options = {"memory": tmp_path, "cv": 3, **SEED}
    first = CrossFitDistiller(Spy(), TREE, **options).fit(X, y)
    n_fits = len(LOG)
    again = CrossFitDistiller(Spy(), TREE, **options).fit(X, y)
    assert len(LOG) == n_fits == 3 + 3 * 3
    assert first.selection_ == again.selection_
