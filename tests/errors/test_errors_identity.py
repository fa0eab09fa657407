"""What makes two failures one issue, shown with exceptions that are really raised. Every one is also exported and
parsed again: the `identity` fixture asserts that this gives the same."""

import asyncio
import concurrent.futures
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import Failure, Frame, InApp, failure_of, identify

PRICING = """
    def price(row):
        return int(row["price"])

    def quantity(row):
        return int(row["quantity"])
"""


def test_a_fingerprint_is_versioned_and_explained(deploy, identity):
    verdict = identity(deploy("srv/app", pricing=PRICING).pricing.price, {"price": "x"})
    assert verdict.fingerprint.startswith("v1:")
    assert len(verdict.fingerprint) == len("v1:") + 16
    assert verdict.title == "ValueError: invalid literal for int() with base 10: 'x'"
    assert verdict.culprit.endswith("shop.pricing in price")
    assert {c.name: c.value for c in verdict.components} == {
        "type": "ValueError",
        "module": "shop.pricing",
        "function": "price",
        "source": 'return int(row["price"])',
    }
    assert all(component.why for component in verdict.components)


def test_values_in_messages_do_not_count(deploy, identity):
    pricing = deploy("srv/app", pricing=PRICING).pricing
    assert identity(pricing.price, {"price": "x"}).fingerprint == identity(pricing.price, {"price": "1,5"}).fingerprint


def test_lines_of_a_function_are_told_apart(deploy, identity):
    shop = deploy(
        "srv/app",
        shop="""
        def parse(row):
            quantity = int(row["quantity"])
            price = int(row["price"])
    """,
    ).shop
    first, second = {"quantity": "x", "price": "1"}, {"quantity": "1", "price": "x"}
    assert identity(shop.parse, first).fingerprint != identity(shop.parse, second).fingerprint


@pytest.mark.parametrize(
    "root", ["srv/other", "opt/releases/20260101", "home/deploy/current", "usr/src/app", "my-app/src"]
)
def test_neither_deployment_root_nor_line_number_counts(deploy, identity, root):
    before = identity(deploy("srv/app", pricing=PRICING).pricing.price, {"price": "x"})
    after = identity(deploy(root, pricing="\n    # a comment\n\n" + PRICING).pricing.price, {"price": "x"})
    assert before.fingerprint == after.fingerprint


def test_the_way_in_does_not_count(deploy, identity):
    pricing = deploy("srv/app", pricing=PRICING).pricing

    def in_thread(row):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            return pool.submit(pricing.price, row).result()

    def in_loop(row):
        return asyncio.run(asyncio.to_thread(pricing.price, row))

    def nested(row):
        return next(map(pricing.price, [row]))

    ways = [pricing.price, in_thread, in_loop, nested]
    assert len({identity(way, {"price": "x"}).fingerprint for way in ways}) == 1


def test_retries_and_middleware_do_not_count(deploy, identity):
    shop = deploy(
        "srv/app",
        shop="""
        import json

        def retrying(call, attempts):
            def attempt(*args, **kwargs):
                for _ in range(attempts - 1):
                    try:
                        return call(*args, **kwargs)
                    except ValueError:
                        pass
                return call(*args, **kwargs)
            return attempt

        def load(text):
            return retrying(json.loads, 3)(text)

        def load_once(text):
            return retrying(json.loads, 1)(text)
    """,
    ).shop
    three_times = identity(shop.load, "{")
    assert three_times.fingerprint == identity(shop.load, "[").fingerprint
    assert three_times.culprit.endswith("in load")
    assert three_times.fingerprint != identity(shop.load_once, "{").fingerprint


@pytest.mark.parametrize("depth", [1, 4, 90])
def test_depth_of_recursion_does_not_count(deploy, identity, depth):
    tree = deploy(
        "srv/app",
        tree="""
        def walk(node, depth):
            if depth:
                return walk(node, depth - 1)
            return node["price"]
    """,
    ).tree
    assert identity(tree.walk, {}, depth).fingerprint == identity(tree.walk, {}, 0).fingerprint


@pytest.mark.parametrize("start", [0, 1, 2])
def test_endless_recursion_is_one_issue_wherever_it_hits_the_limit(deploy, identity, start):
    ring = deploy(
        "srv/app",
        ring="""
        def here(n):
            return there(n) + len(str(n))

        def there(n):
            return here(n + 1)

        def begin(n):
            return here(0) if n == 0 else there(0) if n == 1 else middle()

        def middle():
            return begin(0)
    """,
    ).ring
    verdict = identity(ring.begin, start)
    assert verdict.fingerprint == identity(ring.middle).fingerprint
    assert verdict.culprit.endswith("in here")


