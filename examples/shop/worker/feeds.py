"""Suppliers' price lists: JSON lines."""

import json

from storefront.models import Product


def parse(text: str) -> list[Product]:
    """Every line or none.

    Raises:
        ValueError: a line is not JSON.
        KeyError: a product lacks a field.
    """
    return [product(line) for line in text.splitlines()]


def product(line: str) -> Product:
    fields = json.loads(line)
    return Product(sku=fields["sku"], name=fields["name"], price=fields["price"])
