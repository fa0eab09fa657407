"""Charges to a card."""

from flask import Blueprint, request

from payments import bank

charges = Blueprint("charges", __name__)


@charges.post("/charges")
def create():
    if bank.is_busy():
        return {"error": "too many charges"}, 429, {"Retry-After": "2"}
    verdict = bank.authorize(request.get_json()["amount"])
    return {"authorization": verdict["authorization"]}, 201