def test_comprehensions_are_no_frames_of_their_own():
    frames = (Frame.at("/srv/app/shop/a.py", "total", 3, "return sum("),)
    inlined = Failure("KeyError", "'x'", (Frame.at("/srv/app/shop/a.py", "total", 4, 'row["x"] for row in rows'),))
    framed = Failure(
        "KeyError", "'x'", (*frames, Frame.at("/srv/app/shop/a.py", "<listcomp>", 4, 'row["x"] for row in rows'))
    )
    assert identify(inlined).fingerprint == identify(framed).fingerprint


CLIENT = """
    import json

    class Refused(Exception):
        pass

    def get(path):
        return json.loads(path)

    def stock(sku):
        return get(f"/stock/{sku}")

    def charge(order):
        return get(f"/charge/{order}")

    def view(request):
        return charge(request["order"])

    def command(order):
        return charge(order)
"""


def test_users_of_a_shared_helper_are_told_apart(deploy, identity):
    client = deploy("srv/app", client=CLIENT).client
    stock, charge = identity(client.stock, 7), identity(client.charge, 7)
    assert stock.fingerprint != charge.fingerprint
    assert stock.culprit.endswith("in get")
    assert ("caller.function", "stock") in {(c.name, c.value) for c in stock.components}


def test_the_ways_to_a_user_of_a_shared_helper_are_one(deploy, identity):
    client = deploy("srv/app", client=CLIENT).client
    assert identity(client.view, {"order": 7}).fingerprint == identity(client.command, 8).fingerprint


CHAINS = """
    class ConfigError(Exception):
        pass

    def explicit(env, key):
        try:
            return env[key]
        except KeyError as error:
            raise ConfigError(f"missing setting {key}") from error

    def implicit(env, key):
        try:
            return env[key]
        except KeyError:
            raise ConfigError(f"missing setting {key}")

    def hidden(env, key):
        try:
            return env[key]
        except KeyError:
            raise ConfigError(f"missing setting {key}") from None

    def boundary(call):
        try:
            return call()
        except Exception as error:
            raise RuntimeError("the job failed") from error

    def fallback(cache, key):
        try:
            return cache[key]
        except KeyError:
            return load(key)

    def load(key):
        return 1 / 0
"""


def test_a_translated_exception_is_its_cause(deploy, identity):
    chains = deploy("srv/app", chains=CHAINS).chains
    explicit = identity(chains.explicit, {}, "DB_URL")
    assert ("type", "KeyError") in {(c.name, c.value) for c in explicit.components}
    assert explicit.title == "ConfigError: missing setting DB_URL"
    assert explicit.category == "configuration"
    assert ("type", "KeyError") in {(c.name, c.value) for c in identity(chains.implicit, {}, "X").components}
    assert ("type", "ConfigError") in {(c.name, c.value) for c in identity(chains.hidden, {}, "X").components}


def test_one_boundary_does_not_merge_what_it_wraps(deploy, identity):
    chains = deploy("srv/app", chains=CHAINS).chains
    missing = identity(chains.boundary, lambda: {}["x"])
    assert missing.fingerprint != identity(chains.boundary, lambda: chains.load(1)).fingerprint
    assert identity(chains.boundary, lambda: chains.load(1)).fingerprint == identity(chains.load, 1).fingerprint


