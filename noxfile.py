"""Sessions of nox: what CI runs, one by one, each in a fresh environment.

``nox --list`` names them. README.md's own test command is the session of the newest
versions (`.ci/run` runs it word for word); ``oldest`` runs on the lowest allowed ones.
"""

import shutil
import tarfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "tests", "extras", "wheel", "oldest"]
nox.options.reuse_existing_virtualenvs = False

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
#: Old libraries warn about themselves; old estimator checks repeat their names.
OLD = (
    "-p", "no:cacheprovider", "-o", "strict_parametrization_ids=false",
    "-W", "ignore::pytest.PytestRemovedIn10Warning",
    "-W", "ignore:X does not have valid feature names:UserWarning",
)  # fmt: skip
TORCH = (
    "tests/nn", "skdistill/nn", "tests/losses/test_torch.py",
    "tests/targets/test_similarity.py",
    "tests/diagnostics/complexity/test_module_kernel.py",
    "skdistill/diagnostics/complexity/_torch.py",
)  # fmt: skip


@nox.session
def tests(session):
    """Run the tests on the newest versions, as README.md does."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session):
    """Check style, types, imports between the floors, stubs of compiled modules."""
    # The libraries that have types, too: mypy reads them.
    session.install("-e", ".[lint,data]", "nox", "cibuildwheel>=3.2")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy", "--strict")
    session.run("lint-imports")
    session.run("cython-lint", "skdistill/_kernels")
    for source in sorted(ROOT.glob("skdistill/_kernels/*.pyx")):
        name = f"skdistill._kernels.{source.stem}"
        session.run("stubtest", "--mypy-config-file", "pyproject.toml", name)
    for platform in ("linux", "macos", "windows"):
        asked = ("--print-build-identifiers", "--platform", platform)
        session.run("cibuildwheel", *asked, env={"CIBW_ARCHS": "native"})


@nox.session
def extras(session):
    """Check networks, export and documentation: what the extra "test" leaves out."""
    session.install(
        "-e",
        ".[docs,torch]",
        "pytest>=9",
        "hypothesis",
        "polars",
        "dask[distributed]>=2025.1",
    )
    session.run("pytest", "-q", *TORCH)
    for folder in ("tests/export", "skdistill/export", "tests/docs"):
        session.run("pytest", "-q", folder)
    # The other examples run with warnings as errors in the session "tests".
    session.run("pytest", "-q", "tests/examples", "-k", "cnn or onnx")
    session.run("python", "benchmarks/images.py", "--quick")
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "-b", "html",
                "docs", "docs/_build/html")  # fmt: skip


@nox.session
def wheel(session):
    """Build sdist and wheel, and check what an installed wheel promises."""
    session.install("build", "twine", "abi3audit", "mypy>=2")
    for old in DIST.glob("skdistill-*"):
        old.unlink()
    session.run("python", "-m", "build", "--outdir", str(DIST), ".")
    (built,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    session.run("twine", "check", "--strict", str(built), str(sdist))
    session.run("python", ".ci/check_wheel.py", str(built), str(ROOT))
    session.run("abi3audit", "--strict", str(built))
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    for needed in ("README.md", "tests/conftest.py", "docs/index.md", "noxfile.py"):
        if needed not in names:
            session.error(f"missing in the sdist: {needed}")
    session.install(str(built))
    # From another folder: the installed package is what is to be read.
    session.chdir(session.create_tmp())
    session.run("mypy", "--strict", "--config-file=", str(ROOT / ".ci/typed_use.py"))


@nox.session
def oldest(session):
    """Test the wheel on the oldest versions that pyproject.toml allows."""
    (built,) = DIST.glob("*.whl")
    # Without the clusters, which want newer libraries.
    session.install("-c", ".ci/lowest.txt", f"{built}[plot,data,boosting]",
                    "pytest>=9", "hypothesis", "polars", "mpmath", "rich")  # fmt: skip
    session.chdir(_tests_alone(session))
    session.run("pytest", "-q", *OLD, "tests/students", "tests/extreme",
                "tests/estimators/test_several_students.py",
                # scikit-learn 1.6 checks other things.
                "--ignore=tests/extreme/test_distiller.py")  # fmt: skip
    session.run(
        "python",
        "-m",
        "pip",
        "uninstall",
        "--quiet",
        "--yes",
        "xgboost",
        "lightgbm",
        "catboost",
    )
    session.run(
        "pytest",
        "-q",
        *OLD,
        "tests/students/test_boosters.py",
        "tests/students/test_routes.py",
    )


def _tests_alone(session):
    """Copy the tests to a folder without the package: the wheel is to be tested."""
    folder = Path(session.create_tmp()) / "tests_alone"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "tests", folder / "tests")
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / name, folder)
    return folder
