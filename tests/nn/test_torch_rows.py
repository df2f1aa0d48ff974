"""Rows of torch tensors and data sets, of images and mapped files, cut and joined."""

import copy
import pickle

import joblib
import numpy as np
import pytest
import torch
from sklearn.naive_bayes import GaussianNB
from torch.utils.data import ConcatDataset, Dataset, IterableDataset, Subset

from skdistill import CrossFitDistiller, cross_fit_proba
from skdistill._rows import check_joinable, concatenate, first_rows
from skdistill._sklearn_compat import n_rows, take_rows
from skdistill._torch_rows import is_dataset, is_tensor, parts
from skdistill._validation import refuse_missing_values
from skdistill.crossfit._digest import digest
from skdistill.crossfit._provenance import provenance
from skdistill.diagnostics._features import read_features

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 3, 4, 4), dtype=np.uint8)


class Pictures(Dataset):
    """Counts the rows that were read."""

    def __init__(self, images=IMAGES, labelled=True, transform=None):
        self.images, self.labelled, self.transform = images, labelled, transform
        self.n_read = 0

    def __len__(self):
        return len(self.images)

    def __getstate__(self):
        return self.__dict__ | {"n_read": 0}  # what it remembers is no part of it

    def __getitem__(self, i):
        self.n_read += 1
        image = torch.from_numpy(self.images[i])
        return (image, 0) if self.labelled else image


class Mine(Subset):
    """A class of the user's, which may do more than torch's."""


def numbers(rows):
    if is_dataset(rows):
        items = [rows[i] for i in range(len(rows))]
        rows = [one[0] if isinstance(one, tuple) else one for one in items]
        return np.stack([one.numpy() for one in rows])
    return np.asarray(rows)


@pytest.fixture
def mapped(tmp_path):
    np.save(tmp_path / "images.npy", IMAGES)
    return np.load(tmp_path / "images.npy", mmap_mode="r")


@pytest.mark.parametrize("kind", ["dataset", "tensor", "array", "mapped"])
def test_what_was_cut_is_joined_again(kind, mapped):
    rows = {
        "dataset": Pictures(),
        "tensor": torch.from_numpy(IMAGES),
        "array": IMAGES,
        "mapped": mapped,
    }[kind]
    assert n_rows(rows) == 6
    for chosen in ([4, 1], np.array([4, 1]), np.arange(6) > 3, slice(1, 4)):
        np.testing.assert_array_equal(numbers(take_rows(rows, chosen)), IMAGES[chosen])
    first, rest = first_rows(rows, 2)
    check_joinable(first, rest)
    joined = concatenate(first, rest)
    np.testing.assert_array_equal(numbers(joined), IMAGES)
    assert numbers(joined).dtype == np.uint8


def test_first_rows_of_a_mapped_file_stay_in_the_file(mapped):
    for part in first_rows(mapped, 2):
        assert isinstance(part, np.memmap)
        assert np.shares_memory(part, mapped)
    assert not np.shares_memory(take_rows(mapped, np.arange(2)), mapped)


def test_a_part_of_a_part_is_a_part_of_the_whole():
    data = Pictures()
    part = take_rows(take_rows(data, np.array([5, 3, 1])), [2, 0])
    assert type(part) is Subset
    assert part.dataset is data
    assert part.indices.tolist() == [1, 5]
    assert take_rows(Subset(data, [4, 2]), slice(1, 2)).indices.tolist() == [2]
    kept = take_rows(Mine(data, [5, 3, 1]), [0])
    assert type(kept.dataset) is Mine


def test_a_data_set_is_never_read_but_for_the_shape_of_a_row():
    data = Pictures()
    take_rows(data, [1, 2])
    refuse_missing_values(data)
    assert read_features(data) is None
    digest(data)
    assert data.n_read == 0
    check_joinable(data, Pictures(labelled=False))
    assert data.n_read == 1
    assert isinstance(concatenate(data, data), ConcatDataset)
    assert data.n_read == 1


def test_rows_without_a_shape_are_joined():
    class Words(Dataset):
        def __len__(self):
            return 1

        def __getitem__(self, i):
            return {"text": "a"}

    check_joinable(Words(), Words())


@pytest.mark.parametrize(
    ("other", "error", "message"),
    [
        (IMAGES, TypeError, r"kind of X \(Pictures\), got ndarray"),
        (torch.zeros(2, 3, 4, 4), TypeError, r"kind of X \(Pictures\), got Tensor"),
        (Pictures(IMAGES[:, :1]), ValueError, r"shape \(3, 4, 4\), as X, got \(1, 4, "),
        (Subset(Pictures(), []), ValueError, "hold a row, got no rows"),
    ],
)
def test_rows_that_cannot_be_joined_to_a_data_set(other, error, message):
    with pytest.raises(error, match=message):
        check_joinable(Pictures(), other)


@pytest.mark.parametrize("make", [np.asarray, torch.as_tensor])
def test_bytes_and_floats_of_images_are_not_joined(make):
    images = make(IMAGES)
    other = make(np.float32(IMAGES) / 255)
    with pytest.raises(ValueError, match=r"must have dtype .*uint8, as X, got .*float"):
        check_joinable(images, other)
    rows = IMAGES.reshape(6, -1)  # numbers of a table are
    check_joinable(rows, np.float32(rows))


def test_a_stream_has_no_rows():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(IMAGES)

    with pytest.raises(TypeError, match="__getitem__ and __len__, got the iterable St"):
        take_rows(Stream(), [1])


