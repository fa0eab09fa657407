"""The tables. Money is in cents."""

from datetime import datetime, timezone

from sqlalchemy import DateTime, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def now() -> datetime:
    return datetime.now(timezone.utc)


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"

    sku: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]

    def as_json(self) -> dict:
        return {"sku": self.sku, "name": self.name, "price": self.price}


class Review(Base):
    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"), index=True)
    stars: Mapped[int]


class Recommendation(Base):
    __tablename__ = "recommendations"

    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"), primary_key=True)
    bought_together: Mapped[str]
    """A JSON list of SKUs."""


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    total: Mapped[int]
    placed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    authorization: Mapped[str | None]
    """The payment service's; without it the order is not paid."""
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    lines: Mapped[list["OrderLine"]] = relationship(lazy="selectin")

    def as_json(self) -> dict:
        return {
            "id": self.id,
            "total": self.total,
            "paid": self.authorization is not None,
            "confirmed": self.confirmed_at is not None,
        }


class OrderLine(Base):
    __tablename__ = "order_lines"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"), primary_key=True)
    quantity: Mapped[int]
    price: Mapped[int]
