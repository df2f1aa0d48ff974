"""The kernel of a student as it stands: what its learning from these rows is like."""

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, BaggingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process.kernels import RBF, CompoundKernel, ConstantKernel
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdistill._sklearn_compat import hist_gradient_leaves, is_hist_gradient
from skdistill._torch_rows import is_dataset, is_tensor
from skdistill.crossfit import is_fitted
from skdistill.diagnostics.complexity._features import (
    LeafKernel,
    LinearKernel,
    PairwiseKernel,
)
from skdistill.diagnostics.complexity._gram import ArrayKernel
from skdistill.diagnostics.complexity._mlp import PerceptronKernel, initialised
from skdistill.diagnostics.complexity._torch import (
    ModuleKernel,
    is_module,
    rows_in_passing,
)

__all__ = ["kernel_rows", "student_kernel"]

_SVMS = ("SVC", "SVR", "NuSVC", "NuSVR")
_LINEAR = ("LinearSVC", "LinearSVR", "SoftLogisticRegression")
_WRAPPED = ("best_estimator_", "student_", "module_")


def student_kernel(
    student: Any, X: Any, y: Any = None, *, outputs: str = "block", **params: Any
) -> Any:
    """Return the kernel that a student learns by, on given rows.

    ================================================== ================================
    student                                            kernel
    ================================================== ================================
    linear and softmax regression, linear SVM          ``x'x' + 1``
    SVM, kernel ridge, Gaussian process                its own
    fitted tree, forest, bagging of trees, booster     share of trees with a leaf shared
    multilayer perceptron, fitted or not               neural tangent kernel
    torch module, network of skorch                    neural tangent kernel
    ``NeuralClassifier``, fitted or not                neural tangent kernel
    name of a pairwise kernel                          that kernel, with `params`
    pipeline                                           of its last step, X transformed
    ================================================== ================================

    For networks this is paper 2's [1]_ kernel, for SVMs and linear students the exact
    one. That of leaves is a proposal of ours: it says which rows a grown ensemble
    cannot tell apart, not what it would grow from other targets, and it favours the
    targets it was grown on. Fit it on other rows than X, or it will find its own labels
    simple.

    Parameters
    ----------
    student : estimator, torch module or str
        Trees and boosters must be fitted, best on other rows than X.
    X : container with n_samples rows
        Rows of the targets; of images and torch data sets for networks.
    y : array-like of shape (n_samples,), default=None
        Labels; for an unfitted perceptron or ``NeuralClassifier``, to take its kernel
        at initialisation, and for transformers of an unfitted pipeline.
    outputs : {"block", "mean"}, default="block"
        Of networks with several outputs: the matrix-valued kernel, or its average.
    **params
        Of a kernel given by name: ``gamma``, ``degree``, ``coef0``.

    Returns
    -------
    kernel
        With ``gram(rows, cols)``, ``n_samples``, ``name`` and ``fingerprint``.

    Raises
    ------
    TypeError
        If the student has no kernel that is known here.
    NotFittedError
        If it must be fitted and is not.

    References
    ----------
    .. [1] H. Harutyunyan et al., "Supervision Complexity and its Role in Knowledge
       Distillation", ICLR 2023.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from skdistill.datasets import make_known_bayes
    >>> from skdistill.diagnostics import student_kernel, supervision_complexity
    >>> X, y, proba = make_known_bayes(400, random_state=0)
    >>> forest = RandomForestClassifier(50, random_state=0).fit(X[::2], y[::2])
    >>> kernel = student_kernel(forest, X[1::2])
    >>> kernel.name
    'leaves of RandomForestClassifier (50 trees)'
    >>> soft = supervision_complexity(kernel, proba[1::2], center=True)
    >>> soft < supervision_complexity(kernel, y[1::2], center=True)
    True
    """
    if isinstance(student, str):
        return PairwiseKernel(X, student, **params)
    if params:
        raise TypeError(
            "params must be those of a kernel given by name, got "
            f"{sorted(params)} with a {type(student).__name__}."
        )
    student = _unwrapped(student)
    if isinstance(student, Pipeline):
        rows, last = _transformed(student, X, y)
        return student_kernel(last, rows, y, outputs=outputs)
    if is_module(student):
        return ModuleKernel(student, X, outputs=outputs)
    if hasattr(student, "as_module"):
        network = _network(student, X, y)
        kernel = ModuleKernel(network, _numbers(X), outputs=outputs)
        kernel.name = f"neural tangent kernel of {type(network[-1]).__name__}"
        return kernel
    if isinstance(student, MLPClassifier | MLPRegressor):
        if not hasattr(student, "coefs_"):
            student = initialised(student, X, y)
        return PerceptronKernel(student, X, outputs=outputs)
    return _of_rows(student, X)


def _unwrapped(student: Any) -> Any:
    """Return what a search, a distiller, a frozen or a skorch learner has inside."""
    while True:
        if isinstance(student, FrozenEstimator):
            student = student.estimator
            continue
        inner = next((name for name in _WRAPPED if hasattr(student, name)), None)
        if inner is None or is_module(student) or hasattr(student, "as_module"):
            return student
        student = getattr(student, inner)


def _network(student: Any, X: Any, y: Any) -> Any:
    """Return the module of a ``NeuralClassifier``, of rows as they are to logits."""
    if is_fitted(student):
        return student.as_module()
    if y is None:
        raise ValueError(
            "student must be fitted or come with y, got an unfitted "
            f"{type(student).__name__}."
        )
    return student.initial_module(X, len(np.unique(y)))


