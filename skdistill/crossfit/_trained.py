"""Teachers that are asked while they train: ``partial_fit`` and ``warm_start``."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

__all__ = [
    "PartialFits",
    "WarmStarts",
    "advance",
    "epochs",
    "length_name",
    "stopping_callback",
    "warm",
]

Array = npt.NDArray[Any]

#: Parameters that say how long a learner with ``warm_start`` trains: estimators,
#: iterations, and epochs of networks in torch (skorch's name).
_LENGTHS = ("n_estimators", "max_iter", "max_epochs")


class PartialFits:
    """Epochs of ``partial_fit``: networks and linear models by stochastic gradients.

    A learner that may end before ``max_iter`` epochs is fitted once to see after how
    many it does, and once more in stages.
    """

    length_names = ("max_iter",)

    def serves(self, teacher: Any) -> bool:
        """Whether `teacher` has stages of this kind."""
        return hasattr(teacher, "partial_fit") and hasattr(teacher, "max_iter")

    def objection(self, teacher: Any, params: Any) -> str:
        """Why it cannot be trained in stages; empty if it can."""
        if getattr(teacher, "early_stopping", False):
            return (
                "early_stopping of the teacher must be False for stages along "
                f"partial_fit, got {teacher.early_stopping!r}. Limit max_iter; "
                "tol and n_iter_no_change are heeded."
            )
        if getattr(teacher, "class_weight", None) == "balanced":
            return (
                "class_weight of the teacher must be None or a dict for stages along "
                "partial_fit, got 'balanced'. Use sample_weight."
            )
        taken = signature(teacher.partial_fit).parameters
        for name in params:
            if name not in taken:
                return (
                    f"partial_fit of the teacher must accept {name} when fit gets it, "
                    f"got {type(teacher).__name__}, whose partial_fit does not."
                )
        return ""

    def length(self, teacher: Any, X: Any, y: Array, params: dict[str, Any]) -> int:
        """Epochs until the learner itself would stop."""
        patience = getattr(teacher, "n_iter_no_change", None)
        if patience is not None and patience >= teacher.max_iter:
            return int(teacher.max_iter)
        return int(np.max(clone(teacher).fit(X, y, **params).n_iter_))

    def train(
        self, teacher: Any, X: Any, y: Array, params: dict[str, Any], units: list[int]
    ) -> Iterator[None]:
        """Train `teacher`; pause after so many `units`, which do not decrease."""
        options = dict(params)
        if "classes" in signature(teacher.partial_fit).parameters:
            options["classes"] = np.unique(y)
        run, done = epochs(teacher), 0
        for k in units:
            for _ in range(k - done):
                run.partial_fit(X, y, **options)
            done = max(done, k)
            yield


class WarmStarts:
    """``warm_start``: more estimators, iterations or epochs from where the last ended.

    ``NeuralClassifier`` and the nets of skorch have epochs.
    """

    length_names = _LENGTHS

    def serves(self, teacher: Any) -> bool:
        """Whether `teacher` has stages of this kind."""
        names = teacher.get_params(deep=False)
        return "warm_start" in names and any(one in names for one in self.length_names)

    def objection(self, teacher: Any, params: Any) -> str:
        """Why it cannot be trained in stages; empty if it can."""
        if getattr(teacher, "early_stopping", False):
            return (
                "early_stopping of the teacher must be False for stages along "
                f"warm_start, got {teacher.early_stopping!r}."
            )
        stopping = stopping_callback(teacher)
        if stopping is not None:
            return (
                "callbacks of the teacher must hold no EarlyStopping for stages along "
                f"warm_start, got {stopping!r:.80}. Limit max_epochs, or use "
                "NeuralClassifier with keep_checkpoints=True, whose stages are those "
                "of the epochs it was trained for."
            )
        if getattr(teacher, "solver", None) == "liblinear":
            return (
                "solver of the teacher must not be 'liblinear', which does not start "
                "warm. Use 'lbfgs'."
            )
        return ""

    def length(self, teacher: Any, X: Any, y: Array, params: dict[str, Any]) -> int:
        """Estimators, iterations or epochs that the learner is allowed."""
        return int(getattr(teacher, length_name(teacher)))

    def train(
        self, teacher: Any, X: Any, y: Array, params: dict[str, Any], units: list[int]
    ) -> Iterator[None]:
        """Train `teacher`; pause after so many `units`, which do not decrease."""
        done = 0
        with warm(teacher):
            for k in units:
                if k > done:
                    advance(teacher, done, k, lambda: teacher.fit(X, y, **params))
                    done = k
                yield


@contextmanager
def warm(learner: Any) -> Iterator[None]:
    """Have `learner` start from where it is; its parameters are its own afterwards."""
    names = learner.get_params(deep=False)
    own = {one: names[one] for one in (length_name(learner), "warm_start")}
    learner.set_params(warm_start=True)
    try:
        yield
    finally:
        learner.set_params(**own)


def advance(learner: Any, done: int, goal: int, fit: Callable[[], Any]) -> None:
    """Take a warm learner from `done` to `goal` units.

    ``n_estimators`` counts all, as does ``max_iter`` of histogram boosting; any other
    ``max_iter``, and ``max_epochs``, counts those of one call.
    """
    name = length_name(learner)
    counts_all = name == "n_estimators" or "HistGradient" in type(learner).__name__
    learner.set_params(**{name: goal if counts_all else goal - done})
    with warnings.catch_warnings():
        # A part of the iterations is not meant to converge.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit()


def length_name(learner: Any) -> str:
    """Name of the parameter that says how long `learner` trains."""
    names = learner.get_params(deep=False)
    return next(name for name in _LENGTHS if name in names)


def stopping_callback(learner: Any) -> Any:
    """Return the callback of skorch that would stop `learner` early, or None.

    By the name of its class: skorch is not imported.
    """
    given = learner.get_params(deep=False).get("callbacks")
    for one in given if isinstance(given, list | tuple) else ():
        callback = one[1] if isinstance(one, tuple) else one
        kind = callback if isinstance(callback, type) else type(callback)
        if any(base.__name__ == "EarlyStopping" for base in kind.__mro__):
            return callback
    return None


def epochs(learner: Any) -> Any:
    """Give `learner` a generator of random numbers in place of a seed.

    Each ``partial_fit`` of scikit-learn begins with the seed again: every epoch would
    shuffle the rows alike.
    """
    seed = getattr(learner, "random_state", None)
    if isinstance(seed, int | np.integer):
        learner.set_params(random_state=np.random.RandomState(seed))
    return learner
