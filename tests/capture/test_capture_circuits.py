"""Circuit breakers of two libraries, and an application's own, as series."""

import pytest
from opentelemetry.metrics import CallbackOptions

import tocsin
from tocsin.capture.circuits import hook_circuitbreaker, hook_pybreaker
from tocsin.telemetry.circuits import CIRCUITS, Circuits, circuits


class OutageError(Exception):
    pass


def fail():
    raise OutageError


@pytest.fixture
def known(monkeypatch):
    """What is reported of circuits, by name."""
    monkeypatch.setattr(circuits, "_told", {})
    return lambda: state_of(circuits)


def state_of(some):
    return {each.attributes["circuit.name"]: each.value for each in some._read(CallbackOptions())}


def test_pybreaker(known):
    pybreaker = pytest.importorskip("pybreaker")
    unhook = hook_pybreaker(pybreaker)
    try:
        breaker = pybreaker.CircuitBreaker(fail_max=1, reset_timeout=0, name="pay")
        nameless = pybreaker.CircuitBreaker()
        assert known() == {"pay": 0, "unnamed": 0}
        with pytest.raises(pybreaker.CircuitBreakerError):
            breaker.call(fail)
        assert known()["pay"] == 1
        breaker.half_open()
        assert known()["pay"] == 1
        breaker.call(lambda: None)
        assert known()["pay"] == 0
        assert nameless.current_state == "closed"
    finally:
        unhook()
    pybreaker.CircuitBreaker(name="later")
    assert "later" not in known()


def test_circuitbreaker(known):
    circuitbreaker = pytest.importorskip("circuitbreaker")
    call = circuitbreaker.circuit(failure_threshold=1, expected_exception=OutageError, name="mail")(fail)
    unhook = hook_circuitbreaker(circuitbreaker)
    try:
        assert known()["mail"] == 0
        with pytest.raises(OutageError):
            call()
        assert known()["mail"] == 1
        circuitbreaker.CircuitBreakerMonitor.get("mail").reset()
        assert known()["mail"] == 0
    finally:
        unhook()
    assert "mail" not in known()


def test_an_own_breaker_says_it(known):
    tocsin.circuit_open("search", True)
    assert known() == {"search": 1}
    tocsin.circuit_open("search", False)
    assert known() == {"search": 0}


def test_the_number_of_circuits_is_bounded():
    many = Circuits()
    many.sources.append(lambda: ((f"listed-{n}", True) for n in range(2 * CIRCUITS)))
    for n in range(2 * CIRCUITS):
        many.set(f"told-{n}", is_open=False)
    assert len(state_of(many)) == 2 * CIRCUITS
