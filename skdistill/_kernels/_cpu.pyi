__test__: dict[str, str]
LEVELS: tuple[str, ...]
BEST: int
LEVEL: int

def chosen(asked: str | None) -> int: ...
