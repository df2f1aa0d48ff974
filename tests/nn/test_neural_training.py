"""Trainings that end early: killed, interrupted, out of memory, not finite."""

import copy
import os
import pickle
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from modules import Bursting, Convolution, Dense, Hungry
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from skorch.callbacks import Callback, EarlyStopping, LRScheduler

from skdistill.exceptions import NonFiniteLossError
from skdistill.nn import HorizontalFlip, NeuralClassifier


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:300] / 16, y[:300]


SCHEDULES = {
    "steps": [("lr", LRScheduler(policy="StepLR", step_size=2, gamma=0.5))],
    "plateau": [
        ("lr", LRScheduler(policy="ReduceLROnPlateau", patience=0)),
        ("stop", EarlyStopping(monitor="train_loss", patience=3, threshold=0.5)),
    ],
    "none": None,
}


def images(X):
    return np.round(255 * X).astype(np.uint8).reshape(-1, 1, 8, 8)


class Interrupting(Callback):
    """Gets a Ctrl-C, which is not of its making."""

    def on_batch_end(self, net, training=False, **kwargs):
        if len(net.history) == 3 and training:
            os.kill(os.getpid(), signal.SIGINT)


def interrupted(net, *arguments, **keywords):
    """Do what a network's loss does, but raise the first time in some epoch."""
    if len(net.history) == interrupted.at and not interrupted.done:
        interrupted.done = True
        raise InterruptedError
    return interrupted.own(net, *arguments, **keywords)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_training_goes_on_where_it_ended(digits, schedule, tmp_path, monkeypatch):
    X, y = digits
    network = NeuralClassifier(
        Convolution, max_epochs=8, lr=1e-2, random_state=0, checkpoint=tmp_path,
        callbacks=SCHEDULES[schedule], augment=HorizontalFlip(),
        validation_fraction=0.1 * (schedule == "plateau"), keep_checkpoints=True,
    )  # fmt: skip
    whole = clone(network).fit(images(X), y)
    assert not list(tmp_path.iterdir())
    kind = type(whole.net_)
    interrupted.own, interrupted.done, interrupted.at = kind.get_loss, False, 4
    monkeypatch.setattr(kind, "get_loss", interrupted)
    with pytest.raises(InterruptedError):
        clone(network).fit(images(X), y)
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.undo()
    # Other data, labels, seeds or parameters are other trainings.
    clone(network).set_params(random_state=1).fit(images(X), y)
    clone(network).set_params(max_epochs=2).fit(images(X), y)
    clone(network).fit(images(X), y[::-1])
    epochs = []
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.setattr(kind, "on_epoch_begin", _counted(kind, epochs))
    resumed = clone(network).fit(images(X), y)
    assert epochs[0] == 3  # done, of 8: the fourth comes next
    assert resumed.n_iter_ == whole.n_iter_
    assert_array_equal(resumed.predict_proba(images(X)), whole.predict_proba(images(X)))
    assert resumed.history_[:, "train_loss"] == whole.history_[:, "train_loss"]
    assert len(list(resumed.staged_predict_proba(images(X)))) == whole.n_iter_
    assert not list(tmp_path.iterdir())


def _counted(kind, epochs):
    own = kind.on_epoch_begin

    def on_epoch_begin(net, *arguments, **keywords):
        epochs.append(len(net.history))
        return own(net, *arguments, **keywords)

    return on_epoch_begin


