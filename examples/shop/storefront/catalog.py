"""What is for sale."""

import json
import logging

from flask import Blueprint, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront import database
from storefront.errors import NotFoundError
from storefront.models import Product, Recommendation

PAGE_SIZE = 20

catalog = Blueprint("catalog", __name__)
log = logging.getLogger(__name__)


@catalog.get("/products")
def products():
    with database.session() as session:
        return [product.as_json() for product in session.scalars(select(Product).order_by(Product.sku))]


@catalog.get("/products/<sku>")
def product(sku: str):
    with database.session() as session:
        return find(session, sku).as_json() | {"bought_together": bought_together(session, sku)}


@catalog.get("/search")
def search():
    page = int(request.args.get("page", "1"))
    matches = (
        select(Product)
        .where(Product.name.icontains(request.args.get("q", ""), autoescape=True))
        .order_by(Product.sku)
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    with database.session() as session:
        return [product.as_json() for product in session.scalars(matches)]


def find(session: Session, sku: str) -> Product:
    product = session.get(Product, sku)
    if product is None:
        raise NotFoundError(f"no product {sku!r}")
    return product


def bought_together(session: Session, sku: str) -> list[str]:
    """The page is worth showing without."""
    stored = session.get(Recommendation, sku)
    if stored is None:
        return []
    try:
        return json.loads(stored.bought_together)
    except ValueError:
        log.exception("unreadable recommendations for %s", sku)
        return []
