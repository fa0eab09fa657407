"""The payment service. Serve it with ``gunicorn payments.app:app``."""

from flask import Flask

from payments.charges import charges


def create_app() -> Flask:
    app = Flask(__name__)
    app.register_blueprint(charges)
    return app


app = create_app()
