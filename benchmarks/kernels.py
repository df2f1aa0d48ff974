"""The compiled kernels against scikit-learn, NumPy and the speed of memory.

All contenders of a row run in turn in one process on the same arrays; a number is a
ratio of medians. Processor time of one thread, outputs allocated beforehand; wall-clock
time where two threads are asked for.

losses   Gradient and Hessian diagonal from soft, corrected targets, against
         ``HalfMultinomialLoss.gradient_hessian`` from hard labels (no loss either) and
         the expression in NumPy and SciPy. "With loss" is `soft_ce`, whose loss is
         exact to double: it computes in float64 whatever the arrays hold. "Floor" is
         the time of a loop that moves the same bytes and does nothing else, as a share.
few      The same at 3 to 8 classes, and in Fortran order.
threads  Two threads against one.
gamma    The minimax rules against the authors' grids of 400 gamma and 10 p.
"""

import argparse
import sys
import time
from functools import partial

import numpy as np
from _common import announce, interleaved, print_table, verdict
from scipy.special import softmax
from sklearn._loss.loss import HalfMultinomialLoss

from skdistill._kernels import _cpu, _math, gamma, soft_ce, soft_ce_gradients
from skdistill._kernels._arrays import in_chunks

F32, F64 = np.float32, np.float64
# Rows, classes, type, least ratio to scikit-learn, least share of the floor.
LOSSES = (
    (10**6, 2, F32, 8.0, 0.60),
    (10**6, 10, F32, 5.5, 0.60),
    (10**5, 100, F32, 4.0, 0.60),
    (2 * 10**4, 1000, F32, 4.0, None),
    (10**6, 2, F64, 3.8, 0.85),
    (10**6, 10, F64, 3.0, 0.85),
    (10**5, 100, F64, 2.2, 0.85),
    (2 * 10**4, 1000, F64, 1.8, None),
)
NUMPY_LIMIT, FEW_LIMIT, THREADS_LIMIT, GAMMA_LIMIT = 10, 3, 1.7, 100
GRID_STEP = 20 / 399


class Problem:
    """Corrected targets, logits, hard labels and the contenders."""

    def __init__(self, n, k, dtype, order="C"):
        rng = np.random.default_rng(0)
        logit = rng.standard_normal((n, k), dtype=dtype) * 2
        self.labels = rng.integers(k, size=n)
        target = rng.random((n, k), dtype=dtype)
        target /= 2 * target.sum(axis=1, keepdims=True)
        target[np.arange(n), self.labels] += 0.5
        self.target, self.logit = (np.asarray(a, order=order) for a in (target, logit))
        self.out = tuple(np.zeros_like(self.logit) for _ in "gh")
        self.loss = HalfMultinomialLoss(n_classes=k)
        self.labels = self.labels.astype(dtype)

    def kernel(self, n_threads=1, temperature=1.0):
        """Write gradient and Hessian; a temperature makes two softmaxes of a row."""
        options = {"alpha": 0.5, "out": self.out, "n_threads": n_threads}
        soft_ce_gradients(self.target, self.logit, temperature, **options)

    def with_loss(self):
        """Write them and the loss."""
        soft_ce(self.target, self.logit, hessian=True, out=self.out)

    def sklearn(self):
        """Write them for hard labels."""
        self.loss.gradient_hessian(self.labels, self.logit, None, *self.out, 1)

    def floor(self, n_threads=1):
        """Move as many bytes."""
        arrays = (self.target, self.logit, *self.out)
        if not self.logit.flags.c_contiguous:
            arrays = tuple(array.T for array in arrays)

        def run(rows):
            _math.move(*(array[rows] for array in arrays), _cpu.LEVEL)

        in_chunks(run, arrays[0].shape, n_threads)

    def numpy(self):
        """Write them as one would."""
        grad, hess = self.out
        proba = softmax(self.logit, axis=1)
        mass = self.target.sum(axis=1, keepdims=True)
        grad[:] = mass * proba - self.target
        hess[:] = mass * proba * (1 - proba)

    def medians(self, repeats, *names):
        """Return the median seconds of contenders."""
        contenders = {name: getattr(self, name) for name in names}
        seconds = interleaved(contenders, repeats, warmup=1)
        return {name: float(np.median(values)) for name, values in seconds.items()}

    def nanoseconds(self, seconds):
        """Return the time per entry."""
        return f"{1e9 * seconds / self.logit.size:.2f}"


def at_least(value, limit):
    return verdict(None if limit is None else value >= limit)


def measure_losses(repeats):
    rows = []
    for n, k, dtype, least, least_share in LOSSES:
        problem = Problem(n, k, dtype)
        found = problem.medians(
            repeats, "kernel", "with_loss", "sklearn", "floor", "numpy"
        )
        ns = {name: problem.nanoseconds(value) for name, value in found.items()}
        ratio = {name: value / found["kernel"] for name, value in found.items()}
        rows.append(
            (f"{n} x {k}", dtype.__name__, ns["kernel"], ns["with_loss"],
             f"{ratio['sklearn']:.1f}x", f">= {least}x",
             at_least(ratio["sklearn"], least),
             f"{ratio['numpy']:.0f}x", at_least(ratio["numpy"], NUMPY_LIMIT),
             f"{ratio['floor']:.0%}",
             "" if least_share is None else f">= {least_share:.0%}",
             at_least(ratio["floor"], least_share))
        )  # fmt: skip
    header = ("rows x classes", "dtype", "ns per entry", "with loss", "scikit-learn",
              "required", "", "NumPy", ">= 10x", "floor", "required", "")  # fmt: skip
    print_table(header, rows)
    return rows


