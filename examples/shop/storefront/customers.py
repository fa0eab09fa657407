"""Who buys."""

from flask import Blueprint, request

from storefront import database
from storefront.errors import InvalidRequestError
from storefront.models import Customer

customers = Blueprint("customers", __name__)


@customers.post("/customers")
def register():
    match request.get_json():
        case {"email": str(email), "name": str(name)}:
            customer = Customer(email=email, name=name)
        case _:
            raise InvalidRequestError('a customer is {"email": "…", "name": "…"}')
    with database.session() as session:
        session.add(customer)
        session.commit()
    return {"id": customer.id}, 201
