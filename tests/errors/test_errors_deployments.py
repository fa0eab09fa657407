"""Where applications, and what they depend on, lie; and how much of a stack trace arrives."""

import pytest

from tocsin.errors import identify, parse_stacktrace

TRACE = """Traceback (most recent call last):
  File "{app}/shop/gateway.py", line 14, in charge
    return get_json(f"{{base}}/charges/{{order}}")
  File "{app}/shop/http.py", line 6, in get_json
    response.raise_for_status()
  File "{libraries}/requests/models.py", line 1024, in raise_for_status
    raise HTTPError(http_error_msg, response=self)
requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: http://pay.internal/charges/7
"""
MESSAGE = "503 Server Error: Service Unavailable for url: http://pay.internal/charges/7"
USUAL = TRACE.format(app="/srv/app", libraries="/srv/venv/lib/python3.12/site-packages")


def fingerprint(text, *, message=MESSAGE, type_name="requests.exceptions.HTTPError"):
    return identify(parse_stacktrace(type_name, message, text)).fingerprint


@pytest.mark.parametrize(
    ("app", "libraries"),
    [
        ("/var/task", "/var/task"),
        ("/var/task", "/opt/python"),
        ("/srv/app", "/srv/app/vendor"),
        ("/home/site/wwwroot", "/home/site/wwwroot/.python_packages/lib/site-packages"),
        ("/Users/ann/src/acme", "/Users/ann/.venv/lib/python3.12/site-packages"),
        ("C:/inetpub/acme", "C:/Python312/Lib/site-packages"),
    ],
)
def test_the_place_of_neither_the_application_nor_its_libraries_counts(app, libraries):
    assert fingerprint(TRACE.format(app=app, libraries=libraries)) == fingerprint(USUAL)


def test_a_script_in_a_checkout_is_itself():
    script = 'Traceback (most recent call last):\n  File "{}/report.py", line 3, in due\n    return 1 / days\n{}'
    places = ("/Users/ann/src/acme", "/srv/app")
    texts = [script.format(place, "ZeroDivisionError: division by zero\n") for place in places]
    assert len({fingerprint(text, type_name="", message="") for text in texts}) == 1


@pytest.mark.parametrize("type_name", ["requests.exceptions.HTTPError", "HTTPError"])
def test_a_last_line_that_is_cut_off_is_what_the_attributes_say(type_name):
    last = USUAL.rindex("\n", 0, -1) + 1
    for end in range(last, len(USUAL)):
        assert fingerprint(USUAL[:end], type_name=type_name) == fingerprint(USUAL)


def test_the_message_of_a_log_lacks_quotes():
    text = 'Traceback (most recent call last):\n  File "/srv/app/a.py", line 1, in f\n    return row[key]\n{}'
    whole = fingerprint(text.format("KeyError: 'currency'\n"), type_name="KeyError", message="'currency'")
    for end in ("KeyErr", "KeyError:", "KeyError: 'curr"):
        for message in ("'currency'", "currency"):
            assert fingerprint(text.format(end), type_name="KeyError", message=message) == whole


def test_an_own_package_that_no_library_is_called_like_stays_the_applications():
    text = TRACE.format(app="/var/task", libraries="/var/task").replace("requests/models", "payments/models")
    assert "payments.models" in identify(parse_stacktrace("", "", text)).culprit
