"""The shop that customers see. Serve it with ``gunicorn storefront.app:app``."""

from flask import Flask
from sqlalchemy import text

from storefront import database, errors
from storefront.api import api
from storefront.backoffice import backoffice
from storefront.catalog import catalog
from storefront.customers import customers
from storefront.orders import orders
from storefront.reports import reports
from storefront.seed import init_database


def create_app() -> Flask:
    app = Flask(__name__)
    for blueprint in (api, backoffice, catalog, customers, orders, reports):
        app.register_blueprint(blueprint)
    app.register_error_handler(errors.ShopError, errors.answer)
    app.add_url_rule("/health", view_func=health)
    app.cli.add_command(init_database)
    return app


def health():
    with database.session() as session:
        session.execute(text("SELECT 1"))
    return {"status": "pass"}


app = create_app()