def test_missing_values_of_tensors_are_found():
    rows = torch.ones(4, 3)
    refuse_missing_values(rows)
    rows[2, 1] = torch.nan
    with pytest.raises(ValueError, match="got 1 such values"):
        refuse_missing_values(rows)
    assert read_features(rows).values.shape == (4, 4)
    assert read_features(torch.ones(4, 3, 2, 2)) is None
    assert read_features(IMAGES) is None


def test_a_digest_looks_at_values_and_not_at_storages():
    """``joblib.hash`` of a copy of a tensor is another, in this process or the next."""
    torch.manual_seed(0)
    things = [
        torch.nn.Linear(3, 2),
        torch.ones(2, dtype=torch.bfloat16),
        torch.tensor(1.0),
        Subset(Pictures(), np.array([1, 2])),
    ]
    for one in things:
        assert digest(pickle.loads(pickle.dumps(one))) == digest(one)
    assert digest(copy.deepcopy(things[0])) == digest(things[0])


def test_a_digest_tells_tensors_apart_and_nothing_else():
    one = torch.arange(6.0)
    others = [
        one.reshape(2, 3),
        one.double(),
        one.numpy(),
        torch.nn.Parameter(one),
        one + torch.tensor([0, 0, 0, 0, 0, 1e-6]),
        one.to_sparse(),
    ]
    assert digest(one[::2]) == digest(one[::2].clone())
    assert digest(one) == digest(one.clone())
    assert len({digest(other) for other in (one, *others)}) == 7
    plain = {"a": np.arange(3), "b": [GaussianNB(), "text"]}
    assert digest(plain) == joblib.hash(plain)  # stores stay what they are


def test_a_mapped_file_and_its_rows_in_memory_have_one_digest(mapped):
    assert digest(mapped) == digest(IMAGES)
    assert digest(Pictures(mapped)) == digest(Pictures())


def test_data_sets_are_told_by_their_rows_and_their_code(tmp_path):
    data = Pictures(transform=np.flip)
    found = list(parts(ConcatDataset([Subset(data, [0]), Pictures()])))
    assert sum(is_dataset(one) for one in found) == 4
    assert np.flip in found
    told = provenance(*found)
    assert "torch" in told
    assert any(name.endswith("Pictures.__getitem__") for name in told)


class Means(GaussianNB):
    """Two numbers of each image of a data set."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(self._means(X), y, sample_weight)

    def predict_proba(self, X):
        return super().predict_proba(self._means(X))

    def predict(self, X):
        return super().predict(self._means(X))

    def _means(self, X):
        rows = numbers(X).reshape(len(X), 2, -1)
        return rows.mean(axis=2)


@pytest.fixture
def bright():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    images = (
        rng.integers(0, 200, (80, 3, 4, 4), dtype=np.uint8)
        + np.uint8(40 * y)[:, None, None, None]
    )
    return images, np.array(["dark", "light"])[y]


def test_data_sets_and_mapped_files_are_cross_fitted_as_arrays_are(bright, tmp_path):
    images, y = bright
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    kinds = [images, mapped, Pictures(images), torch.from_numpy(images)]
    records = [
        cross_fit_proba(Means(), X, y, cv=3, random_state=0, X_unlabeled=X)
        for X in kinds
    ]
    for record in records[1:]:
        np.testing.assert_array_equal(record.proba, records[0].proba)


def test_the_store_finds_rows_of_torch_again(bright, tmp_path):
    images, y = bright
    for X in (Pictures(images), torch.from_numpy(images)):
        options = {"cv": 3, "random_state": 0, "memory": str(tmp_path)}
        assert cross_fit_proba(Means(), X, y, **options).n_read == 0
        assert cross_fit_proba(Means(), X, y, **options).n_read == 3
    darker = Pictures(images // 2)
    assert cross_fit_proba(Means(), darker, y, **options).n_read == 0


def test_a_data_set_whose_code_has_changed_is_another(bright, tmp_path, monkeypatch):
    images, y = bright
    options = {"cv": 3, "random_state": 0, "memory": str(tmp_path)}
    X = Subset(Pictures(images), np.arange(80))
    assert cross_fit_proba(Means(), X, y, **options).n_read == 0
    monkeypatch.setattr(Pictures, "__getitem__", lambda self, i: (-self.images[i], 0))
    assert digest(X) == digest(Subset(Pictures(images), np.arange(80)))
    with pytest.raises(AttributeError):  # the teacher is asked, and wants tensors
        cross_fit_proba(Means(), X, y, **options)


def test_rows_that_cannot_be_pickled_have_no_store(bright, tmp_path):
    images, y = bright
    X = Pictures(images, transform=lambda image: image)
    options = {"cv": 3, "random_state": 0}
    cross_fit_proba(Means(), X, y, **options)
    with pytest.raises(ValueError, match=r"X must be picklable with a memory, got Pic"):
        cross_fit_proba(Means(), X, y, memory=str(tmp_path), **options)


@pytest.mark.parametrize("make", [np.asarray, Pictures, torch.as_tensor])
def test_a_distiller_takes_images_and_reports_on_them(bright, make):
    images, y = bright
    X = make(images)
    distiller = CrossFitDistiller(Means(), Means(), cv=3, random_state=0)
    distiller.set_params(keep_teachers=True).fit(X, y)
    assert not distiller.synthetic_
    assert distiller.score(X, y) > 0.6
    report = distiller.report(X, y, n_bootstrap=20)
    assert "rows have no columns" in report._repr_html_()
    with pytest.raises(ValueError, match="synthetic must be False or 'auto'"):
        distiller.set_params(synthetic=True).fit(X, y)
    assert is_tensor(X) == (make is torch.as_tensor)
