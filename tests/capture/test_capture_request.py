"""What an occurrence knows of its request, and of where the application runs."""

import asyncio
import threading

import pytest
from opentelemetry.trace import SpanKind

import tocsin

#: Planted; nothing that is stored may hold one.
EMAIL, CARD, PASSWORD = "alice@example.com", "4111111111111111", "hunter2swordfish"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


def fail(message="boom", *arguments):
    raise LookupError(message, *arguments)


class TestRequest:
    @pytest.mark.parametrize(
        "attributes",
        [
            {"http.request.method": "GET", "url.path": "/c/7", "url.query": f"q=1&password={PASSWORD}"},
            {"http.method": "GET", "http.target": f"/c/7?q=1&password={PASSWORD}"},
            {"http.method": "GET", "http.url": f"http://h/c/7?q=1&password={PASSWORD}"},
        ],
        ids=["stable", "old target", "old url"],
    )  # fmt: skip
    def test_from_attributes_of_every_version_of_the_conventions(self, fails, attributes):
        attributes = {**attributes, "http.route": "/c/{id}"}
        headers = {"http.request.header.x-api-key": ("zzz",), "http.request.header.accept": ("text/html",)}
        request = fails(kind=SpanKind.SERVER, attributes={**attributes, **headers}).details["request"]
        assert {name: request[name] for name in ("method", "route", "path")} == {
            "method": "GET", "route": "/c/{id}", "path": "/c/7",
        }  # fmt: skip
        assert request["query"] == {"q": "1", "password": "[secret]"}
        assert request["headers"] == {"x-api-key": "[secret]", "accept": "text/html"}

    def test_from_flask_without_any_span(self, host):
        flask = pytest.importorskip("flask")
        app = flask.Flask("shop")

        @app.get("/cart/<int:number>")
        def cart(number):
            tocsin.set_context(user=number)
            tocsin.note(f"cart {number}")
            fail()

        client = app.test_client(use_cookies=False)
        for number in (1, 2):
            headers = {"Authorization": f"Bearer {JWT}", "Cookie": "sid=abc", "Accept-Language": "de"}
            client.get(f"/cart/{number}?q=shoes&token={PASSWORD}", headers=headers)
        (issue,) = host.issues()
        second, first = host.store.issues.occurrences(issue.id)
        assert issue.users == 2
        request = first.details["request"]
        assert (request["method"], request["route"]) == ("GET", "/cart/<int:number>")
        assert request["query"] == {"q": "shoes", "token": "[secret]"}
        assert request["headers"]["accept-language"] == "de"
        assert request["headers"]["authorization"] == request["headers"]["cookie"] == "[secret]"
        for number, occurrence in ((1, first), (2, second)):
            assert occurrence.details["user"] == {"user.id": str(number)}
            assert [crumb["message"] for crumb in occurrence.details["breadcrumbs"]] == [f"cart {number}"]

    def test_from_starlette(self, host):
        httpx = pytest.importorskip("httpx")
        pytest.importorskip("starlette")
        from starlette.applications import Starlette
        from starlette.routing import Route

        async def cart(request):
            fail()

        async def ask(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                await client.get(f"/cart/1?q=shoes&password={PASSWORD}", headers={"x-api-key": "zzz"})

        asyncio.run(ask(Starlette(routes=[Route("/cart/{number}", cart)])))
        request = host.occurrence().details["request"]
        assert request["query"] == {"q": "shoes", "password": "[secret]"}
        assert request["headers"]["x-api-key"] == "[secret]"


class TestDeployment:
    def test_environment(self, start):
        host = start(environment="staging")
        tocsin.capture(LookupError("boom"))
        assert host.occurrence().attributes["deployment.environment.name"] == "staging"

    def test_thread_process_and_task(self, host):
        async def work():
            asyncio.current_task().set_name("checkout")
            tocsin.capture(LookupError("boom"))

        asyncio.run(work())
        execution = host.occurrence().details["execution"]
        assert execution["task.name"] == "checkout"
        assert execution["thread.name"] == threading.current_thread().name
        assert execution["thread.id"] == threading.get_ident()

    def test_versions_of_libraries_in_the_stack(self, host):
        yaml = pytest.importorskip("yaml")
        try:
            yaml.safe_load("a: [")
        except yaml.YAMLError as error:
            tocsin.capture(error)
        assert host.occurrence().details["versions"]["yaml"] == yaml.__version__

    def test_the_count_leads_to_the_trace(self, host, fails):
        occurrence = fails()
        (point,) = [
            point
            for resource in host._metrics.get_metrics_data().resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == "tocsin.errors"
            for point in metric.data.data_points
        ]
        assert [f"{exemplar.trace_id:032x}" for exemplar in point.exemplars] == [occurrence.trace_id]
