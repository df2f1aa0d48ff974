"""Where the gain of a student comes from: smoothing, classes or rows."""

import numpy as np
import pytest
from counting import Counting, fits
from joblib import parallel_config
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import PredefinedSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skdistill import DistilledClassifier
from skdistill.diagnostics import _ablation, knowledge_ablation
from skdistill.exceptions import ProbabilityWarning
from skdistill.targets import (
    ClassSimilarity,
    LabelSmoothing,
    PartialTeacher,
    Temperature,
    TopK,
    one_hot,
)

NAMES = ["labels", "smoothing", "pt", "sim", "pt+sim", "top-k", "full KD"]
FOREST = RandomForestClassifier(10, min_samples_leaf=3)
STUDENT = LogisticRegression()


@pytest.fixture(scope="module")
def found(toy):
    X, y = toy
    return knowledge_ablation(
        FOREST,
        STUDENT,
        X[:160],
        y[:160],
        X_test=X[160:],
        y_test=y[160:],
        random_state=0,
    )


def by_name(found):
    return {row.name: row for row in found.rows}


def gains(found):
    return {part.name: part.gain for part in found.parts}


def test_the_targets_are_those_of_the_rules_on_one_set_of_probabilities(toy, found):
    X, y = toy
    X, y, X_test, y_test = X[:160], y[:160], X[160:], y[160:]
    proba = found.proba
    codes = np.searchsorted(np.unique(y), y)
    doubt = 1 - proba[np.arange(160), codes].mean()
    smoothing = LabelSmoothing(doubt * 3 / 2)
    fixed = ClassSimilarity(vectors=ClassSimilarity().vectors_of(proba, codes))
    rules = {
        "labels": LabelSmoothing(0),
        "smoothing": smoothing,
        "pt": PartialTeacher(),
        "sim": [smoothing, PartialTeacher(spread=fixed)],
        "pt+sim": PartialTeacher(spread=ClassSimilarity()),
        "top-k": TopK(1),
        "full KD": None,
    }
    assert [row.name for row in found.rows] == NAMES == list(rules)
    for row in found.rows:
        distiller = DistilledClassifier(None, STUDENT, target=rules[row.name])
        distiller.fit(X, y, teacher_proba=proba)
        by_hand = distiller.predict_proba(X_test)
        assert row.log_loss == pytest.approx(log_loss(y_test, by_hand), rel=1e-6)
        assert row.accuracy == (distiller.predict(X_test) == y_test).mean()
    assert found.n_judged == 80
    assert found.scored_on == "test rows"


def test_labels_have_the_teachers_mean_confidence_in_smoothing_pt_and_sim(toy):
    """So that these differ in one thing at a time."""
    X, y = toy
    learned = []

    class Student(LogisticRegression):
        def fit_targets(self, X, T, *, loss, sample_weight=None, classes=None):
            learned.append(T)
            return self.fit(X, classes[T.argmax(axis=1)])

    found = knowledge_ablation(FOREST, Student(), X, y, random_state=0)
    confidence = [T[labelled(T, learned[-7])].mean() for T in learned[-7:]]
    assert confidence[1] == pytest.approx(confidence[2]) == pytest.approx(confidence[3])
    assert confidence[0] == 1
    assert np.ptp(learned[-4][labelled(learned[-4], learned[-7])]) < 1e-12
    assert found.n_judged == 60


def labelled(T, labels):
    return np.arange(len(T)), labels.argmax(axis=1)


def test_the_parts_sum_to_the_gain_of_the_teacher(found):
    full = by_name(found)["full KD"]
    assert sum(gains(found).values()) == pytest.approx(full.gain, rel=1e-10)
    labels = by_name(found)["labels"]
    assert full.gain == pytest.approx(labels.log_loss - full.log_loss, rel=1e-10)
    assert (labels.gain, labels.gain_error) == (0, 0)


