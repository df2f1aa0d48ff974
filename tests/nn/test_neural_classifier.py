"""NeuralClassifier: a scikit-learn classifier around a torch module."""

import pickle
import re

import numpy as np
import pytest
import torch
from modules import Convolution, Dense, OneLogit, linear
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks
from skorch.callbacks import EarlyStopping, EpochScoring, LRScheduler

from skdistill.losses import BipartiteRanking, CrossEntropy, SquaredError
from skdistill.nn import NeuralClassifier
from skdistill.students import SoftLogisticRegression

FAST = {"max_epochs": 3, "lr": 1e-2, "random_state": 0}
#: Plain gradient steps, which do not amplify rounding as AdamW's first ones do.
STEADY = {**FAST, "optimizer": torch.optim.SGD, "lr": 0.1}
ORDER = "mini-batches of another order or size give another network"


@parametrize_with_checks(
    [NeuralClassifier(Dense, max_epochs=30, lr=2e-2, batch_size=16, random_state=0)],
    expected_failed_checks=lambda estimator: {
        "check_do_not_raise_errors_in_init_or_set_params": "it takes **kwargs for a "
        "parameter of that name",
        "check_sample_weight_equivalence_on_dense_data": ORDER,
        "check_methods_subset_invariance": "matrix products of fewer rows differ in "
        "the last bits of float32",
    },
)
def test_is_a_classifier_of_scikit_learn(estimator, check):
    try:
        check(estimator)
    except AssertionError:
        order = check.func.__name__ == "check_methods_sample_order_invariance"
        if order and products_depend_on_the_number_of_rows():
            # 20 rows in batches of 16: the last four may change in their last bits.
            pytest.xfail("on this processor, in the last bits of float32")
        raise


def products_depend_on_the_number_of_rows():
    torch.manual_seed(0)
    rows = torch.randn(16, 16)
    layers = [torch.nn.Linear(16, width) for width in range(1, 17)]
    with torch.no_grad():
        return any(
            not torch.equal(layer(rows[:4]), layer(rows)[:4]) for layer in layers
        )


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return (X[:500] * 15).astype(np.uint8).reshape(-1, 1, 8, 8), y[:500]


def test_it_learns_and_equal_seeds_make_equal_networks(digits):
    X, y = digits
    network = NeuralClassifier(Convolution, **{**FAST, "max_epochs": 15})
    first = network.fit(X, y).predict_proba(X)
    assert network.score(X, y) > 0.85
    assert_array_equal(clone(network).fit(X, y).predict_proba(X), first)
    other = clone(network).set_params(random_state=1).fit(X, y)
    assert abs(other.predict_proba(X) - first).max() > 0.01
    assert is_classifier(network)
    assert network.n_iter_ == len(network.history_) == 15
    assert_allclose(first.sum(axis=1), 1, rtol=1e-12)


def test_training_leaves_the_global_generator_alone(digits):
    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    NeuralClassifier(Convolution, **FAST).fit(*digits)
    assert torch.rand(1) == wanted


def layouts(X):
    floats = X.astype(np.float32)
    return {
        "uint8, channels last": np.ascontiguousarray(X.transpose(0, 2, 3, 1)),
        "float32": floats,
        "float64, channels last": floats.transpose(0, 2, 3, 1).astype(float),
        "tensor": torch.from_numpy(X),
        "dataset": torch.utils.data.TensorDataset(torch.from_numpy(X)),
        "dataset, channels last": torch.utils.data.TensorDataset(
            torch.from_numpy(X).permute(0, 2, 3, 1)
        ),
    }


@pytest.mark.parametrize(
    "kind",
    [
        "uint8, channels last",
        "float32",
        "float64, channels last",
        "tensor",
        "dataset",
        "dataset, channels last",
    ],
)
def test_the_layout_of_images_does_not_matter(digits, kind):
    X, y = digits
    network = NeuralClassifier(Convolution, standardize=True, **STEADY)
    wanted = network.fit(X, y).predict_proba(X)
    other = layouts(X)[kind]
    found = clone(network).fit(other, y)
    assert_allclose(found.predict_proba(other), wanted, atol=1e-4)
    assert found.input_shape_ == (1, 8, 8)


