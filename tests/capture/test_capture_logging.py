"""Failures that only a log record tells of."""

import inspect
import logging
import warnings

import pytest

pytest.importorskip("opentelemetry.instrumentation.logging")

from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import Logger


def fail(message="no stock"):
    raise LookupError(message)


def caught(report):
    try:
        fail()
    except LookupError as error:
        report(error)


def test_messages_are_grouped_by_their_template(host, logger, issue_of):
    for order in (1, 2, 3):
        logger.error("order %s is lost", order)
    (issue,) = host.issues()
    assert (issue.title, issue.count, issue.error_type, issue.handled) == ("order %s is lost", 3, "", True)
    assert [issue_of(record)["fingerprint"] for record in host.logs()] == [issue.fingerprint] * 3
    newest, *_ = host.store.issues.occurrences(issue.id)
    assert newest.message == "order 3 is lost"
    assert newest.attributes["logger"] == "shop.cart"
    assert newest.attributes["code.file.path"].endswith("test_capture_logging.py")


@pytest.mark.parametrize(
    "report",
    [
        lambda logger, error: logger.exception("failed"),  # noqa: LOG004  it is called in one
        lambda logger, error: logger.error("failed", exc_info=error),
        lambda logger, error: logger.critical("failed", exc_info=True),  # noqa: LOG014  same
        lambda logger, error: logger.error(error),
        lambda logger, error: logger.error("failed: %s", error),
        lambda logger, error: logger.error("failed: %s of %r", 1, error),
    ],
    ids=["exception", "exc_info=error", "exc_info=True", "as message", "as argument", "as second argument"],
)
def test_however_an_exception_is_logged_it_is_the_exception(host, logger, report, issue_of):
    caught(lambda error: report(logger, error))
    (issue,) = host.issues()
    assert (issue.title, issue.count, issue.handled) == ("LookupError: no stock", 1, True)
    assert issue.culprit.endswith("in fail")
    (record,) = host.logs()
    assert issue_of(record)["fingerprint"] == issue.fingerprint


def test_logged_by_message_and_again_with_its_stack_is_one_occurrence(host, logger):
    def report(error):
        logger.error("failed: %s", error)
        logger.error("and again", exc_info=error)

    caught(report)
    assert host.counts() == {"LookupError: no stock": 1}


def test_an_exception_that_was_never_raised_says_less_than_the_message(host, logger):
    logger.error("payment refused: %s", ValueError("card 17"))
    assert host.counts() == {"payment refused: %s": 1}


@pytest.mark.parametrize("name", ["opentelemetry.sdk", "opentelemetry", "tocsin.store", "tocsin"])
def test_loggers_that_speak_about_telemetry_are_not_the_application(host, name):
    logging.getLogger(name).error("exporter failed")
    assert host.issues() == []


def test_warnings_are_no_failures(host, logger, issue_of):
    caught(lambda error: logger.warning("only a warning about jane@example.com", exc_info=error))
    assert host.issues() == []
    (record,) = host.logs()
    assert issue_of(record) == {}


def test_the_exception_of_a_warning_is_masked_all_the_same(host, logger):
    try:
        fail("jane@example.com")
    except LookupError:
        logger.warning("hm", exc_info=True)
    (record,) = host.logs()
    assert record.attributes["exception.message"] == "[email]"
    assert "jane" not in record.attributes["exception.stacktrace"]


@pytest.mark.parametrize("orderly", [SystemExit, KeyboardInterrupt])
def test_what_ends_a_program_is_no_failure(host, logger, raised, orderly):
    def leave():
        raise orderly

    logger.error("leaving", exc_info=raised(leave))
    assert host.issues() == []


def test_a_message_whose_arguments_do_not_fit_is_counted(host, monkeypatch):
    plain = logging.getLogger("shop.plain")
    monkeypatch.setattr(plain, "propagate", False)
    plain.error("%d orders", "many")
    assert host.counts() == {"%d orders": 1}
    assert host.occurrence().message == "%d orders"


def test_exc_info_outside_of_a_handler_is_a_message(host, logger):
    logger.error("nothing is being handled", exc_info=True)  # noqa: LOG014  that is the point
    assert host.counts() == {"nothing is being handled": 1}


def test_a_long_message_is_bounded(host, logger):
    logger.error("x" * 1_000_000)
    (issue,) = host.issues()
    assert len(issue.title) <= 256
    assert len(host.occurrence().message) <= 8192


def test_what_handlers_log_meanwhile_is_not_about_the_failure(host, logger, issue_of):
    class Talkative(logging.Handler):
        def emit(self, record):
            if record.levelno == logging.ERROR:
                logger.warning("sending a mail")

    talkative = Talkative()
    logger.addHandler(talkative)
    logger.error("out of stock")
    logger.removeHandler(talkative)
    first, second = host.logs()
    assert (first.body, bool(issue_of(first))) == ("out of stock", True)
    assert (second.body, issue_of(second)) == ("sending a mail", {})


def test_an_exception_in_a_handler_is_the_hosts(host, logger):
    class Broken(logging.Handler):
        def emit(self, record):
            raise OSError("no mail server")

    broken = Broken()
    logger.addHandler(broken)
    with pytest.raises(OSError, match="no mail server"):
        logger.error("out of stock")
    logger.removeHandler(broken)
    assert host.counts() == {"out of stock": 1}


def test_attributes_of_the_application_and_their_limits_stay(host, logger):
    logger.error("out of stock", extra={"order.id": "o1"})
    (record,) = host.logs()
    assert record.attributes["order.id"] == "o1"
    assert type(record.attributes).__name__ == "BoundedAttributes"


@pytest.mark.skipif(
    "exception" not in inspect.signature(Logger.emit).parameters, reason="newer SDKs only take a live exception"
)
def test_a_record_of_opentelemetrys_own_api_with_a_live_exception(host, raised, issue_of):
    error = raised(fail)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        host.logger_provider.get_logger("shop").emit(
            body="failed", severity_number=SeverityNumber.ERROR, exception=error
        )
    (issue,) = host.issues()
    assert issue.title == "LookupError: no stock"
    (record,) = host.logs()
    assert issue_of(record)["fingerprint"] == issue.fingerprint