def measure_few(repeats):
    cases = [(10**6, k, "C") for k in (3, 4, 5, 6, 7, 8)]
    cases += [(10**6, k, "F") for k in (2, 3, 5, 10)] + [(10**5, 100, "F")]
    rows = []
    for n, k, order in cases:
        row = [f"{n} x {k}", order]
        for dtype in (F32, F64):
            problem = Problem(n, k, dtype, order)
            found = problem.medians(repeats, "kernel", "sklearn", "floor")
            ratio = found["sklearn"] / found["kernel"]
            row += [problem.nanoseconds(found["kernel"]), f"{ratio:.1f}x"]
            row += [f"{found['floor'] / found['kernel']:.0%}"]
            row += [at_least(ratio, FEW_LIMIT)]
        rows.append(row)
    header = ["rows x classes", "order"]
    header += ["float32, ns", "scikit-learn", "floor", ">= 3x"]
    header += ["float64, ns", "scikit-learn", "floor", ">= 3x"]
    print_table(header, rows)
    return rows


def measure_threads(repeats):
    rows = []
    for dtype in (F32, F64):
        problem = Problem(10**6, 10, dtype)
        work = {
            "kernel": problem.kernel,
            "two softmaxes": partial(problem.kernel, temperature=3.0),
            "memory": problem.floor,
        }
        contenders = {
            (name, n): partial(one, n_threads=n)
            for name, one in work.items()
            for n in (1, 2)
        }
        seconds = interleaved(contenders, repeats, clock=time.perf_counter)
        faster = {
            name: float(np.median(seconds[name, 1]) / np.median(seconds[name, 2]))
            for name in work
        }
        for name in ("kernel", "two softmaxes"):
            passed = at_least(faster[name], THREADS_LIMIT)
            if passed == "FAIL" and faster["memory"] < THREADS_LIMIT:
                passed = "bound by memory"
            rows.append(
                (f"{10**6} x 10, {name}", dtype.__name__, f"{faster[name]:.2f}",
                 f"{faster['memory']:.2f}", passed)
            )  # fmt: skip
    header = ("rows x classes", "dtype", "two threads", "bytes alone", ">= 1.7")
    print_table(header, rows)
    return rows


def on_a_grid(proba, rule, strength, scale, floor=1 / 500, size=1000):
    """Search as the authors do, in blocks of rows that stay in the cache."""
    gammas = np.linspace(-10, 10, 400)[None, :, None]
    found = np.empty(len(proba))
    for start in range(0, len(proba), size):
        p0 = proba[start : start + size]
        p0 = np.maximum(p0, floor) if scale == "log" else p0
        low, high = {
            "relative": (p0 / (1 + strength), p0 * (1 + strength)),
            "absolute": (p0 - strength, p0 + strength),
            "power": tuple(np.sort([p0, p0 ** (1 / strength)], axis=0)),
        }[rule]
        low = np.maximum(low, floor / 2 if scale == "log" else 0)[:, None]
        high, p0 = np.minimum(high, 1)[:, None], p0[:, None]
        p = (low + np.linspace(0, 1, 10) * (high - low))[:, None, :]
        error = p - p0[:, None]
        shift = np.log(p / p0[:, None]) if scale == "log" else error
        worst = (gammas * error - shift) ** 2 + gammas**2 * (p * (1 - p))
        best = worst.max(axis=2).argmin(axis=1)
        found[start : start + size] = gammas[0, best, 0]
    return found


def measure_gamma(repeats):
    proba = np.random.default_rng(0).random((10**5, 1))
    rows = []
    for scale in ("prob", "log"):
        for rule, strength in (("relative", 1.0), ("absolute", 0.1), ("power", 4.0)):
            contenders = {
                "kernel": partial(gamma, proba, None, rule, strength, scale=scale),
                # A tenth of the rows: the grid is linear in them.
                "grid": partial(on_a_grid, proba[::10, 0], rule, strength, scale),
            }
            seconds = interleaved(contenders, repeats, warmup=1)
            kernel, grid = (float(np.median(seconds[n])) for n in contenders)
            ratio = 10 * grid / kernel
            # Gammas beyond the grid, for p far from p0 on the log scale, are cut.
            exact = contenders["kernel"]()[::10, 0].clip(-10, 10)
            off = np.abs(contenders["grid"]() - exact).max()
            rows.append(
                (rule, scale, f"{1e4 * kernel:.0f}", f"{ratio:.0f}x",
                 at_least(ratio, GAMMA_LIMIT), f"{off:.3f}", verdict(off <= GRID_STEP))
            )  # fmt: skip
    header = ("rule", "scale", "ns per entry", "grid", ">= 100x", "difference",
              "<= 0.05")  # fmt: skip
    print_table(header, rows)
    return rows


PARTS = {
    "losses": (measure_losses, 11),
    "few": (measure_few, 7),
    "threads": (measure_threads, 15),
    "gamma": (measure_gamma, 3),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--repeats", type=int, help="default: depends on the part")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"parts must be of {', '.join(PARTS)}, got {sorted(unknown)}.")
    announce()
    print(f"Level of the kernels: {_cpu.LEVELS[_cpu.LEVEL]}\n")
    failed = False
    for part in args.parts or PARTS:
        measure, repeats = PARTS[part]
        rows = measure(args.repeats or repeats)
        failed |= any("FAIL" in row for row in rows)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
