"""The distillation loss of a batch as a module, and its targets to be cached."""

from typing import Any

from skdistill.nn._row_losses import soft_cross_entropy, squared_error
from skdistill.nn._tensor_targets import (
    PROBA_FLOOR,
    RATIO_FLOOR,
    check_choice,
    check_options,
    exact_targets,
    label_rows,
)
from skdistill.nn._torch import torch
from skdistill.targets import LossCorrection

__all__ = [
    "DistillationLoss",
    "distillation_targets",
    "soft_cross_entropy",
    "squared_error",
]


class DistillationLoss(torch.nn.Module):
    r"""Distillation of a batch in any training loop, with labels and loss correction.

    With student logits `f`, teacher probabilities `P` (logits `Z`), labels `Y`, and the
    strength :math:`\gamma` of the correction, the loss of a row is

    ``loss="cross_entropy"`` [1]_
        .. math:: \alpha\tau^2 H(\tilde w, \mathrm{softmax}(f/\tau)) + (1-\alpha)
                  H(Y, \mathrm{softmax}(f)), \qquad \tilde w = w +
                  \frac{\gamma}{\tau} \frac{w_y}{\max(P_y, \epsilon)} (Y - w)

        where :math:`w \propto P^{1/\tau}`. At :math:`\tau = 1` the corrected target is
        :math:`P + \gamma (Y - P)`. Equal to :func:`skdistill.targets.make_targets` with
        :class:`skdistill.losses.CrossEntropy`.
    ``loss="squared_error", teacher="logits"``
        :math:`\frac{\alpha}{2} \|f - T\|^2 + (1-\alpha) H(Y, \mathrm{softmax}(f))`,
        :math:`T = Z + \gamma (Y - P)`, or :math:`Z + Y / \max(P, \epsilon) - 1` for
        ``correction="orthogonal"``: the authors' KDMSELoss, KDMSEBoundFast and
        KDMSEOrthoLoss [2]_, whose squared error is 2 / n_classes times this one.
    ``loss="squared_error", teacher="proba"``
        :math:`\frac12 \|f - T\|^2`, :math:`T = \log\max(\alpha P + (1-\alpha) Y,
        \mathrm{floor}) + \alpha\gamma (Y - P)`: equal to ``make_targets(...,
        scale="log")`` with :class:`skdistill.losses.SquaredError`.

    Targets are made in float64 where the device has it and carry no gradient; the loss
    is computed in the precision of the student's logits, float32 at least. Nothing
    waits for the device and no branch looks at a value, so the module can be compiled
    and captured. The parameters are attributes, which may change between batches; it
    has no state.

    Parameters
    ----------
    alpha : float, default=1.0
        Weight of the teacher's part, in [0, 1].
    temperature : float, default=1.0
        :math:`\tau`, positive; 1 for the squared error.
    loss : {"cross_entropy", "squared_error"}, default="cross_entropy"
    correction : None, str or LossCorrection, default=None
        A rule of :class:`skdistill.targets.LossCorrection` with its default strength,
        or the rule with all its parameters: ``scale="prob"`` for the cross-entropy,
        ``scale="log"`` for the squared error. Worth it for probabilities of teachers
        that were not trained on the rows. The rules "relative", "absolute" and "power"
        search for their minimum in about a thousand small operations a batch: cache the
        targets of a fixed teacher (:func:`distillation_targets`).
    teacher : {"logits", "proba"}, default="logits"
        What the teacher's tensor holds.
    proba_floor : float, default=1/500
        Lower bound of P under a logarithm and in 1/P, in (0, 1]; a `LossCorrection`
        brings its own.
    ratio_floor : float, default=1e-2
        :math:`\epsilon`, in (0, 1]: bounds the targets of a confidently wrong teacher.
    reduction : {"mean", "sum", "none"}, default="mean"
        "mean" divides by the sum of the weights, if there are any.

    Raises
    ------
    TypeError
        If a parameter is not a number where it has to be one.
    ValueError
        If a parameter is out of range, or `correction` belongs to the other loss.

    See Also
    --------
    skdistill.nn.distillation_targets : The targets alone, to be cached.

    References
    ----------
    .. [1] G. Hinton, O. Vinyals and J. Dean, "Distilling the knowledge in a neural
       network", 2015, section 2. :doi:`10.48550/arXiv.1503.02531`
    .. [2] T. Dao, G. Kamath, V. Syrgkanis and L. Mackey, "Knowledge Distillation as
       Semiparametric Inference", ICLR 2021, section on loss correction; the forms are
       those of the authors' code. :doi:`10.48550/arXiv.2104.09732`

    Examples
    --------
    >>> import torch
    >>> from skdistill.nn import DistillationLoss
    >>> loss = DistillationLoss(alpha=0.5, temperature=2.0, correction="fast")
    >>> student = torch.zeros(2, 3, requires_grad=True)
    >>> teacher = torch.tensor([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
    >>> value = loss(student, teacher, labels=torch.tensor([0, 2]))
    >>> value.backward()
    >>> value
    tensor(2.7465, grad_fn=<MeanBackward0>)
    """

    def __init__(
        self,
        *,
        alpha: float = 1.0,
        temperature: float = 1.0,
        loss: str = "cross_entropy",
        correction: str | LossCorrection | None = None,
        teacher: str = "logits",
        proba_floor: float = PROBA_FLOOR,
        ratio_floor: float = RATIO_FLOOR,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        check_choice("reduction", reduction, ("mean", "sum", "none"))
        self.correction = check_options(
            alpha=alpha,
            temperature=temperature,
            loss=loss,
            correction=correction,
            teacher=teacher,
            proba_floor=proba_floor,
            ratio_floor=ratio_floor,
        )
        self.alpha = alpha
        self.temperature = temperature
        self.loss = loss
        self.teacher = teacher
        self.proba_floor = proba_floor
        self.ratio_floor = ratio_floor
        self.reduction = reduction

    def forward(
        self, logits: Any, teacher: Any, labels: Any = None, sample_weight: Any = None
    ) -> Any:
        """Return the loss of a batch.

        Parameters
        ----------
        logits : Tensor of shape (n_samples, n_classes)
            Of the student; gradients flow to them.
        teacher : Tensor of shape (n_samples, n_classes)
            Logits or probabilities. A NaN makes the loss NaN.
        labels : Tensor of int of shape (n_samples,), default=None
            Encoded 0..n_classes-1; needed where `alpha` is below 1 or a correction is
            set. Labels out of this range raise on the CPU; on other devices, and in
            compiled code, the device stops with an error of its own, since to look at
            them the host would have to wait.
        sample_weight : Tensor of shape (n_samples,), default=None
            Non-negative.

        Returns
        -------
        Tensor of shape (), or (n_samples,) where `reduction` is "none"

        Raises
        ------
        TypeError
            If labels are no integers.
        ValueError
            If shapes disagree, labels are missing, or out of range on the CPU.
        """
        if teacher.shape != logits.shape:
            raise ValueError(
                "teacher must have the shape of the student's logits, "
                f"{tuple(logits.shape)}, got {tuple(teacher.shape)}."
            )
        rows = self._rows(logits, exact_targets(teacher, labels, **self._options()))
        if self._has_label_part():
            hard = soft_cross_entropy(logits, label_rows(labels, logits))
            rows = self.alpha * rows + (1 - self.alpha) * hard
        return self._reduced(rows, sample_weight)

    def extra_repr(self) -> str:
        """Return the parameters, for the representation."""
        named = {**self._options(), "reduction": self.reduction}
        return ", ".join(f"{name}={value!r}" for name, value in named.items())

    def _options(self) -> dict[str, Any]:
        return {
            "alpha": self.alpha,
            "temperature": self.temperature,
            "loss": self.loss,
            "correction": self.correction,
            "teacher": self.teacher,
            "proba_floor": self.proba_floor,
            "ratio_floor": self.ratio_floor,
        }

    def _has_label_part(self) -> bool:
        """Whether the labels have a part that is in no target."""
        raw = self.loss == "squared_error" and self.teacher == "logits"
        return raw and self.alpha < 1

    def _rows(self, logits: Any, targets: Any) -> Any:
        if self.loss == "squared_error":
            return squared_error(logits, targets)
        return soft_cross_entropy(
            logits, targets, temperature=self.temperature, alpha=self.alpha
        )

    def _reduced(self, rows: Any, sample_weight: Any) -> Any:
        if sample_weight is None:
            if self.reduction == "none":
                return rows
            return rows.mean() if self.reduction == "mean" else rows.sum()
        if sample_weight.shape != rows.shape:
            raise ValueError(
                f"sample_weight must have shape {tuple(rows.shape)}, got "
                f"{tuple(sample_weight.shape)}."
            )
        weight = sample_weight.detach().to(rows.dtype)
        rows = weight * rows
        if self.reduction == "none":
            return rows
        if self.reduction == "sum":
            return rows.sum()
        # A batch of weights 0 teaches nothing.
        return rows.sum() / weight.sum().clamp_min(torch.finfo(rows.dtype).tiny)


def distillation_targets(
    outputs: Any,
    labels: Any = None,
    *,
    alpha: float = 1.0,
    temperature: float = 1.0,
    loss: str = "cross_entropy",
    correction: str | LossCorrection | None = None,
    teacher: str = "logits",
    proba_floor: float = PROBA_FLOOR,
    ratio_floor: float = RATIO_FLOOR,
) -> Any:
    """Targets of :class:`DistillationLoss`, made once for a teacher that is trained.

    :func:`soft_cross_entropy` of these targets, with the same `temperature` and
    `alpha`, or :func:`squared_error`, is the loss of the rows.

    Parameters
    ----------
    outputs : Tensor of shape (n_samples, n_classes)
        Of the teacher.
    labels : Tensor of int of shape (n_samples,), default=None
        Encoded 0..n_classes-1.
    alpha, temperature, loss, correction, teacher, proba_floor, ratio_floor
        As in :class:`DistillationLoss`.

    Returns
    -------
    Tensor of shape (n_samples, n_classes)
        In the precision of `outputs`, float32 at least, without a gradient.

    Raises
    ------
    TypeError
        As :class:`DistillationLoss` and its ``forward``.
    ValueError
        Likewise; or if `alpha` is below 1 for the squared error of raw logits, whose
        part for the labels is a cross-entropy and in no target.

    Examples
    --------
    >>> import torch
    >>> from skdistill.nn import distillation_targets
    >>> outputs, labels = torch.tensor([[0.5, 0.5]]), torch.tensor([0])
    >>> distillation_targets(outputs, labels, teacher="proba", alpha=0.5)
    tensor([[0.7500, 0.2500]])
    """
    module = DistillationLoss(
        alpha=alpha,
        temperature=temperature,
        loss=loss,
        correction=correction,
        teacher=teacher,
        proba_floor=proba_floor,
        ratio_floor=ratio_floor,
    )
    if module._has_label_part():
        raise ValueError(
            "alpha must be 1 for targets of the squared error of logits, got "
            f'{alpha!r}. Use DistillationLoss, or teacher="proba".'
        )
    targets = exact_targets(outputs, labels, **module._options())
    return targets.to(torch.promote_types(outputs.dtype, torch.float32))
