"""Batches: the right rows, once an epoch, decided by the generator alone."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skdistill.nn import Compose, Cutout, DeviceBatches, HorizontalFlip, RandomCrop

AUGMENT = Compose([RandomCrop(2), HorizontalFlip(), Cutout(3)])


def numbered(n, c=1, h=2, w=2, channels_last=False):
    """Images whose pixels say which row and which pixel they are."""
    images = torch.arange(n * c * h * w, dtype=torch.int32).view(n, c, h, w)
    if channels_last:
        return images.contiguous(memory_format=torch.channels_last)
    return images


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def make_batches(images, targets=None, weight=None, **params):
    settings = {"batch_size": 4, "shuffle": True, "device": "cpu"}
    settings |= {"generator": seeded(), **params}
    return DeviceBatches(images, targets, weight, **settings)


@given(
    n=st.integers(1, 30),
    batch_size=st.integers(1, 35),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
    resident=st.booleans(),
    as_array=st.booleans(),
    channels_last=st.booleans(),
)
@settings(deadline=None, max_examples=100)
def test_an_epoch_shows_each_row_with_what_belongs_to_it(
    n, batch_size, shuffle, drop_last, resident, as_array, channels_last
):
    images = numbered(n, 2, 3, 2, channels_last)
    targets, weight = torch.arange(n) * 10, torch.arange(n) / 8
    batches = make_batches(
        images.numpy() if as_array else images,
        targets,
        weight,
        batch_size=batch_size,
        shuffle=shuffle,
        drop_last=drop_last,
        resident=resident,
    )
    found = list(batches)
    assert len(found) == len(batches)
    sizes = [batch_size] * (n // batch_size)
    if n % batch_size and not drop_last:
        sizes.append(n % batch_size)
    assert [len(batch) for batch, _ in found] == sizes
    for batch, (rows, target, w) in found:
        assert rows.dtype == torch.int64
        assert torch.equal(batch, images[rows])
        assert torch.equal(target, targets[rows])
        assert torch.equal(w, weight[rows])
    order = [row for _, (rows, *_) in found for row in rows.tolist()]
    assert len(set(order)) == len(order)
    if not shuffle:
        assert order == list(range(sum(sizes)))


def epoch(batches):
    return [(images.clone(), rows) for images, (rows, *_) in batches]


def assert_same(one, other):
    for (images, rows), (images_, rows_) in zip(one, other, strict=True):
        assert torch.equal(images, images_)
        assert torch.equal(rows, rows_)


def halve(images, generator):
    """An augmentation of the user's own, which draws as it goes."""
    return images // (1 + torch.randint(2, (len(images), 1, 1, 1), generator=generator))


@pytest.mark.parametrize("augment", [AUGMENT, halve])
@pytest.mark.parametrize("resident", [True, False])
def test_an_epoch_begun_from_a_saved_state_is_the_same(augment, resident):
    images = numbered(22, 3, 5, 5)
    batches = make_batches(images, augment=augment, resident=resident)
    first = epoch(batches)
    state = batches.generator.get_state()
    second, third = epoch(batches), epoch(batches)
    assert [r.tolist() for _, r in first] != [r.tolist() for _, r in second]
    generator = torch.Generator()
    generator.set_state(state)
    again = make_batches(
        images, augment=augment, generator=generator, resident=not resident
    )
    assert_same(epoch(again), second)
    assert_same(epoch(again), third)


def test_epochs_shuffle_and_augment_anew():
    batches = make_batches(numbered(8, 3, 8, 8), augment=AUGMENT, shuffle=False)
    first, second = (torch.cat([images for images, _ in batches]) for _ in range(2))
    assert not any(map(torch.equal, first, second))


def test_every_row_has_its_own_draw():
    images = torch.ones(64, 1, 12, 12, dtype=torch.uint8)
    shown = torch.cat([x for x, _ in make_batches(images, augment=Cutout(3))])
    assert len(torch.unique(shown, dim=0)) > 30


