"""Which caller of shared code an error belongs to: helpers, base classes, wrappers, and words of their messages."""

import pytest

from tocsin.errors import Failure, Frame, identify

HELPERS = """
    class Failed(Exception):
        pass

    def to_int(value):
        return int(value)

    def age(row):
        return to_int(row["age"])

    def zip_code(row):
        return to_int(row["zip"])

    def field(body, name):
        try:
            return body[name]
        except KeyError as error:
            raise Failed("incomplete answer") from error

    def contact(body):
        return field(body, "contact")

    def stock(body):
        return field(body, "stock")

    class Client:
        name = "base"

        def request(self, path, status):
            raise Failed(self.name, f"unexpected status {status} at {path}")

    def lead(number):
        return Client().request("/leads/" + number, 500)

    def item(number):
        return Client().request("/items/" + number, 500)

    class Templates:
        def render(self, **values):
            return "%d days" % values["days"]

    TEMPLATES = Templates()

    def render(name, **values):
        return TEMPLATES.render(name=name, **values)

    def due(days):
        return "%(name)s owes %(amount)s" % days

    def require(**values):
        for name, value in values.items():
            if value is None:
                raise Failed(f"missing {name}")

    def trip(row):
        require(start=row["start"], end=row["end"])

    class Config(dict):
        def __getattr__(self, name):
            raise AttributeError(f"no setting {name}")

    def depot(config):
        return Config(config).depot

    def radius(config):
        return Config(config).radius

    def distance(van, depot):
        return van.lat - depot.lat

    def pull(rows):
        return next(row for row in rows if row > 9)

    def generated(rows):
        def each():
            yield pull(rows)

        return list(each())
"""


@pytest.fixture
def shop(deploy):
    return deploy("srv/app", shop=HELPERS).shop


def _components(verdict):
    return {component.name: component.value for component in verdict.components}


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        ("age", "zip_code", {"age": "x", "zip": "x"}),
        ("contact", "stock", {}),
        ("lead", "item", "7"),
    ],
    ids=["key that is handed to a helper", "cause caught in a helper", "base class that says whose instance it is"],
)
def test_users_of_a_helper_are_told_apart(shop, identity, first, second, value):
    verdicts = [identity(getattr(shop, name), value) for name in (first, second)]
    assert verdicts[0].fingerprint != verdicts[1].fingerprint
    assert {_components(each)["caller.function"] for each in verdicts} == {first, second}


def test_the_keys_of_a_format_count(shop, identity):
    name, amount = identity(shop.due, {}), identity(shop.due, {"name": "Zoë"})
    assert name.fingerprint != amount.fingerprint


def test_options_and_attributes_that_a_message_is_about_count(shop, identity):
    start, end = ({"start": 1, "end": 1} | {name: None} for name in ("start", "end"))
    assert identity(shop.trip, start).fingerprint != identity(shop.trip, end).fingerprint
    assert identity(shop.depot, {}).fingerprint != identity(shop.radius, {}).fingerprint


def test_an_attribute_of_nothing_is_not_one_that_is_missing(shop, identity):
    assert identity(shop.distance, None, 1).fingerprint != identity(shop.distance, "", 1).fingerprint


def test_what_python_makes_of_a_stray_stop_iteration_is_its_cause(shop, identity):
    assert "in pull" in identity(shop.generated, [1]).culprit


def test_a_wrapper_tells_whom_its_cause_called():
    def failed(host):
        frames = (Frame.at("/srv/app/shop/client.py", "get", 3, "raise Unavailable(url) from error"),)
        refused = Failure("ConnectionRefusedError", "[Errno 111] Connection refused", frames)
        message = f"no answer for url: http://{host}:8080/v1/7"
        return identify(Failure("shop.Unavailable", message, frames, cause=refused, cause_is_explicit=True))

    assert failed("stock.internal").fingerprint != failed("payments.internal").fingerprint
    assert failed("stock.internal").fingerprint == failed("stock.internal").fingerprint


def test_a_wrapped_answer_of_a_database_counts():
    def failed(index):
        answer = f"Cannot insert duplicate key row in object 'T' with unique index '{index}'."
        cause = Failure("SqlException", answer)
        frames = (Frame("Shop.Store", "Save", "", is_library=False),)
        return identify(Failure("DbUpdateException", "not saved", frames, cause=cause, cause_is_explicit=True))

    assert failed("IX_Email").fingerprint != failed("IX_Number").fingerprint
    assert failed("IX_Email").category == "database"


def test_classes_that_a_client_has_in_later_releases_only_are_the_same():
    message = "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied"
    first, second = (identify(Failure(name, message)) for name in ("ClientError", "botocore.errorfactory.AccessDenied"))
    assert first.fingerprint == second.fingerprint
