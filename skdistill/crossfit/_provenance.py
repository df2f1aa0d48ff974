"""What a teacher is made of: versions of libraries, and code that belongs to none.

The parameters of a teacher are hashed with it. What they do not tell is what its
classes, and the functions among its parameters, do. Of a library the version says it; a
class of a script or a notebook is told by its compiled code, as it is in memory: the
file may have been edited since, and a notebook has none.
"""

import functools
import site
import sys
import sysconfig
from types import CodeType
from typing import Any

__all__ = ["provenance"]

_INSTALLED = tuple(
    {sysconfig.get_paths()[name] for name in ("purelib", "platlib", "stdlib")}
    | set(site.getsitepackages())
    | {site.getusersitepackages()}
)


#: What Python 3.13 and newer note in every class: its line in the source, and, in an
#: order that differs between processes, the names it sets on ``self``.
_WHERE_IT_STANDS = {"__firstlineno__", "__static_attributes__"}


def provenance(*parts: Any) -> dict[str, str]:
    """Versions of the libraries and digests of the code that a teacher is made of.

    Parameters
    ----------
    *parts : estimator, or the parts of a data set

    Returns
    -------
    dict of str to str
        By the name of the library, class or function.
    """
    # The arrays that are stored are made by these, whatever the teacher.
    known = {name: _version(name) for name in ("skdistill", "sklearn", "numpy")}
    for part in parts:
        _note(part, known)
        if hasattr(part, "get_params"):
            for value in part.get_params(deep=True).values():
                _note(value, known)
    return known


def _note(part: Any, known: dict[str, str]) -> None:
    """Note the classes and functions of a teacher or of one of its parameters."""
    if isinstance(part, functools.partial):
        _note(part.func, known)
    elif isinstance(part, type):
        _note_class(part, known)
    elif hasattr(part, "__code__"):
        _note_code(part, getattr(part, "__module__", None), known)
    elif hasattr(part, "__dict__") or callable(part):
        _note_class(type(part), known)


def _note_class(kind: type, known: dict[str, str]) -> None:
    for base in kind.__mro__:
        root = base.__module__.partition(".")[0]
        if _is_library(root):
            known.setdefault(root, _version(root))
            continue
        for name, value in vars(base).items():
            if name in _WHERE_IT_STANDS:
                continue
            inner = getattr(value, "fget", None) or getattr(value, "__func__", value)
            where = f"{base.__module__}.{base.__qualname__}.{name}"
            if hasattr(inner, "__code__"):
                known[where] = _digest(inner)
            elif isinstance(inner, bool | int | float | str | bytes | tuple):
                known[where] = repr(inner)


def _note_code(function: Any, module: str | None, known: dict[str, str]) -> None:
    root = (module or "").partition(".")[0]
    if _is_library(root):
        known.setdefault(root, _version(root))
    else:
        known[f"{module}.{function.__qualname__}"] = _digest(function)


def _digest(function: Any) -> str:
    defaults = (function.__defaults__, function.__kwdefaults__)
    return repr((_code(function.__code__), repr(defaults)))


def _code(code: CodeType) -> tuple[Any, ...]:
    """Tell what a function does, without where it stands."""
    constants = [
        _code(one) if isinstance(one, CodeType) else _constant(one)
        for one in code.co_consts
    ]
    return code.co_code, code.co_names, constants


def _constant(value: Any) -> str:
    # The order of a set of strings is another in each process.
    return repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value)


def _is_library(root: str) -> bool:
    """Whether a module is installed, and has a version or comes with Python."""
    if root in sys.stdlib_module_names:
        return True
    module = sys.modules.get(root)
    file = getattr(module, "__file__", None) or ""
    return hasattr(module, "__version__") and file.startswith(_INSTALLED)


def _version(root: str) -> str:
    return str(getattr(sys.modules.get(root), "__version__", sys.version))
