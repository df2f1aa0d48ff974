"""From what was typed to an unfitted model: ``tree:max_leaf_nodes=16`` and the like."""

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from skdistill.cli._registry import Recipe, did_you_mean, recipes
from skdistill.exceptions import MissingDependencyError

__all__ = ["Model", "make_model", "uses_threads"]

_THREADS = ("n_jobs", "thread_count")
#: The first colon with ``name=`` behind it parts a model from its parameters.
_WITH_PARAMS = re.compile(r"(.+?):(?=[A-Za-z_]\w*=)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Model:
    """An unfitted model with the name it was asked for by.

    Attributes
    ----------
    name : str
        As typed.
    estimator : estimator
        Unfitted.
    columns : {"trees", "linear"} or None
        How text and gaps reach it; None where only its tags can tell.
    """

    name: str
    estimator: Any
    columns: str | None


def make_model(spec: str, role: str, *, n_jobs: int | None = None) -> Model:
    """Make the model that was asked for.

    Parameters
    ----------
    spec : str
        A name of `skdistill.cli._registry`, or an import path such as
        ``sklearn.ensemble.ExtraTreesClassifier`` or ``my_module:make_teacher``; then,
        after a colon, parameters such as ``max_depth=3,criterion=entropy``.
    role : {"teacher", "student"}
        Which names are meant, and which option the errors name.
    n_jobs : int or None, default=None
        Threads, for a model that leaves them open.

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        If nothing of that name is known or can be imported, it is no classifier or
        regressor, or a parameter is unknown or unreadable.
    MissingDependencyError
        If a named model needs a library that is not installed.

    Examples
    --------
    >>> from skdistill.cli._specs import make_model
    >>> make_model("tree:max_leaf_nodes=16", "student").estimator
    DecisionTreeClassifier(max_leaf_nodes=16)
    """
    head, params = _split(spec, role)
    recipe = recipes(role).get(head)
    if recipe is not None:
        estimator = _from_recipe(recipe)
    elif "." in head or ":" in head:
        estimator = _from_import(head, params, spec, role)
        params = {}
    else:
        known = recipes(role)
        raise ValueError(
            f"`--{role}` must be one of {', '.join(known)} or an import path, got "
            f"{head!r}.{did_you_mean(head, known)}"
        )
    _set_params(estimator, params, spec, role)
    _set_threads(estimator, n_jobs)
    return Model(spec, estimator, None if recipe is None else recipe.columns)


def uses_threads(model: Any) -> bool:
    """Whether a model, or the last step of a pipeline, was told a number of threads.

    Folds of any other are fitted in processes side by side.
    """
    while isinstance(model, Pipeline):
        model = model.steps[-1][1]
    params = model.get_params(deep=False)
    return any(params.get(name) is not None for name in _THREADS)


def _split(spec: str, role: str) -> tuple[str, dict[str, Any]]:
    """Part the name, or import path, from the parameters behind a colon."""
    found = _WITH_PARAMS.fullmatch(spec)
    head, tail = found.groups() if found else (spec, "")
    if not found and head.partition(":")[0] in recipes(role):
        head, _, tail = spec.partition(":")
    try:
        call = ast.parse(f"_({tail})", mode="eval").body
    except SyntaxError:
        call = None
    if not isinstance(call, ast.Call) or call.args:
        raise ValueError(
            f"`--{role}` must have parameters such as max_depth=3,criterion=entropy "
            f"after its colon, got {spec!r}."
        )
    return head, {str(one.arg): _value(one, spec, role) for one in call.keywords}


def _value(keyword: ast.keyword, spec: str, role: str) -> Any:
    """Return a literal; a bare word is text, so that no quotes need be typed."""
    if isinstance(keyword.value, ast.Name):
        return keyword.value.id
    try:
        return ast.literal_eval(keyword.value)
    except ValueError as error:
        raise ValueError(
            f"`--{role}` must give {keyword.arg!r} as a number, a word or a literal of "
            f"Python, got {ast.unparse(keyword.value)!r} in {spec!r}."
        ) from error


def _from_recipe(recipe: Recipe) -> Any:
    module, _, name = recipe.path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)(**recipe.params)
    except ImportError as error:
        raise MissingDependencyError(
            f"{recipe.name!r} needs {module}, which is not installed. Install it with: "
            f'pip install "skdistill[{recipe.extra}]"'
        ) from error


def _from_import(head: str, params: Mapping[str, Any], spec: str, role: str) -> Any:
    module_name, colon, name = head.partition(":")
    if not colon:
        module_name, _, name = head.rpartition(".")
    found = _attribute(_module(module_name, spec, role), name, spec, role)
    if isinstance(found, type) or inspect.isroutine(found):
        found = _call(found, params, spec, role)
    else:
        found = clone(found) if isinstance(found, BaseEstimator) else found
        _set_params(found, params, spec, role)
    if isinstance(found, type) or not callable(getattr(found, "fit", None)):
        raise ValueError(
            f"`--{role}` must be a learner with a method `fit`, got "
            f"{type(found).__name__} from {spec!r}."
        )
    return found


def _module(name: str, spec: str, role: str) -> Any:
    # The command, unlike `python -m`, does not see the folder it is typed in.
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except Exception as error:  # whatever the user's module raises is theirs to read
        raise ValueError(
            f"`--{role}` must be importable, got {spec!r} "
            f"({type(error).__name__}: {error})."
        ) from error


def _attribute(module: Any, name: str, spec: str, role: str) -> Any:
    try:
        return getattr(module, name)
    except AttributeError as error:
        raise ValueError(
            f"`--{role}` must name something in {module.__name__}, got {name!r} in "
            f"{spec!r}.{did_you_mean(name, dir(module))}"
        ) from error


def _call(make: Any, params: Mapping[str, Any], spec: str, role: str) -> Any:
    try:
        return make(**params)
    except Exception as error:  # as above
        raise ValueError(
            f"`--{role}` must be made by a call with its parameters, got {spec!r} "
            f"({type(error).__name__}: {error})."
        ) from error


def _set_params(
    estimator: Any, params: Mapping[str, Any], spec: str, role: str
) -> None:
    if not params:
        return
    known = estimator.get_params()
    for name in params:
        if name not in known:
            raise ValueError(
                f"`--{role}` must have parameters of {type(estimator).__name__}, got "
                f"{name!r} in {spec!r}.{did_you_mean(name, known)}"
            )
    estimator.set_params(**params)


def _set_threads(estimator: Any, n_jobs: int | None) -> None:
    if n_jobs is None or not hasattr(estimator, "get_params"):
        return
    if isinstance(estimator, LogisticRegression):
        return  # its n_jobs has no effect, and scikit-learn 1.8 warns of it
    params = estimator.get_params(deep=False)
    for name in _THREADS:
        if name in params and params[name] is None:
            estimator.set_params(**{name: n_jobs})
