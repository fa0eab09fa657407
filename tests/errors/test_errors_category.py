import os
from importlib.metadata import EntryPoint

import pytest

from tocsin.errors import Failure, extension, failure_of, identify, severity_of
from tocsin.errors import category as category_module


@pytest.fixture
def extensions(monkeypatch):
    monkeypatch.setattr(category_module, "extensions", {})
    monkeypatch.setattr(extension, "extensions", category_module.extensions)


def test_others_say_the_categories_of_their_types(extensions, monkeypatch):
    point = EntryPoint("shop", "tests", extension.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda _: {"shop.Late": "timeout", "Odd": "oddity"})
    monkeypatch.setattr(extension, "entry_points", lambda group: [point])
    (problem,) = extension.load_categories({"Broke": "external_service", "shop.Late": "rate_limit"})
    assert problem.startswith("entry point shop (tocsin_categories): Odd: 'oddity' is no category; there are database,")
    assert verdict("shop.Late").category == "rate_limit"
    assert verdict("other.Broke").category == "external_service"


def test_an_entry_point_that_cannot_be_loaded_is_said(extensions, monkeypatch):
    monkeypatch.setattr(extension, "entry_points", lambda group: [EntryPoint("shop", "no_such_module", group)])
    assert extension.load_categories() == ["entry point shop (tocsin_categories): No module named 'no_such_module'"]


def test_a_live_exception_has_the_category_of_its_bases(raised):
    class FlakyError(ConnectionError):
        pass

    def fail():
        raise FlakyError

    assert identify(failure_of(raised(fail))).category == "network"


def test_what_raised_tells_the_category_of_python_s_own_exceptions(raised):
    assert identify(failure_of(raised(lambda: os.environ["NO_SUCH_SETTING"]))).category == "configuration"
    assert identify(failure_of(raised(lambda: {}["NO_SUCH_KEY"]))).category == "internal"


@pytest.mark.parametrize(
    ("circumstances", "severity"),
    [
        ({}, "error"),
        ({"handled": True}, "warning"),
        ({"share": 0.04}, "error"),
        ({"share": 0.05}, "critical"),
        ({"share": 0.5, "handled": True}, "critical"),
        ({"category": "rate_limit"}, "warning"),
        ({"category": "rate_limit", "is_new": True}, "error"),
        ({"category": "rate_limit", "is_new": True, "handled": True}, "warning"),
        ({"category": "validation", "handled": True, "entry": "request"}, "info"),
        ({"category": "validation", "handled": True, "entry": "task"}, "warning"),
        ({"category": "resource_exhaustion", "share": 1.0}, "critical"),
    ],
)
def test_circumstances_count(circumstances, severity):
    category = circumstances.pop("category", "internal")
    assert severity_of("KeyError", category, **{"handled": False, **circumstances}) == severity


def verdict(type_name, message="", *, cause=None, handled=False, attributes=None):
    failure = Failure(type_name, message, cause=cause, cause_is_explicit=cause is not None)
    return identify(failure, handled=handled, attributes=attributes or {})


