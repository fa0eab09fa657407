"""What the application says of its work stands beside each occurrence."""

import asyncio
import concurrent.futures
import contextvars
import gc
import json
import logging
import weakref

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry._logs import LogRecord
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.trace import SpanKind, Status, StatusCode

import tocsin
from tocsin.capture.scope import GENERATION, MOST_CRUMBS, current_scope, scopes
from tocsin.guard import guard
from tocsin.telemetry import BatchReader, samples


@pytest.fixture
def quiet():
    """A logger whose records nobody else keeps: it is in no hierarchy."""
    logger = logging.Logger("shop.quiet")  # noqa: LOG001  see above
    logger.addHandler(logging.NullHandler())
    return logger


class TestSetContext:
    def test_what_is_set_is_told_and_can_be_searched_as_a_tag(self, host, fails):
        occurrence = fails(lambda: tocsin.set_context({"cart.size": 3}, plan="pro", tenant_id="acme"))
        assert occurrence.attributes["plan"] == "pro"
        assert occurrence.attributes["cart.size"] == "3"
        assert occurrence.attributes["tenant.id"] == "acme"
        assert host.store.issues.tags(1)["plan"] == {"pro": 1}

    def test_the_next_trace_in_the_same_thread_knows_nothing_of_it(self, fails):
        fails(lambda: (tocsin.set_context(plan="pro", user="u1"), tocsin.note("first")))
        occurrence = fails()
        assert "plan" not in occurrence.attributes
        assert not {"user", "breadcrumbs"} & set(occurrence.details)

    def test_attributes_may_share_a_name(self, fails):
        occurrence = fails(lambda: tocsin.set_context("cart", {"size": 3, "currency": "EUR"}, plan="pro"))
        assert occurrence.attributes["cart.size"] == "3"
        assert occurrence.attributes["cart.currency"] == "EUR"
        assert occurrence.attributes["plan"] == "pro"

    @pytest.mark.parametrize("given", [("cart",), (7,), ("cart", 7), ("cart", {}, "more")], ids=str)
    def test_called_wrongly_it_does_no_harm(self, host, monkeypatch, given):
        monkeypatch.setattr(guard, "strict", False)
        before = guard.failures["set_context"]
        with tocsin.set_context(*given):
            assert guard.failures["set_context"] == before + 1

    def test_a_note_that_is_left_wrongly_does_no_harm(self, host, monkeypatch):
        monkeypatch.setattr(guard, "strict", False)
        before = guard.failures["note"]
        tocsin.note("cart", {"size": 3})
        assert guard.failures["note"] == before + 1

    def test_a_block_restores_what_was(self, host):
        with host.tracer.start_as_current_span("work"):
            tocsin.set_context(plan="free", region="eu")
            with tocsin.set_context(plan="pro", beta=True):
                assert dict(current_scope().attributes) == {"plan": "pro", "region": "eu", "beta": True}
            assert dict(current_scope().attributes) == {"plan": "free", "region": "eu"}
            tocsin.set_context(plan=None)
            assert dict(current_scope().attributes) == {"region": "eu"}

    def test_outside_of_any_trace_it_holds_for_the_context(self, host):
        def work():
            tocsin.set_context(job="nightly")
            tocsin.note("begun")
            assert tocsin.capture(LookupError("lost")) is not None

        contextvars.Context().run(work)
        occurrence = host.occurrence()
        assert occurrence.attributes["job"] == "nightly"
        assert [crumb["message"] for crumb in occurrence.details["breadcrumbs"]] == ["begun"]

    def test_tasks_outside_of_any_trace_do_not_hear_of_each_other(self, host):
        async def work(name):
            tocsin.set_context(**{name: name})
            tocsin.note(name)
            await asyncio.sleep(0)
            tocsin.capture(LookupError(name))

        async def together():
            tocsin.set_context(all="yes")
            await asyncio.gather(*(work(name) for name in "abc"))

        contextvars.Context().run(asyncio.run, together())
        issues = host.issues()
        kept = [each for issue in issues for each in host.store.issues.occurrences(issue.id)]
        told = {tuple(sorted(set(each.attributes) & {"a", "b", "c", "all"})) for each in kept}
        assert told == {("a", "all"), ("all", "b"), ("all", "c")}

    def test_concurrent_traces_do_not_hear_of_each_other(self, host):
        async def work(name):
            with host.tracer.start_as_current_span(name, context=context.Context()):
                tocsin.set_context(task=name)
                await asyncio.sleep(0)
                tocsin.note(name)
                await asyncio.sleep(0)
                tocsin.capture(LookupError(name))

        async def together():
            await asyncio.gather(*(asyncio.create_task(work(f"task {number}")) for number in range(5)))

        asyncio.run(together())
        (issue,) = host.issues()
        for occurrence in host.store.issues.occurrences(issue.id):
            (crumb,) = occurrence.details["breadcrumbs"]
            assert occurrence.attributes["task"] == crumb["message"]

    def test_threads_of_one_trace_share_it(self, host):
        threading_ = pytest.importorskip("opentelemetry.instrumentation.threading")
        instrumentor = threading_.ThreadingInstrumentor()
        instrumentor.instrument()
        try:
            with host.tracer.start_as_current_span("work"), concurrent.futures.ThreadPoolExecutor(1) as pool:
                tocsin.set_context(plan="pro")
                tocsin.note("handed over")
                pool.submit(lambda: tocsin.capture(LookupError("in a thread"))).result()
        finally:
            instrumentor.uninstrument()
        occurrence = host.occurrence()
        assert occurrence.attributes["plan"] == "pro"
        assert occurrence.details["breadcrumbs"][0]["message"] == "handed over"
        assert occurrence.details["execution"]["thread.name"].startswith("ThreadPoolExecutor")

    def test_everything_is_bounded(self, host):
        with host.tracer.start_as_current_span("work"):
            tocsin.set_context({f"name {number}" * 50: "x" * 5_000 for number in range(500)})
            for number in range(500):
                tocsin.note("y" * 5_000, number=number)
            scope = current_scope()
        assert len(scope.attributes) == 50
        assert max(map(len, scope.attributes)) == 100
        assert {len(value) for value in scope.attributes.values()} == {1_000}
        assert len(scope.crumbs) == MOST_CRUMBS
        assert scope.crumbs[-1][-1] == {"number": 499}

    def test_traces_that_never_end_are_forgotten(self, host):
        spans = [host.tracer.start_span("open", context=context.Context()) for _ in range(5 * GENERATION)]
        known = [span for span in spans if scopes.find(span.context.trace_id)]
        assert GENERATION <= len(known) <= 2 * GENERATION

    def test_a_trace_that_has_ended_is_forgotten(self, host):
        with host.tracer.start_as_current_span("work") as span:
            with host.tracer.start_as_current_span("part"):
                tocsin.set_context(plan="pro")
            assert scopes.find(span.context.trace_id).attributes
        assert scopes.find(span.context.trace_id) is None

    def test_two_requests_of_one_trace_do_not_speak_for_each_other(self, host):
        tracer = host.tracer
        with tracer.start_as_current_span("first", kind=SpanKind.SERVER, attributes={"user.id": "one"}) as first:
            remote = trace.NonRecordingSpan(
                trace.SpanContext(first.context.trace_id, 1, is_remote=True, trace_flags=trace.TraceFlags(1))
            )
            with (
                tracer.start_as_current_span("second", context=trace.set_span_in_context(remote)),
                tracer.start_as_current_span("part"),
            ):
                tocsin.capture(LookupError("whose"))
            assert scopes.find(first.context.trace_id) is not None
        assert "user" not in host.occurrence().details

    def test_nothing_of_the_application_is_kept_alive(self, fails, quiet):
        class Cart:
            pass

        gone = []

        def before():
            cart = Cart()
            gone.append(weakref.ref(cart))
            tocsin.set_context(cart=cart)
            tocsin.note("a cart", cart=cart)
            quiet.warning("cart %s", cart)

        occurrence = fails(before)
        gc.collect()
        assert gone[0]() is None
        assert occurrence.attributes["cart"].endswith("Cart>")

    def test_without_tocsin_it_does_nothing(self, host):
        host.capture.unhook()
        tocsin.note("nobody listens")
        with tocsin.set_context(plan="pro"), host.tracer.start_as_current_span("work"):
            tocsin.note("nor here")
        assert tocsin.capture(LookupError("lost")) is None
        assert not host.inbox.drafts