def test_what_fails_in_a_handler_is_a_failure_of_its_own(deploy, identity):
    chains = deploy("srv/app", chains=CHAINS).chains
    assert identity(chains.fallback, {}, "x").fingerprint == identity(chains.load, "x").fingerprint


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are new in Python 3.11")
class TestGroups:
    SOURCE = """
        import asyncio

        async def part(n):
            return {}["part-%d" % n]

        async def fail():
            return 1 / 0

        async def all_parts(n):
            async with asyncio.TaskGroup() as group:
                for i in range(n):
                    group.create_task(part(i))

        def run(n):
            return asyncio.run(all_parts(n))

        def alone():
            return asyncio.run(part(1))

        def never_raised(errors):
            raise ExceptionGroup("many", errors)
    """

    def test_members_of_one_kind_are_that_kind(self, deploy, identity):
        group = deploy("srv/app", group=self.SOURCE).group
        one = identity(group.alone)
        assert identity(group.run, 1).fingerprint == one.fingerprint
        assert identity(group.run, 5).fingerprint == one.fingerprint
        assert identity(group.run, 5).title.startswith("KeyError: 'part-")

    def test_the_order_of_different_members_does_not_count(self, deploy, raised):
        group = deploy("srv/app", group=self.SOURCE).group
        errors = [raised(group.alone), raised(lambda: 1 / 0)]
        one, other = (raised(group.never_raised, members) for members in (errors, errors[::-1]))
        assert identify(failure_of(one)).fingerprint == identify(failure_of(other)).fingerprint

    def test_members_that_were_never_raised_belong_to_the_line_that_raised_the_group(self, deploy, identity):
        group = deploy("srv/app", group=self.SOURCE).group
        verdict = identity(group.never_raised, [ValueError("a"), ValueError("b")])
        assert verdict.culprit.endswith("in never_raised")


def test_codes_tell_apart_what_one_line_raises(deploy, identity):
    http = deploy(
        "srv/app",
        http="""
        import requests

        def check(status, reason):
            response = requests.Response()
            response.status_code, response.reason, response.url = status, reason, "http://payments/charge/1"
            response.raise_for_status()
    """,
    ).http
    verdicts = {status: identity(http.check, status, "because") for status in (401, 403, 429, 500, 503, 504)}
    assert len({verdict.fingerprint for verdict in verdicts.values()}) == len(verdicts)
    assert [verdict.category for verdict in verdicts.values()] == [
        "authentication",
        "authorization",
        "rate_limit",
        "external_service",
        "external_service",
        "timeout",
    ]


def test_constraints_tell_apart_what_one_commit_raises(deploy, identity):
    db = deploy(
        "srv/app",
        db="""
        import sqlalchemy as sa
        from sqlalchemy.orm import Session, declarative_base

        Base = declarative_base()

        class User(Base):
            __tablename__ = "users"
            id = sa.Column(sa.Integer, primary_key=True)
            email = sa.Column(sa.String, unique=True)
            name = sa.Column(sa.String, nullable=False)

        engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        Base.metadata.create_all(engine)

        def save(session, *users):
            session.add_all(users)
            session.commit()

        def twice(email):
            with Session(engine) as session:
                save(session, User(email=email, name="a"), User(email=email, name="b"))

        def nameless(email):
            with Session(engine) as session:
                save(session, User(email=email))

        def query(table):
            with Session(engine) as session:
                return session.execute(sa.text("select * from report_%s" % table)).all()
    """,
    ).db
    unique, null = identity(db.twice, "a@b.io"), identity(db.nameless, "a@b.io")
    assert unique.category == null.category == "database"
    assert ("constraint", "users.email") in {(c.name, c.value) for c in unique.components}
    assert unique.fingerprint != null.fingerprint
    assert unique.fingerprint == identity(db.twice, "other@b.io").fingerprint
    assert identity(db.query, "2026_01").fingerprint == identity(db.query, "2026_02").fingerprint
    db.engine.dispose()


def test_what_compiled_code_raises_is_a_library_error(deploy, identity):
    db = deploy(
        "srv/app",
        db="""
        import sqlite3

        connection = sqlite3.connect(":memory:")
        connection.execute("create table users (email unique, name not null)")

        def execute(statement, *values):
            return connection.execute(statement, values)

        def twice(email):
            execute("insert into users values (?, 'a')", email)
            execute("insert into users values (?, 'a')", email)

        def nameless(email):
            execute("insert into users values (?, null)", email)
    """,
    ).db
    unique, null = identity(db.twice, "a"), identity(db.nameless, "b")
    assert unique.fingerprint != null.fingerprint
    assert unique.fingerprint == identity(db.twice, "c").fingerprint
    db.connection.close()


def test_an_http_method_or_an_option_does_not_tell_whom_a_helper_serves(deploy, identity):
    client = deploy(
        "srv/app",
        client="""
        import json

        TIMEOUT = 3

        class Client:
            def request(self, method, path, timeout=None):
                return json.loads(path)

            def get(self, path):
                return self.request("GET", path, timeout=TIMEOUT)

            def stock(self, sku):
                return self.get(f"/stock/{sku}")

            def charge(self, order):
                return self.get(f"/charge/{order}")
    """,
    ).client.Client()
    assert identity(client.stock, 1).fingerprint != identity(client.charge, 1).fingerprint


