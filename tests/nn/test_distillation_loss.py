"""The module is make_targets with the losses of arrays, value and gradient."""

import copy
import pickle
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax

from skdistill import _kernels
from skdistill.losses import CrossEntropy, SquaredError
from skdistill.nn import DistillationLoss, distillation_targets, soft_cross_entropy
from skdistill.targets import RULES, LossCorrection, make_targets

MINIMAX = ("relative", "absolute", "power")
LOSSES = [("cross_entropy", "logits"), ("cross_entropy", "proba")]
LOSSES += [("squared_error", "logits"), ("squared_error", "proba")]


@st.composite
def corrections(draw, scale):
    rule = draw(st.none() | st.sampled_from(sorted(RULES)))
    if rule is None:
        return None
    return LossCorrection(
        rule,
        draw(st.none() | st.floats(1e-3, 1.0)),
        variance=draw(st.sampled_from(["plugin", "observed"])),
        scale=scale,
        per_class=draw(st.booleans()),
        floor=draw(st.sampled_from([1 / 500, 1e-2])),
    )


@st.composite
def batches(draw):
    """Logits of a student and of a teacher, and labels."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, k = draw(st.integers(1, 5)), draw(st.integers(2, 12))
    size = draw(st.sampled_from([0.1, 3.0, 10.0]))
    f, z = size * rng.normal(size=(2, n, k))
    return f.astype(dtype), z.astype(dtype), rng.integers(k, size=n)


temperatures = st.sampled_from([1.0, 2.0, 4.0]) | st.floats(0.5, 20)
alphas = st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1)


def problem(n=6, k=5, seed=0):
    rng = np.random.default_rng(seed)
    f, z = 2 * rng.normal(size=(2, n, k))
    return f, z, rng.integers(k, size=n), rng.uniform(size=n)


def tensors(*arrays):
    return [torch.tensor(one) for one in arrays]


def rows_and_gradient(module, f, given, y):
    logits = torch.tensor(f, requires_grad=True)
    rows = module(logits, *tensors(given, y))
    rows.sum().backward()
    assert rows.dtype == logits.dtype
    return rows.detach().numpy(), logits.grad.numpy()


def assert_near(found, expected, size, f, correction):
    """Equal to 1e-6 of what was added up; much closer in float64, but for a search."""
    exact = f.dtype == np.float64
    if exact and not (correction and correction.rule in MINIMAX):
        tolerance = 1e-13
    else:
        tolerance = 1e-6
    assert_allclose(found, expected, rtol=0, atol=tolerance * max(size, 1))


@given(batches(), corrections("prob"), temperatures, alphas, st.booleans())
@settings(deadline=None, max_examples=150)
def test_cross_entropy_is_that_of_arrays(batch, correction, temperature, alpha, logits):
    f, z, y = batch
    proba = softmax(np.float64(z), axis=1)
    if not logits:
        z = proba.astype(f.dtype)
        proba = np.float64(z)
    targets = make_targets(
        proba, y, correction=correction, alpha=alpha, temperature=temperature
    )
    expected = _kernels.soft_ce(targets.values, np.float64(f), temperature, alpha)
    module = DistillationLoss(
        alpha=alpha,
        temperature=temperature,
        correction=correction,
        teacher="logits" if logits else "proba",
        reduction="none",
    )
    found, gradient = rows_and_gradient(module, f, z, y)
    part = max(temperature, 1) * np.abs(targets.values).sum(axis=1).max()
    size = part * (temperature + np.ptp(f, axis=1).max())
    assert_near(found, expected.loss, size, f, correction)
    assert_near(gradient, expected.grad, part, f, correction)


@given(batches(), corrections("log"), alphas)
@settings(deadline=None, max_examples=100)
def test_squared_error_of_probabilities_is_that_of_arrays(batch, correction, alpha):
    f, z, y = batch
    proba = softmax(z, axis=1)
    targets = make_targets(
        np.float64(proba), y, correction=correction, alpha=alpha, scale="log"
    )
    module = DistillationLoss(
        loss="squared_error",
        teacher="proba",
        alpha=alpha,
        correction=correction,
        reduction="none",
    )
    found, gradient = rows_and_gradient(module, f, proba, y)
    gap = f - targets.values
    loss = 0.5 * (gap**2).sum(axis=1)
    assert_near(found, loss, loss.max(), f, correction)
    assert_near(gradient, gap, np.abs(gap).max(), f, correction)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_squared_error_of_logits_is_that_of_log_probabilities(rule):
    """Where no probability is below a floor, the logits log P are the log scale."""
    f, z, y, _ = problem()
    proba = softmax(z, axis=1)
    correction = LossCorrection(rule, 0.3, scale="log", floor=1e-5)
    targets = make_targets(proba, y, correction=correction, scale="log").values
    module = DistillationLoss(
        loss="squared_error", correction=correction, ratio_floor=1e-5
    )
    found = module(*tensors(f, np.log(proba), y)).item()
    assert_allclose(found, SquaredError().value(targets, f), rtol=1e-9)


def test_squared_error_of_logits_is_that_of_the_authors():
    f, z, y, _ = problem()
    proba, onehot = softmax(z, axis=1), np.eye(5)[y]
    forms = {
        None: z,
        "orthogonal": z + onehot / np.maximum(proba, 1e-2) - 1,
        "fast": z
        + LossCorrection("fast", scale="log").gamma(proba, y) * (onehot - proba),
    }
    for correction, target in forms.items():
        expected = 0.3 * 0.5 * ((f - target) ** 2).sum(axis=1)
        expected += 0.7 * _kernels.soft_ce(onehot, f).loss
        module = DistillationLoss(
            loss="squared_error", alpha=0.3, correction=correction, reduction="none"
        )
        assert_allclose(module(*tensors(f, z, y)), expected, rtol=1e-13)


def test_the_paper_s_corrected_target():
    """W~ = w + (gamma / tau) w (r - w.r) with r = Y / P - 1; its rows sum to 1."""
    _, z, y, _ = problem()
    proba, onehot, tau = softmax(z, axis=1), np.eye(5)[y], 3.0
    w = softmax(z / tau, axis=1)
    r = onehot / proba - 1
    first_order = w * (r - (w * r).sum(axis=1, keepdims=True))
    for strength in (0.0, 0.4, 1.0):
        options = {
            "correction": LossCorrection("mixed", strength),
            "temperature": tau,
            "ratio_floor": 1e-9,
        }
        found = distillation_targets(*tensors(z, y), **options)
        assert_allclose(found, w + strength / tau * first_order, atol=1e-14)
        assert_allclose(found.sum(dim=1), 1, rtol=1e-14)


def test_ends_of_the_correction():
    _, z, y, _ = problem()
    outputs, labels = tensors(z, y)
    onehot, w = np.eye(5)[y], softmax(z / 3, axis=1)
    label_training = distillation_targets(outputs, labels, correction="orthogonal")
    assert_allclose(label_training, onehot, atol=1e-15)
    trust = LossCorrection("mixed", 0.0)
    kept = distillation_targets(outputs, labels, correction=trust, temperature=3)
    assert_allclose(kept, w, atol=1e-15)


@pytest.mark.parametrize(
    ("label_proba", "ratio_floor", "expected"),
    [(1e-2, 1e-2, (3.21, -1.57)), (1e-3, 1e-2, (1.11, -0.08)), (1e-3, 1e-3, None)],
)
def test_the_clamp_bounds_targets_of_a_confidently_wrong_teacher(
    label_proba, ratio_floor, expected
):
    proba = np.full((1, 10), 0.0025)
    proba[0, 0], proba[0, 1] = label_proba, 0.98 - label_proba
    found = distillation_targets(
        *tensors(proba, np.array([0])),
        teacher="proba",
        correction="orthogonal",
        temperature=2,
        ratio_floor=ratio_floor,
    )[0]
    assert_allclose(found.sum(), 1)
    if expected is None:
        assert found.min() < -5
    else:
        assert_allclose((found[0], found.min()), expected, atol=0.02)


@pytest.mark.parametrize("correction", [None, "fast", "relative"])
def test_cached_targets_give_the_loss(correction):
    f, z, y, _ = problem()
    logits, *given = tensors(f, z, y)
    options = {"alpha": 0.4, "temperature": 3.0, "correction": correction}
    expected = DistillationLoss(**options)(logits, *given)
    cached = distillation_targets(*given, **options)
    rows = soft_cross_entropy(logits, cached, temperature=3.0, alpha=0.4)
    assert_allclose(rows.mean(), expected, rtol=1e-15)
    half = distillation_targets(given[0].half(), given[1], **options)
    assert half.dtype == torch.float32
    assert cached.dtype == torch.float64


def test_a_named_correction_takes_the_floor_of_the_module():
    loss = DistillationLoss(
        loss="squared_error", correction="fast", teacher="proba", proba_floor=0.1
    )
    assert loss.correction == LossCorrection("fast", scale="log", floor=0.1)


def test_reductions_and_weights():
    f, z, y, weight = problem()
    targets = make_targets(softmax(z, axis=1), y, alpha=0.5, temperature=2).values
    expected = CrossEntropy(temperature=2, alpha=0.5)
    found = {
        (reduction, weighted): DistillationLoss(
            alpha=0.5, temperature=2, reduction=reduction
        )(*tensors(f, z, y), torch.tensor(weight) if weighted else None)
        for reduction in ("mean", "sum", "none")
        for weighted in (False, True)
    }
    for weighted in (False, True):
        w = weight if weighted else np.ones(len(y))
        mean = expected.value(targets, f, w)
        assert_allclose(found["mean", weighted], mean)
        assert_allclose(found["sum", weighted], mean * w.sum())
        assert_allclose(found["none", weighted].sum(), mean * w.sum())
        assert found["none", weighted].shape == (len(y),)


def test_weights_of_zero_teach_nothing():
    f, z, _, weight = problem()
    logits = torch.tensor(f, requires_grad=True)
    value = DistillationLoss()(logits, *tensors(z), None, torch.tensor(0 * weight))
    value.backward()
    assert value == 0
    assert (logits.grad == 0).all()


@pytest.mark.parametrize(("loss", "teacher"), LOSSES)
@pytest.mark.parametrize("correction", [None, "fast"])
def test_gradient_is_that_of_finite_differences(loss, teacher, correction):
    f, z, y, weight = problem(3, 4)
    given = softmax(z, axis=1) if teacher == "proba" else z
    options = {"temperature": 3.0} if loss == "cross_entropy" else {}
    module = DistillationLoss(
        alpha=0.6, loss=loss, teacher=teacher, correction=correction, **options
    )
    logits, *rest = tensors(f, given, y, weight)
    assert torch.autograd.gradcheck(module, (logits.requires_grad_(), *rest))


def test_the_teacher_gets_no_gradient():
    f, z, y, weight = tensors(*problem())
    for one in (f, z, weight):
        one.requires_grad_()
    DistillationLoss(alpha=0.5, correction="fast")(f, z, y, weight).backward()
    assert z.grad is None
    assert weight.grad is None
    assert f.grad.abs().sum() > 0


# At the last one (t + 1) - 1 is not t, and a share of the labels was asked for.
@pytest.mark.parametrize("temperature", [1.0, 2.0, 3.2778785586650243])
def test_labels_are_not_needed_for_the_teacher_s_part_alone(temperature):
    f, z, _, _ = problem()
    targets = softmax(z / temperature, axis=1)
    found = DistillationLoss(temperature=temperature)(*tensors(f, z))
    assert_allclose(found, CrossEntropy(temperature=temperature).value(targets, f))


@pytest.mark.parametrize(("loss", "teacher"), LOSSES)
@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(loss, teacher, half):
    f, z, y, _ = problem()
    given = softmax(z, axis=1) if teacher == "proba" else z
    logits, outputs = (torch.tensor(one).to(half) for one in (f, given))
    module = DistillationLoss(alpha=0.5, loss=loss, teacher=teacher, correction="fast")
    found = module(logits, outputs, torch.tensor(y))
    expected = module(logits.float(), outputs.float(), torch.tensor(y))
    assert found.dtype == torch.float32
    assert_array_equal(found, expected)


def test_autocast_does_not_change_the_loss():
    f, z, y, _ = problem()
    given = [torch.tensor(one).float() for one in (f, z)]
    module = DistillationLoss(alpha=0.5, temperature=4, correction="fast")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = module(*given, torch.tensor(y))
    assert_array_equal(found, module(*given, torch.tensor(y)))


@pytest.mark.parametrize(("loss", "teacher"), LOSSES)
@pytest.mark.parametrize("correction", [None, *sorted(RULES)])
def test_nothing_looks_at_a_value_and_all_tensors_are_on_the_device(
    loss, teacher, correction
):
    """A meta tensor has no values: whatever asked for one would raise."""
    f, z, y, weight = (one.to("meta") for one in tensors(*problem()))
    module = DistillationLoss(
        alpha=0.5,
        temperature=2.0 if loss == "cross_entropy" else 1.0,
        loss=loss,
        teacher=teacher,
        correction=correction,
    )
    value = module(f.requires_grad_(), z, y, weight)
    value.backward()
    assert value.device.type == "meta"
    assert f.grad.shape == f.shape


@pytest.mark.parametrize(
    ("loss", "teacher", "correction"),
    [
        ("cross_entropy", "logits", "slow"),
        ("cross_entropy", "proba", "relative"),
        ("squared_error", "logits", "fast"),
        ("squared_error", "proba", "power"),
    ],
)
def test_it_compiles_to_one_graph(loss, teacher, correction):
    torch.compiler.reset()
    f, z, y, weight = problem()
    given = softmax(z, axis=1) if teacher == "proba" else z
    module = DistillationLoss(
        alpha=0.5, loss=loss, teacher=teacher, correction=correction
    )
    compiled = torch.compile(module, backend="eager", fullgraph=True)
    batch = tensors(f, given, y, weight)
    assert_allclose(compiled(*batch), module(*batch), rtol=1e-12)


def test_it_is_copied_and_pickled():
    loss = DistillationLoss(alpha=0.3, temperature=2.0, correction="slow")
    assert not loss.state_dict()
    batch = tensors(*problem())
    for again in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert repr(again) == repr(loss)
        assert again(*batch) == loss(*batch)
    assert repr(DistillationLoss()) == (
        "DistillationLoss(alpha=1.0, temperature=1.0, loss='cross_entropy', "
        "correction=None, teacher='logits', proba_floor=0.002, ratio_floor=0.01, "
        "reduction='mean')"
    )


def test_parameters_may_change_between_batches():
    batch = tensors(*problem())
    loss = DistillationLoss(alpha=0.3)
    loss.alpha, loss.temperature = 0.8, 4.0
    assert loss(*batch) == DistillationLoss(alpha=0.8, temperature=4.0)(*batch)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"alpha": 1.5}, ValueError, "alpha must"),
        ({"alpha": "1"}, TypeError, "alpha must"),
        ({"temperature": 0}, ValueError, "temperature must be a positive"),
        ({"loss": "mse"}, ValueError, "loss must be one of 'cross_entropy', 'sq"),
        ({"teacher": "log"}, ValueError, "teacher must be one of 'logits', 'proba'"),
        ({"reduction": "max"}, ValueError, "reduction must be one of 'mean', 'sum'"),
        ({"proba_floor": 0.0}, ValueError, "proba_floor must be a positive"),
        ({"proba_floor": 2.0}, ValueError, "proba_floor must"),
        ({"ratio_floor": -1.0}, ValueError, "ratio_floor must be a positive"),
        ({"ratio_floor": 1.1}, ValueError, "ratio_floor must"),
        ({"correction": "auto"}, ValueError, "correction must be None, one of 'fast'"),
        ({"correction": 0.5}, ValueError, "or a LossCorrection, got 0.5."),
        (
            {"correction": LossCorrection(scale="log")},
            ValueError,
            'correction must have scale="prob" for loss="cross_entropy", got Loss',
        ),
        (
            {"correction": LossCorrection(), "loss": "squared_error"},
            ValueError,
            'correction must have scale="log" for loss="squared_error", got Loss',
        ),
        (
            {"temperature": 2.0, "loss": "squared_error"},
            ValueError,
            "temperature must be 1 for the squared error, got 2.0. Use",
        ),
    ],
)
def test_wrong_parameters_are_refused(options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        DistillationLoss(**options)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"f": torch.zeros(6)}, ValueError, "teacher must have the shape of"),
        ({"z": torch.zeros(6, 4)}, ValueError, "logits, (6, 5), got (6, 4)."),
        (
            {"f": torch.zeros(6), "z": torch.zeros(6)},
            ValueError,
            "teacher must have shape (n_samples, n_classes), got (6,).",
        ),
        ({"y": None}, ValueError, "labels must be given where alpha is below 1"),
        ({"y": torch.zeros(6)}, TypeError, "labels must be integers, got torch.float3"),
        ({"y": torch.ones(6) > 0}, TypeError, "labels must be integers, got torch.bo"),
        ({"y": torch.zeros(5).long()}, ValueError, "must have shape (6,), got (5,)."),
        (
            {"y": torch.arange(6) - 1},
            ValueError,
            "labels must be encoded 0..4, got labels from -1 to 4. Use np.unique",
        ),
        ({"y": torch.arange(6)}, ValueError, "got labels from 0 to 5."),
        ({"w": torch.ones(5)}, ValueError, "sample_weight must have shape (6,), got"),
    ],
)
@pytest.mark.parametrize("options", [{"alpha": 0.5}, {"correction": "fast"}])
def test_wrong_batches_are_refused(change, error, message, options):
    f, z, y, w = tensors(*problem())
    batch = {"f": f, "z": z, "y": y, "w": w, **change}
    with pytest.raises(error, match=re.escape(message)):
        DistillationLoss(**options)(*batch.values())


def test_no_target_holds_the_label_part_of_raw_logits():
    with pytest.raises(ValueError, match="alpha must be 1 for targets of the squared"):
        distillation_targets(torch.zeros(1, 2), loss="squared_error", alpha=0.5)


def test_an_empty_batch_has_no_rows():
    empty = torch.zeros(0, 3), torch.zeros(0, 3), torch.zeros(0).long()
    found = DistillationLoss(alpha=0.5, correction="slow", reduction="sum")(*empty)
    assert found == 0
