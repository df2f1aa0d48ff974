"""A list of students: all fitted to one set of teacher probabilities, the best kept."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.crossfit import run_parallel
from skdistill.exceptions import DistillationWarning
from skdistill.students import SoftLogisticRegression

STUDENTS = [
    DecisionTreeClassifier(max_depth=1, random_state=0),
    LogisticRegression(),
    DecisionTreeRegressor(max_depth=3, random_state=0),
    DecisionTreeClassifier(max_depth=4, random_state=0),
]


class CountedTeacher(GaussianNB):
    fits = 0

    def fit(self, X, y, sample_weight=None):
        type(self).fits += 1
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("kind", [CrossFitDistiller, DistilledClassifier])
@pytest.mark.parametrize("form", [list, tuple])
def test_all_are_fitted_and_the_best_is_kept(toy, kind, form):
    X, y = toy
    distiller = kind(GaussianNB(), form(STUDENTS), random_state=0).fit(X, y)
    records = distiller.students_
    assert isinstance(records, tuple)
    assert [one.name for one in records] == [
        "DecisionTreeClassifier(max_depth=1)",
        "LogisticRegression",
        "DecisionTreeRegressor",
        "DecisionTreeClassifier(max_depth=4)",
    ]
    assert [one.route for one in records] == ["tree", "linear", "regression", "tree"]
    losses = [one.log_loss for one in records]
    assert np.isfinite(losses).all()
    best = records[int(np.argmin(losses))]
    assert distiller.student_ is best.student
    assert (distiller.alpha_, distiller.route_) == (best.alpha, best.route)
    assert distiller.correction_ == best.correction
    stump = records[0]
    assert stump.log_loss > best.log_loss
    for one in records:
        assert one.n_bytes == len(pickle.dumps(one.student))
        assert 0 < one.microseconds_per_row < 1e5
        assert 0 < one.standard_error < one.log_loss
    assert_array_equal(
        distiller.predict(X),
        distiller.classes_[distiller.predict_proba(X).argmax(axis=1)],
    )


@pytest.mark.parametrize("place", range(4))
def test_each_student_is_the_one_of_a_fit_alone(toy, place):
    X, y = toy
    together = CrossFitDistiller(GaussianNB(), STUDENTS, random_state=0).fit(X, y)
    alone = CrossFitDistiller(GaussianNB(), STUDENTS[place], random_state=0).fit(X, y)
    record = together.students_[place]
    assert (record.alpha, record.correction) == (alone.alpha_, alone.correction_)
    used = (alone.alpha_, alone.correction_, alone.synthetic_)
    (chosen,) = [
        one
        for one in alone.selection_
        if (one.alpha, one.correction, one.synthetic) == used
    ]
    assert record.log_loss == chosen.log_loss
    say = "predict_proba" if hasattr(record.student, "predict_proba") else "predict"
    assert_array_equal(getattr(record.student, say)(X), getattr(alone.student_, say)(X))


def test_the_teacher_is_fitted_once_a_fold_for_all(toy):
    """And three times within each of the three folds by which students are judged."""
    X, y = toy
    CountedTeacher.fits = 0
    CrossFitDistiller(CountedTeacher(), STUDENTS, cv=4, random_state=0).fit(X, y)
    assert CountedTeacher.fits == 4 + 3 * 3


def test_a_score_is_the_mean_held_out_log_loss(toy):
    X, y = toy
    cv = list(StratifiedKFold(3).split(X, y))  # given, so that P is held fixed
    distiller = CrossFitDistiller(
        GaussianNB(), STUDENTS[:2], cv=cv, alpha=1.0, correction=None, random_state=0
    ).fit(X, y)
    _, codes = np.unique(y, return_inverse=True)
    losses = []
    for train, test in distiller.crossfit_.splits:
        again = DistilledClassifier(student=STUDENTS[1], random_state=0)
        again.fit(X[train], y[train], teacher_proba=distiller.teacher_proba_[train])
        proba = again.predict_proba(X[test])
        losses.extend(-np.log(proba[np.arange(len(test)), codes[test]]))
    record = distiller.students_[1]
    assert_allclose(record.log_loss, np.mean(losses), rtol=1e-6)
    error = np.std(losses, ddof=1) / np.sqrt(240)
    assert_allclose(record.standard_error, error, rtol=1e-6)


def test_one_student_in_a_list_is_itself(toy):
    X, y = toy
    one = CrossFitDistiller(GaussianNB(), [LogisticRegression()], random_state=0)
    alone = CrossFitDistiller(GaussianNB(), LogisticRegression(), random_state=0)
    assert_array_equal(one.fit(X, y).predict_proba(X), alone.fit(X, y).predict_proba(X))
    assert len(one.students_) == 1
    assert not hasattr(alone, "students_")


def test_a_later_fit_of_one_student_forgets_the_list(toy):
    X, y = toy
    distiller = DistilledClassifier(GaussianNB(), STUDENTS[:2]).fit(X, y)
    assert len(distiller.students_) == 2
    distiller.refit_student(LogisticRegression())
    assert not hasattr(distiller, "students_")
    distiller.refit_student(STUDENTS)
    assert len(distiller.students_) == 4


def test_results_do_not_depend_on_the_number_of_jobs(toy):
    X, y = toy
    found = [
        CrossFitDistiller(GaussianNB(), STUDENTS, random_state=0, n_jobs=n_jobs)
        .fit(X, y)
        .students_
        for n_jobs in (1, 2)
    ]
    for one, two in zip(*found, strict=True):
        assert one.log_loss == two.log_loss


def test_the_baseline_is_the_best_student_on_labels(toy):
    X, y = toy
    distiller = CrossFitDistiller(GaussianNB(), STUDENTS, random_state=0).fit(X, y)
    baseline = distiller.baseline_student()
    assert type(baseline) is type(distiller.student_)
    assert distiller.report(X, y).verdict


def test_it_is_cloned_pickled_and_cross_validated(toy):
    X, y = toy
    distiller = CrossFitDistiller(GaussianNB(), STUDENTS, cv=3, random_state=0)
    assert len(clone(distiller).student) == 4
    assert cross_val_score(distiller, X, y, cv=3, error_score="raise").shape == (3,)
    copy = pickle.loads(pickle.dumps(distiller.fit(X, y)))
    assert_array_equal(copy.predict_proba(X), distiller.predict_proba(X))
    assert [one.name for one in copy.students_] == [
        one.name for one in distiller.students_
    ]


def test_weights_reach_every_student(toy):
    X, y = toy
    weight = np.where(np.arange(240) < 200, 1.0, 0.0)
    few = CrossFitDistiller(
        GaussianNB(), STUDENTS[1:3], alpha=0.0, correction=None, cv=3, random_state=0
    ).fit(X, y, sample_weight=weight)
    model = LogisticRegression().fit(X[:200], y[:200])
    assert_allclose(few.students_[0].student.coef_, model.coef_, atol=5e-3)


@pytest.mark.parametrize(
    ("students", "message"),
    [
        ([], r"student must be a learner or a list of some, got \[\]"),
        ([LogisticRegression, GaussianNB()], "student must be a scikit-learn"),
        ([LogisticRegression(), LogisticRegression(C=-1)], "C must be a positive"),
    ],
)
def test_a_wrong_student_in_a_list_is_refused_at_the_door(toy, students, message):
    X, y = toy
    CountedTeacher.fits = 0
    error = (TypeError, ValueError)
    with pytest.raises(error, match=message):
        CrossFitDistiller(CountedTeacher(), students).fit(X, y)
    assert CountedTeacher.fits == 0


def test_sparse_and_missing_values_need_every_student_to_take_them():
    def tags(*students):
        teacher = RandomForestClassifier(2)
        distiller = DistilledClassifier(teacher, list(students))
        return distiller.__sklearn_tags__().input_tags

    tree, hist = DecisionTreeClassifier(), HistGradientBoostingClassifier()
    assert tags(tree).sparse
    assert not tags(tree, hist).sparse
    assert tags(tree, hist).allow_nan
    assert not tags(tree, hist, LogisticRegression()).allow_nan


class TestTemperedCorrections:
    """Corrected, tempered targets may be negative: refused where that is unbounded."""

    boosted = HistGradientBoostingClassifier(max_iter=3)

    def test_a_booster_refuses_them_at_the_door(self, toy):
        X, y = toy
        CountedTeacher.fits = 0
        distiller = CrossFitDistiller(
            CountedTeacher(),
            self.boosted,
            temperature=2.0,
            correction="fast",
            alpha=1.0,
        )
        with pytest.raises(ValueError, match="correction must be None with a temp"):
            distiller.fit(X, y)
        assert CountedTeacher.fits == 0

    def test_auto_leaves_them_out(self, toy):
        X, y = toy
        distiller = CrossFitDistiller(
            GaussianNB(), self.boosted, temperature=2.0, random_state=0
        ).fit(X, y)
        assert {one.correction for one in distiller.selection_} == {None}
        assert len(distiller.selection_) == 5

    @pytest.mark.parametrize("kind", [LogisticRegression, SoftLogisticRegression])
    def test_a_linear_student_without_a_penalty_refuses_them(self, toy, kind):
        X, y = toy
        CountedTeacher.fits = 0
        student = make_pipeline(StandardScaler(), kind(C=np.inf))
        distiller = DistilledClassifier(
            CountedTeacher(), student, temperature=2.0, correction="slow"
        )
        with pytest.raises(ValueError, match="SoftLogisticRegression with a penalty"):
            distiller.fit(X, y)
        assert CountedTeacher.fits == 0

    @pytest.mark.filterwarnings("ignore::skdistill.exceptions.DistillationWarning")
    def test_a_linear_student_takes_them(self, toy):
        X, y = toy
        distiller = CrossFitDistiller(
            GaussianNB(), LogisticRegression(), temperature=2.0, random_state=0
        ).fit(X, y)
        assert len(distiller.selection_) == 7
        assert issubclass(DistillationWarning, UserWarning)


def test_candidates_of_all_students_are_one_list_of_jobs(toy, monkeypatch):
    X, y = toy
    lists = []

    def counting(calls, n_jobs, **options):
        calls = list(calls)
        lists.append(len(calls))
        return run_parallel(calls, n_jobs, **options)

    monkeypatch.setattr("skdistill.estimators._selection.run_parallel", counting)
    students = [DecisionTreeClassifier(max_depth=3), LogisticRegression()]
    CrossFitDistiller(GaussianNB(), students, random_state=0).fit(X, y)
    n_folds = 3
    assert lists == [2 * 6 * n_folds, 2 * n_folds]
