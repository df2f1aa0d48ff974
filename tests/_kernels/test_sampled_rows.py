"""The kernel for very many labels against its statement, in every copy."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import approx_fprime
from scipy.special import expit, softmax

from skdistill._kernels import (
    SampledModel,
    SampledRows,
    SamplingRule,
    Support,
    _cpu,
    alias_table,
    look_at_row,
    sampled_epoch,
)
from skdistill._kernels import _reference_sampled as reference

LEVELS = range(_cpu.BEST + 1)
FORMS = ["decoupled", "pairwise", "softmax"]
NEGATIVES = ["uniform", "frequency", "student", "teacher"]


def make_rows(rng, n, d, n_labels, *, dense, longest, weighted):
    X = rng.normal(size=(n, d)) * (rng.random((n, d)) < 0.5)
    lists = [
        np.sort(rng.choice(n_labels, rng.integers(0, longest + 1), replace=False))
        for _ in range(n)
    ]
    n_listed = sum(map(len, lists))
    kept = np.ones_like(X, dtype=bool) if dense else X != 0
    return SampledRows(
        n_features=d,
        n_classes=n_labels,
        row_start=None if dense else np.r_[0, kept.sum(axis=1).cumsum()],
        feature=np.arange(d, dtype=np.int32)
        if dense
        else kept.nonzero()[1].astype(np.int32),
        value=X[kept].astype(np.float32),
        list_start=np.cumsum([0, *map(len, lists)]),
        label=np.concatenate([*lists, []]).astype(np.int32),
        positive=(rng.random(n_listed) * (rng.random(n_listed) < 0.8)).astype("f"),
        negative=(rng.random(n_listed) * (rng.random(n_listed) < 0.8)).astype("f"),
        rest=rng.random(n).astype(np.float32),
        weight=rng.random(n).astype(np.float32) if weighted else None,
    )


def make_model(rng, rows, width, scale=1.0):
    d, k = rows.n_features, rows.n_classes
    inner = k if width is None else width

    def real(*shape):
        return rng.normal(size=shape).astype(np.float32)

    return SampledModel(
        coef=real(d, inner),
        embedding=None if width is None else real(k, width),
        bias=real(k),
        coef_sum=abs(real(d)),
        embedding_sum=None if width is None else abs(real(k)),
        bias_sum=abs(real(k)),
        scale=scale,
    )


def make_rule(rng, n_labels, form="decoupled", negatives="uniform", m=3, pool=6):
    chance = rng.random(n_labels) + 0.1
    chance /= chance.sum()
    keep, alias = alias_table(chance)
    seed = int(rng.integers(1 << 62))
    return SamplingRule(
        form, negatives, m, pool, seed, keep, alias, chance.astype(np.float32)
    )


def copied(model, dtype):
    def copy(array):
        return None if array is None else array.astype(dtype, copy=True)

    return SampledModel(
        *(
            copy(getattr(model, name))
            for name in (
                "coef",
                "embedding",
                "bias",
                "coef_sum",
                "embedding_sum",
                "bias_sum",
            )
        ),
        scale=model.scale,
    )


PROBLEMS = given(
    n_labels=st.integers(2, 70),
    longest=st.integers(0, 70),
    d=st.integers(1, 9),
    width=st.sampled_from([None, 1, 5, 16, 33]),
    dense=st.booleans(),
    weighted=st.booleans(),
    form=st.sampled_from(FORMS),
    negatives=st.sampled_from(NEGATIVES),
    m=st.integers(1, 80),
    more=st.integers(0, 40),
    scale=st.sampled_from([1.0, 0.25]),
    level=st.sampled_from(list(LEVELS)),
    seed=st.integers(0, 10_000),
)


@PROBLEMS
@settings(deadline=None, max_examples=400)
def test_what_a_row_sees_equals_the_reference(
    n_labels,
    longest,
    d,
    width,
    dense,
    weighted,
    form,
    negatives,
    m,
    more,
    scale,
    level,
    seed,
):
    rng = np.random.default_rng(seed)
    options = {"dense": dense, "longest": min(longest, n_labels), "weighted": weighted}
    rows = make_rows(rng, 3, d, n_labels, **options)
    model = make_model(rng, rows, width, scale)
    rule = make_rule(rng, n_labels, form, negatives, m, m + more)
    for i in range(3):
        found = look_at_row(rows, model, rule, i, level=level)
        label, positive, negative = reference.sampled_support(rows, model, rule, i)
        if negatives == "student":  # which are the hardest is known, not their order
            listed = rows.list_start[i + 1] - rows.list_start[i]
            order, other = (
                np.r_[: int(listed), listed + np.argsort(one[listed:], kind="stable")]
                for one in (found["label"], label)
            )
            found = {name: array[order] for name, array in found.items()}
            label, positive, negative = label[other], positive[other], negative[other]
        assert_array_equal(found["label"], label)
        assert_array_equal(found["positive"], positive.astype(np.float32))
        assert_allclose(found["negative"], negative, rtol=1e-5)
        score = reference.scores_of(model, reference.features_of(rows, i))[label]
        size = 1 + np.abs(score).max(initial=0)
        assert_allclose(found["score"], score, rtol=0, atol=3e-5 * size)
        weight = 1 if rows.weight is None else rows.weight[i]
        grad = weight * reference.sampled_gradient(form, score, positive, negative)
        size = 1 + np.abs(negative).sum() * (1 + np.abs(positive).sum())
        assert_allclose(found["gradient"], grad, rtol=0, atol=3e-4 * size)


@PROBLEMS
@settings(deadline=None, max_examples=200)
def test_steps_equal_the_reference(
    n_labels,
    longest,
    d,
    width,
    dense,
    weighted,
    form,
    negatives,
    m,
    more,
    scale,
    level,
    seed,
):
    if negatives == "student":  # float32 and float64 may find other labels hardest
        negatives = "uniform"
    rng = np.random.default_rng(seed)
    options = {"dense": dense, "longest": min(longest, n_labels), "weighted": weighted}
    rows = make_rows(rng, 4, d, n_labels, **options)
    rows = replace(rows, value=rows.value * np.float32(0.3))
    model = make_model(rng, rows, width, scale)
    rule = make_rule(rng, n_labels, form, negatives, m, m + more)
    exact = copied(model, np.float64)
    order = rng.integers(0, 4, size=5)
    supports = [Support(rows, model, rule)]
    sampled_epoch(
        rows, model, rule, order, (0.2, 0.1), 0.5, supports=supports, level=level
    )
    for at, i in enumerate(order):
        rate = 0.2 - 0.1 * at / 5
        reference.sampled_step(rows, exact, rule, int(i), rate, rate * 0.5)
    for name in ("coef", "embedding", "bias", "coef_sum", "embedding_sum", "bias_sum"):
        found, expected = getattr(model, name), getattr(exact, name)
        if expected is not None:
            size = 1 + np.abs(expected).max()
            assert_allclose(found, expected, rtol=2e-3, atol=2e-3 * size, err_msg=name)


@pytest.mark.parametrize("form", FORMS)
def test_gradients_are_those_of_the_loss(form):
    rng = np.random.default_rng(0)
    f, a, b = rng.normal(size=7), rng.random(7), rng.random(7)
    a[2:4], b[[1, 5]] = 0, 0
    numeric = approx_fprime(f, lambda at: reference.sampled_loss(form, at, a, b), 1e-7)
    assert_allclose(reference.sampled_gradient(form, f, a, b), numeric, atol=1e-6)


def full_row(rng, p, down, form, width=None):
    """One row that lists all its labels."""
    k = len(p)
    rows = make_rows(rng, 1, 4, k, dense=True, longest=0, weighted=False)
    rows = replace(
        rows,
        list_start=np.array([0, k]),
        label=np.arange(k, dtype=np.int32),
        positive=p.astype(np.float32),
        negative=down.astype(np.float32),
    )
    found = look_at_row(rows, make_model(rng, rows, width), make_rule(rng, k, form), 0)
    return found["score"].astype(np.float64), found["gradient"]


def test_the_distilled_decoupled_loss_is_soft_binary_cross_entropy():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(6))
    f, gradient = full_row(rng, p, 1 - p, "decoupled")
    assert_allclose(gradient, expit(f) - p, atol=1e-6)
    # The mean over labels drawn from p of phi(f_y) + sum_{j != y} phi(-f_j).
    phi = np.logaddexp(0, -f)
    one_hot = [phi[y] + np.delete(np.logaddexp(0, f), y).sum() for y in range(6)]
    assert_allclose(reference.sampled_loss("decoupled", f, p, 1 - p), p @ one_hot)


def test_softmax_with_equal_negatives_is_soft_cross_entropy():
    rng = np.random.default_rng(1)
    a = rng.random(5)
    f, gradient = full_row(rng, a, np.ones(5), "softmax", width=3)
    assert_allclose(gradient, a.sum() * softmax(f) - a, atol=2e-6)


@pytest.mark.parametrize("form", ["pairwise", "softmax"])
def test_only_differences_of_scores_matter(form):
    rng = np.random.default_rng(2)
    f, a, b = rng.normal(size=5), rng.random(5), rng.random(5)
    first = reference.sampled_gradient(form, f, a, b)
    assert_allclose(reference.sampled_gradient(form, f + 3, a, b), first)
    assert_allclose(first.sum(), 0, atol=1e-12)


def test_long_lists_are_searched_by_halves():
    rng = np.random.default_rng(11)
    rows = make_rows(rng, 5, 2, 400, dense=True, longest=350, weighted=False)
    model, rule = make_model(rng, rows, None), make_rule(rng, 400, m=40)
    assert rows.longest_list > 100
    for i in range(5):
        label, _, _ = reference.sampled_support(rows, model, rule, i)
        assert_array_equal(look_at_row(rows, model, rule, i)["label"], label)


@pytest.mark.parametrize("negatives", ["uniform", "frequency"])
def test_sampled_gradients_are_unbiased(negatives):
    rng = np.random.default_rng(3)
    n_labels, n_seeds = 12, 4000
    rows = make_rows(rng, 1, 3, n_labels, dense=True, longest=0, weighted=False)
    rows = replace(
        rows,
        list_start=np.array([0, 3]),
        label=np.array([1, 4, 5], np.int32),
        positive=np.array([1, 0.5, 0], np.float32),
        negative=np.array([0, 0.5, 1], np.float32),
    )
    model, rule = make_model(rng, rows, None), make_rule(rng, n_labels, "decoupled")
    everything = look_at_row(rows, model, replace(rule, n_sampled=n_labels), 0)
    full = np.zeros(n_labels)
    full[everything["label"]] = everything["gradient"]
    rule = replace(rule, negatives=negatives, n_sampled=2)
    found = np.zeros((n_seeds, n_labels))
    for seed in range(n_seeds):
        seen = look_at_row(rows, model, replace(rule, seed=seed), 0)
        np.add.at(found[seed], seen["label"], seen["gradient"])
    error = found.std(axis=0) / np.sqrt(n_seeds)
    assert (error[[1, 4, 5]] < 1e-7).all()  # listed labels are not sampled
    assert (np.abs(found.mean(axis=0) - full) <= 5 * error + 1e-6).all()


def test_mining_keeps_the_hardest_and_the_mass_of_all():
    rng = np.random.default_rng(4)
    rows = make_rows(rng, 1, 3, 50, dense=True, longest=4, weighted=False)
    model = make_model(rng, rows, None)
    rule = make_rule(rng, 50, "decoupled", "student", m=5, pool=60)
    seen = look_at_row(rows, model, rule, 0)
    n_listed = int(rows.list_start[1])
    others = np.setdiff1d(np.arange(50), rows.label)
    scores = reference.scores_of(model, reference.features_of(rows, 0))[others]
    hardest = others[np.argsort(-scores)[:5]]
    assert_array_equal(np.sort(seen["label"][n_listed:]), np.sort(hardest))
    mass = seen["negative"][n_listed:].sum()
    assert_allclose(mass, rows.rest[0] * len(others), rtol=1e-5)


def test_teacher_negatives_are_the_listed_labels_alone():
    rng = np.random.default_rng(5)
    rows = make_rows(rng, 8, 3, 30, dense=False, longest=4, weighted=False)
    model = make_model(rng, rows, 4)
    rule = make_rule(rng, 30, "softmax", "teacher", m=10)
    for i in range(8):
        part = slice(rows.list_start[i], rows.list_start[i + 1])
        seen = look_at_row(rows, model, rule, i)
        assert_array_equal(seen["label"], rows.label[part])
        assert np.isfinite(seen["gradient"]).all()


def trained(rows, rule, n_supports, seed=0):
    model = make_model(np.random.default_rng(seed), rows, 4)
    supports = [Support(rows, model, rule) for _ in range(n_supports)]
    order = np.random.default_rng(1).permutation(len(rows.rest)).repeat(3)
    with ThreadPoolExecutor(n_supports) as pool:
        sampled_epoch(
            rows, model, rule, order, (0.1, 0.0), 1.0, supports=supports, pool=pool
        )
    return model


def test_one_thread_is_equal_to_the_last_bit_and_two_are_close():
    rng = np.random.default_rng(6)
    rows = make_rows(rng, 400, 6, 40, dense=False, longest=5, weighted=True)
    rule = make_rule(rng, 40, negatives="frequency", m=5)
    first, again, two = (trained(rows, rule, n) for n in (1, 1, 2))
    assert_array_equal(first.coef, again.coef)
    assert_array_equal(first.embedding, again.embedding)
    start = make_model(np.random.default_rng(0), rows, 4)
    moved = np.linalg.norm(first.embedding - start.embedding)
    assert np.linalg.norm(two.embedding - first.embedding) < 0.3 * moved
    assert_array_equal(two.bias_sum > start.bias_sum, first.bias_sum > start.bias_sum)


def test_several_supports_need_a_pool():
    rng = np.random.default_rng(7)
    rows = make_rows(rng, 4, 2, 5, dense=True, longest=1, weighted=False)
    model, rule = make_model(rng, rows, None), make_rule(rng, 5)
    supports = [Support(rows, model, rule)] * 2
    with pytest.raises(ValueError, match="pool must be given for several supports"):
        sampled_epoch(rows, model, rule, np.arange(4), (1, 1), 1, supports=supports)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("far", [50.0, 300.0, 1e4])
def test_far_scores_stay_finite(form, level, far):
    rng = np.random.default_rng(8)
    rows = make_rows(rng, 6, 2, 20, dense=True, longest=20, weighted=False)
    model, rule = make_model(rng, rows, None), make_rule(rng, 20, form, m=4)
    model.bias[:] = rng.uniform(-far, far, 20)
    for i in range(6):
        seen = look_at_row(rows, model, rule, i, level=level)
        score = seen["score"].astype(np.float64)
        weights = seen["positive"].astype(float), seen["negative"].astype(float)
        expected = reference.sampled_gradient(form, score, *weights)
        size = 1 + np.abs(weights[1]).sum() * (1 + weights[0].sum())
        assert_allclose(seen["gradient"], expected, atol=1e-5 * size)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("negatives", NEGATIVES)
def test_what_is_not_finite_does_not_hang(value, negatives):
    rng = np.random.default_rng(9)
    rows = make_rows(rng, 3, 2, 200, dense=True, longest=3, weighted=False)
    rows.value[:] = value
    model = make_model(rng, rows, None)
    rule = make_rule(rng, 200, "decoupled", negatives, m=7, pool=90)
    for form in FORMS:
        seen = look_at_row(rows, model, replace(rule, form=form), 1)
        assert ((seen["label"] >= 0) & (seen["label"] < 200)).all()


@given(chance=st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=60))
@settings(deadline=None)
def test_alias_tables_give_the_chances_back(chance):
    chance = np.array(chance) / sum(chance)
    keep, alias = alias_table(chance)
    found = keep.astype(np.float64)
    np.add.at(found, alias, 1 - keep.astype(np.float64))
    assert_allclose(found / len(chance), chance, atol=1e-6)


def test_weights_that_have_decayed_are_multiplied_out():
    rng = np.random.default_rng(10)
    rows = make_rows(rng, 2, 3, 4, dense=True, longest=1, weighted=False)
    model = make_model(rng, rows, 2, scale=0.25)
    x = reference.features_of(rows, 0)
    before = reference.scores_of(model, x)
    model.fold()
    assert model.scale == 1
    assert_allclose(reference.scores_of(model, x), before, rtol=1e-6)
