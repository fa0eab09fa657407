"""The categories of errors, and the types that somebody has put into them."""

from typing import Literal, TypeAlias

Category: TypeAlias = Literal[
    "database",
    "external_service",
    "network",
    "timeout",
    "rate_limit",
    "authentication",
    "authorization",
    "validation",
    "resource_exhaustion",
    "configuration",
    "serialization",
    "concurrency",
    "internal",
]

#: Categories of types, by full or short name, that were registered: they win over all that is known of types.
extensions: dict[str, Category] = {}
