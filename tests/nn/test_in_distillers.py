"""Networks as teachers and students: every distiller, a search, the store, workers."""

import pickle

import numpy as np
import pytest
import torch
from counting import Counting, fits
from modules import Convolution, Dense
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from torch.utils.data import Dataset

from skdistill import (
    CrossFitDistiller,
    DistilledClassifier,
    OnlineDistiller,
    cross_fit_proba,
)
from skdistill.crossfit import cross_fit_stages
from skdistill.nn import NeuralClassifier

FAST = {"max_epochs": 2, "lr": 1e-2, "batch_size": 32}
PLAIN = {"cv": 2, "alpha": 1.0, "correction": None, "random_state": 0}
TEACHER = NeuralClassifier(Convolution, module__width=8, **FAST)
STUDENT = NeuralClassifier(Convolution, module__width=4, **FAST)


class Pictures(Dataset):
    """Images with something beside them, as data sets have."""

    def __init__(self, images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i]), "somewhere"


def flat(images):
    return images.reshape(len(images), -1)


@pytest.fixture(scope="module")
def images():
    """Squares of 8 x 8 in one of three colours, uint8."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 120)
    X = rng.integers(0, 120, (120, 3, 8, 8), dtype=np.uint8)
    X[np.arange(120), codes] += 100
    return X, np.array(["blue", "green", "red"])[codes]


FLAT = make_pipeline(
    FunctionTransformer(flat), HistGradientBoostingClassifier(max_iter=5)
)
FOREST = make_pipeline(FunctionTransformer(flat), RandomForestClassifier(10))


@pytest.mark.parametrize(
    ("teacher", "student", "route"),
    [
        (TEACHER, STUDENT, "native"),
        (TEACHER, FLAT, "booster"),
        (FOREST, STUDENT, "native"),
    ],
    ids=["network to network", "network to boosting", "forest to network"],
)
@pytest.mark.parametrize("kind", [CrossFitDistiller, DistilledClassifier])
def test_teachers_and_students_mix(teacher, student, route, kind, images):
    X, y = images
    distiller = kind(teacher, student, random_state=0)
    if kind is CrossFitDistiller:
        distiller.set_params(cv=2, alpha=1.0, correction="fast")
    distiller.fit(X, y)
    assert distiller.route_ == route
    assert distiller.score(X, y) > 0.4
    again = pickle.loads(pickle.dumps(distiller))
    assert_array_equal(again.predict_proba(X), distiller.predict_proba(X))
    assert_array_equal(
        clone(distiller).fit(X, y).predict_proba(X), distiller.predict_proba(X)
    )


def test_what_is_chosen_for_networks_is_chosen_as_for_others(images):
    X, y = images
    distiller = CrossFitDistiller(TEACHER, STUDENT, cv=2, random_state=0).fit(X, y)
    assert len(distiller.selection_) > 4
    assert not distiller.synthetic_
    assert "rows have no columns" in distiller.report(X, y)._repr_html_()


def test_networks_match_logits(images):
    X, y = images
    distiller = CrossFitDistiller(
        TEACHER, STUDENT, loss="squared_error", scale="log", **PLAIN
    ).fit(X, y)
    logits = distiller.student_.decision_function(X)
    assert_array_equal(distiller.predict(X), np.unique(y)[logits.argmax(axis=1)])
    with pytest.raises(ValueError, match=r"scale must be 'log' .*Neural.*got 'prob'"):
        distiller.set_params(scale="prob").fit(X, y)


def test_data_sets_tensors_and_mapped_files_are_arrays(images, tmp_path):
    X, y = images
    np.save(tmp_path / "images.npy", X)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    found = [
        CrossFitDistiller(TEACHER, STUDENT, **PLAIN).fit(rows, y).predict_proba(rows)
        for rows in (X, mapped, torch.from_numpy(X), Pictures(X))
    ]
    for other in found[1:3]:
        assert_array_equal(other, found[0])
    assert found[3].shape == found[0].shape
    assert np.isfinite(found[3]).all()


def test_unlabelled_images_are_labelled(images):
    X, y = images
    for rows in (X, Pictures(X)):
        distiller = CrossFitDistiller(TEACHER, STUDENT, **PLAIN)
        distiller.fit(rows, y, X_unlabeled=rows)
        assert distiller.crossfit_.unlabeled_proba.shape == (120, 3)


def test_workers_and_stores_change_nothing(images, tmp_path):
    X, y = images
    options = {"cv": 2, "random_state": 0}
    teacher = clone(TEACHER).set_params(warm_start=True)
    alone = cross_fit_proba(teacher, X, y, **options)
    store = {"memory": str(tmp_path), **options}
    together = cross_fit_proba(teacher, X, y, n_jobs=2, **store)
    assert_array_equal(together.proba, alone.proba)
    pictures = cross_fit_proba(teacher, Pictures(X), y, n_jobs=2, **options)
    np.testing.assert_allclose(pictures.proba, alone.proba, atol=1e-4)
    again = cross_fit_proba(teacher, X, y, **store)
    assert again.n_read == 2
    assert_array_equal(again.proba, alone.proba)
    other = teacher.set_params(module__width=3)
    assert cross_fit_proba(other, X, y, **store).n_read == 0


def test_an_instance_of_a_module_is_found_in_the_store(images, tmp_path):
    X, y = images
    torch.manual_seed(0)
    teacher = NeuralClassifier(Convolution(3), **FAST)
    options = {"cv": 2, "random_state": 0, "memory": str(tmp_path)}
    first = cross_fit_proba(teacher, X, y, **options)
    again = cross_fit_proba(pickle.loads(pickle.dumps(teacher)), X, y, **options)
    assert again.n_read == 2
    assert_array_equal(again.proba, first.proba)
    with torch.no_grad():
        teacher.module.layers[-1].bias += 1
    assert cross_fit_proba(teacher, X, y, **options).n_read == 0


def test_a_search_fits_each_teacher_once_an_outer_fold(images, tmp_path):
    X, y = images
    rows = np.float32(flat(X)[:, ::16])
    distiller = CrossFitDistiller(
        Counting(str(tmp_path)),
        NeuralClassifier(Dense, **FAST),
        memory=str(tmp_path / "store"),
        **PLAIN,
    )
    grid = {"student__module__width": [4, 8], "student__max_epochs": [1, 2]}
    search = GridSearchCV(distiller, grid, cv=2).fit(rows, y)
    assert fits(tmp_path) == 2 * 2 + 2  # two outer folds and the refit, two folds each
    assert set(search.best_params_) == set(grid)
    assert search.best_estimator_.student_.n_iter_ in (1, 2)


def test_a_network_teaches_on_line_between_its_epochs_and_afterwards(images):
    X, y = images
    teacher = clone(TEACHER).set_params(max_epochs=4, module__width=4)
    fitted = {}
    for kept in (False, True):
        fitted[kept] = OnlineDistiller(
            clone(teacher).set_params(keep_checkpoints=kept),
            clone(STUDENT).set_params(max_epochs=4),
            stages=2,
            cv=2,
            random_state=0,
        ).fit(X, y)
    assert_array_equal(fitted[False].trajectory_, fitted[True].trajectory_)
    assert_array_equal(fitted[False].predict_proba(X), fitted[True].predict_proba(X))
    student = fitted[True].student_
    assert student.n_iter_ == student.max_epochs == 4
    assert not student.warm_start
    options = {"cv": 2, "random_state": 0}
    staged = cross_fit_stages(teacher, X, y, stages=2, **options)
    whole = cross_fit_proba(teacher, X, y, **options)
    assert_array_equal(staged.proba[-1], whole.proba)


def test_other_students_follow_a_network(images):
    X, y = images
    distiller = OnlineDistiller(
        clone(TEACHER).set_params(keep_checkpoints=True),
        FLAT,
        stages=2,
        cv=2,
        random_state=0,
    ).fit(Pictures(X).images, y)
    assert distiller.trajectory_.shape == (2, 120, 3)
