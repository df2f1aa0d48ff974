"""The demo's parts alone: the split, the verdict, the shared teacher."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import skdistill.cli._demo as demo_module
from skdistill.cli._models import make_students, make_teacher
from skdistill.cli._problem import Problem, split_rows
from skdistill.cli._progress import Progress
from skdistill.cli._verdict import compare, format_verdict
from skdistill.datasets import make_known_bayes
from skdistill.targets import LossCorrection


def test_split_sets_aside_thirty_percent_of_each_class():
    y = np.repeat(["a", "b", "c", "d"], [100, 50, 2, 1])
    train, test = split_rows(y, seed=0)
    assert sorted([*train, *test]) == list(range(len(y)))
    labels, counts = np.unique(y[test], return_counts=True)
    assert dict(zip(labels, counts, strict=True)) == {"a": 30, "b": 15, "c": 1}
    assert not np.array_equal(test, split_rows(y, seed=1)[1])
    np.testing.assert_array_equal(test, split_rows(y, seed=0)[1])


def result(model, method, row_loss, auc=0.8):
    row_loss = np.asarray(row_loss, dtype=float)
    measures = SimpleNamespace(auc=auc, log_loss=row_loss.mean())
    return SimpleNamespace(
        model=model, method=method, row_loss=row_loss, measures=measures
    )


NOISE = np.tile([-1.0, 1.0], 200)


@pytest.mark.parametrize(
    ("shift", "verdict"),
    [
        (-0.2, "distilling helped."),
        (-0.05, "no difference beyond noise, train it on labels."),
        (0.05, "no difference beyond noise, train it on labels."),
        (0.2, "distilling hurt, train it on labels."),
    ],
)
def test_verdict_counts_a_difference_beyond_two_standard_errors(shift, verdict):
    # The rows differ by shift +- 1, so one standard error is 1 / sqrt(400) = .05.
    labels = result("tree", "labels", np.linspace(1, 9, 400))
    distilled = result("tree", "x", labels.row_loss + shift + NOISE)
    said = compare(distilled, labels)
    assert said.startswith(f"{shift:+.4f} +- 0.1000, AUC +0.0000: ")
    assert said.endswith(verdict)


def test_verdict_says_when_the_auc_fell_although_the_log_loss_gained():
    labels = result("tree", "labels", [1.0, 1.1], auc=0.9)
    said = compare(result("tree", "x", [0.5, 0.6], auc=0.8), labels)
    assert said.endswith("AUC -0.1000: distilling helped, though not the AUC.")
    nan = compare(result("tree", "x", [0.5, 0.6], auc=np.nan), labels)
    assert "AUC" not in nan


def test_verdict_names_the_best_way_even_if_it_is_not_ours():
    losses = {"labels": 3.0, "plain": 1.0, "crossfit": 2.0, "corrected": 1.5}
    results = [result("teacher", "labels", [0.1] * 4)]
    results += [result("tree", way, [loss] * 4) for way, loss in losses.items()]
    said = format_verdict(results)
    assert said.endswith("Lowest of the four: plain.")
    assert "tree: -1.5000 +- 0.0000" in said  # the last way minus the first


def test_verdict_of_a_student_left_on_labels_names_labels_in_spite_of_rounding():
    losses = {"labels": 1.0, "plain": 2.0, "crossfit": 2.0, "chosen": 1.0 - 1e-9}
    results = [result("teacher", "labels", [0.1] * 4)]
    results += [result("tree", way, [loss] * 4) for way, loss in losses.items()]
    assert format_verdict(results).endswith("Lowest of the four: labels.")


@pytest.mark.parametrize(
    ("alpha", "correction", "said"),
    [
        (0.0, None, "labels only"),
        (0.5, None, "50% teacher, 50% labels, synthetic rows"),
        (
            1.0,
            LossCorrection("slow", 0.1),
            "the teacher alone, correction 'slow' (0.1), synthetic rows",
        ),
    ],
)
def test_what_was_chosen_is_said_of_the_automatic_way_only(alpha, correction, said):
    model = SimpleNamespace(alpha_=alpha, correction_=correction, synthetic_=True)
    assert demo_module._chosen(model, demo_module.METHODS[-1]) == said
    assert demo_module._chosen(model, demo_module.METHODS[-2]) == ""


def test_a_warning_is_noted_once_in_one_line_even_if_quiet(capsys):
    with Progress(quiet=True).warnings_as_notes():
        for text in ("one\n  thing", "one thing", "another"):
            warnings.warn(text, UserWarning, stacklevel=1)
    notes = capsys.readouterr().err.splitlines()
    assert [note.partition("note: ")[2] for note in notes] == ["one thing", "another"]


@pytest.fixture(scope="module")
def problem():
    X, y, _ = make_known_bayes(400, random_state=0)
    return Problem("known", X[:280], X[280:], y[:280], y[280:])


def test_the_engine_runs_once_and_every_student_gets_its_probabilities(
    problem, monkeypatch
):
    given, settings, refitted = [], [], []

    class Recording(demo_module.CrossFitDistiller):
        def fit(self, X, y, **kwargs):
            settings.append((self.alpha, self.correction))
            super().fit(X, y, **kwargs)
            if not kwargs:
                self.said = self.crossfit_
            given.append(kwargs.get("teacher_proba"))
            return self

        def refit_student(self, student=None, **params):
            refitted.append(self)
            return super().refit_student(student, **params)

    monkeypatch.setattr(demo_module, "CrossFitDistiller", Recording)
    results = list(
        demo_module.run_demo(
            problem, n_trees=10, seed=0, n_jobs=1, say=Progress(quiet=True)
        )
    )
    assert settings == [("auto", "auto"), *[(1.0, None)] * 3]
    assert len(refitted) == 3
    assert len({id(one) for one in refitted}) == 1
    record = refitted[0].said
    assert len(record.splits) == 5
    assert given[0] is None
    assert all(proba is record.fold_proba for proba in given[1:])
    assert [bool(r.chosen) for r in results] == [False] + [
        False,
        False,
        False,
        True,
    ] * 3


def test_row_losses_average_to_the_log_loss_and_the_seed_decides(problem):
    def run():
        return list(
            demo_module.run_demo(
                problem, n_trees=5, seed=3, n_jobs=1, say=Progress(quiet=True)
            )
        )

    first, again = run(), run()
    for one, other in zip(first, again, strict=True):
        assert one.row_loss.shape == (120,)
        np.testing.assert_allclose(one.row_loss.mean(), one.measures.log_loss)
        np.testing.assert_array_equal(one.row_loss, other.row_loss)


def test_models_of_a_table_take_text_and_gaps_and_unseen_words():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(
        {
            "number": [0.0, 1.0, np.nan, 3.0] * 10,
            "text": np.array(["a", "b", np.nan, "a"] * 10, dtype=object),
            "empty": np.full(40, np.nan),
        }
    )
    unseen = X.assign(text=np.array(["new"] * 40, dtype=object))
    y = np.array([0, 1, 0, 1] * 10)
    options = {"is_table": True, "n_jobs": 1, "seed": 0}
    models = [
        make_teacher(40, n_trees=3, **options),
        *make_students(**options).values(),
    ]
    for model in models:
        model.fit(X, y)
        assert np.isfinite(model.predict_proba(X)).all()
        assert np.isfinite(model.predict_proba(unseen)).all()


def test_trees_of_the_teacher_draw_half_of_many_rows():
    options = {"n_trees": 3, "is_table": False, "n_jobs": 1, "seed": 0}
    assert make_teacher(9_999, **options).max_samples is None
    assert make_teacher(10_000, **options).max_samples == 0.5
