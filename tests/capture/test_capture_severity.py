"""What is known of an answer and of where the work began decides how severe it is."""

import pytest
from opentelemetry import context

import tocsin
from tocsin.errors import Grouping


class TestSeverity:
    def test_where_the_work_began_is_known_from_the_span_of_the_request(self, host):
        kinds = {"http.route": "request", "celery.task_name": "task", "shop.kind": "program"}
        for attribute in kinds:
            with (
                host.tracer.start_as_current_span("entry", context=context.Context(), attributes={attribute: "x"}),
                host.tracer.start_as_current_span("part"),
            ):
                tocsin.capture(LookupError(attribute))
        assert [draft.entry for draft in host.inbox.drafts] == list(kinds.values())

    def test_invalid_input_of_a_request_that_was_told_so_is_no_warning(self, start):
        host = start(failed_requests=400)
        flask = pytest.importorskip("flask")
        app = flask.Flask("shop")
        app.add_url_rule("/cart", view_func=lambda: ("which?", 422))
        app.test_client().get("/cart")
        (issue,) = host.issues()
        assert (issue.category, issue.severity) == ("validation", "info")

    def test_rules_of_grouping_are_for_answers_too(self, start):
        rules = ['type:503 attributes.http.route:/cart* -> cart-busy title="Carts are busy"']
        host = start(grouping=Grouping.of(rules))
        flask = pytest.importorskip("flask")
        app = flask.Flask("shop")
        for number in range(3):
            app.add_url_rule(f"/cart{number}", f"view{number}", view_func=lambda: ("busy", 503))
        for number in range(3):
            app.test_client().get(f"/cart{number}")
        assert host.counts() == {"Carts are busy": 3}