SCRIPT = """
    import os, signal, sys
    import numpy as np, torch
    sys.path.insert(0, {folder!r})
    from modules import Dense
    from skorch.callbacks import Callback
    from skdistill.nn import NeuralClassifier

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 5)), rng.integers(3, size=200)
    kill, folder = sys.argv[1:]

    class Log(Callback):
        def on_batch_end(self, net, **kwargs):
            here = len(net.history), len(net.history[-1]["batches"])
            if here == (4, 2) and kill == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
        def on_epoch_begin(self, net, **kwargs):
            print(len(net.history), end=" ", flush=True)

    network = NeuralClassifier(
        Dense, max_epochs=6, batch_size=50, random_state=0, callbacks=[("log", Log())],
        checkpoint=folder,
    ).fit(X, y)
    print()
    whole = NeuralClassifier(Dense, max_epochs=6, batch_size=50, random_state=0)
    print((whole.fit(X, y).predict_proba(X) == network.predict_proba(X)).all())
"""


def test_a_killed_training_goes_on_in_another_process(tmp_path):
    script = tmp_path / "train.py"
    folder = str(Path(__file__).parent)
    script.write_text(textwrap.dedent(SCRIPT).format(folder=folder))

    store = tmp_path / "states"

    def run(kill):
        command = [sys.executable, script, kill, store]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    killed = run("kill")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert killed.stdout.split() == list("1234")
    assert len(list(store.iterdir())) == 1
    resumed = run("no")
    assert resumed.stdout.splitlines() == ["4 5 6 ", "True"], resumed.stderr
    assert not list(store.iterdir())


def test_checkpoints_need_a_training_that_can_come_again(digits, tmp_path):
    network = NeuralClassifier(Dense, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="random_state must be an int or RandomState"):
        network.fit(*digits)

    class Source:
        shape = (300, 10)

        def batch(self, rows, images):
            return torch.full((len(rows), 10), 0.1)

    network.set_params(random_state=0)
    with pytest.raises(ValueError, match="checkpoint must be None where targets are"):
        network.fit_targets(digits[0], Source())


def test_warm_fits_have_states_of_their_own(digits, tmp_path):
    network = NeuralClassifier(
        Dense, max_epochs=2, random_state=0, warm_start=True, checkpoint=tmp_path
    )
    plain = clone(network).set_params(checkpoint=None).fit(*digits).fit(*digits)
    kept = network.fit(*digits).fit(*digits)
    assert kept.n_iter_ == 4
    assert_array_equal(kept.predict_proba(digits[0]), plain.predict_proba(digits[0]))


def test_a_warm_fit_goes_on_too(digits, tmp_path, monkeypatch):
    network = NeuralClassifier(
        Dense, max_epochs=3, random_state=0, warm_start=True, checkpoint=tmp_path
    ).fit(*digits)
    whole = copy.deepcopy(network).fit(*digits)
    kind = type(network.net_)
    # In epoch 6: 4 and 5 are on disk.
    interrupted.own, interrupted.done, interrupted.at = kind.get_loss, False, 6
    monkeypatch.setattr(kind, "get_loss", interrupted)
    with pytest.raises(InterruptedError):
        network.fit(*digits)
    resumed = network.fit(*digits)
    assert resumed.n_iter_ == 6
    assert_array_equal(resumed.predict_proba(digits[0]), whole.predict_proba(digits[0]))


@pytest.mark.parametrize(
    "policy",
    [
        {"policy": "StepLR", "step_size": 2, "gamma": 0.1},
        {"policy": "MultiStepLR", "milestones": [1, 3], "gamma": 0.1},
        {"policy": "CosineAnnealingLR", "T_max": 5},
        {"policy": "ReduceLROnPlateau", "patience": 0, "threshold": 0.5},
        {"policy": "CyclicLR", "base_lr": 1e-4, "max_lr": 1e-2, "step_size_up": 3,
         "step_every": "batch", "cycle_momentum": False},
    ],
    ids=lambda policy: policy["policy"],
)  # fmt: skip
def test_schedules_of_warm_fits_go_on(digits, policy):
    network = NeuralClassifier(
        Dense, max_epochs=5, lr=1e-2, random_state=0,
        callbacks=[("rate", LRScheduler(**policy))],
    )  # fmt: skip
    whole = clone(network).fit(*digits)
    parts = clone(network).set_params(warm_start=True, max_epochs=1)
    for _ in range(5):
        parts.fit(*digits)
    rates = [row["event_lr"] for row in whole.history_ if "event_lr" in row]
    assert [row["event_lr"] for row in parts.history_ if "event_lr" in row] == rates
    assert_array_equal(parts.predict_proba(digits[0]), whole.predict_proba(digits[0]))


