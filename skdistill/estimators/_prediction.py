"""What a fitted distiller says: its student's probabilities, labels and report."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from skdistill._validation import refuse_missing_values
from skdistill.students import student_proba

__all__ = ["StudentPredictions"]

Array = npt.NDArray[Any]


class StudentPredictions:
    """Predictions of ``student_``, columns in the order of ``classes_``."""

    student_: Any
    classes_: Array
    scale_: str
    _projected: bool
    _refuses_nan: bool

    def predict_proba(self, X: Any) -> Array:
        """Class probabilities of the student.

        Parameters
        ----------
        X : like the X of ``fit``

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``.
        """
        check_is_fitted(self)
        if self._refuses_nan:
            refuse_missing_values(X)
        return student_proba(
            self.student_, X, self.classes_, self.scale_, projected=self._projected
        )

    def predict_log_proba(self, X: Any) -> Array:
        """Logarithm of :meth:`predict_proba`, -inf where a probability is 0."""
        with np.errstate(divide="ignore"):
            log_proba: Array = np.log(self.predict_proba(X))
        return log_proba

    def predict(self, X: Any) -> Array:
        """Most probable class of the student, (n_samples,)."""
        winner = self.predict_proba(X).argmax(axis=1)
        labels: Array = self.classes_[winner]
        return labels

    def report(self, X: Any, y: Any, **options: Any) -> Any:
        """Compare with the same student on labels, on held-out rows.

        Parameters
        ----------
        X : like the X of ``fit``
        y : array-like of shape (n_samples,)
        **options : dict
            Further arguments of :func:`skdistill.diagnostics.distillation_report`.

        Returns
        -------
        DistillationReport
        """
        # The one arrow upwards, taken only when called.
        from skdistill.diagnostics import distillation_report  # noqa: PLC0415

        return distillation_report(self, X, y, **options)
