"""What users get wrong, or set late: said or done, but never passed over."""

import re

import numpy as np
import pytest
import torch
from modules import Bursting, Convolution, Dense, linear
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.naive_bayes import GaussianNB
from skorch.callbacks import Callback, EarlyStopping, EpochScoring, LRScheduler

from skdistill import CrossFitDistiller
from skdistill.exceptions import NonFiniteLossError, ScaleWarning
from skdistill.nn import (
    FixedViews,
    HorizontalFlip,
    NeuralClassifier,
    QueriedTeachers,
    ViewTargets,
)
from skdistill.nn._dataset_batches import DatasetBatches
from skdistill.nn._net import Net
from skdistill.nn.models import CNN5
from skdistill.students import deployment_cost


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return (X[:60] / 16).astype(np.float32), y[:60]


class Normalised(torch.nn.Sequential):
    def __init__(self, n_features, n_classes):
        super().__init__(
            torch.nn.BatchNorm1d(n_features), torch.nn.Linear(n_features, n_classes)
        )


class Unmade(torch.nn.Sequential):
    def __init__(self, n_classes):
        super().__init__(
            torch.nn.LazyConv2d(4, 3),
            torch.nn.Flatten(),
            torch.nn.LazyLinear(n_classes),
        )


class Noisy(torch.utils.data.Dataset):
    """Rows with noise, drawn anew in every epoch, by a worker."""

    def __init__(self, X):
        self.X = torch.from_numpy(X)

    def __len__(self):
        return len(self.X)

    def __getitem__(self, row):
        return self.X[row] + torch.randn(64)


def network(**params):
    usual = {"module": Dense, "max_epochs": 1, "random_state": 0}
    return NeuralClassifier(**{**usual, **params})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"validation_fraction": 0.999}, "validation_fraction must leave at least one"),
        ({"callbacks": [EarlyStopping()]}, "must be above 0 for EarlyStopping, which"),
        ({"callbacks": [("s", EarlyStopping())]}, "which monitors 'valid_loss', got 0"),
        (
            {"callbacks__lrs__gamma": 1},
            "callbacks__lrs__gamma must name one of [",
        ),
        (
            {"device": "gpu"},
            "device must be one that torch has here, or None",
        ),
        ({"module": Normalised, "batch_size": 59}, "batch_size must leave no batch of"),
    ],
)
def test_what_cannot_be_trained_is_refused(digits, params, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        network(**params).fit(*digits)


def test_few_rows_are_a_batch_and_one_of_them_validates(digits):
    one = network(
        iterator_train__drop_last=True, validation_fraction=0.001, batch_size=61
    ).fit(*digits)
    batches = one.history_[-1, "batches"]
    assert [batch.get("train_batch_size") for batch in batches][:1] == [59]
    assert one.history_[-1, "valid_batch_count"] == 1


def test_a_last_row_may_be_left_out_of_batch_norm(digits):
    one = network(module=Normalised, batch_size=59, iterator_train__drop_last=True)
    assert one.fit(*digits).n_iter_ == 1


def test_grey_images_need_an_axis(digits):
    X, y = digits
    with pytest.raises(ValueError, match=re.escape("of channels: X[:, None].")):
        network(module=CNN5).fit(X.reshape(-1, 8, 8), y)


def test_modules_may_make_their_weights_late(digits):
    X, y = digits
    one = network(module=Unmade, max_epochs=20, lr=1e-2).fit(X.reshape(-1, 1, 8, 8), y)
    assert one.score(X.reshape(-1, 1, 8, 8), y) > 0.9


def test_features_of_sequences_are_their_last_axis(digits):
    sizes = []

    def module(n_features, n_classes):
        sizes.append(n_features)
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, n_classes))

    network(module=module).fit(digits[0].reshape(-1, 4, 16), digits[1])
    assert sizes == [16]


def test_tensors_stay_as_they_are(digits):
    X = torch.from_numpy(digits[0].copy()).requires_grad_()
    network().fit(X, digits[1])
    assert X.grad is None
    for wrong in (X.to(torch.complex64), X.detach().to_sparse()):
        with pytest.raises(TypeError, match="X must be dense and real, got a tensor"):
            network().fit(wrong, digits[1])


def test_a_module_that_writes_to_its_input_leaves_the_rows(digits):
    X, y = digits
    rows = X - 0.5
    module = torch.nn.Sequential(torch.nn.ReLU(inplace=True), torch.nn.Linear(64, 10))
    network(module=module).fit(rows, y).predict(rows)
    assert_array_equal(rows, X - 0.5)


def test_epochs_of_a_module_that_cannot_be_pickled_are_replayed(digits):
    X, y = digits
    normed = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(64, 10))
    one = network(module=normed, keep_checkpoints=True, max_epochs=2).fit(X, y)
    *_, last = one.staged_predict_proba(X)
    assert_array_equal(last, one.predict_proba(X))