class TestBreadcrumbs:
    def test_spans_logs_and_notes_in_the_order_in_which_they_happened(self, host, fails):
        def before():
            with host.tracer.start_as_current_span("SELECT shop") as span:
                span.set_status(Status(StatusCode.ERROR))
            logging.getLogger("shop.cart").warning("cart %s is odd", 7)
            tocsin.note("asking again", attempt=2)

        span, log, note = fails(before).details["breadcrumbs"]
        assert (span["kind"], span["name"], span["status"]) == ("span", "SELECT shop", "error")
        assert 0 <= span["seconds"] < 1
        assert (log["kind"], log["level"], log["name"], log["message"]) == (
            "log", "WARNING", "shop.cart", "cart %s is odd",
        )  # fmt: skip
        assert (note["kind"], note["message"], note["attributes"]) == ("note", "asking again", {"attempt": 2})
        assert span["at"] <= log["at"] <= note["at"]

    def test_ours_and_telemetry_s_own_log_records_are_none(self, fails):
        def before():
            logging.getLogger("opentelemetry.sdk").warning("queue full")
            logging.getLogger("tocsin").warning("said")

        assert "breadcrumbs" not in fails(before).details

    def test_hostile_log_records(self, fails, quiet):
        class Hostile(str):
            __slots__ = ()

            def __getitem__(self, _):
                raise RuntimeError("no")

            __str__ = __repr__ = __getitem__

        record = logging.LogRecord("shop", logging.INFO, "f", 1, Hostile("hello"), (), None)
        occurrence = fails(lambda: quiet.callHandlers(record))
        assert [crumb["message"] for crumb in occurrence.details["breadcrumbs"]] == ["hello"]


