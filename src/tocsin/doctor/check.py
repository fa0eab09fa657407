"""What the doctor says about one thing."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["ok", "warning", "broken"]


@dataclass(frozen=True, slots=True)
class Check:
    """`broken`: something that is configured does not work; `warning`: it works, and probably not as intended."""

    name: str
    status: Status
    found: str
    fix: str = ""