def test_a_dataset_of_pairs_and_a_memory_map(digits, tmp_path):
    X, y = digits
    network = NeuralClassifier(Convolution, **STEADY)
    wanted = network.fit(X, y).predict_proba(X)

    class Pairs(torch.utils.data.Dataset):
        def __len__(self):
            return len(X)

        def __getitem__(self, row):
            return X[row], int(y[row])

    assert_allclose(clone(network).fit(Pairs(), y).predict_proba(X), wanted, atol=1e-4)
    mapped = np.lib.format.open_memmap(
        tmp_path / "X.npy", mode="w+", dtype=np.uint8, shape=X.shape
    )
    mapped[:] = X
    mapped.flush()
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert_array_equal(clone(network).fit(mapped, y).predict_proba(mapped), wanted)


def test_channels_are_said_where_axes_do_not_tell():
    X = np.zeros((4, 3, 8, 3), dtype=np.float32)
    y = [0, 1, 0, 1]
    with pytest.raises(ValueError, match="channels must be 'first' or 'last' for"):
        NeuralClassifier(Convolution).fit(X, y)
    network = NeuralClassifier(Convolution, channels="last", max_epochs=1).fit(X, y)
    assert network.input_shape_ == (3, 3, 8)


def test_uint8_is_standardised_inside_and_floats_are_taken_as_they_are(digits):
    X, y = digits
    network = NeuralClassifier(Convolution, **STEADY).fit(X, y)
    prepare = network.as_module()[0]
    assert_allclose(float(prepare.mean), X.mean(), rtol=1e-6)
    assert_allclose(float(prepare.scale), X.std(), rtol=1e-6)
    floats = NeuralClassifier(Convolution, **STEADY).fit(X.astype(np.float32), y)
    assert floats.as_module()[0].mean is None
    by_hand = (X - X.mean()) / X.std()
    other = NeuralClassifier(Convolution, **STEADY).fit(by_hand.astype(np.float32), y)
    assert_allclose(
        other.predict_proba(by_hand.astype(np.float32)),
        network.predict_proba(X),
        atol=1e-4,
    )


def test_as_module_is_the_whole_network(digits):
    X, y = digits
    network = NeuralClassifier(Convolution, **FAST).fit(X, y)
    module = network.as_module()
    logits = module(torch.from_numpy(X)).detach().numpy()
    assert_allclose(softmax(logits, axis=1), network.predict_proba(X), atol=1e-6)
    assert_allclose(logits, network.decision_function(X), atol=1e-5)
    last = np.ascontiguousarray(X.transpose(0, 2, 3, 1))
    assert_allclose(module(torch.from_numpy(last)).detach().numpy(), logits, atol=1e-5)
    module[1].layers[0].weight.data.zero_()
    assert_allclose(network.decision_function(X), logits, atol=1e-5)


def test_the_initial_module_is_where_training_starts(digits):
    X, y = digits
    network = NeuralClassifier(Convolution, **FAST)
    module = network.initial_module(X, 10)
    assert not hasattr(network, "input_shape_")
    untrained = clone(network).set_params(max_epochs=0).fit(X, y)
    wanted = untrained.decision_function(X)
    assert_allclose(module(torch.from_numpy(X)).detach().numpy(), wanted, atol=1e-5)


def test_an_instance_is_copied_and_starts_from_its_weights(digits):
    X, y = digits
    module = Convolution(10, 1)
    before = {k: v.clone() for k, v in module.state_dict().items()}
    taken = NeuralClassifier(module, max_epochs=0).fit(X, y)
    trained = NeuralClassifier(module, **FAST).fit(X, y)
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])
    for name, value in taken.module_.state_dict().items():
        assert torch.equal(value, before[name])
    assert trained.score(X, y) > taken.score(X, y)


def test_augmentation_is_for_training_alone(digits):
    X, y = digits
    seen = []

    def augment(images, generator):
        seen.append(len(images))
        return 0 * images

    network = NeuralClassifier(
        Convolution,
        **{**FAST, "max_epochs": 2},
        augment=augment,
        validation_fraction=0.2,
    ).fit(X, y)
    assert sum(seen) == 2 * 400
    proba = network.predict_proba(X)
    assert sum(seen) == 2 * 400
    blind = network.predict_proba(0 * X)
    assert abs(proba - blind).max() > 0.01


def test_labels_of_any_type_and_one_logit(digits):
    X, y = digits
    X = X.reshape(len(X), -1) / 255
    labels = np.where(y < 5, "low", "high")
    network = NeuralClassifier(OneLogit, **{**FAST, "max_epochs": 20}).fit(X, labels)
    assert_array_equal(network.classes_, ["high", "low"])
    assert network.score(X, labels) > 0.8
    score = network.decision_function(X)
    assert score.shape == (len(X),)
    assert_allclose(1 / (1 + np.exp(-score)), network.predict_proba(X)[:, 1], rtol=1e-6)


