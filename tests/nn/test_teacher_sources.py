"""From a cross-fit of networks to a student trained on what its teachers say."""

import pickle
from dataclasses import replace

import joblib
import numpy as np
import pytest
import torch
from modules import Convolution
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import TimeSeriesSplit
from sklearn.tree import DecisionTreeClassifier

from skdistill import CrossFitDistiller, cross_fit_proba
from skdistill.losses import CrossEntropy
from skdistill.nn import (
    Compose,
    FixedViews,
    HorizontalFlip,
    NeuralClassifier,
    QueriedTeachers,
    RandomCrop,
    ViewTargets,
    fold_teachers,
)
from skdistill.targets import make_targets

PLAIN = FixedViews(None, n_views=1)
VIEWS = FixedViews(Compose([RandomCrop(1), HorizontalFlip()]), n_views=3)
NETWORK = NeuralClassifier(
    Convolution, module__width=4, max_epochs=2, lr=1e-2, random_state=0
)
NAMES = np.array(["no", "one", "two", "three"])


@pytest.fixture(scope="module")
def images():
    digits, codes = load_digits(n_class=4, return_X_y=True)
    X = np.round(15 * digits[:160]).astype(np.uint8).reshape(-1, 1, 8, 8)
    return X, NAMES[codes[:160]]


@pytest.fixture(scope="module")
def record(images):
    return cross_fit_proba(NETWORK, *images, cv=3, random_state=0, keep_teachers=True)


def sources(record, X, y=None, **options):
    return [
        QueriedTeachers.from_crossfit(record, y, **options),
        ViewTargets.from_crossfit(record, X, PLAIN, y, **options),
    ]


def all_targets(source, X):
    rows = torch.arange(len(X))
    known = {"views": torch.zeros_like(rows)} if "views" in source.wants else {}
    return source.batch(rows, torch.as_tensor(X), **known).numpy()


def test_folds_are_those_whose_teacher_held_the_row_out(record):
    modules, folds = fold_teachers(record)
    assert len(modules) == 3
    assert folds.shape == (160,)
    for fold, (train, test) in enumerate(record.splits):
        assert (folds[test] == fold).all()
        assert not (folds[train] == fold).any()


@pytest.mark.parametrize("last", [False, True])
def test_without_augmentation_both_are_the_probabilities_of_the_cross_fit(images, last):
    X, y = images
    if last:
        X = np.ascontiguousarray(np.moveaxis(X, 1, -1))
    record = cross_fit_proba(NETWORK, X, y, cv=3, random_state=0, keep_teachers=True)
    for source in sources(record, X):
        assert_allclose(all_targets(source, X), record.proba, rtol=1e-4, atol=1e-6)


def test_repeated_folds_are_averaged_as_in_the_cross_fit(images):
    X, y = images
    record = cross_fit_proba(
        NETWORK, X, y, cv=2, n_repeats=2, random_state=0, keep_teachers=True
    )
    assert fold_teachers(record)[1].shape == (160, 2)
    for source in sources(record, X):
        assert_allclose(all_targets(source, X), record.proba, rtol=1e-4, atol=1e-6)


def test_rows_before_the_first_fold_have_their_labels(images):
    X, y = images
    with pytest.warns(UserWarning, match="labelled by no teacher"):
        record = cross_fit_proba(
            NETWORK, X, y, cv=TimeSeriesSplit(3), random_state=0, keep_teachers=True
        )
    silent = np.isnan(record.proba[:, 0])
    assert silent.any()
    codes = np.searchsorted(record.classes, y)
    expected = make_targets(record.proba, codes).values
    for source in sources(record, X, y):
        assert_allclose(all_targets(source, X), expected, rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="there is no label, got none for row 0"):
        QueriedTeachers.from_crossfit(record)


def test_a_student_of_either_is_that_of_the_same_targets(images, record):
    """With a loss of its own: a temperature and labels mixed in."""
    X, y = images
    codes = np.searchsorted(record.classes, y)
    options = {"alpha": 0.6, "temperature": 3.0}
    made = make_targets(record.proba, codes, **options)
    for source in sources(record, X, y, **options):
        augment = PLAIN if isinstance(source, ViewTargets) else None
        student = clone(NETWORK).set_params(augment=augment)
        expected = clone(student)
        expected.fit_targets(X, made.values, loss=CrossEntropy(3.0, 0.6))
        student.fit_targets(X, source, classes=record.classes)
        losses = (one.history_[:, "train_loss"] for one in (student, expected))
        assert_allclose(*losses, rtol=1e-4)
        assert set(student.predict(X)) <= set(NAMES)


