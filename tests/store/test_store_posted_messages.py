"""The messages that receivers posted and may want to change later."""

import pytest

from tocsin.store import Store
from tocsin.store.database import Database
from tocsin.store.posted_messages import MESSAGES, PostedMessages


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "tocsin.db")
    yield store
    store.close()


def test_they_are_there_for_the_next_process_and_each_integration_has_its_own(store, tmp_path):
    store.posted_messages.of("team", 0)["g"] = "C1/17.1"
    store.posted_messages.of("team", 1)["g"] = "C2/17.2"
    other = Store(tmp_path / "tocsin.db")
    assert dict(other.posted_messages.of("team", 0)) == {"g": "C1/17.1"}
    other.close()


def test_it_is_a_mapping_in_the_order_in_which_they_were_posted(store):
    messages = store.posted_messages.of("team", 0)
    messages.update({"a": "1", "b": "2"})
    messages["a"] = "3"
    assert list(messages.items()) == [("b", "2"), ("a", "3")]
    assert messages.pop("b") == "2"
    assert messages.pop("b", None) is None
    with pytest.raises(KeyError):
        del messages["b"]
    assert len(messages) == 1


def test_only_the_newest_are_kept(store):
    messages, other = store.posted_messages.of("team", 0), store.posted_messages.of("team", 1)
    other["mine"] = "1"
    with store.transaction():
        messages.update({str(number): "m" for number in range(MESSAGES + 5)})
    assert len(messages) == MESSAGES
    assert next(iter(messages)) == "5"
    assert dict(other) == {"mine": "1"}


def test_what_is_old_is_forgotten(tmp_path):
    database, times = Database(tmp_path / "tocsin.db"), iter([100.0, 200.0])
    posted = PostedMessages(database, clock=lambda: next(times))
    messages = posted.of("team", 0)
    messages.update({"old": "1", "new": "2"})
    posted.forget(before=150.0)
    assert dict(messages) == {"new": "2"}
    database.close()
