"""Stands in for the bank, which would be another company's service."""

import uuid

import faults


def is_busy() -> bool:
    return faults.is_on(faults.PAYMENT_429)


def authorize(amount: int) -> dict[str, int | str]:
    """On a bad day the bank approves without saying under which authorization."""
    verdict: dict[str, int | str] = {"approved": amount}
    if not faults.is_on(faults.PAYMENT_500):
        verdict["authorization"] = uuid.uuid4().hex
    return verdict
