"""What the owner of the shop looks at."""

import os

from flask import Blueprint
from sqlalchemy import func, select

import faults
from storefront import database
from storefront.models import OrderLine

SLOW_SECONDS = float(os.environ.get("SHOP_SLOW_SECONDS", "1.5"))

reports = Blueprint("reports", __name__, url_prefix="/reports")


@reports.get("/sales")
def sales():
    revenue = func.sum(OrderLine.quantity * OrderLine.price)
    with database.session() as session:
        if faults.is_on(faults.SLOW_QUERY):
            session.execute(select(func.pg_sleep(SLOW_SECONDS)))
        return dict(session.execute(select(OrderLine.sku, revenue).group_by(OrderLine.sku)).tuples().all())
