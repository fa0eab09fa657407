"""The check-out."""

from flask import Blueprint, request
from sqlalchemy.orm import Session

from storefront import catalog, database, payments_client
from storefront.errors import InvalidRequestError, NotFoundError
from storefront.models import Customer, Order, OrderLine
from worker.tasks import send_confirmation

orders = Blueprint("orders", __name__)


@orders.post("/orders")
def check_out():
    """The order is committed before the payment is asked for: a charge never lacks its order."""
    with database.session() as session:
        order = place(session, request.get_json())
        session.commit()
        order.authorization = payments_client.charge(order=order.id, amount=order.total)
        session.commit()
    send_confirmation.delay(order.id)
    return order.as_json(), 201


@orders.get("/orders/<int:number>")
def show(number: int):
    with database.session() as session:
        order = session.get(Order, number)
        if order is None:
            raise NotFoundError(f"no order {number}")
        return order.as_json()


def place(session: Session, wish: object) -> Order:
    match wish:
        case {"customer": int(customer), "lines": dict(quantities)} if quantities:
            lines = [line(session, sku, quantity) for sku, quantity in quantities.items()]
        case _:
            raise InvalidRequestError('an order is {"customer": 1, "lines": {"MUG": 2}}')
    if session.get(Customer, customer) is None:
        raise NotFoundError(f"no customer {customer}")
    order = Order(customer_id=customer, lines=lines, total=sum(each.price * each.quantity for each in lines))
    session.add(order)
    return order


def line(session: Session, sku: str, quantity: object) -> OrderLine:
    if not isinstance(quantity, int) or quantity < 1:
        raise InvalidRequestError(f"{quantity!r} of {sku}: a quantity is a whole number from 1")
    return OrderLine(sku=sku, quantity=quantity, price=catalog.find(session, sku).price)
