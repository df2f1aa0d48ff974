"""What it costs to run the models."""

import numpy as np

from skdistill.diagnostics._evidence import DISTILLED, TEACHER, Evidence
from skdistill.diagnostics._measure import ModelMeasure
from skdistill.diagnostics._sections._parts import Drawing, Section, Table
from skdistill.diagnostics.displays import ParetoDisplay

__all__ = ["cost"]


def cost(evidence: Evidence) -> Section:
    """Bytes, latency of single rows, throughput."""
    by_name = {one.name: one for one in evidence.measures}
    table = Table(
        "Size and speed, on this machine; bytes of the pickled model, calls with one "
        "row, and a batch of up to 1,000 rows",
        (
            "model",
            "bytes",
            "one row, p50 (µs)",
            "one row, p99 (µs)",
            "batch (rows/s)",
            "all rows (µs/row)",
        ),
        tuple(_row(one) for one in evidence.measures),
    )
    drawings = tuple(_drawing(evidence, against) for against in ("latency", "size"))
    return Section("Cost", (_finding(evidence, by_name),), (table,), drawings)


def _row(one: ModelMeasure) -> tuple[str, ...]:
    return (
        one.name,
        f"{one.n_bytes:,}",
        f"{one.latency_p50:,.0f}",
        f"{one.latency_p99:,.0f}",
        f"{one.rows_per_second:,.0f}",
        f"{one.microseconds_per_row:,.2f}",
    )


def _finding(evidence: Evidence, by_name: dict[str, ModelMeasure]) -> str:
    student = by_name[DISTILLED]
    alone = (
        f"The student takes {student.n_bytes:,} bytes, {student.latency_p50:,.0f} µs "
        f"for one row (p99 {student.latency_p99:,.0f} µs), and predicts "
        f"{student.rows_per_second:,.0f} rows/s in a batch"
    )
    if TEACHER not in by_name:
        return f"{alone}; the teacher is not at hand to compare with."
    teacher = by_name[TEACHER]
    n = len(evidence.distiller.crossfit_.teachers)
    of = f"the {n} fold teachers together" if n > 1 else "the teacher"
    return (
        f"{alone}: {_times(teacher.n_bytes / student.n_bytes)} smaller than {of}, "
        f"{_times(teacher.latency_p50 / student.latency_p50)} faster on one row, "
        f"{_times(student.rows_per_second / teacher.rows_per_second)} in a batch."
    )


def _times(ratio: float) -> str:
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def _drawing(evidence: Evidence, against: str) -> Drawing:
    measures = evidence.measures
    loss = np.array([one.log_loss for one in measures])
    n = len(evidence.codes)
    error = np.array(
        [
            evidence.losses[one.name].std(ddof=1) / np.sqrt(n) if n > 1 else 0.0
            for one in measures
        ]
    )
    paid = [
        one.microseconds_per_row if against == "latency" else one.n_bytes
        for one in measures
    ]
    unit = "µs a row" if against == "latency" else "bytes"
    words = "; ".join(
        f"{one.name} {one.log_loss:.4f} nats at {price:,.3g} {unit}"
        for one, price in zip(measures, paid, strict=True)
    )
    return Drawing(
        ParetoDisplay(
            loss,
            np.array(paid, dtype=np.float64),
            names=tuple(one.name for one in measures),
            error=error,
            against=against,
        ),
        "Log-loss on the held-out rows against "
        + (
            "the time of a row when all are predicted at once"
            if unit[0] == "µ"
            else "the size of the pickled model"
        ),
        f"Log-loss against {against}: {words}.",
    )
