"""skops files: a student on disk that runs no code of others when it is read."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from sklearn.utils.validation import check_is_fitted

from skdistill import crossfit, estimators, extreme, losses, students, targets
from skdistill._frames import Records
from skdistill.exceptions import ExportError
from skdistill.export._door import check_file, check_out
from skdistill.export._libraries import library
from skdistill.export._parts import library_of, parts

__all__ = ["load", "save", "trusted_types"]

_PURPOSE = "Saving with skops"


def save(model: Any, path: str | Path) -> Path:
    """Write a fitted model as a skops file.

    Such a file holds arrays and names of classes, no pickle: reading it runs none of
    its own code, and :func:`load` refuses classes that nobody trusts.

    Parameters
    ----------
    model : estimator
        A distiller or any fitted learner without torch modules.
    path : str or Path
        Such as ``"student.skops"``; its folder must exist.

    Returns
    -------
    Path

    Raises
    ------
    ExportError
        If `model` holds a torch module, or something else that skops cannot write.
    NotFittedError, TypeError
        If `model` is not fitted, or no estimator.
    FileNotFoundError, IsADirectoryError
        If the folder of `path` does not exist, or `path` is a folder.
    MissingDependencyError
        If skops is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from skdistill.export import load, save
    >>> from skdistill.students import SoftLogisticRegression
    >>> X, y = load_iris(return_X_y=True)
    >>> student = SoftLogisticRegression().fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = save(student, Path(folder) / "student.skops")
    ...     again = load(file)
    >>> bool((again.predict(X) == student.predict(X)).all())
    True
    """
    io = library("skops.io", _PURPOSE)
    file = check_out(path)
    check_is_fitted(model)
    _refuse_networks(model)
    try:
        data = io.dumps(model)
    except Exception as error:
        raise ExportError(
            f"{type(model).__name__} cannot be written by skops: {error}. Save the "
            "student alone (distiller.student_), or use joblib.dump where whoever "
            "reads the file trusts you."
        ) from error
    file.write_bytes(data)
    return file


def load(path: str | Path, trusted: Any = ()) -> Any:
    """Read a file written by :func:`save`.

    Parameters
    ----------
    path : str or Path
    trusted : iterable of str, default=()
        Classes to trust besides those of scikit-learn, NumPy and SciPy that skops
        trusts and skdistill's own. Trees and boosters are not among them: they are
        compiled code that a forged file can crash. Of a file you wrote yourself, pass
        ``trusted_types(path)``.

    Returns
    -------
    object

    Raises
    ------
    ExportError
        If the file holds a class that is not trusted; the message lists them.
    TypeError, ValueError
        If `trusted` holds no names, or the file was not written by skops.
    FileNotFoundError
        If there is no such file.
    MissingDependencyError
        If skops is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skdistill.export import load, save, trusted_types
    >>> X, y = load_iris(return_X_y=True)
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name, "student.skops")
    >>> path = save(DecisionTreeClassifier(max_depth=2).fit(X, y), path)
    >>> trusted_types(path)
    ['sklearn.tree._tree.Tree']
    >>> load(path, trusted=trusted_types(path)).get_depth()
    2
    >>> folder.cleanup()
    """
    io = library("skops.io", _PURPOSE)
    asked = trusted_types(path)
    named = _names(trusted)
    unknown = sorted({*asked} - {*named} - _own_types())
    if unknown:
        raise ExportError(
            f"trusted must name every class in {str(path)!r} that is not known to be "
            f"harmless, got a file with {unknown}. Read what they do, then pass "
            f"load(path, trusted={unknown})."
        )
    return io.load(Path(path), trusted=asked)


def trusted_types(model: Any) -> list[str]:
    """List the classes that a reader of a model's skops file must trust.

    Parameters
    ----------
    model : estimator, str or Path
        A model, or a file written by :func:`save`; it is not loaded.

    Returns
    -------
    list of str
        Full names, sorted; :func:`load` trusts those of skdistill by itself.

    Raises
    ------
    ExportError
        If `model` holds a torch module.
    FileNotFoundError, ValueError
        If there is no such file, or it was not written by skops.
    MissingDependencyError
        If skops is not installed.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skdistill.export import trusted_types
    >>> X, y = load_iris(return_X_y=True)
    >>> trusted_types(LogisticRegression(max_iter=500).fit(X, y))
    []
    """
    io = library("skops.io", _PURPOSE)
    if isinstance(model, str | Path):
        return _read_types(io, check_file(model))
    _refuse_networks(model)
    return sorted(io.get_untrusted_types(data=io.dumps(model)))


def _read_types(io: Any, file: Path) -> list[str]:
    try:
        return sorted(io.get_untrusted_types(file=file))
    except (BadZipFile, KeyError) as error:
        raise ValueError(
            f"path must be a file written by save, got {str(file)!r}: {error}. Read "
            "pickles with joblib.load, of people you trust only."
        ) from error


def _names(trusted: Any) -> list[str]:
    if isinstance(trusted, str):
        return [trusted]
    named = [*trusted] if isinstance(trusted, Iterable) else [trusted]
    if not all(isinstance(one, str) for one in named):
        raise TypeError(
            f"trusted must be names of classes, got {trusted!r:.80}. See "
            "trusted_types(path)."
        )
    return named


def _own_types() -> set[str]:
    """Names of skdistill's public classes, which hold parameters and numbers only."""
    rooms = (crossfit, estimators, extreme, losses, students, targets)
    public = [vars(room)[name] for room in rooms for name in room.__all__]
    kinds = [Records, *(one for one in public if isinstance(one, type))]
    return {f"{one.__module__}.{one.__qualname__}" for one in kinds}


def _refuse_networks(model: Any) -> None:
    student = getattr(model, "student_", model)
    for one in parts(student):
        if hasattr(one, "as_module") or library_of(one) in ("torch", "skorch"):
            raise ExportError(
                f"{type(one).__name__} cannot be written by skops, which has no form "
                "for torch modules. Use to_onnx, or torch.save of "
                "student.as_module().state_dict()."
            )
