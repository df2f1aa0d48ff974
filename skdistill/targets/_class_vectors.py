"""Class vectors of a fitted teacher: the rows of its last linear layer."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["class_vectors"]

Array = npt.NDArray[Any]


def class_vectors(estimator: Any, classes: npt.ArrayLike | None = None) -> Array:
    """One vector a class from the last linear layer of a fitted teacher.

    For ``ClassSimilarity(vectors=class_vectors(teacher))``.

    Parameters
    ----------
    estimator : estimator or torch.nn.Module
        With ``coef_`` (linear models), ``coefs_`` (``MLPClassifier``), a fitted
        ``NeuralClassifier`` (the ``torch.nn.Linear`` that makes its logits), a fitted
        ``module_`` (skorch), or a torch module; a pipeline or ``FrozenEstimator``
        around one. Of the last two, whose input is not known, the ``Linear`` that was
        registered last is read, among those of one output a class where the number of
        classes is known.
    classes : array-like of shape (n_classes,), default=None
        Labels in the order wanted; None leaves the order of the teacher, which for
        scikit-learn is ``np.unique(y)``, as in the distillers.

    Returns
    -------
    ndarray of shape (n_classes, n_dimensions), float64
        Two classes that share one weight vector w get -w/2 and w/2: the same softmax.

    Raises
    ------
    TypeError
        If there is no such layer: trees and forests have none. ``vectors="logits"``
        takes the mean of what they say instead.
    ValueError
        If the layer has not one row a class (one-versus-one machines), or `classes`
        holds a label that the teacher does not know.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skdistill.targets import ClassSimilarity, class_vectors
    >>> teacher = LogisticRegression(max_iter=1000).fit(*load_iris(return_X_y=True))
    >>> class_vectors(teacher).shape
    (3, 4)
    >>> ClassSimilarity(vectors=class_vectors(teacher)).needs_teacher
    False
    """
    model = _innermost(estimator)
    weights = np.asarray(_last_layer(model, estimator), dtype=np.float64)
    if weights.ndim == 1 or len(weights) == 1:
        weights = np.outer([-0.5, 0.5], weights.ravel())
    known = getattr(model, "classes_", None)
    # The machines of libsvm have a vector for each pair of classes: three for three.
    pairs = hasattr(model, "n_support_") and known is not None and len(known) > 2
    if known is not None and (pairs or len(known) != len(weights)):
        raise ValueError(
            f"estimator must have one weight vector for each of its {len(known)} "
            f"classes, got {len(weights)} of {type(model).__name__}. Use "
            "vectors='logits', the mean of what the teacher says."
        )
    if classes is None:
        return weights
    return weights[_places(known, np.asarray(classes), len(weights))]


def _innermost(estimator: Any) -> Any:
    """Return what a pipeline or a FrozenEstimator holds in the end."""
    while True:
        if hasattr(estimator, "steps"):
            estimator = estimator.steps[-1][1]
        elif type(estimator).__name__ == "FrozenEstimator":
            estimator = estimator.estimator
        else:
            return estimator


def _last_layer(model: Any, given: Any) -> Any:
    if hasattr(model, "coef_"):
        coef = model.coef_
        return coef.toarray() if hasattr(coef, "toarray") else coef
    if hasattr(model, "coefs_"):
        return model.coefs_[-1].T
    layers = _linear_layers(model)
    if not layers:
        raise TypeError(
            "estimator must be fitted and end in a linear layer (coef_, coefs_, or a "
            f"torch.nn.Linear), got {given!r:.100}. Use vectors='logits', the mean of "
            "what the teacher says."
        )
    return layers[-1].weight.detach().cpu().numpy()


def _linear_layers(model: Any) -> list[Any]:
    """Linear layers that may make the logits, the likeliest last."""
    if hasattr(model, "as_module") and hasattr(model, "module_"):
        return _called(model.as_module(), model.input_shape_)
    module = getattr(model, "module_", model)
    if not callable(getattr(module, "modules", None)):
        return []
    layers = [part for part in module.modules() if _is_linear(part)]
    known = getattr(model, "classes_", None)
    width = (
        () if known is None else (len(known), 1) if len(known) == 2 else (len(known),)
    )
    return [part for part in layers if part.out_features in width] or layers


def _called(network: Any, shape: tuple[int, ...]) -> list[Any]:
    """Linear layers that a row goes through, those whose output is the network's last.

    The order in which layers were registered says nothing of the way through them.
    """
    seen: list[tuple[Any, Any]] = []
    for part in network.modules():
        if _is_linear(part):
            part.register_forward_hook(lambda layer, _, out: seen.append((layer, out)))
    row = next(network.parameters()).new_zeros((1, *shape))
    out = network(row)
    return [layer for layer, _ in seen] + [layer for layer, said in seen if said is out]


def _is_linear(module: Any) -> bool:
    """Whether it is a torch.nn.Linear, asked without importing torch."""
    kinds = [
        (kind.__module__.split(".")[0], kind.__name__) for kind in type(module).mro()
    ]
    return ("torch", "Linear") in kinds


def _places(known: Any, classes: Array, n_classes: int) -> list[int]:
    labels = list(range(n_classes)) if known is None else np.asarray(known).tolist()
    missing = [label for label in classes.tolist() if label not in labels]
    if missing:
        raise ValueError(
            f"classes must be known to the estimator, got {missing!r:.80}, which are "
            f"not among {labels!r:.80}."
        )
    return [labels.index(label) for label in classes.tolist()]