@pytest.mark.parametrize(
    ("type_name", "message", "category"),
    [
        ("sqlalchemy.exc.IntegrityError", "(sqlite3.IntegrityError) UNIQUE constraint failed: a.b", "database"),
        ("sqlalchemy.exc.OperationalError", "(psycopg2.OperationalError) deadlock detected", "concurrency"),
        ("sqlalchemy.exc.OperationalError", "(sqlite3.OperationalError) database is locked", "concurrency"),
        ("sqlalchemy.exc.TimeoutError", "QueuePool limit of size 5 overflow 10 reached", "resource_exhaustion"),
        ("psycopg.errors.UniqueViolation", "", "database"),
        ("psycopg.OperationalError", "password authentication failed for user", "authentication"),
        ("requests.exceptions.ConnectionError", "", "network"),
        ("requests.exceptions.ReadTimeout", "", "timeout"),
        ("requests.exceptions.HTTPError", "429 Client Error: Too Many Requests for url: x", "rate_limit"),
        ("requests.exceptions.HTTPError", "502 Server Error: Bad Gateway for url: x", "external_service"),
        ("httpx.HTTPStatusError", "Client error '401 Unauthorized' for url 'x'", "authentication"),
        ("werkzeug.exceptions.BadRequest", "400 Bad Request: no", "validation"),
        ("botocore.exceptions.ClientError", "An error occurred (ThrottlingException) when calling", "rate_limit"),
        ("socket.gaierror", "[Errno -2] Name or service not known", "network"),
        ("ConnectionRefusedError", "[Errno 111] Connection refused", "network"),
        ("TimeoutError", "", "timeout"),
        ("asyncio.exceptions.TimeoutError", "", "timeout"),
        ("celery.exceptions.SoftTimeLimitExceeded", "", "timeout"),
        ("pydantic_core._pydantic_core.ValidationError", "1 validation error for Signup", "validation"),
        ("ValueError", "invalid literal for int()", "validation"),
        ("ValueError", "not enough values to unpack (expected 2, got 1)", "internal"),
        ("ValueError", "max() iterable argument is empty", "internal"),
        ("ValueError", "BoundedSemaphore released too many times", "concurrency"),
        ("RuntimeError", "release unlocked lock", "concurrency"),
        ("AttributeError", "Can't get local object 'f.<locals>.<lambda>'", "serialization"),
        ("shop.models.Cart.MultipleObjectsReturned", "get() returned more than one Cart", "database"),
        ("django.urls.exceptions.NoReverseMatch", "Reverse for 'x' not found", "configuration"),
        ("psycopg.OperationalError", 'connection failed: FATAL:  database "x" does not exist', "database"),
        ("shop.rules.RuleViolation", "weight: order 3", "internal"),
        ("websockets.exceptions.InvalidStatus", "server rejected WebSocket connection: HTTP 200", "external_service"),
        ("Error", "connect ECONNREFUSED 10.0.0.7:6379", "network"),
        ("Error", "connect ETIMEDOUT 10.0.0.7:6379", "timeout"),
        ("Error", "getaddrinfo ENOTFOUND stock.internal", "network"),
        ("botocore.errorfactory.ResourceNotFoundException", "Requested resource not found", "external_service"),
        ("SyntaxError", "Unexpected token '<', \"<html>\" is not valid JSON", "serialization"),
        ("java.lang.NumberFormatException", 'For input string: "x"', "validation"),
        ("ActiveRecord.RecordNotFound", "Couldn't find User with 'id'=7", "database"),
        ("PDOException", "SQLSTATE[42S02]: Base table or view not found", "database"),
        ("json.decoder.JSONDecodeError", "Expecting value", "serialization"),
        ("UnicodeDecodeError", "'utf-8' codec can't decode byte", "serialization"),
        ("TypeError", "Object of type Decimal is not JSON serializable", "serialization"),
        ("PermissionError", "[Errno 13] Permission denied: 'x'", "authorization"),
        ("shop.auth.PermissionDenied", "", "authorization"),
        ("jwt.exceptions.ExpiredSignatureError", "", "authentication"),
        ("MemoryError", "", "resource_exhaustion"),
        ("OSError", "[Errno 28] No space left on device", "resource_exhaustion"),
        ("shop.ConfigError", "", "configuration"),
        ("ModuleNotFoundError", "No module named 'x'", "configuration"),
        ("kombu.exceptions.OperationalError", "[Errno 111] Connection refused", "network"),
        ("celery.exceptions.NotRegistered", "'shop.tasks.pay'", "configuration"),
        ("billiard.exceptions.WorkerLostError", "Worker exited prematurely: signal 9", "resource_exhaustion"),
        ("redis.exceptions.ResponseError", "WRONGTYPE Operation against a key", "external_service"),
        ("redis.exceptions.LockError", "Cannot release an unlocked lock", "concurrency"),
        ("aiohttp.client_exceptions.ClientConnectorError", "Cannot connect to host x:80", "network"),
        ("aiohttp.client_exceptions.ContentTypeError", "200, message='Attempt to decode JSON'", "serialization"),
        ("aiohttp.client_exceptions.ClientResponseError", "403, message='Forbidden', url='http://x'", "authorization"),
        ("httpx.ConnectError", "All connection attempts failed", "network"),
        ("httpx.PoolTimeout", "", "timeout"),
        ("httpx.RemoteProtocolError", "Server disconnected", "network"),
        ("urllib3.exceptions.MaxRetryError", "", "network"),
        ("urllib3.exceptions.NameResolutionError", "Failed to resolve 'x'", "network"),
        ("requests.exceptions.ChunkedEncodingError", "Connection broken", "network"),
        ("marshmallow.exceptions.ValidationError", "{'a': ['Missing']}", "validation"),
        (
            "grpc._channel._InactiveRpcError",
            "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE",
            "network",
        ),
        (
            "grpc.aio._call.AioRpcError",
            "<AioRpcError of RPC that terminated with:\n\tstatus = StatusCode.NOT_FOUND",
            "external_service",
        ),
        (
            "botocore.exceptions.ClientError",
            "An error occurred (AccessDenied) when calling the GetObject operation: no",
            "authorization",
        ),
        (
            "botocore.exceptions.ClientError",
            "An error occurred (NoSuchKey) when calling the GetObject operation: no",
            "external_service",
        ),
        (
            "botocore.exceptions.ClientError",
            "An error occurred (ExpiredToken) when calling the X operation",
            "authentication",
        ),
        ("botocore.exceptions.NoCredentialsError", "Unable to locate credentials", "authentication"),
        ("botocore.exceptions.EndpointConnectionError", "Could not connect to the endpoint URL", "network"),
        ("ssl.SSLError", "[SSL: WRONG_VERSION_NUMBER] wrong version number", "network"),
        ("asyncio.exceptions.IncompleteReadError", "0 bytes read on a total of 4 expected bytes", "network"),
        ("RuntimeError", "dictionary changed size during iteration", "concurrency"),
        ("struct.error", "unpack requires a buffer of 8 bytes", "serialization"),
        ("zipfile.BadZipFile", "File is not a zip file", "serialization"),
        ("configparser.NoOptionError", "No option 'x' in section: 'y'", "configuration"),
        ("jwt.exceptions.DecodeError", "Not enough segments", "authentication"),
        ("psycopg.errors.QueryCanceled", "canceling statement due to statement timeout", "timeout"),
        ("django.core.exceptions.ImproperlyConfigured", "", "configuration"),
        ("shop.RowError", "column iban is missing in row 7", "validation"),
        ("shop.Denied", "ann may not prescribe", "authorization"),
        ("OSError", "[Errno 32] Broken pipe", "network"),
        ("KeyError", "'x'", "internal"),
        ("ZeroDivisionError", "division by zero", "internal"),
        ("", "order lost", "internal"),
    ],
)
def test_category(type_name, message, category):
    assert verdict(type_name, message).category == category


def test_a_cause_or_a_wrapper_makes_it_more_precise():
    assert verdict("shop.PaymentFailed", cause=Failure("requests.exceptions.ReadTimeout", "")).category == "timeout"
    assert verdict("shop.ConfigError", cause=Failure("KeyError", "'x'")).category == "configuration"


def test_a_database_call_fails_in_the_database():
    assert verdict("shop.Oops", attributes={"db.system.name": "postgresql"}).category == "database"
    assert verdict("shop.Oops", attributes={"http.route": "/"}).category == "internal"


@pytest.mark.parametrize(
    ("type_name", "handled", "severity"),
    [
        ("KeyError", False, "error"),
        ("KeyError", True, "warning"),
        ("MemoryError", False, "critical"),
        ("MemoryError", True, "error"),
        ("shop.ConfigError", False, "critical"),
        ("shop.RateLimited", False, "warning"),
        ("KeyboardInterrupt", False, "info"),
    ],
)
def test_severity(type_name, handled, severity):
    assert verdict(type_name, handled=handled).severity == severity