def test_parts_by_hand():
    rng = np.random.default_rng(0)
    losses = {name: rng.uniform(size=50) for name in NAMES}
    mean = {name: one.mean() for name, one in losses.items()}
    parts = {part.name: part for part in _ablation.split_gain(losses)}
    assert list(parts) == ["universe", "domain", "instance", "rest"]
    alone, on_top = mean["smoothing"] - mean["sim"], mean["pt"] - mean["pt+sim"]
    assert parts["domain"].gain == pytest.approx((alone + on_top) / 2)
    alone, on_top = mean["smoothing"] - mean["pt"], mean["sim"] - mean["pt+sim"]
    assert parts["instance"].gain == pytest.approx((alone + on_top) / 2)
    assert parts["universe"].gain == pytest.approx(mean["labels"] - mean["smoothing"])
    assert parts["rest"].gain == pytest.approx(mean["pt+sim"] - mean["full KD"])
    gap = losses["labels"] - losses["smoothing"]
    error = gap.std(ddof=1) / np.sqrt(50)
    assert parts["universe"].gain_error == pytest.approx(error)
    assert _ablation.KnowledgePart("rest", -0.3, 0.1).clear
    assert not _ablation.KnowledgePart("rest", 0.2, 0.1).clear


def test_each_teacher_is_fitted_once_a_fold_on_rows_that_do_not_judge(toy, tmp_path):
    X, y = toy
    found = knowledge_ablation(Counting(tmp_path), STUDENT, X, y, cv=4, random_state=0)
    assert fits(tmp_path) == found.n_teacher_fits == 4
    assert found.scored_on == "held-out rows"
    assert (len(found.proba), found.n_judged) == (180, 60)


