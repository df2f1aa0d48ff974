"""A torch module as a scikit-learn classifier, of labels and of soft targets."""

import copy
from typing import Any, Self

from sklearn.base import ClassifierMixin
from sklearn.utils import check_random_state

from skdistill.nn import _predict
from skdistill.nn._build import build
from skdistill.nn._labels import encode, encode_targets
from skdistill.nn._parameters import (
    PrefixedParameters,
    check_parameters,
    resolve_device,
)
from skdistill.nn._predictions import Predictions
from skdistill.nn._seed import borrowed_generator
from skdistill.nn._train import check_rows, train

__all__ = ["NeuralClassifier"]


class NeuralClassifier(Predictions, ClassifierMixin, PrefixedParameters):
    """Classifier that trains a torch module; learns labels and soft targets.

    It is a teacher and a student like any other: in
    :class:`skdistill.CrossFitDistiller`, :class:`skdistill.OnlineDistiller`,
    ``GridSearchCV``, pipelines and the store. The loop is skorch's, with its callbacks
    and schedulers; data stay on the device, where they are augmented in batches.

    Parameters
    ----------
    module : torch.nn.Module, or class or function that makes one
        Of a batch of rows to logits, (n, n_classes) or, for two classes, (n, 1).
        Arguments named ``n_classes``, ``in_channels`` and ``n_features`` are filled in
        from the data unless they are given as ``module__n_classes`` and so on. An
        instance is copied at each fit, which starts from its weights: it is never
        changed.
    max_epochs : int, default=10
        Passes over the rows; 0 takes the module as it is.
    lr : float, default=1e-3
        Learning rate.
    batch_size : int, default=128
        Rows a step, and rows a batch of predictions, where it may be set after fit.
    optimizer : class, default=None
        Of ``torch.optim``; None is AdamW. Fused on a CUDA device.
    device : str or torch.device, default=None
        None is ``"cuda"`` if there is one, else ``"cpu"``.
    augment : callable, default=None
        ``augment(images, generator)`` of a batch on the device, for training only; see
        :class:`skdistill.nn.RandomCrop`.
    standardize : {"auto", True, False}, default="auto"
        Whether each channel (or feature) gets mean 0 and standard deviation 1 over the
        training rows, inside the network. "auto" does so for uint8.
    channels : {"auto", "first", "last"}, default="auto"
        Where images have their channels; "auto" looks for an axis of 1, 3 or 4.
    amp : {"auto", True, False}, default="auto"
        Whether to compute in bfloat16 under autocast; "auto" does so on CUDA devices
        that have it.
    memory_format : {"auto", "contiguous", "channels_last"}, default="auto"
        Of images and weights; "auto" is channels last.
    compile : bool or str, default=False
        ``torch.compile``, with a mode if it is a str: ``"reduce-overhead"`` records
        CUDA graphs, which pay for small modules and small batches.
    validation_fraction : float, default=0.0
        Share of the rows in [0, 1) that callbacks such as ``EarlyStopping`` judge by
        (``valid_loss``), one row at least; they are not trained on.
    callbacks : list, default=None
        skorch's, as ``(name, callback)`` or callbacks; copied at each fit.
    warm_start : bool, default=False
        Whether ``fit`` trains `max_epochs` more from where the last one ended. Of what
        was set since, `max_epochs`, `lr`, `batch_size` and `checkpoint` count.
    checkpoint : str or Path, default=None
        Folder for the state of a training after every epoch: a fit that was killed goes
        on at the next epoch when it is called again, with the same result to the last
        bit. The file goes when the fit is done: in a distiller `memory` keeps the
        folds that are. Only name folders you trust, as files are unpickled.
    keep_checkpoints : bool, default=False
        Whether to keep the weights of every epoch, for ``staged_predict_proba``.
    random_state : int, RandomState instance or None, default=None
        Draws the weights, the order of rows, augmentations and dropout.
    verbose : int, default=0
        1 prints a line an epoch.
    **kwargs
        ``module__*``, ``optimizer__*``, ``callbacks__name__*``, ``compile__*`` and
        ``iterator_train__*``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    module_ : torch.nn.Module
        Trained; of standardised rows (see :meth:`as_module`).
    net_ : skorch.NeuralNet
        With ``history``, the optimiser and the callbacks.
    history_ : skorch.history.History
        One entry an epoch.
    n_iter_ : int
        Epochs trained.
    input_shape_ : tuple of int
        Of one row, channels first.
    n_features_in_ : int
        For rows of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        If X had string names.

    Notes
    -----
    Equal seeds give equal networks on one device and one number of threads: torch adds
    in another order with more threads. Fits of one process take turns, as the random
    numbers of layers are torch's global ones; parallel fits need processes.

    Mean and standard deviation are those of the first rows seen where ``partial_fit``
    or ``warm_start`` brings others.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from skdistill.nn import NeuralClassifier
    >>> from skdistill.nn.models import CNN5
    >>> X, y = load_digits(return_X_y=True)
    >>> images = X[:200].reshape(-1, 1, 8, 8).astype(np.float32) / 16
    >>> network = NeuralClassifier(CNN5, max_epochs=3, random_state=0)
    >>> network.fit(images, y[:200]).predict_proba(images).shape
    (200, 10)
    """

    #: Objectives of targets, and the scale each takes them on.
    target_losses = ("cross_entropy", "squared_error", "bipartite_ranking")
    target_scales = {  # noqa: RUF012
        "cross_entropy": ("prob",),
        "squared_error": ("log",),
        "bipartite_ranking": ("prob",),
    }

    def __init__(
        self,
        module: Any,
        *,
        max_epochs: int = 10,
        lr: float = 1e-3,
        batch_size: int = 128,
        optimizer: Any = None,
        device: Any = None,
        augment: Any = None,
        standardize: Any = "auto",
        channels: str = "auto",
        amp: Any = "auto",
        memory_format: str = "auto",
        compile: Any = False,
        validation_fraction: float = 0.0,
        callbacks: Any = None,
        warm_start: bool = False,
        checkpoint: Any = None,
        keep_checkpoints: bool = False,
        random_state: Any = None,
        verbose: int = 0,
        **kwargs: Any,
    ) -> None:
        self.module = module
        self.max_epochs = max_epochs
        self.lr = lr
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.device = device
        self.augment = augment
        self.standardize = standardize
        self.channels = channels
        self.amp = amp
        self.memory_format = memory_format
        self.compile = compile
        self.validation_fraction = validation_fraction
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.checkpoint = checkpoint
        self.keep_checkpoints = keep_checkpoints
        self.random_state = random_state
        self.verbose = verbose
        self._set_prefixed(kwargs)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on labels, by cross-entropy.

        Parameters
        ----------
        X : array-like or Dataset
            Features (n_samples, n_features); images (n_samples, channels, height,
            width) or with the channels last, uint8 or float, in memory or a
            ``numpy.memmap``; a torch tensor; or a torch ``Dataset`` of items x or
            (x, ...), which are asked for anew in every epoch.
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative.

        Returns
        -------
        NeuralClassifier
            Itself.

        Raises
        ------
        TypeError, ValueError
            If a parameter, X or y is wrong, or the module does not fit X or the number
            of classes.
        NonFiniteLossError
            If the loss became NaN or infinite. The last good weights are kept: the
            classifier predicts with them.
        MemoryError
            With a batch size that fits.
        """
        check_parameters(self)
        classes, codes = encode(y, self.classes_ if self._warm else None)
        train(self, X, codes, None, sample_weight, classes)
        return self

    def fit_targets(
        self,
        X: Any,
        T: Any,
        *,
        loss: Any = None,
        sample_weight: Any = None,
        classes: Any = None,
    ) -> Self:
        """Train on soft targets.

        Parameters
        ----------
        X : array-like or Dataset
            As in :meth:`fit`.
        T : array-like of shape (n_samples, n_classes), or target source
            Finite real targets of any sign. A source has ``shape`` and ``batch(rows,
            images)``, which is asked for the targets of each augmented batch; see
            :class:`skdistill.nn.QueriedTeachers`.
        loss : loss of :mod:`skdistill.losses`, default=None
            None is the ``objective`` of a source that has one, else
            ``CrossEntropy()``. With ``SquaredError`` the logits themselves are
            fitted to the targets, which then are logarithms.
        sample_weight : array-like of shape (n_samples,), default=None
        classes : array-like of shape (n_classes,), default=None
            Labels of the columns; 0..n_classes-1 by default.

        Returns
        -------
        NeuralClassifier
            Itself.

        Raises
        ------
        TypeError, ValueError, NonFiniteLossError, MemoryError
            As in :meth:`fit`.
        """
        check_parameters(self)
        loss = getattr(T, "objective", None) if loss is None else loss
        names, targets = encode_targets(T, classes, loss)
        train(self, X, targets, loss, sample_weight, names)
        return self

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Self:
        """Train one epoch on labels, from where the last call ended.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.
        classes : array-like of shape (n_classes,), default=None
            All labels there will be; needed at the first call if `y` lacks some.

        Returns
        -------
        NeuralClassifier
            Itself.

        Raises
        ------
        TypeError, ValueError, NonFiniteLossError, MemoryError
            As in :meth:`fit`.
        """
        check_parameters(self)
        known = self.classes_ if classes is None and "net_" in vars(self) else classes
        names, codes = encode(y, known)
        train(self, X, codes, None, sample_weight, names, epochs=1)
        return self

    def initial_module(self, X: Any, n_classes: int) -> Any:
        """Return the network as it would be before its first epoch.

        Parameters
        ----------
        X : array-like or Dataset
        n_classes : int

        Returns
        -------
        torch.nn.Module
            As :meth:`as_module` returns it.
        """
        check_parameters(self)
        fresh = copy.copy(self)
        images = check_rows(fresh, X, reset=True)
        seed, order = fresh._seeds()
        with borrowed_generator(seed, resolve_device(self.device)):
            shape = fresh.input_shape_
            net = build(fresh, images, shape, n_classes, order)
        return _predict.whole(net)

    @property
    def _warm(self) -> bool:
        return bool(self.warm_start) and hasattr(self, "net_")

    def _seeds(self) -> tuple[int, int]:
        """Seeds of the weights and of the order of rows."""
        drawn = check_random_state(self.random_state).randint(2**31 - 1, size=2)
        return int(drawn[0]), int(drawn[1])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
