"""Every shipped alert: series that make it fire, and series that nearly do."""

from pack_cases import application, cache, celery, database, heartbeats, host, issues, outgoing, telemetry
from pack_cases.case import Case

CASES: list[Case] = [
    *issues.CASES,
    *application.CASES,
    *outgoing.CASES,
    *database.CASES,
    *celery.CASES,
    *host.CASES,
    *telemetry.CASES,
    *cache.CASES,
    *heartbeats.CASES,
]