def test_one_logit_is_that_of_the_second_class():
    X = np.random.default_rng(0).normal(size=(6, 2))
    module = OneLogit(2)
    network = NeuralClassifier(module, max_epochs=0).fit(X, [0, 1] * 3)
    wanted = module(torch.from_numpy(X).float()).detach().numpy()[:, 0]
    assert_allclose(network.decision_function(X), wanted, rtol=1e-6)


def test_soft_targets_of_one_row_each_are_labels(digits):
    X, y = digits
    network = NeuralClassifier(Convolution, **STEADY)
    wanted = network.fit(X, y).predict_proba(X)
    soft = clone(network).fit_targets(X, np.eye(10)[y], classes=list("abcdefghij"))
    assert_allclose(soft.predict_proba(X), wanted, atol=1e-4)
    assert_array_equal(soft.classes_, list("abcdefghij"))


@pytest.mark.parametrize("loss", [CrossEntropy(), CrossEntropy(2.0, 0.5)])
def test_a_linear_network_reaches_the_minimum_of_the_loss(loss):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    T = rng.dirichlet(np.ones(4), size=200)
    weight = rng.uniform(0.5, 2, size=200)
    exact = SoftLogisticRegression(C=np.inf, tol=1e-10).fit_targets(
        X, T, loss=loss, sample_weight=weight
    )
    network = NeuralClassifier(
        linear,
        max_epochs=400, batch_size=200, lr=0.1, random_state=0,
        optimizer__weight_decay=0.0,
    ).fit_targets(X, T, loss=loss, sample_weight=weight)  # fmt: skip
    assert_allclose(network.predict_proba(X), exact.predict_proba(X), atol=1e-4)


def test_squared_error_fits_logits():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    wanted = X @ rng.normal(size=(3, 4)) + 1
    network = NeuralClassifier(
        linear,
        max_epochs=400, batch_size=300, lr=0.05, random_state=0,
        optimizer__weight_decay=0.0,
    ).fit_targets(X, wanted, loss=SquaredError())  # fmt: skip
    assert_allclose(network.decision_function(X), wanted, atol=1e-3)


def test_a_ranking_is_learned():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    p = 1 / (1 + np.exp(-X[:, 0] * 3))
    T = np.stack([1 - p, p], axis=1)
    network = NeuralClassifier(Dense, max_epochs=20, lr=1e-2, random_state=0)
    network.fit_targets(X, T, loss=BipartiteRanking())
    order = np.argsort(network.decision_function(X))
    assert np.corrcoef(np.argsort(order), np.argsort(np.argsort(p)))[0, 1] > 0.95


def test_weights_of_rows_count(digits):
    X, y = digits
    network = NeuralClassifier(Convolution, **{**FAST, "max_epochs": 8})
    only = (y < 5).astype(float)
    weighted = network.fit(X, y, sample_weight=only)
    assert np.isin(weighted.predict(X), np.arange(5)).mean() > 0.95
    doubled = clone(network).fit(X, y, sample_weight=2 * only)
    assert_array_equal(doubled.predict_proba(X), weighted.predict_proba(X))


def test_partial_fit_takes_an_epoch_at_a_time(digits):
    X, y = digits
    whole = NeuralClassifier(Convolution, **FAST).fit(X, y)
    parts = clone(whole)
    for _ in range(3):
        parts.partial_fit(X, y, classes=np.arange(10))
    assert_array_equal(parts.predict_proba(X), whole.predict_proba(X))
    few = clone(whole).partial_fit(X[:3], y[:3], classes=np.arange(12))
    assert few.predict_proba(X).shape == (len(X), 12)
    late = y >= 8
    for _ in range(20):
        few.partial_fit(X[late], y[late])
    assert_array_equal(np.unique(few.predict(X[late])), [8, 9])
    with pytest.raises(ValueError, match=r"y must hold labels among \[0, 1"):
        few.partial_fit(X[:2], [3, 99])


def test_warm_starts_go_on(digits):
    X, y = digits
    whole = NeuralClassifier(Convolution, **{**FAST, "max_epochs": 5}).fit(X, y)
    parts = clone(whole).set_params(warm_start=True, max_epochs=2).fit(X, y)
    parts.set_params(max_epochs=3).fit(X, y)
    assert_array_equal(parts.predict_proba(X), whole.predict_proba(X))
    with pytest.raises(ValueError, match=re.escape("among [0, 1, 2, 3")):
        parts.fit(X, y + 1)
    again = clone(whole).fit(X, y).fit(X, y)
    assert_array_equal(again.predict_proba(X), whole.predict_proba(X))


