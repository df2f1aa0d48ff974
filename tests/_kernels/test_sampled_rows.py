"""The kernel of sampled labels against its statement in NumPy, and its identities."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

from skdistill._kernels import _cpu, _sampled
from skdistill._kernels import _reference_sampled as reference

FORMS = ["decoupled", "pairwise", "softmax"]
NEGATIVES = ["uniform", "frequency", "student", "teacher"]
LEVELS = range(_cpu.LEVEL + 1)


def problem(seed, form, negatives, *, K=9, m=4, sparse=True, width=0, n=6, sizes=None):
    rng = np.random.default_rng(seed)
    d = 5
    X = rng.normal(size=(n, d)) * (rng.random((n, d)) < (0.6 if sparse else 1))
    X[-1] = 0
    sizes = rng.integers(0, min(K, 4) + 1, n) if sizes is None else np.full(n, sizes)
    lists = [np.sort(rng.choice(K, size, replace=False)) for size in sizes]
    total = int(sizes.sum())

    def real(*shape):
        return rng.random(shape).astype(np.float32)

    def starts(counts):
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    where = np.nonzero(X)[1] if sparse else np.arange(d)
    rows = _sampled.SampledRows(
        d,
        K,
        starts((X != 0).sum(axis=1)) if sparse else None,
        where.astype(np.int32),
        (X[X != 0] if sparse else X.ravel()).astype(np.float32),
        starts(sizes),
        np.concatenate([*lists, []]).astype(np.int32),
        real(total),
        real(total),
        real(n),
        real(n),
    )
    model = _sampled.SampledModel(
        real(d, width or K) - 0.5,
        real(K, width) - 0.5 if width else None,
        real(K) - 0.5,
        real(d),
        real(K) if width else None,
        real(K),
        0.7,
    )
    chance = (real(K) + 0.05).astype(float)
    chance /= chance.sum()
    keep, alias = _sampled.alias_table(chance)
    rule = _sampled.SamplingRule(
        form, negatives, m, 2 * m, seed, keep, alias, chance.astype(np.float32)
    )
    return rows, model, rule


def doubled(model):
    names = ("coef", "embedding", "bias", "coef_sum", "embedding_sum", "bias_sum")
    values = [getattr(model, name) for name in names]
    values = [None if v is None else v.astype(float) for v in values]
    return _sampled.SampledModel(*values, model.scale)


def by_label(seen):
    at = np.lexsort((seen["negative"], seen["label"]))
    return {name: values[at] for name, values in seen.items()}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("negatives", NEGATIVES)
@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    K=st.integers(2, 40),
    m=st.integers(1, 20),
    sparse=st.booleans(),
    width=st.sampled_from([0, 1, 19]),
)
def test_look_equals_reference(level, negatives, form, seed, K, m, sparse, width):
    parts = problem(seed, form, negatives, K=K, m=m, sparse=sparse, width=width)
    rows, model, rule = parts
    for i in range(6):
        seen = _sampled.look_at_row(rows, model, rule, i, level=level)
        want = reference.sampled_step(rows, doubled(model), rule, i, 0.1, 0.1)
        seen, want = by_label(seen), by_label(want)
        np.testing.assert_array_equal(seen["label"], want["label"])
        for name in ("positive", "negative", "score", "gradient"):
            np.testing.assert_allclose(seen[name], want[name], rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("width", [0, 3, 19])
@pytest.mark.parametrize("negatives", NEGATIVES)
@pytest.mark.parametrize("form", FORMS)
def test_epoch_equals_reference_steps(form, negatives, width, level):
    rows, model, rule = problem(3, form, negatives, width=width)
    want, order = doubled(model), np.array([4, 0, 5, 2, 1, 3])
    for at, i in enumerate(order):
        rate = 0.2 - 0.15 * at / 6
        reference.sampled_step(rows, want, rule, i, rate, 0.5 * rate)
    support = [_sampled.Support(rows, model, rule)]
    _sampled.sampled_epoch(
        rows, model, rule, order, (0.2, 0.05), 0.5, supports=support, level=level
    )
    for name in ("coef", "embedding", "bias", "coef_sum", "embedding_sum", "bias_sum"):
        if getattr(want, name) is not None:
            np.testing.assert_allclose(
                getattr(model, name), getattr(want, name), rtol=1e-4, atol=1e-5
            )


@pytest.mark.parametrize("form", FORMS)
def test_reference_gradient_by_differences(form):
    rng = np.random.default_rng(0)
    f, (a, b) = rng.normal(size=6), rng.random((2, 6))
    g = reference.sampled_gradient(form, f, a, b)
    for e, slope in zip(1e-6 * np.eye(6), g, strict=True):
        high = reference.sampled_loss(form, f + e, a, b)
        low = reference.sampled_loss(form, f - e, a, b)
        assert slope == pytest.approx((high - low) / 2e-6, abs=1e-8)
    if form != "decoupled":
        assert g.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("form", ["decoupled", "softmax"])
def test_identities_over_all_labels(form):
    rows, model, rule = problem(1, form, "teacher", K=7, sizes=7)
    rows.weight[:] = 1
    rows.negative[:] = 1 if form == "softmax" else 1 - rows.positive
    seen = _sampled.look_at_row(rows, model, rule, 2)
    a, f = seen["positive"], seen["score"]
    q = expit(f) if form == "decoupled" else a.sum() * softmax(f)
    np.testing.assert_allclose(seen["gradient"], q - a, atol=2e-6)


@pytest.mark.parametrize("negatives", ["uniform", "frequency"])
def test_mean_gradient_is_that_of_all_labels(negatives):
    rows, model, rule = problem(5, "decoupled", negatives, K=12, m=3, sizes=2)

    def spread(rule):
        seen = _sampled.look_at_row(rows, model, rule, 0)
        return np.bincount(seen["label"], seen["gradient"], minlength=12)

    def changed(**other):
        names = rule.__dataclass_fields__
        return type(rule)(**{**{k: getattr(rule, k) for k in names}, **other})

    found = np.array([spread(changed(seed=seed)) for seed in range(3000)])
    error = found.std(axis=0) / np.sqrt(len(found))
    gap = found.mean(axis=0) - spread(changed(n_sampled=12))
    assert (np.abs(gap) <= 5 * error + 1e-6).all()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("negatives", NEGATIVES)
@pytest.mark.parametrize("extreme", [1e4, -1e4, np.nan])
def test_extreme_scores(form, negatives, extreme):
    rows, model, rule = problem(2, form, negatives, K=30, m=3)
    model.bias[::3] = extreme
    for i in range(6):
        seen = _sampled.look_at_row(rows, model, rule, i)
        assert (seen["label"] < 30).all()
        assert np.isnan(extreme) or np.isfinite(seen["gradient"]).all()


def test_threads_and_order():
    def run(n_threads):
        rows, model, rule = problem(2, "softmax", "uniform", K=30, n=40)
        supports = [_sampled.Support(rows, model, rule) for _ in range(n_threads)]
        with ThreadPoolExecutor(2) as pool:
            _sampled.sampled_epoch(
                rows,
                model,
                rule,
                np.arange(40),
                (0.01, 0.01),
                1.0,
                supports=supports,
                pool=pool,
            )
        return model.coef

    np.testing.assert_array_equal(run(1), run(1))
    np.testing.assert_allclose(run(1), run(2), atol=0.02)


def test_several_supports_need_a_pool():
    rows, model, rule = problem(2, "softmax", "uniform")
    supports = [_sampled.Support(rows, model, rule) for _ in range(2)]
    with pytest.raises(ValueError, match="pool must be given"):
        _sampled.sampled_epoch(
            rows, model, rule, np.arange(6), (1, 1), 1, supports=supports
        )


def test_alias_table_gives_back_chances():
    chance = np.random.default_rng(0).dirichlet(np.full(50, 0.3)) + 1e-6
    chance /= chance.sum()
    keep, alias = _sampled.alias_table(chance)
    share = keep + np.bincount(alias, 1 - keep.astype(float), minlength=50)
    np.testing.assert_allclose(share / 50, chance, rtol=1e-5, atol=1e-8)
