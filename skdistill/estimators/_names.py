"""Names of the students of a list, as short as tells them apart."""

from typing import Any

from sklearn.pipeline import Pipeline

__all__ = ["tell_apart"]

#: Parameters that make no other student of one.
_NOT_TOLD = {"random_state", "n_jobs", "verbose", "thread_count", "nthread"}
_PLAIN = (bool, int, float, str, type(None))


def tell_apart(students: list[Any]) -> list[str]:
    """Return a name of each student.

    That is its class (of a pipeline's last step); where several are of one class, with
    the parameters in which they differ, and numbered where that does not do.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> tell_apart([DecisionTreeClassifier(max_depth=d) for d in (2, 5)])
    ['DecisionTreeClassifier(max_depth=2)', 'DecisionTreeClassifier(max_depth=5)']
    """
    learners = [_learner(student) for student in students]
    names = [_name(one, _same_kind(one, learners)) for one in learners]
    return [
        f"{name}-{names[:i].count(name) + 1}" if names.count(name) > 1 else name
        for i, name in enumerate(names)
    ]


def _learner(student: Any) -> Any:
    while isinstance(student, Pipeline):
        student = student.steps[-1][1]
    return student


def _same_kind(one: Any, learners: list[Any]) -> list[Any]:
    return [other for other in learners if type(other) is type(one)]


def _name(one: Any, alike: list[Any]) -> str:
    kind = type(one).__name__
    if len(alike) == 1:
        return kind
    params = [other.get_params(deep=False) for other in alike]
    told = [
        f"{name}={value!r}"
        for name, value in one.get_params(deep=False).items()
        if name not in _NOT_TOLD
        and all(isinstance(other.get(name), _PLAIN) for other in params)
        and len({repr(other.get(name)) for other in params}) > 1
    ]
    return f"{kind}({', '.join(told)})" if 0 < len(told) <= 3 else kind
