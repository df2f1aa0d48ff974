"""Route ``regression``: squared error to the targets, by any regressor.

Two classes are one column, the second class; more are fitted together if the
regressor can, else one by one in scikit-learn's ``MultiOutputRegressor``.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn.base import is_regressor
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

from skdistill._kernels import project_rows, two_columns
from skdistill._sklearn_compat import takes_multioutput, weight_argument
from skdistill.students._data import StudentData

__all__ = ["RegressionRoute", "averages", "to_proba"]

Array = npt.NDArray[Any]

_TREES = (
    DecisionTreeRegressor,
    ExtraTreeRegressor,
    RandomForestRegressor,
    ExtraTreesRegressor,
)


class RegressionRoute:
    """Any regressor, on the prob or the log scale."""

    name = "regression"
    any_temperature = False

    def serves(self, student: Any) -> bool:
        """Whether this route can fit `student`."""
        return bool(is_regressor(student))

    def losses(self, student: Any) -> tuple[str, ...]:
        """Objectives it minimises."""
        return ("squared_error",)

    def any_sign(self, student: Any) -> bool:
        """Whether its objective has a minimum for negative targets."""
        return True

    def objection(self, student: Any, *, weighted: bool, temperature: float) -> str:
        """Why `student` cannot be fitted so; empty if it can."""
        if weighted and weight_argument(student) is None:
            return (
                "student must accept sample_weight when rows have weights, got "
                f"{type(student).__name__}, whose fit does not. Rows of X_unlabeled "
                "have a weight unless alpha is 1."
            )
        return ""

    def fit(self, student: Any, data: StudentData, loss: str) -> Any:
        """Fit `student`, or one copy a class, and return what was fitted."""
        values = data.targets.values
        params = dict(data.fit_params)
        if data.sample_weight is not None:
            params["sample_weight"] = data.sample_weight
        if values.shape[1] == 2:
            return student.fit(data.X, values[:, 1], **params)
        if data.targets.scale == "log":
            values = values - values.mean(axis=1, keepdims=True)
        if not takes_multioutput(student):
            student = MultiOutputRegressor(student)
        return student.fit(data.X, values, **params)


def averages(student: Any) -> bool:
    """Whether predictions are averages of targets, and so in the simplex with them.

    Then nothing needs projecting. It would be felt: at 1e5 rows, ten classes and a tree
    of 8 leaves, projecting in NumPy doubled the time of the prediction.
    """
    if isinstance(student, Pipeline):
        student = student.steps[-1][1]
    means = ("squared_error", "friedman_mse")
    return type(student) in _TREES and student.criterion in means


def to_proba(prediction: Array, scale: str, *, projected: bool = False) -> Array:
    """Turn what the regressor said into probabilities, (n, K).

    Prob scale: negative values count as 0 and rows are divided by their sum (a row
    without a positive value becomes uniform). Log scale: exp for two classes, softmax
    for more. With `projected` several columns are probabilities already.
    """
    prediction = np.asarray(prediction)
    if prediction.ndim == 1 or prediction.shape[1] == 1:
        second = prediction.reshape(-1)
        return two_columns(np.exp(second) if scale == "log" else second)
    if scale == "log":
        softened: Array = softmax(prediction, axis=1)
        return softened
    return prediction if projected else project_rows(prediction)
