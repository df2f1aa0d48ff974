"""The store: what teachers said, kept by ``joblib.Memory``, sealed, never trusted.

One entry a job. It is written by the process that called ``fit``, as soon as the job
ends, so that a killed fit loses only the jobs in flight; workers on other machines need
not see the folder.
"""

import hashlib
import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import joblib

from skdistill._sklearn_compat import caller_level
from skdistill.crossfit._digest import digest
from skdistill.crossfit._jobs import Batch, Job
from skdistill.crossfit._provenance import provenance
from skdistill.exceptions import StoreWarning

__all__ = ["FoldStore", "Keys", "check_memory"]

#: Part of every key; raised when a job's result comes to mean something else.
_FORMAT = 1


def check_memory(memory: Any) -> None:
    """Refuse what is no place to store in.

    Raises
    ------
    TypeError
        If `memory` is neither None, a path nor a ``joblib.Memory``.
    """
    if memory is not None and not isinstance(memory, str | Path | joblib.Memory):
        raise TypeError(f"memory must be a path or a joblib.Memory, got {memory!r}.")


class FoldStore:
    """Finished jobs by key.

    A failure to read or write never ends a fit: it is counted, and told by `warn`.

    Parameters
    ----------
    memory : str, Path or joblib.Memory
    """

    def __init__(self, memory: Any) -> None:
        self.n_damaged = 0
        self._failures: list[str] = []
        self._unpicklable: list[str] = []
        self._entry: Any = None
        try:
            if not isinstance(memory, joblib.Memory):
                memory = joblib.Memory(str(memory), verbose=0)
            self.location = memory.location
            if self.location is not None:
                self._entry = memory.cache(_entry, ignore=["make"], verbose=0)
        except OSError as error:
            self.location = memory
            self._failures.append(str(error))

    def find(self, key: str) -> Any | None:
        """Return what is stored, or None; a damaged entry is counted and removed."""
        if self._entry is None or not self._entry.check_call_in_cache(key, _gone):
            return None
        shelf = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # bytes that mean nothing may warn
                shelf = self._entry.call_and_shelve(key, _gone)
                result = _unsealed(key, shelf.get())
            return replace(result, read=True)
        except _Gone:
            return None  # another process has just removed it
        except Exception:
            self.n_damaged += 1
            if shelf is not None:
                shelf.clear()
            return None

    def keep(self, key: str, result: Any) -> None:
        """Store a result: under another name first, which then becomes its own."""
        if self._entry is None:
            return
        try:
            sealed = _sealed(key, result)
        except Exception as error:
            self._unpicklable.append(f"{type(error).__name__}: {error}")
            return
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                shelf = self._entry.call_and_shelve(key, lambda: sealed)
        except Exception as error:
            self._failures.append(f"{type(error).__name__}: {error}")
            return
        for one in said:
            if one.category.__name__ == "CacheWarning":
                # joblib warns where it cannot write, and leaves a part behind.
                self._failures.append(str(one.message))
                shelf.clear()
            else:  # of a teacher that is being fitted in another thread
                warnings.warn_explicit(
                    one.message, one.category, one.filename, one.lineno
                )

    def warn(self) -> None:
        """Say once, with counts, what the store could not do."""
        told = []
        if self.n_damaged:
            told.append(
                f"{self.n_damaged} damaged entries were not used, and their teachers "
                "fitted again"
            )
        if self._unpicklable:
            told.append(
                f"{len(self._unpicklable)} results could not be pickled (first: "
                f"{self._unpicklable[0]:.200}) and were not stored. Use "
                "keep_teachers=False"
            )
        if self._failures:
            told.append(
                f"{len(self._failures)} times it could not be written (first: "
                f"{self._failures[0]:.200}): what these teachers said is lost for "
                "later fits. Free space or choose another folder"
            )
        if told:
            where = f"memory={str(self.location)!r}"
            warnings.warn(
                f"{where}: {'; '.join(told)}.", StoreWarning, stacklevel=caller_level()
            )


@dataclass(frozen=True, slots=True)
class Keys:
    """Digests of what the jobs of one fit share, computed once.

    Attributes
    ----------
    data : str
        Of rows, labels and unlabelled rows.
    batch : str
        Of the teacher's arguments, the classes, the synthetic rows, the stages and what
        is asked.
    """

    data: str
    batch: str

    @classmethod
    def of(cls, data: str, batch: Batch) -> "Keys":
        """Hash what the jobs of a batch share."""
        shared = (
            _FORMAT,
            provenance(batch.teacher),
            batch.classes,
            batch.fit_params,
            batch.X_synthetic,
            batch.keep_teachers,
            batch.keep_votes,
            # Only where there are some: other entries keep the keys they had.
            *(() if batch.stages is None else (batch.stages,)),
            *(() if batch.ask is None else (batch.ask,)),
        )
        return cls(data, digest(shared))

    def key(self, teacher: Any, job: Job) -> str:
        """Return the key of one job; `teacher` has its seed, and no fit.

        Raises
        ------
        ValueError
            If the teacher cannot be pickled, which is how it is told from others.
        """
        rows = (job.train, job.test, job.synthetic)
        try:
            return digest((self.data, self.batch, rows, teacher))
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise ValueError(
                "teacher must be picklable with a memory, got "
                f"{type(teacher).__name__} ({error.args[0]!s:.200}): a store cannot "
                "tell it from others. Use memory=None."
            ) from error


class _Gone(Exception):  # never leaves this file
    """There is no such entry."""


def _gone() -> bytes:
    raise _Gone


def _entry(key: str, make: Callable[[], bytes]) -> bytes:
    """Make what joblib.Memory keeps. Any change in here empties old stores."""
    return make()


def _sealed(key: str, result: Any) -> bytes:
    payload = pickle.dumps(result, protocol=5)
    return hashlib.sha256(key.encode() + payload).digest() + payload


def _unsealed(key: str, sealed: bytes) -> Any:
    seal, payload = sealed[:32], memoryview(sealed)[32:]
    digest = hashlib.sha256(key.encode())
    digest.update(payload)
    if seal != digest.digest():
        raise ValueError("the entry is not what was stored")
    return pickle.loads(payload)
