from collections.abc import Iterator, Sequence

__test__: dict[str, str]

class SoftRow:
    def __init__(self, temperature: float, alpha: float) -> None: ...
    def derivatives(
        self, margins: Sequence[float], targets: Sequence[float], weight: float
    ) -> tuple[list[float], RowHessian]: ...
    def loss(
        self,
        margins: Sequence[Sequence[float]],
        targets: Sequence[Sequence[float]],
        weights: Sequence[float] | None,
    ) -> tuple[float, float]: ...

class RowHessian:
    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> list[float]: ...
    def __iter__(self) -> Iterator[list[float]]: ...