def test_held_out_rows_are_seen_by_nobody(toy):
    X, y = toy
    seen = set()

    class Spy(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            seen.update(X[:, 0].tolist())
            return super().fit(X, y, sample_weight)

    numbered = np.column_stack([np.arange(240.0), X])
    student = Spy()
    found = knowledge_ablation(Spy(), student, numbered, y, random_state=0)
    assert len(seen) == len(found.proba) == 180


def test_two_classes_have_no_relations(binary):
    X, y = binary
    found = knowledge_ablation(FOREST, STUDENT, X, y, random_state=0)
    assert gains(found)["domain"] == pytest.approx(0, abs=1e-6)
    assert gains(found)["rest"] == pytest.approx(0, abs=1e-6)
    rows = by_name(found)
    assert rows["pt"].log_loss == pytest.approx(rows["full KD"].log_loss, abs=1e-6)


def test_a_one_hot_teacher_gives_nothing(toy):
    X, y = toy
    proba = one_hot(np.searchsorted(np.unique(y), y), 3)
    found = knowledge_ablation(
        None, STUDENT, X, y, teacher_proba=proba, top_k=1, random_state=0
    )
    assert found.n_teacher_fits == 0
    for row in found.rows:
        assert row.gain == 0
    assert found.sentence.startswith("Full distillation gains nothing beyond noise")


def test_folds_can_judge_and_are_said_to_flatter(toy, tmp_path):
    X, y = toy
    found = knowledge_ablation(
        Counting(tmp_path), STUDENT, X, y, cv=3, test_size=None, random_state=0
    )
    assert fits(tmp_path) == 3
    assert found.n_judged == len(found.proba) == 240
    assert found.sentence.endswith("whose folds saw the labels that judge.") or (
        "This flatters the teacher" in found.sentence
    )
    assert sum(gains(found).values()) == pytest.approx(by_name(found)["full KD"].gain)


def test_students_are_not_judged_on_rows_they_learned(toy):
    X, y = toy
    tree = DecisionTreeClassifier()  # remembers every row it sees
    found = knowledge_ablation(FOREST, tree, X, y, test_size=None, random_state=0)
    assert all(row.accuracy < 0.9 for row in found.rows)


def test_smoothing_has_the_confidence_of_the_tempered_teacher(toy):
    X, y = toy
    found = knowledge_ablation(FOREST, STUDENT, X, y, temperature=3.0, random_state=0)
    plain = knowledge_ablation(FOREST, STUDENT, X, y, random_state=0)
    np.testing.assert_array_equal(found.proba, plain.proba)
    assert by_name(found)["smoothing"].rule > by_name(plain)["smoothing"].rule


def test_numbers_and_rules_of_the_user_are_used(toy):
    X, y = toy
    mine = ClassSimilarity(0.2, 0.4)
    found = knowledge_ablation(
        FOREST, STUDENT, X, y, eps=0.1, similarity=mine, top_k=2, temperature=3.0,
        random_state=0,
    )  # fmt: skip
    tempered = str(Temperature(3.0))
    rules = {row.name: row.rule for row in found.rows}
    assert rules == {
        "labels": "y",
        "smoothing": str(LabelSmoothing(0.1)),
        "pt": f"{tempered}, {PartialTeacher()}",
        "sim": f"{tempered}, {mine}",
        "pt+sim": f"{tempered}, {PartialTeacher(spread=mine)}",
        "top-k": f"{tempered}, {TopK(2)}",
        "full KD": tempered,
    }


def test_results_are_those_of_the_seed_for_any_n_jobs(toy):
    X, y = toy
    args = (FOREST, DecisionTreeClassifier(max_features=2), X, y)
    one = knowledge_ablation(*args, random_state=3)
    with parallel_config("threading"):
        two = knowledge_ablation(*args, random_state=3, n_jobs=2)
    assert one.rows == two.rows


def test_a_warning_comes_once(toy):
    X, y = toy
    proba = np.full((240, 3), [0.8, 0.1, 0.1])
    with pytest.warns(ProbabilityWarning, match="is off its frequency") as caught:
        knowledge_ablation(None, STUDENT, X, y, teacher_proba=proba, random_state=0)
    assert len(caught) == 1


def sentence(noisy="labels", **gains):
    """Of log-losses whose gains over labels have a standard error of .01."""
    noise = np.linspace(-1, 1, 100)
    noise *= 0.1 / noise.std(ddof=1)
    names = ("labels", "smoothing", "pt", "sim", "pt_sim", "top_k", "full_KD")
    losses = {
        name: np.full(100, 2 - gains.get(short, 0.0))
        for name, short in zip(NAMES, names, strict=True)
    }
    losses[noisy] += noise
    hits = {name: np.ones(100) for name in NAMES}
    record = _ablation.summarise(
        {},
        losses=losses,
        hits=hits,
        n_teacher_fits=0,
        scored_on="test rows",
        proba=None,
    )
    return record.sentence


def test_the_sentence_says_what_share_is_what():
    parts = {"smoothing": 0.1, "pt": 0.15, "sim": 0.12, "pt_sim": 0.2, "top_k": 0.2}
    text = sentence(**parts, full_KD=0.2)
    assert text.startswith(
        "Full distillation gains 0.2000 nats a row (standard error 0.01"
    )
    assert "50% universe (smoothing alone)" in text
    assert "18% domain" in text
    assert "32% instance" in text
    assert "0% rest (what it says of each row beyond that; within noise)" in text
    assert "Best is" not in text


def test_parts_are_nats_where_one_is_negative():
    """Smoothing that costs what the rest gains has no share of the gain."""
    same = dict.fromkeys(("pt", "sim", "pt_sim", "top_k"), -0.1)
    text = sentence(**same, smoothing=-0.1, full_KD=0.2)
    assert "-0.1000 universe (smoothing alone), +0.0000 domain" in text
    assert "+0.3000 rest" in text


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (0.019, "Full distillation gains nothing beyond noise: +0.0190 nats"),
        (-0.019, "Full distillation gains nothing beyond noise: -0.0190 nats"),
        (0.021, "Full distillation gains 0.0210 nats a row"),
        (-0.021, "Full distillation loses 0.0210 nats a row"),
    ],
)
def test_the_sentence_says_what_is_noise(gain, words):
    same = dict.fromkeys(("smoothing", "pt", "sim", "pt_sim", "top_k"), gain)
    assert sentence(**same, full_KD=gain).startswith(words)


