from collections.abc import Sequence

__test__: dict[str, str]

class SoftRow:
    def __init__(self, temperature: float, alpha: float) -> None: ...
    def derivatives(
        self, margins: Sequence[float], targets: Sequence[float], weight: float
    ) -> tuple[list[float], list[list[float]]]: ...
    def loss(
        self,
        margins: Sequence[Sequence[float]],
        targets: Sequence[Sequence[float]],
        weights: Sequence[float] | None,
    ) -> tuple[float, float]: ...
