"""What goes wrong in the shop, how to bring it about, and what an error tracker must then have found.

Plain data: whoever drives the shop reads it, whoever judges a tracker checks against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import faults

STOREFRONT = "storefront"
PAYMENTS = "payments"
WORKER = "worker"

DATABASE = "database"
EXTERNAL_SERVICE = "external_service"
INTERNAL = "internal"
NETWORK = "network"
RATE_LIMIT = "rate_limit"
SERIALIZATION = "serialization"
TIMEOUT = "timeout"
VALIDATION = "validation"

NEW_ISSUE = "NewIssue"
HIGH_ERROR_RATIO = "HighErrorRatio"
SLOW_REQUESTS = "SlowRequests"


@dataclass(frozen=True, slots=True)
class Request:
    """To the storefront; ``json`` and ``text`` are the two kinds of body."""

    method: str
    path: str
    json: Mapping[str, object] | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    service: str
    exception_type: str
    """As OpenTelemetry writes it: qualified, built-in ones by their name alone."""
    culprit: str
    """The innermost function of the application's own, after its module."""
    category: str
    handled: bool = False
    """Whether the caller still got what he asked for: an answer of 500 is not handled, whoever wrote it."""
    occurrences: int = 1
    """For each trigger."""


@dataclass(frozen=True, slots=True)
class Alert:
    name: str
    service: str


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    story: str
    request: Request
    status: int
    """Of the answer, while the fault is on."""
    issues: tuple[Issue, ...] = ()
    alerts: tuple[Alert, ...] = ()
    """What fires while the request is repeated for some minutes: a single one moves no ratio."""
    switch: str | None = None
    """To be turned on first (``faults.turn``); None where the request alone does it."""
    task: str | None = None
    """The Celery task that fails after the answer, which names its id."""


ORDER = Request("POST", "/orders", json={"customer": 1, "lines": {"MUG": 1, "TEE": 2}})

