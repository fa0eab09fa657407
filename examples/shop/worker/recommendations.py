"""Customers who bought this also bought that."""

import json
import time
from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.models import Order, Recommendation


def rebuild(session: Session, *, seconds: float) -> None:
    """Replace what is known of the products that were bought together.

    Raises:
        TimeoutError: not done within ``seconds``.
    """
    for sku, others in companions(session, deadline=time.monotonic() + seconds).items():
        session.merge(Recommendation(sku=sku, bought_together=json.dumps(sorted(others))))


def companions(session: Session, *, deadline: float) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for order in session.scalars(select(Order)):
        if time.monotonic() >= deadline:
            raise TimeoutError(f"recommendations not rebuilt in time, stopped at order {order.id}")
        skus = {line.sku for line in order.lines}
        for sku in skus:
            found[sku] |= skus - {sku}
    return {sku: others for sku, others in found.items() if others}