def test_numbers_that_are_none_are_not_predicted(digits):
    X, y = digits
    holes = X.copy()
    holes[3:5, 0] = np.nan
    one = network().fit(X, y)
    data = torch.utils.data.TensorDataset(torch.from_numpy(holes))
    with pytest.raises(ValueError, match="NaN for 2 of 60 rows, first for row 3"):
        one.predict(data)


def test_classes_of_later_calls_must_be_the_first(digits):
    X, y = digits
    one = network().partial_fit(X, y, classes=range(11))
    with pytest.raises(ValueError, match="classes must be those of the first fit"):
        one.partial_fit(X, y, classes=range(10))
    assert one.partial_fit(X, y).n_iter_ == 2
    with pytest.raises(ValueError, match="module must return one logit a class"):
        one.set_params(module__n_classes=3).fit(X, y)
    # Nothing is left of a fit that failed.
    one.set_params(module__n_classes=11).partial_fit(X, y, classes=range(11))
    assert len(one.classes_) == 11


def test_epochs_that_were_not_kept_are_not_replayed(digits):
    one = network().fit(*digits).set_params(keep_checkpoints=True)
    with pytest.raises(ValueError, match="keep_checkpoints must be True when fit is"):
        next(one.staged_predict_proba(digits[0]))


def test_what_is_set_after_fit_counts(digits, tmp_path):
    X, y = digits
    one = network(warm_start=True, checkpoint=tmp_path).fit(X, y)
    one.set_params(batch_size=7, lr=1e-5, checkpoint=None)
    wanted = one.predict_proba(X)
    assert one.net_.batch_size == 7
    assert one.set_params(batch_size=20).fit(X, y).n_iter_ == 2
    assert one.history_[-1, "train_batch_count"] == 3
    assert one.net_.optimizer_.param_groups[0]["lr"] == 1e-5
    assert abs(one.predict_proba(X) - wanted).max() < 1e-3
    for folder in (tmp_path, None):
        one.set_params(checkpoint=folder).fit(X, y)
        path = one.net_.callbacks_[-2][1].path
        assert (path is None) is (folder is None)


@pytest.mark.parametrize("content", [b"", b"garbage", "half"])
def test_a_state_that_cannot_be_read_is_named(digits, tmp_path, content, monkeypatch):
    class Ended(Exception):
        pass

    own = Net.get_loss

    def loss(net, *args, **kwargs):
        if len(net.history) == 3:
            raise Ended
        return own(net, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Net, "get_loss", loss)
        with pytest.raises(Ended):
            network(max_epochs=4, checkpoint=tmp_path).fit(*digits)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content == "half" else content)
    with pytest.raises(ValueError, match=r"checkpoint must hold states .* Remove the"):
        network(max_epochs=4, checkpoint=tmp_path).fit(*digits)
    path.unlink()
    assert network(max_epochs=4, checkpoint=tmp_path).fit(*digits).n_iter_ == 4


def test_sources_have_no_validation_rows(digits):
    X, _ = digits
    asked = QueriedTeachers([torch.nn.Linear(64, 10)], np.zeros(60, int), n_classes=10)
    with pytest.raises(ValueError, match="validation_fraction must be 0 where targets"):
        network(validation_fraction=0.2).fit_targets(X, asked)


def test_views_are_not_those_of_a_dataset(digits):
    X, _ = digits
    views = FixedViews(HorizontalFlip(), 2)
    targets = ViewTargets(np.zeros((2, 60, 10)), views)
    data = torch.utils.data.TensorDataset(torch.from_numpy(X).view(-1, 1, 8, 8))
    with pytest.raises(TypeError, match="X must be an array or tensor where targets"):
        network(module=Unmade).fit_targets(data, targets)


@pytest.mark.parametrize("use_caching", [True, False])
def test_scores_of_epochs_are_those_of_labels(digits, use_caching):
    X, y = digits
    scores = [
        EpochScoring(
            name, lower_is_better=False, on_train=True, name=name,
            use_caching=use_caching,
        )
        for name in ("accuracy", "neg_log_loss")
    ]  # fmt: skip
    names = np.array(["ape", "bee", *"cdefghij"])
    one = NeuralClassifier(
        linear, max_epochs=3, lr=1e-30, random_state=0, callbacks=scores
    ).fit(X, names[y])
    assert one.history_[-1, "accuracy"] == one.score(X, names[y])
    loss = -np.log(one.predict_proba(X)[np.arange(60), y]).mean()
    assert one.history_[-1, "neg_log_loss"] == pytest.approx(-loss, abs=1e-5)