class TestUsers:
    def test_every_occurrence_counts_its_user_and_the_store_has_pseudonyms(self, host):
        for number in range(60):
            with host.tracer.start_as_current_span("work", context=context.Context()):
                tocsin.set_context(user_id=f"user{number % 30}@example.com")
                tocsin.capture(LookupError("boom"))
        (issue,) = host.issues()
        assert (issue.count, issue.users) == (60, 30)
        with host.store.issues._database.reading() as connection:
            users = [row[0] for row in connection.execute("SELECT user FROM users")]
        assert all(len(user) == 16 and int(user, 16) for user in users)

    @pytest.mark.parametrize("name", ["user.id", "enduser.id"])
    def test_what_the_span_of_the_request_says_holds_for_the_spans_within(self, host, name):
        with (
            host.tracer.start_as_current_span("GET /", kind=SpanKind.SERVER) as span,
            host.tracer.start_as_current_span("part"),
        ):
            span.set_attributes({name: 7, "session.id": "s1"})
            tocsin.capture(LookupError("boom"))
        (issue,) = host.issues()
        assert issue.users == 1
        assert host.store.issues.occurrences(issue.id)[0].details["user"][name] == "7"

    def test_the_same_user_in_two_processes_is_one(self, start):
        for _ in range(2):
            host = start()
            with host.tracer.start_as_current_span("work"):
                tocsin.set_context(user=7)
                tocsin.capture(LookupError("boom"))
            (issue,) = host.issues()
            host.capture.unhook()
        assert (issue.count, issue.users) == (2, 1)

    def test_users_can_be_left_out(self, start):
        host = start(context=("request",))
        with host.tracer.start_as_current_span("work"):
            tocsin.set_context(user=7)
            tocsin.capture(LookupError("boom"))
        (issue,) = host.issues()
        assert issue.users == 0
        assert "7" not in json.dumps(host.occurrence().details)

    def test_callers_are_believed_only_where_it_is_wanted(self, start):
        host = start(context=("user", "baggage"))
        token = context.attach(baggage.set_baggage("tenant.id", "acme"))
        try:
            tocsin.capture(LookupError("boom"))
        finally:
            context.detach(token)
        assert host.occurrence().details["user"] == {"tenant.id": "acme"}


class TestFlags:
    def test_from_events_old_and_new_and_from_the_context(self, host, fails):
        def before():
            span = trace.get_current_span()
            span.add_event("feature_flag", {"feature_flag.key": "old", "feature_flag.variant": "on"})
            span.add_event(
                "feature_flag.evaluation", {"feature_flag.key": "new", "feature_flag.result.variant": "blue"}
            )
            tocsin.set_context({"feature_flag.mine": True})

        occurrence = fails(before)
        assert occurrence.details["feature_flags"] == {"old": "on", "new": "blue", "mine": True}
        assert not any(name.startswith("feature_flag") for name in occurrence.attributes)

    def test_from_events_among_the_log_records(self, host, fails):
        def before():
            told = {"feature_flag.key": "checkout", "feature_flag.result.variant": "blue"}
            host.logger_provider.get_logger("flags").emit(
                LogRecord(event_name="feature_flag.evaluation", attributes=told)
            )

        assert fails(before).details["feature_flags"] == {"checkout": "blue"}


def test_stored_batches_lead_to_the_trace_too(host, fails):
    batches = []
    reader = BatchReader(batches.append)
    provider = MeterProvider([reader], resource=host.resource, shutdown_on_exit=False)
    counter = provider.get_meter("shop").create_counter("tocsin.errors")
    with host.tracer.start_as_current_span("work") as span:
        counter.add(1)
    counter.add(1)
    reader.collect()
    ((metric,),) = [
        scope["metrics"] for each in json.loads(batches[0])["resourceMetrics"] for scope in each["scopeMetrics"]
    ]
    (exemplar,) = metric["sum"]["dataPoints"][0]["exemplars"]
    assert exemplar["traceId"] == f"{span.context.trace_id:032x}"
    assert exemplar["spanId"] == f"{span.context.span_id:016x}"
    assert list(samples(batches[0]))
    provider.shutdown()
