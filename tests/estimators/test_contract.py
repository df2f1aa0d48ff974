"""scikit-learn's complete estimator checks, for several teacher x student pairs."""

import warnings

import pytest
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdistill import CrossFitDistiller, DistilledClassifier
from skdistill.exceptions import DistillationWarning
from skdistill.students import SoftLogisticRegression

FOREST = RandomForestClassifier(5)
PAIRS = [
    (FOREST, DecisionTreeClassifier(max_leaf_nodes=32)),
    (FOREST, make_pipeline(StandardScaler(), LogisticRegression())),
    (GaussianNB(), DecisionTreeRegressor(min_samples_leaf=2)),
    (LogisticRegression(), SoftLogisticRegression()),
]
FIXED = {"alpha": 1.0, "correction": None}
DISTILLERS = [
    *(DistilledClassifier(*pair) for pair in PAIRS),
    CrossFitDistiller(*PAIRS[0]),
    CrossFitDistiller(*PAIRS[1], **FIXED),
    CrossFitDistiller(*PAIRS[2], cv=2),
    CrossFitDistiller(*PAIRS[3], correction="fast"),
    CrossFitDistiller(FOREST, DecisionTreeRegressor(), cv="oob", **FIXED),
    CrossFitDistiller(
        BaggingClassifier(n_estimators=3),
        LogisticRegression(),
        calibration="sigmoid",
        alpha=0.5,
        correction="relative",
    ),
]

# Repeated rows change the folds, and forests, scalers in pipelines and
# min_samples_leaf count rows themselves: test_weights.py fixes the folds instead.
WEIGHT_IS_REPETITION = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}
EXACT = DISTILLERS[3]


@parametrize_with_checks(DISTILLERS)
def test_scikit_learn_estimator_checks(estimator, check):
    exact = repr(estimator) == repr(EXACT)
    with warnings.catch_warnings():
        # The checks use a handful of rows and pure noise; that the warnings come, with
        # their counts, is tested elsewhere.
        warnings.simplefilter("ignore", DistillationWarning)
        try:
            check(estimator)
        except AssertionError:
            if check.func.__name__ in WEIGHT_IS_REPETITION and not exact:
                pytest.xfail("weight equals repetition only with fixed folds")
            raise


@pytest.mark.parametrize("kind", [DistilledClassifier, CrossFitDistiller])
def test_defaults_need_no_argument(kind, toy):
    X, y = toy
    assert kind(random_state=0).fit(X, y).score(X, y) > 0.7
