"""Check what a wheel holds against the tree it was built from.

Usage: ``python check_wheel.py WHEEL TREE``
"""

import sys
import zipfile
from pathlib import Path

DATA = (
    "skdistill/datasets/data/magic.npz",
    "skdistill/datasets/data/LICENSE-magic.txt",
)


def expected(tree):
    """Names the wheel must hold: every module, stub, marker, data file, kernel."""
    package = tree / "skdistill"
    names = {
        path.relative_to(tree).as_posix()
        for suffix in ("*.py", "*.pyi", "py.typed")
        for path in package.rglob(suffix)
    }
    return names.union(DATA)


def missing(names, tree):
    """Yield one line for each thing that should be in the wheel and is not."""
    for name in sorted(expected(tree) - names):
        yield f"missing: {name}"
    binaries = [Path(n) for n in names if n.endswith((".so", ".pyd"))]
    compiled = {path.name.split(".")[0] for path in binaries}
    for source in sorted((tree / "skdistill").rglob("*.pyx")):
        if source.stem not in compiled:
            yield f"missing: the compiled module of {source.name}"
        if not source.with_suffix(".pyi").exists():
            yield f"missing: the stub of {source.name}"
    if not any(n.endswith(".dist-info/licenses/LICENSE") for n in names):
        yield "missing: LICENSE"


def too_much(names):
    """Yield one line for each thing that does not belong in a wheel."""
    for name in sorted(names):
        if name.endswith((".pyx", ".pxd", ".c", ".h", ".inc")):
            yield f"too much: {name}"
        if not name.startswith("skdistill"):
            yield f"too much, outside the package: {name}"


def main():
    """Print what is wrong and return the exit code."""
    wheel, tree = Path(sys.argv[1]), Path(sys.argv[2])
    with zipfile.ZipFile(wheel) as archive:
        names = {n for n in archive.namelist() if not n.endswith("/")}
    found = [*missing(names, tree), *too_much(names)]
    print("\n".join(found) or f"{wheel.name}: {len(names)} files, as expected")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
