"""Change a module in many small ways and see whether its tests notice.

Usage: ``python .ci/mutate.py skdistill/targets tests/targets --sample 50 --seed 0``

A test counts once it has been seen to fail. Each mutant is one change of one module (a
file, or each file of a folder), run in a forked process and a private copy of the tree
against the tests that reach the changed line: first, and all, those not seen to fail
yet, then the others until one fails. A crash kills a mutant, but only a failed
assertion shows that a test asserts something, so only that counts as seen.
"""

import argparse
import ast
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]
PRELOADED = """numpy scipy.optimize scipy.special pandas polars joblib sklearn.ensemble
sklearn.linear_model sklearn.pipeline sklearn.svm sklearn.calibration sklearn.datasets
sklearn.multioutput sklearn.naive_bayes sklearn.neighbors hypothesis.extra.numpy"""
#: Left out are the slow tests; those after -k start processes of their own.
OPTIONS = """-p no:cacheprovider -o addopts= --hypothesis-profile=mutants -W
ignore::pytest.PytestAssertRewriteWarning --deselect=tests/_kernels
--deselect=tests/estimators/test_contract.py -k not(n_jobs)and(not(memory_maps))"""
SWAPS = """Eq:NotEq NotEq:Eq Lt:LtE|GtE LtE:Lt|Gt Gt:GtE|LtE GtE:Gt|Lt Is:IsNot
IsNot:Is In:NotIn NotIn:In And:Or Or:And Add:Sub Sub:Add Mult:Div Div:Mult Pow:Mult
FloorDiv:Mult Mod:Mult BitAnd:BitOr BitOr:BitAnd"""
#: Annotations, and arguments that set tracebacks or guard what cannot happen.
LEFT_OUT = ("annotation", "returns", "stacklevel", "strict")
DROPPED = (ast.Raise, ast.Continue, ast.Break, ast.AugAssign, ast.Assign, ast.Expr)


def without(entries, i, *instead):
    """Return a list with something else, or nothing, in place of an entry."""
    return [*entries[:i], *instead, *entries[i + 1 :]]


def of_expression(node):
    """Yield changes of operators, conditions and constants as (field, value)."""
    swaps = dict(swap.split(":") for swap in SWAPS.split())
    field = "ops" if isinstance(node, ast.Compare) else "op"
    ops = node.ops if field == "ops" else [getattr(node, "op", None)]
    for i, op in enumerate(ops):
        for name in filter(None, swaps.get(type(op).__name__, "").split("|")):
            new = getattr(ast, name)()
            yield field, without(ops, i, new) if field == "ops" else new
    if isinstance(node, ast.UnaryOp):
        yield "operand", ast.UnaryOp(node.op, node.operand)
    if isinstance(node, ast.If | ast.IfExp):
        yield from (("test", ast.Constant(truth)) for truth in (True, False))
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        flag = isinstance(node.value, bool)
        yield "value", not node.value if flag else node.value + 1


def of_lists(node):
    """Yield other returns, and lists that lack an argument, a filter, a decorator."""
    value = getattr(node, "value", None)
    if isinstance(node, ast.Return) and getattr(value, "value", 0) is not None:
        yield "value", ast.Constant(None)
        if isinstance(value, ast.Call) and value.args:
            yield "value", value.args[0]
    for field in ("keywords", "ifs", "decorator_list"):
        entries = () if isinstance(node, ast.ClassDef) else getattr(node, field, ())
        for i, entry in enumerate(entries):
            if getattr(entry, "arg", "") not in LEFT_OUT:
                yield field, without(entries, i)


def is_dispensable(node):
    """Whether code runs without a statement; not without a name's only value."""
    value = getattr(node, "value", None)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        read = {getattr(part, "id", None) for part in ast.walk(value)}
        return node.targets[0].id in read
    docstring = isinstance(node, ast.Expr) and isinstance(value, ast.Constant)
    return isinstance(node, DROPPED) and not docstring


def places(node, lines):
    """Yield a node and all below it that may be changed, with its lines."""
    if isinstance(node, ast.stmt):
        body = getattr(node, "body", None)  # of a compound statement: its head
        end = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno
        lines = range(node.lineno, end + 1)
    yield node, lines
    for field, value in ast.iter_fields(node):
        decorator = field == "decorator_list" and isinstance(node, ast.ClassDef)
        for part in value if isinstance(value, list) else [value]:
            if not isinstance(part, ast.AST) or decorator or field in LEFT_OUT:
                continue
            if getattr(part, "arg", "") not in LEFT_OUT:
                yield from places(part, lines)


def changes(tree):
    """Yield a node, one of its fields, a new value for it, and the lines concerned."""
    for node, lines in places(tree, ()):
        for field, new in (*of_expression(node), *of_lists(node)):
            yield node, field, new, lines
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            for i, part in enumerate(block if isinstance(block, list) else ()):
                if is_dispensable(part):
                    span = range(part.lineno, part.end_lineno + 1)
                    yield node, field, without(block, i, ast.Pass()), span


def mutants(path):
    """Yield path, changed source, change in words and its lines, for each mutant."""
    tree = ast.parse(Path(path).read_text())
    before = ast.unparse(tree)
    for node, field, new, lines in list(changes(tree)):
        old = getattr(node, field)
        setattr(node, field, new)
        after = ast.unparse(ast.fix_missing_locations(tree))
        setattr(node, field, old)
        pairs = zip(before.splitlines(), after.splitlines(), strict=False)
        one, other = next(pair for pair in pairs if pair[0] != pair[1])
        pairs = enumerate(zip(f"{one}$", f"{other}#", strict=False))
        cut = max(0, next(i for i, pair in pairs if pair[0] != pair[1]) - 40)
        words = f"{one[cut:].strip():.90} -> {other[cut:].strip():.90}"
        yield path, after, f"{path}:{lines[0]}: {words}", lines