def test_scores_of_validation_rows_may_stop_a_training(digits):
    X, y = digits
    callbacks = [
        ("score", EpochScoring("accuracy", lower_is_better=False, name="valid_acc")),
        ("stop", EarlyStopping("valid_acc", lower_is_better=False, patience=2)),
        ("lr", LRScheduler("StepLR", step_size=1)),
    ]
    one = network(validation_fraction=0.3, max_epochs=50, callbacks=callbacks)
    assert one.fit(X, y).n_iter_ < 50


def test_workers_draw_anew_in_every_warm_fit(digits):
    X, y = digits
    one = NeuralClassifier(
        linear, max_epochs=1, lr=1e-30, random_state=0, warm_start=True,
        iterator_train__num_workers=1, iterator_train__shuffle=False,
    )  # fmt: skip
    for _ in range(2):
        one.fit(Noisy(X), y)
    assert len(set(one.history_[:, "train_loss"])) == 2


def test_seeds_of_workers_are_those_of_the_epoch():
    def batches(generator):
        return DatasetBatches(
            Noisy(np.zeros((9, 64), np.float32)), batch_size=9, shuffle=True,
            num_workers=1, generator=generator,
        )  # fmt: skip

    def epoch(batches):
        ((images, (rows, *_)),) = batches
        return images.numpy(), rows.numpy()

    generator = torch.Generator().manual_seed(0)
    whole = batches(generator)
    epoch(whole)
    state = generator.get_state()
    noise, rows = epoch(whole)
    # Begun again by another process, with nothing but the state of the generator.
    again = epoch(batches(torch.Generator().set_state(state)))
    assert_array_equal(again[0], noise)
    assert_array_equal(again[1], rows)
    other = epoch(batches(torch.Generator().manual_seed(1)))
    assert not np.array_equal(other[0], noise)


def test_what_is_refused_leaves_no_fit(digits):
    X, y = digits
    one = clone(network(callbacks=[EarlyStopping()]))
    with pytest.raises(ValueError, match="validation_fraction"):
        one.fit(X, y)
    assert not hasattr(one, "net_")


def test_images_on_another_scale_than_that_of_fit_are_noticed():
    X, y = load_digits(return_X_y=True)
    X, y = np.uint8(15 * X[:60]).reshape(-1, 1, 8, 8), y[:60]
    unit = (X / 255).astype(np.float32)
    one = NeuralClassifier(Convolution, max_epochs=1, random_state=0).fit(X, y)
    with pytest.warns(ScaleWarning, match=r"0 to 255 \(uint8\), got numbers at most 1"):
        one.predict(unit)
    one.predict(X.astype(np.float32))
    one.fit(unit, y).predict(unit)
    with pytest.warns(ScaleWarning, match=r"fit, at most 1, got numbers 0 to 255"):
        one.predict(X)


def test_the_size_of_a_network_is_that_of_its_weights(digits):
    one = NeuralClassifier(Dense, module__width=500, max_epochs=1).fit(*digits)
    weights = sum(4 * p.numel() for p in one.module_.parameters())
    n_bytes, _ = deployment_cost(one, digits[0])
    assert weights < n_bytes < weights + 5000


class Counting(Callback):
    """Counts epochs, of all its copies."""

    seen = []  # noqa: RUF012

    def on_epoch_end(self, net, **kwargs):
        self.seen.append(len(kwargs["dataset_train"]))


def test_a_student_is_tried_for_one_epoch_and_leaves_nothing(digits, tmp_path, capsys):
    X, y = np.tile(digits[0], (4, 1)), np.tile(digits[1], 4)
    Counting.seen.clear()
    student = NeuralClassifier(
        Dense, max_epochs=3, callbacks=[("count", Counting())], verbose=1,
        checkpoint=tmp_path,
    )  # fmt: skip
    CrossFitDistiller(
        GaussianNB(), student, cv=2, alpha=1.0, correction=None, synthetic=False,
        random_state=0,
    ).fit(X, y)  # fmt: skip
    assert [n < 240 for n in Counting.seen] == [True] + 3 * [False]
    # One header and three epochs of the one fit that counts.
    assert capsys.readouterr().out.count("train_loss") == 1


def test_scores_of_a_student_are_those_of_the_largest_target(digits):
    X, y = digits
    T = np.full((60, 10), 0.02)
    T[np.arange(60), y] = 0.82
    one = NeuralClassifier(
        Dense, max_epochs=2, random_state=0,
        callbacks=[EpochScoring("accuracy", on_train=True, name="right")],
    ).fit_targets(X, T)  # fmt: skip
    assert 0 <= one.history_[-1, "right"] <= 1


def test_the_optimiser_forgets_what_was_not_finite(digits):
    one = NeuralClassifier(Bursting, batch_size=20, random_state=0)
    with pytest.raises(NonFiniteLossError):
        one.fit(*digits)
    assert not one.net_.optimizer_.state
