"""What the shop does behind the customer's back."""

import logging

from sqlalchemy import func, select

import faults
from storefront import database
from storefront.models import Order, now
from worker import feeds, recommendations
from worker.app import app

REBUILD_SECONDS = 60

log = logging.getLogger(__name__)


@app.task
def send_confirmation(number: int) -> None:
    with database.session() as session:
        session.get_one(Order, number).confirmed_at = now()
        session.commit()


@app.task(autoretry_for=(TimeoutError,), max_retries=2, default_retry_delay=1)
def rebuild_recommendations() -> None:
    seconds = 0 if faults.is_on(faults.FLAKY_TASK) else REBUILD_SECONDS
    with database.session() as session:
        recommendations.rebuild(session, seconds=seconds)
        session.commit()


@app.task
def import_feed(text: str) -> None:
    """A supplier's price list, one product a line."""
    products = feeds.parse(text)
    with database.session() as session:
        for product in products:
            session.merge(product)
        session.commit()


@app.task
def nightly_report() -> None:
    with database.session() as session:
        orders, revenue = session.execute(select(func.count(), func.sum(Order.total)).select_from(Order)).one()
    log.info("%d orders, %d cents", orders, revenue)