def test_an_interrupt_is_not_the_end_of_a_training(digits):
    network = NeuralClassifier(Dense, callbacks=[("stop", Interrupting())])
    # A shell ignores the signal for what it runs in the background.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            network.fit(*digits)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("keep", [False, True])
def test_a_loss_that_is_not_finite_stops_with_the_last_good_weights(digits, keep):
    # Three batches an epoch; the fifth is the second one of the second epoch.
    network = NeuralClassifier(
        Bursting, batch_size=100, max_epochs=4, random_state=0, keep_checkpoints=keep
    )
    with pytest.raises(
        NonFiniteLossError, match=r"NaN or infinity in epoch 2, batch 2"
    ):
        network.fit(*digits)
    good = clone(network).set_params(max_epochs=1).fit(*digits)
    assert_array_equal(network.predict_proba(digits[0]), good.predict_proba(digits[0]))
    assert np.isfinite(network.predict_proba(digits[0])).all()


def test_it_stops_at_once(digits):
    seen = []

    class Count(Callback):
        def on_batch_begin(self, net, training=False, **kwargs):
            seen.append(len(net.history))

    network = NeuralClassifier(
        Bursting, batch_size=100, random_state=0, callbacks=[("count", Count())]
    )
    with pytest.raises(NonFiniteLossError):
        network.fit(*digits)
    assert seen == [1, 1, 1, 2, 2]


def test_the_error_says_where_and_survives_a_worker(digits):
    with pytest.raises(NonFiniteLossError) as raised:
        NeuralClassifier(Bursting, batch_size=100, random_state=0).fit(*digits)
    found = pickle.loads(pickle.dumps(raised.value))
    assert (found.epoch, found.batch) == (2, 2)
    assert str(found) == str(raised.value)
    assert "Lower lr=0.001" in str(found)


def test_weights_that_are_not_finite_after_the_last_batch_are_noticed(digits):
    class Spoiled(Callback):
        def on_batch_end(self, net, training=False, **kwargs):
            if len(net.history) == 2:
                next(net.module_.parameters()).data.fill_(float("inf"))

    network = NeuralClassifier(
        Dense, batch_size=300, random_state=0, callbacks=[("spoil", Spoiled())]
    )
    with pytest.raises(
        NonFiniteLossError, match="weights must be finite.* epoch 2"
    ) as e:
        network.fit(*digits)
    assert (e.value.epoch, e.value.batch) == (2, None)
    assert np.isfinite(network.predict_proba(digits[0])).all()


def test_too_large_a_batch_gets_a_hint(digits):
    X, y = digits
    network = NeuralClassifier(Hungry, max_epochs=1, random_state=0)
    message = (
        "memory of the device 'cpu', got 128. A batch of 16 fits: set batch_size=16"
    )
    with pytest.raises(MemoryError, match=re.escape(message)):
        network.fit(X, y)
    network.set_params(batch_size=16).fit(X, y)
    network.set_params(batch_size=128)
    with pytest.raises(MemoryError, match=re.escape(message)):
        network.predict(X)
    network.set_params(module__most=0)
    with pytest.raises(MemoryError, match="Not even one row fits"):
        network.fit(X, y)


def test_other_errors_of_a_module_are_passed_on(digits):
    class Odd(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(64, 10)

        def forward(self, x):
            if len(x) > 2:
                raise RuntimeError("odd")
            return self.layer(x)

    with pytest.raises(RuntimeError, match="^odd$"):
        NeuralClassifier(Odd).fit(*digits)
