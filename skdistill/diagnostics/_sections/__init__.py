"""The sections of a report: each a pure function of the evidence, a file each.

A new diagnostic is a function ``Evidence -> Section | None`` added to ``SECTIONS``;
None says that there is nothing to show for this distiller.
"""

from collections.abc import Callable

from skdistill.diagnostics._evidence import Evidence
from skdistill.diagnostics._sections._calibration import calibration
from skdistill.diagnostics._sections._cost import cost
from skdistill.diagnostics._sections._explanations import explanations
from skdistill.diagnostics._sections._fidelity import fidelity
from skdistill.diagnostics._sections._parts import Drawing, Section, Table
from skdistill.diagnostics._sections._quality import quality
from skdistill.diagnostics._sections._segments import segments
from skdistill.diagnostics._sections._selection import selection
from skdistill.diagnostics._sections._students import students

__all__ = ["SECTIONS", "Drawing", "Section", "Table", "sections_of"]

#: In the order of the page.
SECTIONS: tuple[Callable[[Evidence], Section | None], ...] = (
    quality,
    calibration,
    fidelity,
    segments,
    explanations,
    cost,
    selection,
    students,
)


def sections_of(evidence: Evidence) -> tuple[Section, ...]:
    """Build all sections that have something to show."""
    made = (section(evidence) for section in SECTIONS)
    return tuple(section for section in made if section is not None)
