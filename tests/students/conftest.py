"""scikit-learn's elastic net, in the spelling of the version at hand."""

import pytest
import sklearn
from sklearn.linear_model import LogisticRegression

ONE_SPELLING = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 8)


def elastic_net(C, l1_ratio, **parameters):
    penalty = {"l1_ratio": l1_ratio}
    if not ONE_SPELLING:
        penalty |= {"penalty": "elasticnet"}
    options = {"solver": "saga", "tol": 1e-10, "max_iter": 20_000, "random_state": 0}
    return LogisticRegression(C=C, **options, **penalty, **parameters)


@pytest.fixture(scope="session")
def saga():
    return elastic_net
