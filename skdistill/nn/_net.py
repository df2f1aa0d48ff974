"""The training loop: skorch's, with rows on the device and no wait a batch."""

import dis
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin

from skdistill.exceptions import NonFiniteLossError
from skdistill.nn._batches import DeviceBatches
from skdistill.nn._checkpoint import resume
from skdistill.nn._dataset_batches import DatasetBatches
from skdistill.nn._inputs import Rows, is_dataset
from skdistill.nn._schedule import go_on, schedule_of
from skdistill.nn._torch import skorch, torch

__all__ = ["Net"]


Array = npt.NDArray[Any]


class Net(ClassifierMixin, skorch.NeuralNet):
    """skorch's net on :class:`~skdistill.nn._inputs.Rows`.

    Three things differ from skorch. Losses stay on a CUDA device until the epoch ends,
    where skorch waits for the device after every batch. A loss that is not finite ends
    the training with the last good weights. Ctrl-C is an error, not the end of a
    training that then counts as finished (callbacks may still end it). Callbacks are
    shown batches as (images, codes), and a classifier of codes, so that scores such as
    ``EpochScoring("accuracy")`` are those of labels; of soft targets, those of the
    class with the largest.

    Parameters
    ----------
    *args, **kwargs
        skorch's.
    n_classes : int
    prepare : torch.nn.Module
        From rows as they are stored to what the module takes.
    generator : torch.Generator
        Of the processor; draws the order of rows, augmentations and validation rows.
    augment : callable or None
    amp : bool
        Whether to compute in bfloat16 where that is safe.
    memory_format : torch.memory_format or None
        Of images and of the module's weights.
    validation_fraction : float
        Share of the rows that callbacks may judge by, the same at each fit.
    """

    def __init__(
        self,
        *args: Any,
        n_classes: int,
        prepare: Any,
        generator: Any,
        augment: Any = None,
        amp: bool = False,
        memory_format: Any = None,
        validation_fraction: float = 0.0,
        **kwargs: Any,
    ) -> None:
        self.n_classes = n_classes
        self.prepare = prepare
        self.generator = generator
        self.augment = augment
        self.amp = amp
        self.memory_format = memory_format
        self.validation_fraction = validation_fraction
        self._good: dict[str, Any] | None = None
        super().__init__(*args, **kwargs)

    def initialize_module(self) -> Any:
        """Make the module and lay out its weights."""
        super().initialize_module()
        lazy = torch.nn.parameter.is_lazy
        made = not any(lazy(one) for one in self.module_.parameters())
        if self.memory_format is not None and made:
            self.module_.to(memory_format=self.memory_format)
        return self

    @property
    def classes_(self) -> Array:
        """Codes of the classes, for the scores of callbacks."""
        return np.arange(self.n_classes)

    def predict(self, X: Rows) -> Array:
        """Return codes, for the scores of callbacks."""
        best: Array = self.predict_proba(X).argmax(axis=1)
        return best

    def torch_compile(self, module: Any, name: str) -> Any:
        """Compile the module if asked to; the loss is left to torch as it is."""
        return module if name == "criterion" else super().torch_compile(module, name)

    def get_split_datasets(self, X: Rows, y: Any = None, **params: Any) -> Any:
        """Return rows to train on and rows to validate on, or None."""
        if not self.validation_fraction:
            return X, None
        n_valid = max(round(self.validation_fraction * len(X)), 1)
        # Not by the generator itself, which a resumed training finds further on.
        seeded = torch.Generator().manual_seed(self.generator.initial_seed())
        order = torch.randperm(len(X), generator=seeded)
        return X.take(order[n_valid:]), X.take(order[:n_valid])

    def get_dataset(self, X: Rows, y: Any = None) -> Rows:
        """Return the rows: they are one already."""
        return X

    def get_iterator(self, dataset: Rows, training: bool = False) -> Any:
        """Return batches: shuffled and augmented to train, in order to predict."""
        stored = is_dataset(dataset.images)
        kind = DatasetBatches if stored else DeviceBatches
        own = self.get_params_for("iterator_train" if training else "iterator_valid")
        if len(dataset) < own.get("batch_size", self.batch_size):
            # Nothing would be left; a distiller tries its student on some 120 rows.
            own = {**own, "drop_last": False}
        if dataset.targets is None and not stored:
            # To predict, rows pass by once: they stay where they are.
            here = dataset.images.device.type == torch.device(self.device).type
            own = {"resident": here, **own}
        return kind(
            dataset.images,
            dataset.targets,
            dataset.weight,
            **{"batch_size": self.batch_size, "shuffle": training, **own},
            augment=self.augment if training else None,
            generator=self.generator,
            device=self.device,
        )

    def infer(self, x: Any, **fit_params: Any) -> Any:
        """Return the module's outputs for a batch of stored rows."""
        x = self.prepare(x.to(self.device, non_blocking=True))
        if self.memory_format is not None and x.ndim == 4:
            x = x.contiguous(memory_format=self.memory_format)
        kind = torch.device(self.device).type
        with torch.autocast(kind, dtype=torch.bfloat16, enabled=self.amp):
            return self.module_(x, **fit_params)

    def get_loss(
        self, y_pred: Any, y_true: Any, X: Any = None, training: bool = False
    ) -> Any:
        """Return the mean loss of a batch."""
        _, targets, weight = y_true
        return self.criterion_(y_pred, targets, weight)

    def run_single_epoch(
        self, iterator: Any, training: bool, prefix: str, step_fn: Any, **params: Any
    ) -> None:
        """Run skorch's epoch, reading the losses off the device once."""
        if iterator is None:
            return
        losses = []
        on_host = torch.device(self.device).type == "cpu"
        for batch in iterator:
            shown = (batch[0], _labels(batch[1][1]))
            self.notify("on_batch_begin", batch=shown, training=training)
            step = self._step(step_fn, batch, params)
            losses.append(step["loss"].detach())
            self.history.record_batch(f"{prefix}_batch_size", len(batch[1][0]))
            if on_host:
                self.history.record_batch(f"{prefix}_loss", losses[-1].item())
                self._check_losses(losses[-1:], len(losses))
            self.notify("on_batch_end", batch=shown, training=training, **step)
        self._check_losses(losses, 1)
        records = self.history.to_list()[-1]["batches"]
        for record, value in zip(
            records[-len(losses) :], torch.stack(losses).tolist(), strict=True
        ):
            record[f"{prefix}_loss"] = value
        self.history.record(f"{prefix}_batch_count", len(losses))
        if training:
            self._keep_good_weights()

    def partial_fit(
        self, X: Any, y: Any = None, classes: Any = None, **params: Any
    ) -> Any:
        """Train; what interrupts it is passed on, unless a callback ended it."""
        if not self.initialized_:
            self.initialize()
        rates = schedule_of(self)
        self.notify("on_train_begin", X=X, y=y)
        go_on(self, rates)
        done = resume(self)
        self._good = None
        self._keep_good_weights()
        try:
            self.fit_loop(X, y, epochs=max(self.max_epochs - done, 0), **params)
        except KeyboardInterrupt as stop:
            if not _by_callback(stop):
                raise
        finally:
            self._good = None
        self.notify("on_train_end", X=X, y=y)
        return self

    def _step(self, step_fn: Any, batch: Any, params: dict[str, Any]) -> Any:
        try:
            return step_fn(batch, **params)
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            raise ValueError(
                "batch_size must leave no batch of one row to a module that normalises "
                f"over batches, got {self.batch_size}. Set "
                "iterator_train__drop_last=True, or another batch_size."
            ) from error

    def _check_losses(self, losses: list[Any], first: int) -> None:
        """Stop at the first loss that is not finite."""
        finite = torch.isfinite(torch.stack(losses)).tolist()
        if not all(finite):
            self._stop(first + finite.index(False))

    def _keep_good_weights(self) -> None:
        """Copy the weights, if all are finite."""
        state = self.module_.state_dict()
        floats = [one for one in state.values() if one.is_floating_point()]
        finite = [torch.isfinite(one).all() for one in floats]
        if finite and not bool(torch.stack(finite).all()):
            self._stop(None)
        self._good = {name: value.clone() for name, value in state.items()}

    def _stop(self, batch: int | None) -> None:
        epoch = len(self.history)
        if self._good is not None:
            self.module_.load_state_dict(self._good)
            # Its averages have seen what is not finite.
            self.optimizer_.state.clear()
        where = f"epoch {epoch}" + ("" if batch is None else f", batch {batch}")
        what = "loss" if batch is not None else "weights"
        raise NonFiniteLossError(
            f"{what} must be finite, got NaN or infinity in {where}. The weights at "
            f"the start of that epoch are kept. Lower lr={self.lr!r}, scale the "
            "inputs, or clip gradients with skorch's GradientNormClipping.",
            epoch,
            batch,
        )


def _labels(targets: Any) -> Any:
    return targets.argmax(1) if getattr(targets, "ndim", 1) == 2 else targets


def _by_callback(stop: BaseException) -> bool:
    """Whether a callback ended the training, as skorch's EarlyStopping does.

    It raises KeyboardInterrupt in so many words; a signal's comes in between.
    """
    trace = stop.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return False
    frame = trace.tb_frame
    last = dis.opname[frame.f_code.co_code[trace.tb_lasti]]
    by = frame.f_locals.get("self")
    return last == "RAISE_VARARGS" and isinstance(by, skorch.callbacks.Callback)
