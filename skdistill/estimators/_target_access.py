"""Parameters of a target rule as parameters of its distiller: ``target__eps``."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, Self

__all__ = ["TargetParameters"]

_PREFIX = "target__"


class TargetParameters:
    """What lets a search reach into a rule, which is frozen: it is replaced."""

    target: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, with `deep` those of teacher, student and rule too.

        Parameters
        ----------
        deep : bool, default=True

        Returns
        -------
        dict
        """
        params: dict[str, Any] = super().get_params(deep)  # type: ignore[misc]
        if deep and _has_fields(self.target):
            params |= {
                _PREFIX + field.name: getattr(self.target, field.name)
                for field in fields(self.target)
            }
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those of a single target rule as ``target__eps``.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a parameter is not known.
        """
        inner = {name for name in params if name.startswith(_PREFIX)}
        changes = {name.removeprefix(_PREFIX): params.pop(name) for name in inner}
        super().set_params(**params)  # type: ignore[misc]
        if changes:
            self.target = _replaced(self.target, changes)
        return self


def _has_fields(rule: Any) -> bool:
    return is_dataclass(rule) and not isinstance(rule, type)


def _replaced(rule: Any, changes: dict[str, Any]) -> Any:
    known = [field.name for field in fields(rule)] if _has_fields(rule) else []
    for name in changes:
        if name not in known:
            raise ValueError(
                f"{_PREFIX}{name} must be a parameter of the rule in target, got "
                f"target={rule!r:.80}. Its parameters are {known}; set a list of rules "
                "as a whole."
            )
    return replace(rule, **changes)