@pytest.mark.parametrize("kind", ["asked", "kept"])
def test_augmented_students_come_out_the_same_each_time(images, record, kind):
    X, _ = images
    if kind == "asked":
        source = QueriedTeachers.from_crossfit(record)
    else:
        source = ViewTargets.from_crossfit(record, X, VIEWS)
    student = clone(NETWORK).set_params(augment=VIEWS)
    first = student.fit_targets(X, source).predict_proba(X)
    again = clone(student).fit_targets(X, pickle.loads(pickle.dumps(source)))
    assert_array_equal(again.predict_proba(X), first)
    other = clone(student).set_params(augment=None if kind == "asked" else PLAIN)
    if kind == "asked":
        assert not np.allclose(other.fit_targets(X, source).predict_proba(X), first)
    else:
        with pytest.raises(ValueError, match="augment must be the views of the targ"):
            other.fit_targets(X, source)


@pytest.mark.parametrize("kind", ["asked", "kept"])
def test_a_training_on_a_source_goes_on_where_it_ended(
    images, record, kind, tmp_path, monkeypatch
):
    X, y = images

    def make_source():
        if kind == "asked":
            return QueriedTeachers.from_crossfit(record, y, alpha=0.5)
        return ViewTargets.from_crossfit(record, X, VIEWS, y, alpha=0.5)

    student = clone(NETWORK).set_params(
        max_epochs=4, augment=VIEWS, checkpoint=tmp_path
    )
    whole = clone(student).fit_targets(X, make_source())
    net = type(whole.net_)
    own, begun = net.on_epoch_begin, []

    def ending(self, *arguments, **keywords):
        begun.append(len(self.history))
        if len(begun) == 3:
            raise InterruptedError
        return own(self, *arguments, **keywords)

    monkeypatch.setattr(net, "on_epoch_begin", ending)
    with pytest.raises(InterruptedError):
        clone(student).fit_targets(X, make_source())
    resumed = clone(student).fit_targets(X, make_source())
    assert len(begun) == 5  # two epochs, the one that ended, and the two to come
    assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))


def test_what_a_source_was_asked_is_not_part_of_it(images, record):
    """Its hash tells a checkpoint's training."""
    X, y = images
    for source in sources(record, X, y, alpha=0.5):
        before = joblib.hash(source), len(pickle.dumps(source))
        all_targets(source, X)
        assert (joblib.hash(source), len(pickle.dumps(source))) == before


def test_views_are_the_same_of_any_layout_and_type(images, record):
    X, _ = images
    expected = ViewTargets.from_crossfit(record, X, VIEWS)
    rows, view = torch.arange(len(X)), torch.arange(len(X)) % 3
    for other in (np.moveaxis(X, 1, -1), X.astype(np.float64), torch.from_numpy(X)):
        found = ViewTargets.from_crossfit(record, other, VIEWS, batch_size=50)
        torch.testing.assert_close(
            found.batch(rows, None, view), expected.batch(rows, None, view)
        )


def test_the_teachers_of_a_distiller_can_be_asked(images):
    X, y = images
    distiller = CrossFitDistiller(
        NETWORK, NETWORK, cv=2, alpha=1.0, correction=None, keep_teachers=True,
        random_state=0,
    ).fit(X, y)  # fmt: skip
    source = QueriedTeachers.from_crossfit(distiller.crossfit_)
    expected = distiller.teacher_proba_
    assert_allclose(all_targets(source, X), expected, rtol=1e-4, atol=1e-6)


def test_cross_fits_whose_teachers_cannot_be_asked_are_refused(images, record):
    X, y = images
    with pytest.raises(ValueError, match="got 0 teachers for 3 folds.*keep_teachers"):
        fold_teachers(replace(record, teachers=()))
    with pytest.raises(ValueError, match="one teacher a fold, got 6 teachers for 3"):
        fold_teachers(replace(record, teachers=record.teachers * 2))
    with pytest.raises(ValueError, match="must not be calibrated.*'sigmoid'"):
        fold_teachers(replace(record, calibration="sigmoid"))
    with pytest.raises(ValueError, match="all 5 classes, got one of 4"):
        fold_teachers(replace(record, classes=np.append(NAMES, "four")))
    tree = cross_fit_proba(
        DecisionTreeClassifier(), X.reshape(160, -1), y, cv=2, keep_teachers=True
    )
    with pytest.raises(TypeError, match="teachers with as_module.* got DecisionTree"):
        fold_teachers(tree)


def test_labels_must_be_those_of_the_cross_fit(images, record):
    _, y = images
    with pytest.raises(ValueError, match=r"y must have shape \(160,\), got \(159,\)"):
        QueriedTeachers.from_crossfit(record, y[1:])
    with pytest.raises(ValueError, match="y must hold classes of the cross-fit.*'six'"):
        QueriedTeachers.from_crossfit(record, np.where(y == "no", "six", y))


def test_datasets_have_no_fixed_views(images, record):
    X, _ = images
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(X))
    with pytest.raises(TypeError, match="X must be an array or tensor for fixed views"):
        ViewTargets.from_crossfit(record, dataset, VIEWS)
