"""The files that are written: checked before any fitting, whole or not at all."""

import argparse
import importlib
import importlib.util
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib

from skdistill.exceptions import MissingDependencyError

__all__ = [
    "SUFFIXES",
    "card_writer",
    "check_name",
    "check_outputs",
    "is_onnx",
    "write",
    "writer",
]

#: Forms of the student, by the end of the file's name.
SUFFIXES = (".joblib", ".skops", ".onnx")

_OPTIONS = {"out": SUFFIXES, "report": (".html",), "card": (".md",),
            "save_distiller": (".joblib",)}  # fmt: skip


def check_outputs(arguments: argparse.Namespace) -> None:
    """Refuse output files that could not be written, or would hit an input.

    Parameters
    ----------
    arguments : argparse.Namespace
        Of a subcommand; options it lacks count as not given.

    Raises
    ------
    ValueError
        If a name ends wrongly, its folder does not exist, it is a folder, or it is
        the same file as an input or another output.
    """
    taken = {
        _real(path): name
        for name, path in (
            ("DATA", arguments.data),
            ("--test", getattr(arguments, "test", None)),
            ("DISTILLER", getattr(arguments, "distiller", None)),
        )
        if path is not None
    }
    if arguments.command == "distill" and _is_same(arguments.data, arguments.test):
        raise ValueError(
            f"`--test` must be another file than DATA, got {str(arguments.test)!r}: "
            "rows that were learnt from prove nothing."
        )
    # `report` calls its page --out, too.
    pages = {"out": (".html",)} if arguments.command == "report" else {}
    for key, suffixes in {**_OPTIONS, **pages}.items():
        path = getattr(arguments, key, None)
        if path is None:
            continue
        option = "--" + key.replace("_", "-")
        check_name(path, option, suffixes)
        if key == "card" and importlib.util.find_spec("skops") is None:
            raise MissingDependencyError(
                "`--card` needs skops, which is not installed. Install it with: "
                'pip install "skdistill[export]"'
            )
        if _real(path) in taken:
            raise ValueError(
                f"`{option}` must be another file than {taken[_real(path)]}, got "
                f"{str(path)!r}."
            )
        taken[_real(path)] = option
    _check_store(getattr(arguments, "memory", None))


def write(path: Path, write_to: Callable[[Path], object]) -> None:
    """Write a file under another name and rename it, or leave nothing.

    Parameters
    ----------
    path : Path
        Where the whole file appears; a file of that name is replaced.
    write_to : callable
        Writes to the path it is given, which ends as `path` does.
    """
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}.unfinished{path.suffix}")
    try:
        write_to(unfinished)
        unfinished.replace(path)
    finally:  # Ctrl-C, too
        unfinished.unlink(missing_ok=True)


def writer(path: Path, student: Any, X: Any) -> Callable[[Path], object]:
    """Return what writes a fitted student in the form that a file's name ends in.

    Parameters
    ----------
    path : Path
        Ends in one of `SUFFIXES`.
    student : estimator
        Fitted; for ONNX a distiller, too.
    X : DataFrame of shape (n_samples, n_features)
        Rows as the student is fed; ONNX reads the columns off it, and is compared
        with the student on them.

    Returns
    -------
    callable
        Of a path. It raises MissingDependencyError if the form needs a library that
        is not installed, and ExportError if the student has no such form.
    """
    suffix = path.suffix.lower()
    if suffix == ".joblib":
        return lambda file: joblib.dump(student, file)
    export = importlib.import_module("skdistill.export")
    if suffix == ".skops":
        return lambda file: export.save(student, file)
    return lambda file: export.to_onnx(student, X, file)


def is_onnx(path: Path) -> bool:
    """Whether a file is to be ONNX."""
    return path.suffix.lower() == ".onnx"


def card_writer(distiller: Any, X: Any, y: Any, seed: int) -> Callable[[Path], object]:
    """Return what writes the model card of a distiller, measured on held-out rows.

    Parameters
    ----------
    distiller : CrossFitDistiller
    X : DataFrame of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
    seed : int
        Of the intervals.

    Returns
    -------
    callable
        Of a path.
    """
    export = importlib.import_module("skdistill.export")
    return lambda file: export.model_card(distiller, X, y, file, random_state=seed)


def check_name(path: Path, option: str, suffixes: tuple[str, ...]) -> None:
    """Refuse a file that could not be written.

    Parameters
    ----------
    path : Path
    option : str
        By which it was asked for, for the errors.
    suffixes : tuple of str
        What its name may end in.

    Raises
    ------
    ValueError
        If its name ends otherwise, it is a folder, or it lies in a folder that does
        not exist or cannot be written to.
    """
    if path.suffix.lower() not in suffixes:
        raise ValueError(
            f"`{option}` must end in {' or '.join(suffixes)}, got {str(path)!r}."
        )
    if path.is_dir():
        raise ValueError(f"`{option}` must be a file, got the folder {str(path)!r}.")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ValueError(
            f"`{option}` must lie in an existing folder, got {str(path)!r}."
        )
    try:  # rights alone do not tell: the disk may be read-only
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(
            f"`{option}` must lie in a folder that can be written to, got "
            f"{str(path)!r} ({error.strerror})."
        ) from error


def _is_same(path: Path, other: Path | None) -> bool:
    return other is not None and _real(path) == _real(other)


def _check_store(path: Path | None) -> None:
    # Made now: the store itself only warns of a folder that it cannot write to.
    try:
        if path is not None:
            path.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise ValueError(
            f"`--memory` must be a folder that can be written to, got {str(path)!r} "
            f"({error.strerror})."
        ) from error


def _real(path: Path) -> Path:
    return path.expanduser().resolve()
