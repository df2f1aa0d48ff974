"""Each augmentation against its statement in NumPy, and what it promises besides."""

import copy
import pickle

import joblib
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skdistill.nn import Augmentation, Compose, Cutout, HorizontalFlip, RandomCrop

ALL = [
    RandomCrop(2),
    HorizontalFlip(),
    Cutout(3),
    Compose([RandomCrop(1), HorizontalFlip(0.3), Cutout(4)]),
]


def crop(image, drawn, padding):
    """The window at `drawn` of the padded image."""
    c, h, w = image.shape
    padded = np.zeros((c, h + 2 * padding, w + 2 * padding), image.dtype)
    padded[:, padding : padding + h, padding : padding + w] = image
    return padded[:, drawn[0] : drawn[0] + h, drawn[1] : drawn[1] + w]


def flip(image, drawn):
    return image[:, :, ::-1] if drawn[0] else image


def cutout(image, drawn, size):
    image = image.copy()
    top, left = drawn - size // 2
    image[:, max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = 0
    return image


def reference(augment, image, drawn):
    """One image changed as `augment` says, in NumPy."""
    if isinstance(augment, RandomCrop):
        return crop(image, drawn, augment.padding)
    if isinstance(augment, HorizontalFlip):
        return flip(image, drawn)
    if isinstance(augment, Cutout):
        return cutout(image, drawn, augment.size)
    for step in augment.steps:
        image = reference(step, image, drawn[: step.n_draws])
        drawn = drawn[step.n_draws :]
    return image


def make_images(n, c, h, w, dtype=torch.uint8, channels_last=False, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(1, 256, (n, c, h, w), generator=generator).to(dtype)
    if channels_last:
        return images.contiguous(memory_format=torch.channels_last)
    return images


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


augmentations = st.one_of(
    st.builds(RandomCrop, st.integers(1, 6)),
    st.builds(HorizontalFlip, st.floats(0, 1)),
    st.builds(Cutout, st.integers(1, 12)),
)


@given(
    st.one_of(
        augmentations,
        st.builds(Compose, st.lists(augmentations, min_size=1, max_size=4)),
    ),
    st.tuples(*[st.integers(1, 7)] * 4),
    st.sampled_from([torch.uint8, torch.float32, torch.float64, torch.float16]),
    st.booleans(),
    st.integers(0, 1000),
)
@settings(deadline=None, max_examples=150)
def test_batches_are_what_numpy_says_of_each_image(
    augment, shape, dtype, channels_last, seed
):
    images = make_images(*shape, dtype, channels_last)
    drawn = augment.draw(len(images), shape[1:], seeded(seed))
    found = augment.apply(images, drawn)
    expected = [
        reference(augment, image.numpy(), row.numpy())
        for image, row in zip(images, drawn, strict=True)
    ]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.numpy(), expected)


@pytest.mark.parametrize("augment", ALL, ids=repr)
@pytest.mark.parametrize("channels_last", [False, True])
def test_memory_format_stays_and_the_input_is_not_changed(augment, channels_last):
    images = make_images(5, 3, 8, 6, channels_last=channels_last)
    before = images.clone()
    found = augment(images, seeded())
    wanted = torch.channels_last if channels_last else torch.contiguous_format
    assert found.is_contiguous(memory_format=wanted)
    assert torch.equal(images, before)
    assert not torch.equal(found, before)


@pytest.mark.parametrize("augment", ALL, ids=repr)
def test_slices_and_transposes_of_larger_tensors(augment):
    """Neither memory format: strided in every dimension."""
    images = make_images(12, 6, 16, 12)[::2, 1::2, ::2, ::2].transpose(2, 3)
    drawn = augment.draw(len(images), tuple(images.shape[1:]), seeded())
    found = augment.apply(images, drawn)
    assert torch.equal(found, augment.apply(images.contiguous(), drawn))


@pytest.mark.parametrize("augment", ALL, ids=repr)
def test_a_call_draws_and_applies(augment):
    images = make_images(6, 3, 8, 8)
    drawn = augment.draw(6, (3, 8, 8), seeded(3))
    assert drawn.shape == (6, augment.n_draws)
    assert drawn.dtype == torch.int32
    assert torch.equal(augment(images, seeded(3)), augment.apply(images, drawn))


def test_the_draws_have_the_stated_distributions():
    """20,000 draws: frequencies within five standard errors."""
    n = 20_000
    corners = RandomCrop(2).draw(n, (3, 8, 8), seeded()).long()
    counts = torch.bincount(corners[:, 0] * 5 + corners[:, 1], minlength=25)
    assert (counts - n / 25).abs().max() < 5 * (n / 25) ** 0.5
    flips = HorizontalFlip(0.3).draw(n, (3, 8, 8), seeded()).double().mean()
    assert abs(flips - 0.3) < 5 * (0.21 / n) ** 0.5
    centres = Cutout(3).draw(n, (3, 4, 6), seeded()).long()
    counts = torch.bincount(centres[:, 0] * 6 + centres[:, 1], minlength=24)
    assert len(counts) == 24
    assert (counts - n / 24).abs().max() < 5 * (n / 24) ** 0.5


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_flips_never_and_always(p):
    images = make_images(64, 1, 2, 3)
    expected = images.flip(-1) if p else images
    assert torch.equal(HorizontalFlip(p)(images, seeded()), expected)


@pytest.mark.parametrize("augment", ALL, ids=repr)
def test_copies_are_equal_by_repr_hash_and_pickle(augment):
    for twin in (copy.deepcopy(augment), pickle.loads(pickle.dumps(augment))):
        assert twin == augment
        assert repr(twin) == repr(augment)
        assert joblib.hash(twin) == joblib.hash(augment)
    assert eval(repr(augment)) == augment
    assert joblib.hash(augment) != joblib.hash(RandomCrop(7))


def test_augmentations_of_ones_own_join_in():
    class Negative(Augmentation):
        n_draws = 1

        def draw(self, n, shape, generator):
            return torch.randint(2, (n, 1), generator=generator, dtype=torch.int32)

        def apply(self, images, drawn):
            return torch.where(drawn.view(-1, 1, 1, 1) > 0, 255 - images, images)

    images = make_images(20, 3, 4, 4)
    found = Compose([HorizontalFlip(0.0), Negative()])(images, seeded())
    negative = (found == 255 - images).flatten(1).all(1)
    assert 0 < negative.sum() < 20
    assert torch.equal(found[~negative], images[~negative])


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: RandomCrop(0), ValueError, "padding must be a positive int, got 0"),
        (lambda: RandomCrop(1.5), TypeError, "padding must be a positive int, got 1.5"),
        (lambda: RandomCrop(True), TypeError, "padding must be a positive int"),
        (lambda: Cutout(-1), ValueError, "size must be a positive int, got -1"),
        (lambda: Cutout("8"), TypeError, "size must be a positive int, got '8'"),
        (lambda: HorizontalFlip(1.1), ValueError, r"p must be a number in \[0, 1\]"),
        (lambda: HorizontalFlip("x"), TypeError, r"p must be a number in \[0, 1\]"),
        (lambda: Compose([]), ValueError, "steps must hold at least one"),
        (lambda: Compose(Cutout()), TypeError, "steps must be a list of aug"),
        (lambda: Compose([abs]), TypeError, "steps must hold augmentations, got <bu"),
    ],
)
def test_parameters_are_checked_when_they_are_given(make, error, match):
    with pytest.raises(error, match=match):
        make()


@pytest.mark.parametrize("augment", ALL[:3], ids=repr)
def test_rows_of_numbers_are_refused(augment):
    with pytest.raises(ValueError, match=r"images must have shape \(n_images, chan"):
        augment(torch.ones(4, 10))
