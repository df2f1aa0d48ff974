"""The ranking loss of tensors is the loss of arrays."""

import doctest
import importlib
import pickle
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skdistill.exceptions import MissingDependencyError
from skdistill.losses import BipartiteRanking
from skdistill.losses import _torch as ranking


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def problem():
    rng = np.random.default_rng(0)
    p = rng.uniform(size=30)
    p[:2] = 0, 1
    return p, 3 * rng.normal(size=30), rng.uniform(size=30)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("phi", ["logistic", "squared_hinge"])
def test_value_and_gradient_are_those_of_arrays(torch, phi, weighted):
    p, f, weight = problem()
    weight = weight if weighted else None
    expected = BipartiteRanking(phi).value_gradient(p, f, weight)
    scores = torch.tensor(f, requires_grad=True)
    loss = ranking.BipartiteRankingLoss(phi)(
        scores, torch.tensor(p), None if weight is None else torch.tensor(weight)
    )
    loss.backward()
    assert_allclose(loss.item(), expected[0], rtol=1e-12)
    assert_allclose(scores.grad.numpy(), expected[1], atol=1e-14)


def test_columns_of_scores_and_of_both_classes(torch):
    p, f, _ = (torch.tensor(one) for one in problem())
    expected = ranking.bipartite_ranking(f, p)
    both = torch.stack([1 - p, p], dim=1)
    assert ranking.bipartite_ranking(f[:, None], both) == expected


def test_half_precision_is_computed_in_single(torch):
    p, f, _ = (torch.tensor(one) for one in problem())
    found = ranking.bipartite_ranking(f.half(), p.half())
    assert found.dtype == torch.float32
    assert_allclose(found.item(), ranking.bipartite_ranking(f, p).item(), rtol=1e-2)


def test_a_batch_of_one_class_teaches_nothing(torch):
    scores = torch.zeros(3, requires_grad=True)
    loss = ranking.bipartite_ranking(scores, torch.ones(3))
    loss.backward()
    assert loss == 0
    assert (scores.grad == 0).all()


def test_a_network_learns_to_rank(torch):
    torch.manual_seed(0)
    X = torch.randn(300, 3)
    p = torch.sigmoid(X @ torch.tensor([1.0, -1, 0]))
    model, loss = torch.nn.Linear(3, 1), ranking.BipartiteRankingLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        loss(model(X), p).backward()
        optimizer.step()
    # Not the intercept: a ranking says nothing about it.
    assert_allclose(model.weight.detach().numpy(), [[1, -1, 0]], atol=0.02)


def test_the_module_is_found_again(torch):
    loss = ranking.BipartiteRankingLoss("squared_hinge")
    again = pickle.loads(pickle.dumps(loss))
    assert type(again) is type(loss)
    assert again.phi == "squared_hinge"
    assert repr(loss) == "BipartiteRankingLoss(phi='squared_hinge')"


def test_wrong_shapes_are_refused(torch):
    two, three = torch.zeros(2), torch.zeros(3)
    for arguments, message in (
        ((two[:, None, None], two), "scores must have shape (n_samples,) or"),
        ((two, three), "targets must have shape (2,) or (2, 2), got (3,)."),
        ((two, two, three), "sample_weight must have shape (2,), got (3,)."),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            ranking.bipartite_ranking(*arguments)
    for make in (
        lambda: ranking.BipartiteRankingLoss("hinge"),
        lambda: ranking.bipartite_ranking(two, two, phi="hinge"),
    ):
        with pytest.raises(ValueError, match="phi must be 'logistic' or"):
            make()


def test_without_torch_the_extra_is_named(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    fresh = importlib.reload(ranking)
    monkeypatch.setattr(fresh, "import_module", missing)
    with pytest.raises(MissingDependencyError, match=r"skdistill\[torch\]"):
        fresh.bipartite_ranking(None, None)
    # A reload keeps what an earlier test had made.
    vars(fresh).pop("BipartiteRankingLoss", None)
    with pytest.raises(MissingDependencyError, match=r"skdistill\[torch\]"):
        _ = fresh.BipartiteRankingLoss


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = ranking.nothing


def test_the_example_of_the_class_that_is_made_when_asked_for(torch):
    (example,) = doctest.DocTestFinder(recurse=False).find(ranking.BipartiteRankingLoss)
    assert len(example.examples) == 6
    assert doctest.DocTestRunner().run(example).failed == 0
