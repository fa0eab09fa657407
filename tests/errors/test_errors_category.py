import pytest

from tocsin.errors import Failure, identify


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