FAULTS = (
    Fault(
        name="payment-down",
        story="The storefront is pointed to a port where nobody listens.",
        switch=faults.PAYMENT_DOWN,
        request=ORDER,
        status=500,
        issues=(
            Issue(STOREFRONT, "requests.exceptions.ConnectionError", "storefront.payments_client.charge", NETWORK),
        ),
        alerts=(Alert(NEW_ISSUE, STOREFRONT), Alert(HIGH_ERROR_RATIO, STOREFRONT)),
    ),
    Fault(
        name="payment-500",
        story="The payment service trips over the bank's answer. One fault, an issue in each of two services.",
        switch=faults.PAYMENT_500,
        request=ORDER,
        status=500,
        issues=(
            Issue(PAYMENTS, "KeyError", "payments.charges.create", INTERNAL),
            Issue(STOREFRONT, "requests.exceptions.HTTPError", "storefront.payments_client.charge", EXTERNAL_SERVICE),
        ),
        alerts=(
            Alert(NEW_ISSUE, PAYMENTS),
            Alert(NEW_ISSUE, STOREFRONT),
            Alert(HIGH_ERROR_RATIO, PAYMENTS),
            Alert(HIGH_ERROR_RATIO, STOREFRONT),
        ),
    ),
    Fault(
        name="payment-429",
        story="The payment service is in order and says: later. Raised by the line of payment-500, another issue.",
        switch=faults.PAYMENT_429,
        request=ORDER,
        status=500,
        issues=(Issue(STOREFRONT, "requests.exceptions.HTTPError", "storefront.payments_client.charge", RATE_LIMIT),),
        alerts=(Alert(NEW_ISSUE, STOREFRONT), Alert(HIGH_ERROR_RATIO, STOREFRONT)),
    ),
    Fault(
        name="duplicate-customer",
        story="The e-mail address is taken, and nobody thought of it but the database.",
        request=Request("POST", "/customers", json={"email": "ada@example.org", "name": "Ada"}),
        status=500,
        issues=(Issue(STOREFRONT, "sqlalchemy.exc.IntegrityError", "storefront.customers.register", DATABASE),),
        alerts=(Alert(NEW_ISSUE, STOREFRONT), Alert(HIGH_ERROR_RATIO, STOREFRONT)),
    ),
    Fault(
        name="bad-input",
        story="A page number that is none, and nobody looked.",
        request=Request("GET", "/search?q=mug&page=abc"),
        status=500,
        issues=(Issue(STOREFRONT, "ValueError", "storefront.catalog.search", VALIDATION),),
        alerts=(Alert(NEW_ISSUE, STOREFRONT), Alert(HIGH_ERROR_RATIO, STOREFRONT)),
    ),
    Fault(
        name="swallowed",
        story="The mean of no reviews. The blueprint's handler of all exceptions turns it into JSON and tells nobody.",
        request=Request("GET", "/api/products/GIFT/rating"),
        status=500,
        issues=(Issue(STOREFRONT, "ZeroDivisionError", "storefront.api.rating", INTERNAL),),
        alerts=(Alert(NEW_ISSUE, STOREFRONT), Alert(HIGH_ERROR_RATIO, STOREFRONT)),
    ),
    Fault(
        name="handled",
        story="Stored recommendations are cut off; the page is shown without them and the exception logged.",
        request=Request("GET", "/products/POSTER"),
        status=200,
        issues=(
            Issue(
                STOREFRONT,
                "json.decoder.JSONDecodeError",
                "storefront.catalog.bought_together",
                SERIALIZATION,
                handled=True,
            ),
        ),
        alerts=(Alert(NEW_ISSUE, STOREFRONT),),
    ),
    Fault(
        name="slow-query",
        story="A statement that takes SHOP_SLOW_SECONDS (1.5). No error.",
        switch=faults.SLOW_QUERY,
        request=Request("GET", "/reports/sales"),
        status=200,
        alerts=(Alert(SLOW_REQUESTS, STOREFRONT),),
    ),
    Fault(
        name="poison-task",
        story="A supplier's feed that cannot be parsed: accepted, and the task fails at once.",
        request=Request("POST", "/backoffice/feeds", text='{"sku": "MUG", "name": "Mug", "price": 1100}\n{"sku": '),
        status=202,
        task="worker.tasks.import_feed",
        issues=(Issue(WORKER, "json.decoder.JSONDecodeError", "worker.feeds.product", SERIALIZATION),),
        alerts=(Alert(NEW_ISSUE, WORKER),),
    ),
    Fault(
        name="flaky-task",
        story="A task out of time, tried three times within some seconds. The two retries are no failures, the end is.",
        switch=faults.FLAKY_TASK,
        request=Request("POST", "/backoffice/recommendations"),
        status=202,
        task="worker.tasks.rebuild_recommendations",
        issues=(Issue(WORKER, "TimeoutError", "worker.recommendations.companions", TIMEOUT),),
        alerts=(Alert(NEW_ISSUE, WORKER),),
    ),
)

ORDINARY = (
    (Request("GET", "/health"), 200),
    (Request("GET", "/products"), 200),
    (Request("GET", "/products/MUG"), 200),
    (Request("GET", "/search?q=mug"), 200),
    (Request("GET", "/api/products/MUG/rating"), 200),
    (Request("GET", "/reports/sales"), 200),
    (ORDER, 201),
    (Request("POST", "/backoffice/nightly-report"), 202),
    (Request("POST", "/backoffice/recommendations"), 202),
    (Request("POST", "/backoffice/feeds", text='{"sku": "MUG", "name": "Mug", "price": 1200}'), 202),
    (Request("GET", "/products/NONE"), 404),
    (Request("GET", "/api/products/NONE/rating"), 404),
    (Request("POST", "/orders", json={"customer": 1, "lines": {}}), 422),
)
"""Requests, each with the status of its answer, that make no issue and no alert while everything is off."""