def test_warm_starts_draw_on_where_they_were(digits):
    X, y = digits[0].reshape(500, -1) / 255, digits[1]
    whole = NeuralClassifier(Dense, **{**FAST, "max_epochs": 5}).fit(X, y)
    parts = clone(whole).set_params(warm_start=True, max_epochs=2).fit(X, y)
    torch.manual_seed(9)
    parts.set_params(max_epochs=3).fit(X, y)
    assert_array_equal(parts.predict_proba(X), whole.predict_proba(X))


def test_epochs_are_replayed(digits):
    X, y = digits
    plain = NeuralClassifier(Convolution, **FAST)
    assert not hasattr(plain, "staged_predict_proba")
    kept = clone(plain).set_params(keep_checkpoints=True).fit(X, y)
    stages = list(kept.staged_predict_proba(X))
    assert len(stages) == 3
    for epochs, proba in enumerate(stages, 1):
        wanted = clone(plain).set_params(max_epochs=epochs).fit(X, y).predict_proba(X)
        assert_array_equal(proba, wanted)
    next(kept.staged_predict_proba(X))
    assert_array_equal(kept.predict_proba(X), stages[-1])


def test_parts_have_parameters_and_searches_find_them(digits):
    X, y = digits
    network = NeuralClassifier(
        Convolution, module__width=4, optimizer=torch.optim.SGD,
        optimizer__momentum=0.9, **FAST,
    )  # fmt: skip
    assert clone(network).get_params() == network.get_params()
    assert "module__width=4" in repr(network)
    network.fit(X, y)
    assert network.module_.layers[0].out_channels == 4
    assert network.net_.optimizer_.param_groups[0]["momentum"] == 0.9
    search = GridSearchCV(network, {"module__width": [2, 6]}, cv=2).fit(X, y)
    best = search.best_params_["module__width"]
    assert search.best_estimator_.module_.layers[0].out_channels == best


def test_callbacks_of_skorch_work_and_stay_as_they_were(digits):
    X, y = digits
    stop = EarlyStopping(monitor="valid_loss", patience=2, threshold=10.0)
    before = dict(vars(stop))
    halves = LRScheduler(policy="StepLR", step_size=1, gamma=0.5)
    network = NeuralClassifier(
        Convolution, **{**FAST, "max_epochs": 9}, validation_fraction=0.2,
        callbacks=[("stop", stop), ("halves", halves)],
    ).fit(X, y)  # fmt: skip
    assert network.n_iter_ == 3
    assert vars(stop) == before
    assert_allclose(network.net_.optimizer_.param_groups[0]["lr"], 1e-2 / 4)
    sizes = [one.get("train_batch_size", 0) for one in network.history_[-1]["batches"]]
    assert sum(sizes) == 400


def test_validation_loss_is_that_of_rows_held_out(digits):
    X, y = digits
    seen = []

    def held_out(net, dataset, _):
        images = dataset.images
        logits = net.module_.eval()(net.prepare(images)).detach().numpy()
        seen.append(log_loss(dataset.targets, softmax(logits.astype(float), axis=1),
                             labels=np.arange(10)))  # fmt: skip
        return seen[-1]

    network = NeuralClassifier(
        Convolution, **FAST, validation_fraction=0.2,
        callbacks=[("own", EpochScoring(held_out, name="own", use_caching=False))],
    ).fit(X, y)  # fmt: skip
    assert_allclose(network.history_[:, "valid_loss"], seen, rtol=1e-5)


def test_a_fitted_network_is_pickled_without_its_data(digits):
    X, y = digits
    network = NeuralClassifier(Convolution, **FAST).fit(X, y)
    stored = pickle.dumps(network)
    assert len(stored) < 40_000 + X.nbytes / 4
    found = pickle.loads(stored)
    assert_array_equal(found.predict_proba(X), network.predict_proba(X))
    found.set_params(warm_start=True).fit(X, y)
    network.set_params(warm_start=True).fit(X, y)
    assert_array_equal(found.predict_proba(X), network.predict_proba(X))


