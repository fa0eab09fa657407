"""The first stock of the shop: ``flask --app storefront.app init-db``."""

import click
from sqlalchemy.orm import Session

from storefront import database
from storefront.models import Base, Customer, Order, OrderLine, Product, Recommendation, Review


@click.command("init-db")
def init_database() -> None:
    """Create the tables and fill them, unless that has been done."""
    Base.metadata.create_all(database.engine())
    with database.session() as session:
        if session.get(Product, "MUG") is None:
            fill(session)
            session.commit()


def fill(session: Session) -> None:
    """Two products are as odd as in a real shop: nobody reviewed GIFT, and what is stored for POSTER is cut off."""
    session.add_all(
        [
            Product(sku="MUG", name="Mug", price=1200),
            Product(sku="TEE", name="T-shirt", price=2500),
            Product(sku="GIFT", name="Gift card", price=5000),
            Product(sku="POSTER", name="Poster", price=1800),
            Customer(email="ada@example.org", name="Ada"),
        ]
    )
    session.flush()
    session.add_all(
        [
            Review(sku="MUG", stars=5),
            Review(sku="MUG", stars=4),
            Recommendation(sku="MUG", bought_together='["TEE"]'),
            Recommendation(sku="POSTER", bought_together='["MUG", "TE'),
            Order(
                customer_id=1,
                total=3700,
                authorization="seed",
                lines=[OrderLine(sku="MUG", quantity=1, price=1200), OrderLine(sku="TEE", quantity=1, price=2500)],
            ),
        ]
    )
