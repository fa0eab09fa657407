"""What partners call. Whatever happens, they get JSON."""

from flask import Blueprint
from sqlalchemy import select

from storefront import catalog, database, errors
from storefront.models import Review

api = Blueprint("api", __name__, url_prefix="/api")
api.register_error_handler(errors.ShopError, errors.answer)


@api.errorhandler(Exception)
def fail(_error: Exception):
    return {"error": "internal error"}, 500


@api.get("/products/<sku>/rating")
def rating(sku: str):
    with database.session() as session:
        catalog.find(session, sku)
        stars = session.scalars(select(Review.stars).where(Review.sku == sku)).all()
    return {"sku": sku, "stars": sum(stars) / len(stars)}
