"""scikit-learn's callbacks see every teacher, candidate and student."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, DistilledClassifier

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9")

TREE = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)
FOREST = RandomForestClassifier(60)
PLAIN = {"alpha": 1.0, "correction": None, "random_state": 0}


class Recorder:
    """Writes down each hook with the names and places of its task's ancestors."""

    max_propagation_depth = None

    def __init__(self):
        self.begun, self.ended, self.torn_down = [], [], 0
        self.totals = {}

    def setup(self, estimator, context):
        assert self.torn_down == 0

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(path(context))
        self.totals[path(context)] = context.max_subtasks

    def on_fit_task_end(self, estimator, context):
        self.ended.append(path(context))

    def teardown(self, estimator, context):
        self.torn_down += 1


def path(context):
    parents = () if context.parent is None else path(context.parent)
    return (*parents, (context.task_name, context.task_id))


def recorded(distiller, X, y, **options):
    recorder = Recorder()
    distiller.set_callbacks(recorder).fit(X, y, **options)
    assert sorted(map(str, recorder.begun)) == sorted(map(str, recorder.ended))
    assert len(set(recorder.begun)) == len(recorder.begun)
    assert recorder.torn_down == 1
    for task, total in recorder.totals.items():
        children = [one for one in recorder.begun if one[:-1] == task]
        assert len(children) == total, task
    return recorder


def counts(recorder):
    """Leaves of each stage."""
    stages = [one[1][0] for one in recorder.begun if len(one) == 3]
    return {stage: stages.count(stage) for stage in dict.fromkeys(stages)}


def test_the_default_shows_teachers_then_candidates_and_the_student(toy):
    X, y = toy
    recorder = recorded(CrossFitDistiller(GaussianNB(), TREE, random_state=0), X, y)
    assert counts(recorder) == {
        "teachers": 5 + 3 * 3,
        "student DecisionTreeClassifier": 7 * 3 + 1,
    }
    assert recorder.begun[0] == (("fit", 0),)
    assert recorder.ended[-1] == (("fit", 0),)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({**PLAIN}, {"teachers": 5, "student DecisionTreeClassifier": 1}),
        ({**PLAIN, "n_repeats": 2, "n_jobs": 2}, {"teachers": 10}),
        ({**PLAIN, "teacher": [GaussianNB(), TREE], "cv": 3}, {"teachers": 6}),
        ({"synthetic": False}, {"student DecisionTreeClassifier": 6 * 3 + 1}),
        (
            {"student": [TREE, LogisticRegression()], "synthetic": False, "cv": 3},
            {
                "teachers": 3 + 9,
                "students": 2 * 6 * 3 + 2,
            },
        ),
        (
            {
                **PLAIN,
                "cv": "oob",
                "teacher": RandomForestClassifier(60),
                "n_repeats": 2,
            },
            {"teachers": 2},
        ),
    ],
)
def test_stages_are_what_is_fitted(toy, options, expected):
    X, y = toy
    options = {"teacher": GaussianNB(), "student": TREE, **options}
    found = counts(recorded(CrossFitDistiller(**options), X, y))
    assert {name: found[name] for name in expected} == expected


def test_given_probabilities_have_no_teachers(toy):
    X, y = toy
    given = np.full((240, 3), 1 / 3)
    model = CrossFitDistiller(student=TREE, **PLAIN)
    found = counts(recorded(model, X, y, teacher_proba=given))
    assert found == {"student DecisionTreeClassifier": 1}


def test_in_sample_teachers_and_students(toy):
    X, y = toy
    model = DistilledClassifier([GaussianNB(), TREE], [TREE, LogisticRegression()])
    assert counts(recorded(model, X, y)) == {
        "teachers": 2,
        "students": 2 * (5 + 1),
    }


def test_a_frozen_teacher_makes_an_empty_stage(toy):
    X, y = toy
    frozen = FrozenEstimator(GaussianNB().fit(X, y))
    recorder = recorded(DistilledClassifier(frozen, TREE), X, y)
    assert counts(recorder) == {"student DecisionTreeClassifier": 1}
    assert recorder.begun[1] == (("fit", 0), ("teachers", 0))


def test_teachers_from_the_store_count_too(toy, tmp_path):
    X, y = toy
    model = CrossFitDistiller(GaussianNB(), TREE, memory=str(tmp_path), **PLAIN)
    for _ in range(2):
        assert counts(recorded(clone(model), X, y))["teachers"] == 5
    assert model.fit(X, y).crossfit_.n_read == 5


def test_a_search_shows_them_under_its_own(toy):
    X, y = toy
    recorder = Recorder()
    model = make_pipeline(
        StandardScaler(), CrossFitDistiller(GaussianNB(), TREE, **PLAIN)
    )
    grid = {"crossfitdistiller__student__max_leaf_nodes": [2, 4]}
    GridSearchCV(model, grid, cv=2, refit=False).set_callbacks(recorder).fit(X, y)
    teachers = [one for one in recorder.begun if one[-1][0] == "teacher"]
    assert len(teachers) == 2 * 2 * 5
    assert {len(one) for one in teachers} == {6}
    assert recorder.torn_down == 1


def test_callbacks_are_torn_down_when_a_teacher_fails(toy):
    X, y = toy
    recorder = Recorder()
    model = CrossFitDistiller(GaussianNB(var_smoothing=-1.0), TREE, **PLAIN)
    with pytest.raises(ValueError, match="var_smoothing"):
        model.set_callbacks(recorder).fit(X, y)
    assert recorder.torn_down == 1
    assert not hasattr(model, "_callback_fit_ctx")


def test_a_fitted_distiller_holds_no_task(toy):
    X, y = toy
    model = CrossFitDistiller(GaussianNB(), TREE, **PLAIN)
    recorded(model, X, y)
    model.refit_student(LogisticRegression())
    assert not [name for name in vars(model) if "ctx" in name]
    copy = pickle.loads(pickle.dumps(model.set_callbacks()))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))


def test_the_progress_bar_of_scikit_learn_draws_them(toy, capsys):
    pytest.importorskip("rich", reason="the bar is drawn with rich")
    X, y = toy
    model = CrossFitDistiller(GaussianNB(), TREE, random_state=0)
    model.set_callbacks(callback.ProgressBar()).fit(X, y)
    shown = capsys.readouterr().out
    assert "CrossFitDistiller - fit" in shown
    assert "teachers" in shown
    assert "student DecisionTreeClassifier" in shown
    assert shown.count("100%") >= 3