@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("augment", [None, AUGMENT])
@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("as_array", [True, False])
def test_dtype_and_memory_format_stay(resident, augment, channels_last, as_array):
    images = numbered(9, 3, 5, 4, channels_last).to(torch.uint8)
    wanted = torch.channels_last if channels_last else torch.contiguous_format
    batches = make_batches(
        images.numpy() if as_array else images, augment=augment, resident=resident
    )
    for batch, _ in batches:
        assert batch.dtype == torch.uint8
        assert batch.is_contiguous(memory_format=wanted)


def test_images_on_the_device_are_not_copied_nor_shared_with_batches():
    images = numbered(8)
    batches = make_batches(images, shuffle=False)
    assert batches._images.images.data_ptr() == images.data_ptr()
    for batch, _ in batches:
        batch.zero_()
    assert images.sum() > 0


@pytest.mark.parametrize("resident", [None, True])
def test_read_only_files_are_read_without_a_warning(tmp_path, resident):
    values = numbered(10, 3, 4, 4).numpy()
    np.save(tmp_path / "x.npy", values)
    images = np.load(tmp_path / "x.npy", mmap_mode="r")
    batches = make_batches(images, resident=resident)
    assert batches.resident is bool(resident)
    for batch, (rows, *_) in batches:
        np.testing.assert_array_equal(batch, values[rows])


def test_batches_are_gathered_one_ahead():
    """The second is asked for before the first is handed out, and no third."""
    batches = make_batches(numbered(12).numpy(), resident=False, shuffle=False)
    asked = []
    take = batches._images.take
    batches._images.take = lambda order, rows: (
        asked.append(order[0]) or take(order, rows)
    )
    seen = [(len(asked), rows[0].item()) for _, (rows, *_) in batches]
    assert seen == [(2, 0), (3, 4), (3, 8)]


def test_rows_that_are_no_images():
    batches = make_batches(torch.arange(30.0).view(10, 3), batch_size=7)
    for batch, (rows, targets, weight) in batches:
        assert torch.equal(batch, rows[:, None] * 3.0 + torch.arange(3))
        assert targets is weight is None


def test_torchs_own_generator_is_the_default():
    batches = make_batches(numbered(20), generator=None, augment=AUGMENT)
    torch.manual_seed(3)
    first = epoch(batches)
    torch.manual_seed(3)
    assert_same(first, epoch(batches))


class Asked:
    """Targets that are sums of the pixels shown."""

    shape = (10, 2)

    def __init__(self, *wants):
        self.wants = wants
        self.known = []

    def batch(self, rows, images, **known):
        self.known.append(known)
        return torch.stack([rows, images.flatten(1).sum(1)], 1)


@pytest.mark.parametrize("resident", [True, False])
def test_targets_are_asked_with_the_images_that_are_shown(resident):
    source = Asked("host_rows")
    batches = make_batches(
        numbered(10, 3, 8, 8), source, augment=AUGMENT, resident=resident
    )
    for images, (rows, targets, _) in batches:
        assert torch.equal(targets[:, 0], rows)
        assert torch.equal(targets[:, 1], images.flatten(1).sum(1))
        assert torch.equal(source.known[-1]["host_rows"], rows)
    assert len(source.known) == 3


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be a positive int, got 0"),
        ({"batch_size": 2.0}, TypeError, "batch_size must be a positive int, got 2.0"),
        ({"images": numbered(0)}, ValueError, "images must have at least one row"),
        ({"targets": torch.ones(5)}, ValueError, "targets must have 10 rows, as im"),
        ({"weight": torch.ones(11)}, ValueError, "weight must have 10 rows.* got 11"),
    ],
)
def test_bad_parts_are_refused(change, error, match):
    parts = {"images": numbered(10), "targets": None, "weight": None, **change}
    with pytest.raises(error, match=match):
        make_batches(**parts)


def test_a_generator_elsewhere_is_refused():
    """A stand-in: generators of other devices cannot be made without the device."""

    class Elsewhere:
        device = torch.device("cuda")

    with pytest.raises(ValueError, match="generator must be on the CPU.* on cuda"):
        make_batches(numbered(3), generator=Elsewhere())