def _numbers(X: Any) -> Any:
    """Rows as floats: what bytes stand for, a network with its first layer knows."""
    if is_dataset(X):
        items = [X[row] for row in range(len(X))]
        rows = [one[0] if isinstance(one, tuple | list) else one for one in items]
        X = np.stack([np.asarray(row) for row in rows])
    return X.double() if is_tensor(X) else np.array(X, dtype=np.float64)


def kernel_rows(student: Any, most: int) -> int:
    """Rows whose tangent kernel is made in passing: fewer for large networks.

    Parameters
    ----------
    student : estimator
        Fitted.
    most : int
        Rows of all other learners.

    Returns
    -------
    int
        At most `most`.
    """
    student = _unwrapped(student)
    if isinstance(student, Pipeline):
        return kernel_rows(student.steps[-1][1], most)
    if hasattr(student, "as_module"):
        n_outputs = len(student.classes_)
        return rows_in_passing(student.as_module(), n_outputs, most)
    return most


def _transformed(pipeline: Pipeline, X: Any, y: Any) -> tuple[Any, Any]:
    head, last = pipeline[:-1], pipeline.steps[-1][1]
    if not head.steps:
        return X, last
    try:
        check_is_fitted(head)
    except NotFittedError:
        return clone(head).fit_transform(X, y), last
    return head.transform(X), last


def _of_rows(student: Any, X: Any) -> Any:
    kind, library = type(student).__name__, type(student).__module__
    if library.startswith("sklearn.linear_model.") or kind in _LINEAR:
        return LinearKernel(X, intercept=getattr(student, "fit_intercept", True))
    if kind in _SVMS:
        return _of_svm(student, X)
    if kind == "KernelRidge":
        named = ("gamma", "degree", "coef0")
        params = {name: getattr(student, name) for name in named}
        return _named_kernel(student.kernel, X, params, student.kernel_params)
    if kind.startswith("GaussianProcess"):
        return _of_process(student, X)
    leaves = _leaves(student, X)
    if leaves is None:
        raise TypeError(
            "student must be linear, a kernel machine, a tree, forest, booster or "
            f"network, got {kind}. Pass the kernel matrix of the rows itself, or the "
            "name of a pairwise kernel such as 'rbf'."
        )
    return LeafKernel(leaves, name=f"leaves of {kind}")


def _of_process(student: Any, X: Any) -> Any:
    kernel = getattr(student, "kernel_", None) or student.kernel
    if isinstance(kernel, CompoundKernel):
        raise TypeError(
            f"student must have one kernel, got a {type(student).__name__} with one "
            "for each class. Take PairwiseKernel(X, student.kernel_.kernels[k])."
        )
    return PairwiseKernel(X, kernel or ConstantKernel(1.0) * RBF(1.0))


def _of_svm(student: Any, X: Any) -> Any:
    gamma = student.gamma
    if gamma == "scale":
        squares = X.multiply(X) if issparse(X) else np.asarray(X, dtype=float) ** 2
        mean = X.mean() if issparse(X) else np.asarray(X, dtype=float).mean()
        variance = float(squares.mean() - mean**2)
        gamma = 1 / (X.shape[1] * variance) if variance else 1.0
    elif gamma == "auto":
        gamma = 1 / X.shape[1]
    params = {"gamma": gamma, "degree": student.degree, "coef0": student.coef0}
    return _named_kernel(student.kernel, X, params, None)


def _named_kernel(kernel: Any, X: Any, params: dict[str, Any], further: Any) -> Any:
    if isinstance(kernel, str) and kernel == "precomputed":
        return ArrayKernel(X, name="precomputed")
    if callable(kernel):
        return PairwiseKernel(X, kernel)
    takes = {
        "rbf": ("gamma",),
        "laplacian": ("gamma",),
        "chi2": ("gamma",),
        "poly": ("gamma", "degree", "coef0"),
        "polynomial": ("gamma", "degree", "coef0"),
        "sigmoid": ("gamma", "coef0"),
    }.get(kernel, ())
    own = {name: params[name] for name in takes}
    return PairwiseKernel(X, kernel, **own, **(further or {}))


def _leaves(student: Any, X: Any) -> Any:
    """Leaf of every row in every tree; None for what has no trees."""
    kind = type(student)
    library = kind.__module__.partition(".")[0]
    if library == "catboost":
        if not student.is_fitted():
            raise NotFittedError(f"student must be fitted, got a {kind.__name__}.")
        return student.calc_leaf_indexes(X)
    if library == "lightgbm":
        check_is_fitted(student)
        # Not its own predict, which warns of feature names it made up itself (4.6).
        return student.booster_.predict(X, pred_leaf=True)
    if is_hist_gradient(student):
        check_is_fitted(student)
        return hist_gradient_leaves(student, X)
    if isinstance(student, BaggingClassifier | BaggingRegressor):
        check_is_fitted(student)
        return _bagged_leaves(student, X)
    if hasattr(student, "apply"):
        check_is_fitted(student)
        return student.apply(X)
    return None


def _bagged_leaves(bag: Any, X: Any) -> Any:
    rows = X if issparse(X) else np.asarray(X)
    found = [
        _leaves(tree, rows[:, features])
        for tree, features in zip(
            bag.estimators_, bag.estimators_features_, strict=True
        )
    ]
    if any(leaves is None for leaves in found):
        return None
    return np.column_stack([leaves.reshape(len(leaves), -1) for leaves in found])
