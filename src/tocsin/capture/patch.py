"""Putting a function of ours around one of somebody else's, and taking it away again."""

from collections.abc import Callable
from typing import Any, TypeAlias

from wrapt import FunctionWrapper

#: Called instead of the original with it, the instance it is bound to, its arguments and its keyword arguments.
Wrapper: TypeAlias = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]


def patch(owner: Any, name: str, wrapper: Wrapper) -> Callable[[], None]:
    """Wrap an attribute of a class or module. Returns a function that restores it, unless somebody wrapped it since."""
    is_own = name in vars(owner)
    original = vars(owner)[name] if is_own else getattr(owner, name)
    ours = FunctionWrapper(original, wrapper)
    setattr(owner, name, ours)

    def restore() -> None:
        if vars(owner).get(name) is not ours:
            return
        if is_own:
            setattr(owner, name, original)
        else:
            delattr(owner, name)

    return restore


def together(*restore: Callable[[], None]) -> Callable[[], None]:
    """One function that takes several patches away, the last one first."""

    def restore_all() -> None:
        for each in reversed(restore):
            each()

    return restore_all
