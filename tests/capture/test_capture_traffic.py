import pytest
from opentelemetry.trace import SpanKind, StatusCode

from tocsin.capture.traffic import ENOUGH, STRETCH, Traffic


def test_a_share_is_of_the_last_minutes_and_needs_enough_work():
    now = 0.0
    traffic = Traffic(clock=lambda: now)
    traffic.add(ENOUGH - 1, {"v1:a": 10})
    assert traffic.share("v1:a") == 0.0
    traffic.add(1, {})
    assert (traffic.share("v1:a"), traffic.share("v1:b")) == (10 / ENOUGH, 0.0)
    now += STRETCH
    traffic.add(ENOUGH, {})
    assert traffic.share("v1:a") == 5 / ENOUGH
    now += STRETCH
    traffic.add(ENOUGH, {})
    assert traffic.share("v1:a") == 0.0


def test_a_share_is_at_most_all():
    traffic = Traffic()
    traffic.add(ENOUGH, {"v1:a": 3 * ENOUGH})
    assert traffic.share("v1:a") == 1.0


@pytest.mark.parametrize(("failing", "severity"), [(3, "warning"), (20, "error"), (80, "critical")])
def test_an_issue_that_hits_many_requests_is_worse(host, failing, severity):
    for number in range(ENOUGH):
        attributes = {"http.route": "/orders", "http.request.method": "GET"}
        with host.tracer.start_as_current_span("GET /orders", kind=SpanKind.SERVER, attributes=attributes) as span:
            if number < failing:
                span.record_exception(KeyError("price"))
                span.set_status(StatusCode.ERROR)
    (issue,) = host.issues()
    assert (issue.count, issue.severity) == (failing, severity)


def test_the_severity_of_an_issue_rises_and_does_not_fall(host):
    for failing in (20, 0):
        for number in range(2 * ENOUGH):
            with host.tracer.start_as_current_span(
                "GET /", kind=SpanKind.SERVER, attributes={"http.route": "/"}
            ) as span:
                if number < failing or number == 0:
                    span.record_exception(KeyError("price"))
        (issue,) = host.issues()
        assert issue.severity == "error"