def test_a_service_that_is_down_is_one_issue(deploy, identity):
    client = deploy(
        "srv/app",
        client="""
        import socket
        import requests

        def unused_port():
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                return listener.getsockname()[1]

        def charge(order):
            return requests.get(f"http://127.0.0.1:{unused_port()}/charge/{order}", timeout=5)
    """,
    ).client
    down = identity(client.charge, 7)
    assert down.category == "network"
    assert down.fingerprint == identity(client.charge, 8).fingerprint


def test_a_function_that_raises_for_others_is_told_apart_by_who_asks(deploy, identity):
    api = deploy(
        "srv/app",
        api="""
        class ApiError(Exception):
            pass

        def fail(message):
            raise ApiError(message)

        def spend(amount):
            fail(f"quota exceeded by {amount}")

        def subscribe(plan):
            fail(f"no such plan: {plan}")
    """,
    ).api
    assert identity(api.spend, 1).fingerprint == identity(api.spend, "a lot").fingerprint
    assert identity(api.spend, 1).fingerprint != identity(api.subscribe, 1).fingerprint


def test_what_only_the_live_object_knows_is_no_part_of_the_identity(deploy, identity):
    shop = deploy(
        "srv/app",
        shop="""
        import json

        class AnswerError(Exception):
            def __init__(self, status):
                super().__init__("no answer")
                self.status_code = status

        class Hook:
            def __init__(self, status):
                self.status = status

            def __call__(self, pairs):
                raise AnswerError(self.status)

        def load(status):
            return json.loads("{}", object_pairs_hook=Hook(status))
    """,
    ).shop
    hidden = InApp(exclude=("shop", "test_errors_identity", "conftest"))
    assert identity(shop.load, 504, in_app=hidden).fingerprint == identity(shop.load, 500, in_app=hidden).fingerprint


def test_without_frames_of_the_application_type_and_words_decide():
    frames = (Frame.at("/usr/lib/python3.11/json/decoder.py", "decode", 3, "raise"),)
    one, same, other = (
        identify(Failure("lib.Error", message, frames)).fingerprint
        for message in ("no route to 10.0.0.1", "no route to 10.0.0.2", "no such thing")
    )
    assert one == same != other


def test_a_logged_message_is_its_template():
    one, same, other = map(Failure.of_message, ("order 7 lost", "order 8 lost", "order found"))
    assert identify(one).fingerprint == identify(same).fingerprint != identify(other).fingerprint
    assert identify(one).title == "order 7 lost"
    assert identify(Failure.of_message("")).title == "Error"


def test_carriers_that_drop_the_module_of_a_type_give_the_same():
    frames = (Frame.at("/srv/app/shop/a.py", "f", 3, "g()"), Frame.at("/x/site-packages/y.py", "g", 1))
    assert (
        identify(Failure("shop.a.Oops", "x", frames)).fingerprint == identify(Failure("Oops", "x", frames)).fingerprint
    )


def test_prefixes_decide_what_is_in_app(deploy, identity):
    shop = deploy(
        "srv/app",
        shop="""
        import json

        def load(text):
            return json.loads(text)
    """,
    ).shop
    inside = identity(shop.load, "{", in_app=InApp(include=("json",)))
    assert inside.culprit.startswith("json.decoder in ")
    outside = identity(shop.load, "{", in_app=InApp(exclude=("shop",)))
    assert outside.culprit.endswith("test_errors_identity in _raised") or "conftest" in outside.culprit


messages = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@given(messages, st.sampled_from([ValueError, KeyError, RuntimeError, OSError, LookupError]))
def test_any_message_gives_the_same_live_and_exported(identity, message, kind):
    def fail():
        raise kind(message)

    identity(fail)


@given(st.lists(st.sampled_from(["from", "context", "hidden"]), max_size=5), messages)
def test_any_chain_gives_the_same_live_and_exported(identity, links, message):
    def fail(depth):
        if depth == len(links):
            raise ValueError(message)
        try:
            fail(depth + 1)
        except Exception as error:
            if links[depth] == "from":
                raise RuntimeError(f"step {depth}") from error
            if links[depth] == "hidden":
                raise RuntimeError(f"step {depth}") from None
            raise LookupError(f"step {depth}")  # noqa: B904  the context is the point

    identity(fail, 0)