class _Watch:
    """Pytest plugin: picks and orders tests; writes failures, times, lines reached."""

    def __init__(self, out, tests=(), n_unseen=0, sources=None):
        self.out, self.tests, self.n_unseen = out, tests, n_unseen
        self.sources, self.now, self.n_done, self.failed = sources, "import", 0, False

    def write(self, *fields):
        print(*fields, sep="\t", file=self.out, flush=True)

    def trace(self, frame, event, arg):
        if name := self.sources.get(frame.f_code.co_filename):
            self.write("line", self.now, f"{name}:{frame.f_lineno}")
            return self.trace
        return None

    def pytest_collection_modifyitems(self, session, items):
        self.session, found = session, {item.nodeid: item for item in items}
        items[:] = [found[test] for test in self.tests or found]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        # The lines of a fixture count for every test of the file.
        self.now = item.nodeid.partition("::")[0]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item):
        self.now = item.nodeid

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        self.write("time", item.nodeid, report.duration)
        if report.failed:
            said = call.excinfo.errisinstance((AssertionError, pytest.fail.Exception))
            self.write(
                "assert" if said and call.when == "call" else "crash", item.nodeid
            )
            self.failed = True
        return report

    def pytest_runtest_logfinish(self):
        self.n_done += 1
        if self.tests and self.failed and self.n_done >= self.n_unseen:
            self.session.shouldstop = "noticed"


def run(paths, *, limit=0, **watched):
    """Run tests in a forked process; return what it wrote and how it ended."""
    if not (pid := os.fork()):
        code = 99
        try:
            signal.alarm(limit)
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            with Path("records").open("w") as out:
                watch = _Watch(out, **watched)
                if watch.sources:
                    sys.settrace(watch.trace)
                for name in (watch.sources or {}).values():
                    importlib.import_module(name.removesuffix(".py").replace("/", "."))
                options = [*OPTIONS.split(), *paths]
                code = int(pytest.main(options, plugins=[watch]))
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    lines = Path("records").read_text().splitlines()
    return [line.split("\t") for line in lines], os.waitstatus_to_exitcode(status)


class _Board:
    """What is known of the tests, and what happened to the mutants."""

    def __init__(self, tests, files):
        self.seconds, self.reach, self.seen = defaultdict(float), defaultdict(set), {}
        self.fates, begun = Counter(), time.monotonic()
        found, code = run(
            tests, sources={os.path.abspath(file): file for file in files}
        )
        for kind, test, *rest in found:
            if kind == "time":
                self.seconds[test] += float(rest[0])
            elif kind == "line":
                self.reach[rest[0]].add(test)
        if code:
            sys.exit(f"pytest ended with {code} on the unchanged tree")
        self.limit = int(10 + 3 * (time.monotonic() - begun))

    def judge(self, number, name, source, words, lines):
        """Run one mutant; say so if no test noticed it."""
        by = set().union(*(self.reach[f"{name}:{line}"] for line in lines))
        tests = [t for t in self.seconds if by & {"import", t, t.partition("::")[0]}]
        tests.sort(key=lambda test: (test in self.seen, self.seconds[test]))
        files = sorted({test.partition("::")[0] for test in tests})
        kept = Path(name).read_text()
        Path(name).write_text(source)
        # Compiled files are told apart by the second of the change.
        os.utime(name, (10**9, 10**9 + number))
        n_unseen = sum(test not in self.seen for test in tests)
        watched = {"tests": tests, "n_unseen": n_unseen, "limit": self.limit}
        found, code = run(files, **watched) if tests else ([], 0)
        Path(name).write_text(kept)
        for test in (test for kind, test, *_ in found if kind == "assert"):
            self.seen.setdefault(test, words)
        noticed = any(kind in ("assert", "crash") for kind, *_ in found)
        fate = "failed" if noticed else "stopped" if code else "survived"
        self.fates[fate] += 1
        if fate == "survived":
            print(f"{fate}: {words}" + ("" if tests else " (unreached)"), flush=True)


def main():
    """Make the mutants, run them and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("module", type=Path, help="file or folder in the tree")
    parser.add_argument("tests", nargs="+")
    parser.add_argument("--sample", type=int, default=10**6, help="mutants a module")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skip", nargs="*", default=[], help="modules left out")
    given = parser.parse_args()
    for name in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{name}_NUM_THREADS"] = "1"
    for name in PRELOADED.split():
        importlib.import_module(name)
    phases = [hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutants", phases=phases, database=None)
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "tree"
        shutil.copytree(
            ROOT, copied, ignore=shutil.ignore_patterns(".*", "docs", "build")
        )
        os.chdir(copied)
        sys.path.insert(0, str(copied))
        os.environ["PYTHONPATH"] = str(copied)
        files = sorted(given.module.glob("*.py")) or [given.module]
        files = [str(file) for file in files if file.name not in given.skip]
        board, rng, queue = _Board(given.tests, files), random.Random(given.seed), []
        for made in (list(mutants(file)) for file in files):
            size = min(given.sample, len(made))
            queue += [made[i] for i in sorted(rng.sample(range(len(made)), size))]
        for number, mutant in enumerate(queue):
            board.judge(number, *mutant)
        os.chdir(ROOT)
    for test in board.seconds:
        print(f"{test}\n      {board.seen.get(test, 'NEVER SEEN TO FAIL')}")
    print(dict(board.fates), f"{len(board.seconds)} tests, {len(board.seen)} seen")


if __name__ == "__main__":
    main()
