"""Dataframes: unknown lengths, partitions without rows, named columns."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB

from skdistill.distributed import CrossFitDistiller

pd = pytest.importorskip("pandas", reason="needs skdistill[distributed]")
dd = pytest.importorskip("dask.dataframe", reason="needs skdistill[distributed]")
pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def frame(rows):
    """Lengths that Dask does not know; the sixth partition of twelve is empty."""
    X, y = rows
    table = pd.DataFrame(X, columns=list("abcdef")).assign(y=y)
    cut = dd.from_pandas(table, npartitions=12)
    return cut[(cut.a < 0.45) | (cut.a > 0.6)]


@pytest.mark.parametrize("teacher", [GaussianNB(), RandomForestClassifier(5)])
def test_a_dataframe_gives_what_its_rows_give(frame, teacher):
    X, y = frame[list("abcdef")], frame["y"]
    d = CrossFitDistiller(teacher, n_epochs=3, random_state=0).fit(X, y)
    table = frame.compute()
    assert d.teacher_proba_.shape == (len(table), 3)
    assert d.teacher_proba_.compute().shape == (len(table), 3)
    assert (d.groups_ == -1).sum() == 1
    assert list(d.feature_names_in_) == list(d.student_.feature_names_in_)
    plain = table[list("abcdef")]
    np.testing.assert_allclose(
        d.predict_proba(X).compute(), d.predict_proba(plain), rtol=1e-12
    )
    assert (d.predict(X).compute() == d.predict(plain)).all()
    assert d.score(X, y) == pytest.approx((d.predict(plain) == table["y"]).mean())
    assert d.score(X, y) > 0.45


def test_arrays_of_unknown_chunks_serve(frame):
    X, y = frame[list("abcdef")].to_dask_array(), frame["y"]
    assert np.isnan(X.shape[0])
    d = CrossFitDistiller(GaussianNB(), random_state=0).fit(X, y)
    of_frame = CrossFitDistiller(GaussianNB(), random_state=0).fit(
        frame[list("abcdef")], frame["y"]
    )
    np.testing.assert_array_equal(d.student_.coef_, of_frame.student_.coef_)
    assert d.score(X, y) == of_frame.score(frame[list("abcdef")], frame["y"])


def test_rows_chosen_by_their_labels_serve(parts):
    X, y = parts
    keep = y != "w"
    d = CrossFitDistiller(GaussianNB(), random_state=0).fit(X[keep], y[keep])
    assert d.classes_.tolist() == ["u", "v"]
    assert d.teacher_proba_.shape == (int(keep.sum().compute()), 2)
