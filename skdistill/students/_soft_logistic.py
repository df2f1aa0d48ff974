"""Logistic regression that learns from labels or from soft targets."""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from skdistill._sklearn_compat import caller_level
from skdistill._validation import check_matrix, check_positive, check_weights
from skdistill.losses import CrossEntropy
from skdistill.targets import TopKTargets

from ._class_weight import class_weights
from ._linear_predictions import FLOATS, LinearPredictions, previous_solution
from ._softmax_solver import fit_softmax

__all__ = ["SoftLogisticRegression"]

AnyArray = npt.NDArray[Any]


class SoftLogisticRegression(LinearPredictions, ClassifierMixin, BaseEstimator):
    r"""Softmax regression on hard labels or on soft, possibly corrected targets.

    With :math:`\ell` a :class:`~skdistill.losses.CrossEntropy` and :math:`\rho` the
    `l1_ratio` of the elastic net [2]_, minimises

    .. math:: \sum_i s_i\, \ell(t_i, W x_i + b) + \frac{1}{C} \left[
              \frac{1-\rho}{2} \|W\|_2^2 + \rho \|W\|_1 \right].

    On labels this is :class:`sklearn.linear_model.LogisticRegression`. On targets it is
    that model fitted to every row once per class with weight `t`, but without the
    repeated rows and for targets of any sign [1]_.

    Parameters
    ----------
    C : float, default=1.0
        Inverse strength of the penalty, in (0, inf]; inf means none, which needs
        targets without negative entries: the loss has no minimum with them.
    l1_ratio : float, default=0.0
        :math:`\rho` in [0, 1]: 0 is a ridge penalty, 1 a lasso, which sets weights to
        0; with negative targets a lasso alone may leave no minimum.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is not penalised.
    temperature : float, default=1.0
        Divides the logits during a :meth:`fit` on targets, so that they match targets
        tempered alike; predictions are not tempered. Labels ignore it.
    solver : {"auto", "lbfgs", "newton-cholesky", "proximal"}, default="auto"
        "lbfgs" is scipy's L-BFGS-B. "newton-cholesky" solves with the whole Hessian:
        few steps whatever the scale of the features, for at most 500 coefficients.
        "proximal" takes quasi-Newton steps by coordinate descent [3]_, the only one for
        an L1 part. "auto" is "proximal" with an L1 part, else "lbfgs".
    tol : float, default=1e-4
        The solver stops when no entry of the gradient is larger (of the smallest
        subgradient, with an L1 part).
    max_iter : int, default=1000
        Most iterations of the solver.
    class_weight : dict or "balanced", default=None
        Weights of the classes when fitting labels.
    warm_start : bool, default=False
        Whether to start from the previous solution if it has the same shape.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels of the columns; 0..n_classes-1 after a fit on targets.
    coef_ : ndarray of shape (n_classes, n_features), or (1, n_features) for 2 classes
        Weights of the logits, in the dtype of X.
    intercept_ : ndarray of shape (n_classes,), or (1,) for 2 classes
        Zeros without an intercept.
    n_iter_ : ndarray of shape (1,)
        Iterations of the solver.
    n_features_in_ : int
        Number of features seen by :meth:`fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if they were all strings.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural
       network", 2015, section 2. :doi:`10.48550/arXiv.1503.02531`
    .. [2] H. Zou and T. Hastie, "Regularization and variable selection via the elastic
       net", J. R. Stat. Soc. B 67, 2005. :doi:`10.1111/j.1467-9868.2005.00503.x`
    .. [3] J. D. Lee, Y. Sun and M. A. Saunders, "Proximal Newton-type methods for
       minimizing composite functions", SIAM J. Optim. 24, 2014.
       :doi:`10.1137/130921428`

    Examples
    --------
    >>> import numpy as np
    >>> from skdistill.students import SoftLogisticRegression
    >>> X = np.array([[-1.0], [0.0], [1.0]])
    >>> T = np.array([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]])
    >>> model = SoftLogisticRegression(C=np.inf).fit(X, T)
    >>> model.predict_proba(X).round(2).tolist()
    [[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]
    """

    #: Losses that :meth:`fit_targets` minimises; distillers ask before any fit.
    target_losses = ("cross_entropy",)
    #: Whether it learns from targets stored as TopKTargets without making them dense.
    takes_top_k = True

    def __init__(
        self,
        C: float = 1.0,
        *,
        l1_ratio: float = 0.0,
        fit_intercept: bool = True,
        temperature: float = 1.0,
        solver: str = "auto",
        tol: float = 1e-4,
        max_iter: int = 1000,
        class_weight: Any = None,
        warm_start: bool = False,
    ) -> None:
        self.C = C
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.temperature = temperature
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.class_weight = class_weight
        self.warm_start = warm_start

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None
    ) -> "SoftLogisticRegression":
        """Fit labels, or targets if `y` has two columns or more.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_classes), or TopKTargets
            Labels of any type, or finite real targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        SoftLogisticRegression
            Itself.

        Raises
        ------
        TypeError
            If a parameter or the targets are not numbers.
        ValueError
            If shapes disagree, a number is not finite, a parameter is out of range,
            there is one class only, or `class_weight` is used with targets.

        Examples
        --------
        >>> from skdistill.students import SoftLogisticRegression
        >>> model = SoftLogisticRegression().fit([[-1.0], [1.0]], ["no", "yes"])
        >>> model.predict([[2.0]])
        array(['yes'], dtype='<U3')
        """
        shape = y.shape if isinstance(y, TopKTargets) else np.asarray(y).shape
        if len(shape) == 2 and shape[1] > 1:
            loss = CrossEntropy(self.temperature)
            return self.fit_targets(X, y, loss=loss, sample_weight=sample_weight)
        check_positive("temperature", self.temperature)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=FLOATS, order="C")
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"y must have at least 2 classes, got 1 class: {classes.tolist()[0]!r}."
            )
        weight = check_weights("sample_weight", sample_weight, len(codes))
        weight = self._with_class_weight(classes, codes, weight)
        T = np.zeros((len(codes), len(classes)), dtype=X.dtype)
        T[np.arange(len(codes)), codes] = 1
        return self._solve(X, T, CrossEntropy(), weight, classes)

    def fit_targets(
        self,
        X: Any,
        T: npt.ArrayLike | TopKTargets,
        *,
        loss: CrossEntropy,
        sample_weight: npt.ArrayLike | None = None,
        classes: npt.ArrayLike | None = None,
    ) -> "SoftLogisticRegression":
        """Fit real-valued targets under a given loss.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        T : array-like of shape (n_samples, n_classes), or TopKTargets
            Finite real targets of any sign, two columns or more. Of stored top-k
            targets no matrix is made but a block of rows at a time.
        loss : CrossEntropy
            Its temperature counts; the estimator's does not.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        classes : array-like of shape (n_classes,), default=None
            Labels of the columns, all different; 0..n_classes-1 by default.

        Returns
        -------
        SoftLogisticRegression
            Itself.

        Raises
        ------
        TypeError
            If `loss` is not a CrossEntropy, or a parameter or `T` is not a number.
        ValueError
            If shapes disagree, a number is not finite, a parameter is out of range, a
            label occurs twice, or `class_weight` is set.

        Examples
        --------
        >>> from skdistill.losses import CrossEntropy
        >>> from skdistill.students import SoftLogisticRegression
        >>> model = SoftLogisticRegression()
        >>> X, T = [[-1.0], [1.0]], [[1.2, -0.2], [-0.2, 1.2]]
        >>> model.fit_targets(X, T, loss=CrossEntropy(), classes=["a", "b"]).predict(X)
        array(['a', 'b'], dtype='<U1')
        """
        X = validate_data(self, X, accept_sparse="csr", dtype=FLOATS, order="C")
        T = T if isinstance(T, TopKTargets) else check_matrix("T", T)
        weight = check_weights("sample_weight", sample_weight, X.shape[0])
        if self.class_weight is not None:
            raise ValueError(
                f"class_weight must be None for targets, got {self.class_weight!r}. "
                "Rows of targets have no class: use sample_weight."
            )
        k = T.shape[1]
        names = np.arange(k) if classes is None else np.asarray(classes)
        if names.shape != (k,) or len(np.unique(names)) != k:
            raise ValueError(
                f"classes must hold {k} different labels, one per column of T, "
                f"got {names!r}."
            )
        return self._solve(X, T, loss, weight, names)

    def _with_class_weight(
        self, classes: AnyArray, codes: AnyArray, weight: AnyArray | None
    ) -> AnyArray | None:
        if self.class_weight is None:
            return weight
        factors = class_weights(self.class_weight, classes, codes, weight)
        rows = np.ones(len(codes)) if weight is None else weight
        return np.asarray(rows * factors[codes])

    def _solve(
        self,
        X: Any,
        T: AnyArray | TopKTargets,
        loss: CrossEntropy,
        weight: AnyArray | None,
        classes: AnyArray,
    ) -> "SoftLogisticRegression":
        solution = fit_softmax(
            X,
            T,
            loss=loss,
            sample_weight=weight,
            C=self.C,
            l1_ratio=self.l1_ratio,
            fit_intercept=bool(self.fit_intercept),
            solver=self.solver,
            tol=check_positive("tol", self.tol),
            max_iter=self.max_iter,
            **previous_solution(self, classes, X.shape[1]),
        )
        if not solution.converged:
            warnings.warn(
                f"The solver stopped after {solution.n_iter} iterations without "
                f"reaching tol={self.tol}. Increase max_iter={self.max_iter} or scale "
                "the features.",
                ConvergenceWarning,
                stacklevel=caller_level(),
            )
        self.classes_ = classes
        self.coef_, self.intercept_ = solution.coef, solution.intercept
        self.n_iter_ = np.array([solution.n_iter], dtype=np.int32)
        return self
