"""How far a fit is, told to scikit-learn's callbacks (1.9 and later)."""

from typing import Any

__all__ = ["Steps"]


class Steps:
    """Stages of a fit, one after the other, each with so many steps.

    The tree of tasks is fit > (teachers, students) > single teachers or
    candidates. Steps are taken in the process that called ``fit``, as results arrive.

    Parameters
    ----------
    estimator : estimator or None
        With scikit-learn's callback support; None is silent.
    n_stages : int
    X, y : training data
    """

    def __init__(
        self, estimator: Any = None, n_stages: int = 0, X: Any = None, y: Any = None
    ) -> None:
        self._estimator = estimator
        self._data = {"X": X, "y": y}
        self._root = self._stage = None
        self._name = ""
        if hasattr(estimator, "_init_callback_context"):
            self._root = estimator._init_callback_context(max_subtasks=n_stages)
            self._begin(self._root)

    def stage(self, name: str, total: int, step: str) -> None:
        """End the present stage and begin another, of `total` steps called `step`."""
        self._end_stage()
        self._name = step
        if self._root is not None:
            self._stage = self._root.subcontext(task_name=name, max_subtasks=total)
            self._begin(self._stage)

    def step(self) -> None:
        """Take a step of the present stage."""
        if self._stage is not None:
            task = self._stage.subcontext(task_name=self._name)
            self._begin(task)
            self._end(task)

    def end(self) -> None:
        """End the present stage and the fit."""
        self._end_stage()
        if self._root is not None:
            self._end(self._root)
        self._root = None

    def _end_stage(self) -> None:
        if self._stage is not None:
            self._end(self._stage)
        self._stage = None

    def _begin(self, task: Any) -> None:
        task.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def _end(self, task: Any) -> None:
        task.call_on_fit_task_end(estimator=self._estimator, **self._data)