def test_the_sentence_names_a_better_target():
    assert "Best is top-k, by 0.1000" in sentence(top_k=0.3, full_KD=0.2)


@pytest.mark.parametrize(("lead", "said"), [(0.019, False), (0.021, True)])
def test_a_lead_within_noise_is_none(lead, said):
    text = sentence("full KD", full_KD=0.2, top_k=0.2 + lead)
    assert ("Best is top-k" in text) is said


def test_the_table_as_text_and_frame(found):
    text = str(found).splitlines()
    assert text[0] == found.sentence
    assert [line.split("  ")[0] for line in text[2:]] == NAMES
    assert repr(found) == f"KnowledgeAblation({found.sentence!r})"
    pytest.importorskip("pandas")
    frame = found.to_frame()
    assert list(frame.index) == NAMES
    assert frame.loc["full KD", "gain"] == by_name(found)["full KD"].gain


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"eps": 2.0}, ValueError, r"eps must be a number in \[0, 1\]"),
        ({"similarity": 0.3}, TypeError, "similarity must be None or a ClassSimil"),
        ({"test_size": 0.0}, ValueError, r"test_size must be None or in \(0, 1\)"),
        ({"test_size": 1.0}, ValueError, r"test_size must be None or in \(0, 1\)"),
        ({"temperature": 0}, ValueError, "temperature must be a positive finite"),
        ({"top_k": 0}, ValueError, "k must be at least 1 class"),
        ({"y_test": ["a"]}, ValueError, "X_test and y_test must be given both"),
        (
            {"teacher_proba": [[1.0]], "test_size": None},
            ValueError,
            "test_size must be",
        ),
    ],
)
def test_wrong_input_is_refused_before_a_teacher_is_fitted(
    toy, tmp_path, changed, error, message
):
    X, y = toy
    with pytest.raises(error, match=message):
        knowledge_ablation(Counting(tmp_path), STUDENT, X, y, **changed)
    assert fits(tmp_path) == 0


@pytest.mark.filterwarnings("ignore::skdistill.exceptions.DistillationWarning")
def test_folds_that_judge_need_every_class_outside(toy):
    X, y = toy
    cv = PredefinedSplit(np.searchsorted(np.unique(y), y))
    with pytest.raises(ValueError, match="cv must leave labelled rows of every class"):
        knowledge_ablation(GaussianNB(), STUDENT, X, y, cv=cv, test_size=None)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"top_k": 9}, ValueError, "k"),
        (
            {"similarity": ClassSimilarity(vectors=np.eye(5))},
            ValueError,
            "vectors must have one row for each of the 3 classes",
        ),
        ({"student": [GaussianNB()]}, TypeError, "student must be one estimator"),
        ({"cv": "oob", "test_size": None}, ValueError, "cv must have folds"),
        ({"y_test": ["0"] * 5}, ValueError, "y_test must have a label for each row"),
        ({"y_test": ["7"] * 10}, ValueError, "y_test must hold labels of y, got '7'"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_teachers(
    toy, changed, error, message
):
    X, y = toy
    if "y_test" in changed:
        changed = {"X_test": X[:10], **changed}
    teacher = Unfittable()
    options = {"student": GaussianNB(), "random_state": 0, **changed}
    with pytest.raises(error, match=message):
        knowledge_ablation(teacher, options.pop("student"), X, y, **options)


def test_lengths_are_compared(toy):
    X, y = toy
    with pytest.raises(ValueError, match="y must have a label for each row of X, 239"):
        knowledge_ablation(Unfittable(), GaussianNB(), X[1:], y)
    with pytest.raises(ValueError, match="teacher_proba must have a row for each row"):
        knowledge_ablation(
            Unfittable(), GaussianNB(), X, y, teacher_proba=np.full((250, 3), 1 / 3)
        )


class Unfittable(GaussianNB):
    def fit(self, X, y):
        raise AssertionError("a teacher was fitted")
