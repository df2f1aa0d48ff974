"""Worst segments: found in words, and not taken for real where they are noise."""

import numpy as np
import pytest
from scipy import sparse

from skdistill.diagnostics._features import read_features
from skdistill.diagnostics._segments import worst_segments

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def people():
    draw = rng()
    n = 1200
    return pd.DataFrame(
        {
            "age": draw.integers(18, 80, n),
            "colour": draw.choice(["red", "green", "blue"], n),
            "member": draw.integers(2, size=n).astype(bool),
        }
    )


def test_a_planted_segment_is_found_and_said_in_words(people):
    bad = (people.age > 60) & (people.colour == "red")
    departure = bad * 1.0 + rng(1).normal(0, 0.1, len(people))
    (first, *_) = worst_segments(read_features(people), departure.to_numpy(), rng())
    assert "colour is red" in first.words
    assert "age > 60.5" in first.words
    assert first.is_worse
    assert first.inside == pytest.approx(1, abs=0.05)
    assert bad.iloc[first.rows].all()
    assert first.share == len(first.rows) / 600


def test_measures_are_of_the_half_it_was_not_found_on():
    """Nothing but noise: the largest of 8 means is large on the finding half only."""
    insides = []
    for seed in range(20):
        X = rng(seed).normal(size=(400, 6))
        departure = rng(seed + 100).normal(size=400)
        found = worst_segments(read_features(X), departure, rng(seed))
        insides += [(one.inside, one.outside, one.error) for one in found]
    inside, outside, error = np.array(insides).T
    z = (inside - outside) / error
    assert abs(z.mean()) < 0.35  # were it measured where it was found: about 2
    assert z.std() == pytest.approx(1, abs=0.35)


def test_the_error_is_that_of_a_difference_of_means():
    X = np.repeat([[0.0], [1.0]], 100, axis=0)
    departure = np.concatenate([np.zeros(100), np.tile([1.0, 3.0], 50)])
    (one,) = worst_segments(read_features(X), departure, rng())
    inside = departure[one.rows]
    assert one.words == "feature 0 > 0.5"
    assert one.inside == inside.mean()
    assert one.outside == 0
    assert one.error == pytest.approx(inside.std(ddof=1) / np.sqrt(len(inside)))


def test_ranges_are_joined():
    x = rng().uniform(size=(1000, 1))
    departure = ((x > 0.4) & (x < 0.6)).ravel() * 1.0
    (one, *_) = worst_segments(read_features(x), departure, rng())
    low, rest = one.words.split(" < ")
    name, high = rest.split(" <= ")
    assert name == "feature 0"
    assert float(low) == pytest.approx(0.4, abs=0.01)
    assert float(high) == pytest.approx(0.6, abs=0.01)


def test_levels_are_denied_too(people):
    departure = (people.colour != "green").to_numpy() * 1.0
    (one,) = worst_segments(read_features(people), departure, rng())
    assert one.words == "colour is not green"


def test_too_few_rows_have_no_segments():
    X = rng().normal(size=(79, 1))
    assert worst_segments(read_features(X), X[:, 0], rng()) == ()
    X = rng().normal(size=(80, 1))
    assert worst_segments(read_features(X), X[:, 0], rng())


def test_equal_rows_have_no_segments():
    X = rng().normal(size=(200, 2))
    assert worst_segments(read_features(X), np.ones(200), rng()) == ()


def test_missing_numbers_are_a_level():
    x = rng().normal(size=1000)
    x[:300] = np.nan
    found = read_features(pd.DataFrame({"income": x}))
    assert [c.level for c in found.columns] == [None, "missing"]
    assert np.isfinite(found.values).all()
    (one, *_) = worst_segments(found, np.isnan(x) * 1.0, rng())
    assert one.words == "income is missing"
    assert (one.rows < 300).all()


@pytest.mark.parametrize("library", [pd, pl])
def test_every_kind_of_column_is_read(library):
    frame = library.DataFrame(
        {
            "number": [1.5, None, 3.0],
            "word": ["a", "b", None],
            "flag": [True, False, True],
            "constant": ["x", "x", "x"],
        }
    )
    found = read_features(frame)
    words = [f"{c.feature}:{c.level}" for c in found.columns]
    assert words == [
        "number:None", "number:missing", "word:a", "word:b", "word:missing",
        "flag:True", "flag:False",
    ]  # fmt: skip
    np.testing.assert_array_equal(found.values[:, 0], [1.5, 2.25, 3.0])
    np.testing.assert_array_equal(found.values[:, 5], [1, 0, 1])


def test_pandas_own_kinds_are_read():
    frame = pd.DataFrame(
        {
            "count": pd.array([1, None, 3], dtype="Int64"),
            "kind": pd.Categorical([1, 2, 1]),
            "text": pd.array(["a", None, "b"], dtype="string"),
        }
    )
    words = [f"{c.feature}:{c.level}" for c in read_features(frame).columns]
    assert words == [
        "count:None", "count:missing", "kind:1", "kind:2", "text:a", "text:missing",
        "text:b",
    ]  # fmt: skip


def test_twins_of_one_name_stay_two_columns():
    frame = pd.DataFrame(np.arange(6.0).reshape(3, 2), columns=["a", "a"])
    assert read_features(frame).values.shape == (3, 2)


def test_at_most_twenty_levels():
    frame = pd.DataFrame({"id": [f"{i % 40}" for i in range(80)] + ["7"] * 5})
    columns = read_features(frame).columns
    assert len(columns) == 20
    assert columns[0].level == "7"


def test_sparse_rows_are_read_as_they_are():
    X = np.zeros((1000, 4))
    X[:200, 2] = 1
    found = read_features(sparse.csr_matrix(X))
    (one,) = worst_segments(found, X[:, 2], rng())
    assert one.words == "feature 2 > 0.5"


@pytest.mark.parametrize(
    "X", [np.zeros((4, 2, 2)), ["a text", "another"], [[1], [1, 2]]]
)
def test_what_has_no_columns_has_no_features(X):
    assert read_features(X) is None


def test_infinite_and_huge_numbers_can_be_split():
    found = read_features(np.array([[np.inf], [-np.inf], [1e300], [0.0]]))
    assert np.isfinite(found.values).all()
