"""Fixed views and teachers that are asked: who labels which row, and of what image."""

import copy
import pickle

import joblib
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skdistill.losses import CrossEntropy, SquaredError
from skdistill.nn import (
    Compose,
    Cutout,
    DeviceBatches,
    FixedViews,
    HorizontalFlip,
    QueriedTeachers,
    RandomCrop,
    ViewTargets,
    distillation_targets,
    view_logits,
)
from skdistill.targets import LossCorrection, make_targets

N, K = 23, 3
SHAPE = (3, 6, 5)
AUGMENT = Compose([RandomCrop(2), HorizontalFlip(), Cutout(2)])
FOLDS = np.arange(N) * 7 % 4
X = torch.randint(
    0, 256, (N, *SHAPE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
)
CODES = np.arange(N) % K


class Net(torch.nn.Module):
    """A small convolution; drop-out and batch norm tell training from evaluation."""

    def __init__(self, seed, n_classes=K):
        super().__init__()
        torch.manual_seed(seed)
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 3),
            torch.nn.BatchNorm2d(4),
            torch.nn.Dropout(0.5),
            torch.nn.Flatten(),
            torch.nn.Linear(4 * 4 * 3, n_classes),
        )

    def forward(self, images):
        return self.layers(images.float() / 99)


NETS = [Net(seed) for seed in range(4)]


@pytest.fixture(autouse=True)
def one_thread_and_no_seed():
    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)


def ask(net, images):
    """What a net says in evaluation, and no later for having been asked."""
    with torch.no_grad():
        return copy.deepcopy(net).eval()(images)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def make_batches(targets, augment, **params):
    settings = {"batch_size": 5, "shuffle": True, "device": "cpu"}
    settings |= {"generator": seeded(), **params}
    return DeviceBatches(X, targets, None, augment=augment, **settings)


def by_row(batches):
    """Images and targets of an epoch in the order of the rows."""
    shown, found = torch.empty_like(X), torch.empty(N, K)
    for images, (rows, targets, _) in batches:
        shown[rows], found[rows] = images, targets
    return shown, found


def expected_logits(images, folds=FOLDS):
    return torch.cat(
        [
            ask(NETS[fold], image[None])
            for fold, image in zip(folds, images, strict=True)
        ]
    )


# What a teacher may label


class Spy(torch.nn.Module):
    """Answers which module was asked, and keeps the rows it was asked about."""

    def __init__(self, number, log):
        super().__init__()
        self.number, self.log = number, log

    def forward(self, rows):
        self.log.extend((self.number, int(row)) for row in rows[:, 0])
        return torch.nn.functional.one_hot(
            torch.full((len(rows),), self.number), 5
        ).float()

    def __deepcopy__(self, memo):
        return self


