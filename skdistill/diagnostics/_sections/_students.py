"""The students of a list, against one another."""

from math import isfinite

from skdistill.diagnostics._evidence import Evidence
from skdistill.diagnostics._sections._parts import Drawing, Section, Table, number
from skdistill.diagnostics.displays import ParetoDisplay

__all__ = ["students"]


def students(evidence: Evidence) -> Section | None:
    """Their log-loss in cross-validation against what they cost."""
    records = getattr(evidence.distiller, "students_", ())
    if not records:
        return None
    table = Table(
        "Students of the list: log-loss in cross-validation on labels, cost as "
        "measured by fit on up to 1,000 training rows",
        ("student", "log-loss (nats)", "standard error", "bytes", "µs/row", "alpha"),
        tuple(
            (
                one.name,
                number(one.log_loss),
                number(one.standard_error),
                f"{one.n_bytes:,}",
                f"{one.microseconds_per_row:,.2f}",
                f"{one.alpha:g}",
            )
            for one in records
        ),
    )
    if not all(isfinite(one.log_loss) for one in records):  # a list of one student
        return Section("Students of the list", (), (table,))
    displays = {
        against: ParetoDisplay.of(records, against) for against in ("latency", "size")
    }
    front = [
        name
        for name, best in zip(
            displays["latency"].names, displays["latency"].is_on_frontier, strict=True
        )
        if best
    ]
    return Section(
        "Students of the list",
        (f"No student is both better and faster than: {', '.join(front)}.",),
        (table,),
        tuple(
            Drawing(
                display,
                f"Students in cross-validation, against {against}",
                f"Log-loss of {len(records)} students against {against}; on the "
                "frontier: "
                + ", ".join(
                    name
                    for name, best in zip(
                        display.names, display.is_on_frontier, strict=True
                    )
                    if best
                )
                + ".",
            )
            for against, display in displays.items()
        ),
    )
