"""An answer that says of itself that the request failed is an occurrence, with or without an exception."""

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

pytest.importorskip("flask")
pytest.importorskip("opentelemetry.instrumentation.flask")
pytest.importorskip("opentelemetry.instrumentation.logging")

import flask


class StockError(Exception):
    pass


def fail(*_):
    raise StockError("out of stock")


def unhandled(app):
    app.get("/")(fail)


def broad_handler(app):
    unhandled(app)
    app.errorhandler(Exception)(lambda _: ("sorry", 503))


def named(function):
    return getattr(function, "__name__", str(function))


def aborted(app):
    app.get("/x/<int:number>")(lambda number: flask.abort(500))


def returned(app):
    app.get("/x/<int:number>")(lambda number: ("sorry", 500))


def aborted_with_handler(app):
    aborted(app)
    app.errorhandler(500)(lambda _: ("sorry", 500))


def aborted_with_broad_handler(app):
    aborted(app)
    app.errorhandler(Exception)(lambda _: ("sorry", 500))


@pytest.mark.parametrize("sampler", [None, ALWAYS_OFF], ids=["on", "off"])
@pytest.mark.parametrize("build", [aborted, returned, aborted_with_handler, aborted_with_broad_handler], ids=named)
def test_an_answer_without_exception_is_one_occurrence_of_its_route_and_status(
    start, serve_flask, issue_of, build, sampler
):
    host = start(sampler=sampler)
    call = serve_flask(host, build)
    assert (call("/x/1"), call("/x/2")) == (500, 500)
    (issue,) = host.issues()
    assert (issue.title, issue.error_type, issue.culprit) == ("500 at /x/<int:number>", "500", "/x/<int:number>")
    assert (issue.count, issue.handled, issue.category, issue.severity) == (2, False, "internal", "error")
    for span in host.spans().values():
        assert issue_of(span)["fingerprint"] == issue.fingerprint
    newest, *_ = host.store.issues.occurrences(issue.id)
    assert newest.attributes == {
        "http.request.method": "GET",
        "http.route": "/x/<int:number>",
        "http.response.status_code": "500",
    }


def test_another_status_and_another_route_are_other_issues(host, serve_flask):
    def build(app):
        app.get("/a/<int:status>")(lambda status: ("sorry", status))
        app.get("/b", endpoint="b")(lambda: ("sorry", 500))

    call = serve_flask(host, build)
    for path in ("/a/500", "/a/502", "/b"):
        call(path)
    assert len(host.issues()) == 3


def a_message(app):
    @app.get("/")
    def view():
        app.logger.error("the warehouse does not answer")
        return "sorry", 503


def test_an_error_that_was_logged_explains_the_answer(host, serve_flask):
    serve_flask(host, a_message)()
    assert [(issue.title, issue.count, issue.handled) for issue in host.issues()] == [
        ("the warehouse does not answer", 1, False)
    ]


def client_errors(app):
    @app.get("/<int:status>")
    def view(status):
        flask.abort(status)

    @app.get("/validation")
    def validate():
        raise ValueError("not a number")

    @app.get("/key")
    def key():
        return flask.request.form["missing"]

    @app.errorhandler(ValueError)
    def on_error(error):
        return "wrong", 422


CLIENT_ERRORS = ["/404", "/400", "/401", "/403", "/validation", "/key", "/no/such/page"]


@pytest.mark.parametrize("path", CLIENT_ERRORS)
def test_what_a_client_got_wrong_is_no_issue_but_a_request(host, serve_flask, path):
    status = serve_flask(host, client_errors)(path)
    assert 400 <= status < 500
    assert host.issues() == []
    collected = host._metrics.get_metrics_data()
    (duration,) = [
        metric
        for resource in collected.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "http.server.duration"
    ]
    assert [(point.count, point.attributes["http.status_code"]) for point in duration.data.data_points] == [(1, status)]


@pytest.mark.parametrize("path", CLIENT_ERRORS)
def test_unless_it_is_asked_for(start, serve_flask, path):
    host = start(failed_requests=400)
    serve_flask(host, client_errors)(path)
    (issue,) = host.issues()
    assert (issue.count, issue.handled) == (1, True)
    assert issue.error_type == ("ValueError" if path == "/validation" else issue.title[:3])


@pytest.mark.parametrize(("build", "issues"), [(unhandled, 1), (broad_handler, 0), (aborted, 0)], ids=named)
def test_answers_can_be_no_issues_at_all(start, serve_flask, build, issues):
    host = start(failed_requests=None)
    call = serve_flask(host, build)
    call("/x/1")
    call("/")
    assert len(host.issues()) == issues