@given(
    st.lists(
        st.lists(st.integers(-1, 4), min_size=2, max_size=2), min_size=1, max_size=20
    ),
    st.integers(1, 8),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_a_row_is_asked_of_just_the_teachers_that_held_it_out(folds, size, cached):
    """Column by column; and of each, once."""
    folds = np.array(folds)
    if folds.max() < 0:
        return
    rows = torch.arange(len(folds), dtype=torch.float32)[:, None]
    log = []
    spies = [Spy(number, log) for number in range(5)]
    if cached:
        view_logits(spies, folds, rows, FixedViews(None, 1), batch_size=size)
    else:
        codes = np.zeros(len(folds), dtype=int)
        source = QueriedTeachers(spies, folds, codes, n_classes=5)
        for _ in DeviceBatches(
            rows, source, None, batch_size=size, shuffle=True, device="cpu"
        ):
            pass
    allowed = [(fold, row) for row, own in enumerate(folds) for fold in own]
    assert sorted(log) == sorted(pair for pair in allowed if pair[0] >= 0)


# Queried


@pytest.mark.parametrize("augment", [None, AUGMENT])
@pytest.mark.parametrize("resident", [True, False])
def test_teachers_are_asked_about_the_images_that_are_shown(augment, resident):
    source = QueriedTeachers(NETS, FOLDS, n_classes=K)
    shown, found = by_row(make_batches(source, augment, resident=resident))
    assert torch.equal(shown, X) == (augment is None)
    torch.testing.assert_close(found, expected_logits(shown).softmax(1))
    assert found.dtype == torch.float32
    assert not found.requires_grad


def test_rows_alone_are_enough():
    source = QueriedTeachers(NETS, FOLDS, n_classes=K)
    rows = torch.tensor([7, 2, 2])
    found = source.batch(rows, X[rows])
    torch.testing.assert_close(found, expected_logits(X[rows], FOLDS[rows]).softmax(1))


def test_the_users_modules_stay_as_they_are():
    nets = [Net(seed).train() for seed in range(4)]
    before = [pickle.dumps(net.state_dict()) for net in nets]
    by_row(make_batches(QueriedTeachers(nets, FOLDS, n_classes=K), AUGMENT))
    view_logits(nets, FOLDS, X, FixedViews(AUGMENT))
    assert all(net.training for net in nets)
    assert all(p.requires_grad for net in nets for p in net.parameters())
    assert [pickle.dumps(net.state_dict()) for net in nets] == before


def test_several_teachers_of_a_row_are_averaged_over_those_there_are():
    folds = np.stack([FOLDS, (FOLDS + 1) % 4], 1)
    folds[3, 1] = folds[5, 0] = -1
    by_hand = torch.stack([expected_logits(X, column) for column in folds.T]).softmax(2)
    mean = by_hand.mean(0)
    mean[3], mean[5] = by_hand[0, 3], by_hand[1, 5]
    queried = by_row(make_batches(QueriedTeachers(NETS, folds, n_classes=K), None))[1]
    torch.testing.assert_close(queried, mean)
    logits = view_logits(NETS, folds, X, FixedViews(None, 1))
    torch.testing.assert_close(torch.from_numpy(logits[0]).exp(), mean)


def test_one_output_is_the_second_of_two_logits():
    nets = [Net(seed, n_classes=1) for seed in range(4)]
    source = QueriedTeachers(nets, FOLDS, n_classes=2)
    found = source.batch(torch.tensor([1]), X[1:2])
    logit = ask(nets[FOLDS[1]], X[1:2])[0, 0]
    torch.testing.assert_close(found[0, 1], logit.sigmoid())
    logits = view_logits(nets, FOLDS, X, FixedViews(None, 1))
    assert logits.shape == (1, N, 2)
    assert logits[0, 1, 1] == pytest.approx(logit.item())


# Fixed views


def test_a_row_in_a_view_is_always_the_same_image_with_the_same_target():
    views = FixedViews(AUGMENT, n_views=3, random_state=5)
    source = ViewTargets(view_logits(NETS, FOLDS, X, views), views)
    seen = {}
    batches = make_batches(source, views)
    for _ in range(12):
        shown, found = by_row(batches)
        torch.testing.assert_close(found, expected_logits(shown).softmax(1))
        for row in range(N):
            key = (row, shown[row].numpy().tobytes())
            assert torch.equal(seen.setdefault(key, found[row]), found[row])
    per_row = np.bincount([row for row, _ in seen], minlength=N)
    assert per_row.max() <= 3
    assert per_row.mean() > 2.5


def test_views_do_not_depend_on_the_order_nor_on_the_batches():
    """Rows in view v are made by row v of the table, whoever shows them."""
    views = FixedViews(AUGMENT, n_views=2)
    table = views.table(N, SHAPE)
    versions = [AUGMENT.apply(X, drawn) for drawn in table]
    assert not torch.equal(*versions)
    for size, seed in ((1, 0), (7, 3), (N, 9)):
        shown, _ = by_row(
            make_batches(
                torch.zeros(N, K), views, batch_size=size, generator=seeded(seed)
            )
        )
        which = [(shown == version).flatten(1).all(1) for version in versions]
        assert (which[0] | which[1]).all()
    assert torch.equal(table, FixedViews(AUGMENT, n_views=2).table(N, SHAPE))
    other = FixedViews(AUGMENT, n_views=2, random_state=1).table(N, SHAPE)
    assert not torch.equal(table, other)


def test_views_are_equal_by_repr_hash_and_pickle():
    views = FixedViews(AUGMENT, 2, random_state=3)
    for twin in (copy.deepcopy(views), pickle.loads(pickle.dumps(views))):
        assert twin == views
        assert joblib.hash(twin) == joblib.hash(views)
    assert eval(repr(views)) == views
    assert views != FixedViews(AUGMENT, 2, random_state=4)


def test_all_views_are_shown_equally_often():
    views = FixedViews(AUGMENT, n_views=4)
    drawn = views.draw_epoch(torch.arange(20_000), SHAPE, seeded())
    counts = torch.bincount(drawn[:, 0].long(), minlength=4)
    assert (counts - 5000).abs().max() < 5 * (20_000 * 3 / 16) ** 0.5


def test_without_augmentation_kept_and_asked_targets_are_the_logits_out_of_fold():
    plain = FixedViews(None, n_views=1)
    kept = ViewTargets(view_logits(NETS, FOLDS, X, plain, batch_size=4), plain)
    asked = QueriedTeachers(NETS, FOLDS, n_classes=K)
    expected = expected_logits(X).softmax(1)
    shown, found = by_row(make_batches(kept, plain))
    assert torch.equal(shown, X)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(by_row(make_batches(asked, None))[1], expected)


def test_logits_may_be_computed_from_memory_maps(tmp_path):
    np.save(tmp_path / "x.npy", X.numpy())
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    views = FixedViews(AUGMENT, 2)
    np.testing.assert_array_equal(
        view_logits(NETS, FOLDS, mapped, views), view_logits(NETS, FOLDS, X, views)
    )


# Targets made of the logits


OPTIONS = [
    {"alpha": 0.3},
    {"temperature": 4.0, "alpha": 0.5},
    {"correction": "fast"},
    {"correction": "orthogonal", "temperature": 2.0},
    {"correction": "fast", "loss": "squared_error"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_both_mix_and_correct_as_the_loss_says(options):
    views = FixedViews(AUGMENT, 1)
    kept = ViewTargets(view_logits(NETS, FOLDS, X, views), views, CODES, **options)
    shown, found = by_row(make_batches(kept, views))
    expected = distillation_targets(
        expected_logits(shown), torch.from_numpy(CODES), **options
    )
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    asked = QueriedTeachers(NETS, FOLDS, CODES, n_classes=K, **options)
    _, found = by_row(make_batches(asked, views))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert kept.shape == asked.shape == (N, K)
    if "loss" in options:
        assert isinstance(asked.objective, SquaredError)
    else:
        loss = CrossEntropy(options.get("temperature", 1.0), options.get("alpha", 1.0))
        assert kept.objective == asked.objective == loss


def test_a_row_without_a_teacher_has_its_label_for_target():
    """As make_targets does of rows of NaN."""
    folds = FOLDS.copy()
    folds[[2, 11]] = -1
    options = {"alpha": 0.7, "temperature": 2.0, "correction": "fast"}
    proba = expected_logits(X).softmax(1).double().numpy()
    proba[[2, 11]] = np.nan
    expected = make_targets(
        proba,
        CODES,
        alpha=0.7,
        temperature=2.0,
        correction=LossCorrection("fast"),
    ).values
    asked = QueriedTeachers(NETS, folds, CODES, n_classes=K, **options)
    plain = FixedViews(None, 1)
    kept = ViewTargets(view_logits(NETS, folds, X, plain), plain, CODES, **options)
    for source in (asked, kept):
        _, found = by_row(make_batches(source, plain))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(found[[2, 11]], np.eye(K)[CODES[[2, 11]]])


@pytest.mark.parametrize("kind", ["asked", "kept"])
def test_sources_are_copied_and_pickled(kind):
    views = FixedViews(AUGMENT, 2)
    if kind == "asked":
        source = QueriedTeachers(NETS, FOLDS, n_classes=K)
    else:
        source = ViewTargets(view_logits(NETS, FOLDS, X, views), views)
    first = by_row(make_batches(source, views))[1]
    for twin in (copy.deepcopy(source), pickle.loads(pickle.dumps(source))):
        assert repr(twin) == repr(source)
        assert torch.equal(by_row(make_batches(twin, views))[1], first)


# What is refused


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: FixedViews(abs), TypeError, "augment must be an augmentation of"),
        (lambda: FixedViews(FixedViews(None)), TypeError, "augment must be an augm"),
        (lambda: FixedViews(None, 0), ValueError, "n_views must be a positive int"),
        (lambda: FixedViews(None, 2, None), TypeError, "random_state must be a non-ne"),
        (lambda: FixedViews(AUGMENT)(X), TypeError, "must be told which rows"),
        (
            lambda: make_batches(None, Compose([FixedViews(AUGMENT), Cutout()])),
            TypeError,
            "put FixedViews around it",
        ),
        (
            lambda: QueriedTeachers([], FOLDS, n_classes=K),
            TypeError,
            "modules must be one or more torch modules",
        ),
        (
            lambda: QueriedTeachers([abs], FOLDS, n_classes=K),
            TypeError,
            "modules must be one or more torch modules, got .<built-in",
        ),
        (
            lambda: QueriedTeachers(NETS, FOLDS / 2, n_classes=K),
            TypeError,
            "fold_of_row must hold ints",
        ),
        (
            lambda: QueriedTeachers(NETS[:3], FOLDS, n_classes=K),
            ValueError,
            r"fold_of_row must lie in -1..2, got values from 0 to 3",
        ),
        (
            lambda: QueriedTeachers(NETS, np.full(N, -1), n_classes=K),
            ValueError,
            "fold_of_row must name the module of some row",
        ),
        (
            lambda: QueriedTeachers(NETS, FOLDS - 1, n_classes=K),
            ValueError,
            "a teacher for every row.* there is no label, got none for row 0",
        ),
        (
            lambda: QueriedTeachers(
                NETS, FOLDS - 1, CODES, n_classes=K, loss="squared_error"
            ),
            ValueError,
            "there is a squared error, got none for row 0",
        ),
        (
            lambda: QueriedTeachers(NETS, FOLDS, n_classes=K, alpha=0.5),
            ValueError,
            "codes must be given where alpha is below 1",
        ),
        (
            lambda: QueriedTeachers(NETS, FOLDS, n_classes=K, correction="fast"),
            ValueError,
            "codes must be given .* or there is a correction",
        ),
        (
            lambda: QueriedTeachers(NETS, FOLDS, CODES, n_classes=2),
            ValueError,
            "codes must lie in 0..1, got values from 0 to 2",
        ),
        (
            lambda: QueriedTeachers(NETS, FOLDS, CODES[1:], n_classes=K),
            ValueError,
            r"codes must be ints of shape \(23,\)",
        ),
        (
            lambda: QueriedTeachers(NETS, FOLDS, n_classes=K, temperature=0),
            ValueError,
            "temperature must be a positive",
        ),
        (
            lambda: QueriedTeachers(NETS, FOLDS, n_classes=4).batch(
                torch.tensor([0]), X[:1]
            ),
            ValueError,
            "modules must have 4 outputs, got 3",
        ),
        (
            lambda: ViewTargets(np.zeros((2, N, K)), AUGMENT),
            TypeError,
            "views must be FixedViews",
        ),
        (
            lambda: ViewTargets(np.zeros((2, N, K)), FixedViews(None, 3)),
            ValueError,
            r"logits must have shape \(3, n_samples, n_classes\), got \(2, 23, 3\)",
        ),
        (
            lambda: view_logits(NETS, FOLDS, X[1:], FixedViews(None)),
            ValueError,
            "X must have 23 rows, as fold_of_row, got 22",
        ),
        (
            lambda: make_batches(
                ViewTargets(np.zeros((4, N, K)), FixedViews(None)), FixedViews(AUGMENT)
            ),
            ValueError,
            "augment must be the views of the targets",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(make, error, match):
    with pytest.raises(error, match=match):
        list(make())