@pytest.mark.parametrize("option", [{"amp": True}, {"memory_format": "contiguous"}])
def test_faster_formats_give_nearly_the_same(digits, option):
    X, y = digits
    plain = NeuralClassifier(Convolution, **{**FAST, "max_epochs": 8}).fit(X, y)
    other = clone(plain).set_params(**option).fit(X, y)
    assert abs(other.score(X, y) - plain.score(X, y)) < 0.1
    if "amp" in option:
        logits = other.net_.infer(torch.from_numpy(X[:2]))
        assert logits.dtype == torch.bfloat16
    else:
        weight = other.module_.layers[0].weight
        assert weight.is_contiguous()
        weight = plain.module_.layers[0].weight
        assert weight.is_contiguous(memory_format=torch.channels_last)


def test_a_compiled_module_learns_the_same(digits):
    X, y = digits
    plain = NeuralClassifier(Convolution, **STEADY).fit(X, y)
    compiled = clone(plain).set_params(compile=True, compile__backend="eager").fit(X, y)
    assert "Optimized" in type(compiled.module_).__name__
    assert_allclose(compiled.predict_proba(X), plain.predict_proba(X), atol=1e-4)
    assert type(compiled.as_module()[1]) is Convolution


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"max_epochs": -1}, "max_epochs must be at least 0, got -1."),
        ({"max_epochs": 1.5}, "max_epochs must be an int, got 1.5."),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0."),
        ({"lr": 0.0}, "lr must be"),
        ({"validation_fraction": 1.0}, "validation_fraction must be in [0, 1), got"),
        ({"channels": "middle"}, "channels must be one of 'auto', 'first', 'last'"),
        ({"amp": "half"}, "amp must be one of 'auto', True, False, got 'half'."),
        ({"optimizer": "adam"}, "optimizer must be None or a class of torch.optim, g"),
        ({"augment": "flip"}, "augment must be None or callable as augment(images"),
        ({"module": "resnet"}, "module must be a torch.nn.Module, a class of them or"),
        ({"module": Dense(2, 2), "module__width": 3}, "where module__width is given"),
        ({"module__n_classes": 3}, "that is 2 a row, got an output of shape (2, 3)"),
        ({"module__n_features": 5}, "module must take rows of shape (2,), got Dense"),
        ({"module": torch.nn.LSTM, "module__hidden_size": 2, "module__input_size": 2},
         "module must return one tensor of logits, got tuple from LSTM."),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused(params, message):
    X, y = np.array([[0.0, 1.0], [1.0, 0.0]]), [0, 1]
    network = NeuralClassifier(Dense, max_epochs=1).set_params(**params)
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        network.fit(X, y)
    assert not hasattr(network, "module_")


def test_unknown_parameters_are_refused():
    with pytest.raises(TypeError, match=r"of its own or module__\*, optimizer__\*"):
        NeuralClassifier(Dense, width=3)
    with pytest.raises(ValueError, match="Invalid parameter 'width'"):
        NeuralClassifier(Dense).set_params(width=3)


@pytest.mark.parametrize(
    ("T", "options", "message"),
    [
        (np.ones((2, 1)), {}, "T must have at least 2 columns, got 1."),
        (np.ones((3, 2)), {}, "X must have one row a target, got 2 rows and 3 targets"),
        (np.full((2, 2), np.nan), {}, "T must be finite"),
        (np.eye(2), {"classes": ["a", "a"]}, "classes must hold 2 different labels"),
        (np.eye(2), {"loss": "mse"}, "loss must be one of CrossEntropy, SquaredError"),
        (np.ones((2, 3)), {"loss": BipartiteRanking()}, "T must have 2 columns for a"),
        (np.eye(2), {"sample_weight": [1, -1]}, "sample_weight must be"),
    ],
)
def test_wrong_targets_are_refused(T, options, message):
    X = np.array([[0.0, 1.0], [1.0, 0.0]])
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        NeuralClassifier(Dense, max_epochs=1).fit_targets(X, T, **options)


def test_images_of_another_shape_are_refused(digits):
    X, y = digits
    with pytest.raises(ValueError, match=r"of shape \(1, 8, 8\), got Convolution, whi"):
        NeuralClassifier(Convolution, module__in_channels=3).fit(X, y)
    network = NeuralClassifier(Convolution, **FAST).fit(X, y)
    with pytest.raises(ValueError, match=r"as in fit, got \(1, 5, 5\)"):
        network.predict(X[:, :, :5, :5])
    with pytest.raises(ValueError, match="X must be finite, got a tensor with NaN"):
        network.predict(torch.full((2, 1, 8, 8), torch.nan))
    with pytest.raises(ValueError, match="at least one row, got an empty Dataset"):
        network.predict(torch.utils.data.TensorDataset(torch.empty(0, 1, 8, 8)))
