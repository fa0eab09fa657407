"""Settings: where they come from, who wins, and what is said of those that cannot be used."""

import os
from pathlib import Path

import pytest

from tocsin.config import default_of, load, table, variable
from tocsin.rules.packs import pack_names
from tocsin.setting_kinds import PACKS

SECRET = "https://hooks.example.com/services/T0/B0/very-secret"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def file(here):
    """Writes `tocsin.yml` there."""
    return (here / "tocsin.yml").write_text


@pytest.fixture(scope="session")
def defaults():
    """The configuration of somebody who has set nothing."""
    return load(environ={"TOCSIN_CONFIG": os.devnull}).config


def only(settings):
    """The one problem."""
    (problem,) = settings.problems
    return problem


def test_nothing_set(here, defaults):
    settings = load(environ={})
    assert settings.config == defaults
    assert defaults.enabled
    assert (settings.sources, settings.problems) == ({}, ())


def test_argument_then_environment_then_file_then_default(here, file):
    file("flush_interval: 1m\nmetric_interval: 1m\nqueue_size: 7\n")
    environ = {"TOCSIN_FLUSH_INTERVAL": "2m", "TOCSIN_METRIC_INTERVAL": "2m"}
    settings = load({"flush_interval": "3m"}, environ=environ)
    config = settings.config
    assert (config.flush_interval, config.metric_interval, config.queue_size, config.mask) == (180.0, 120.0, 7, True)
    assert settings.sources == {
        "flush_interval": "argument flush_interval",
        "metric_interval": "TOCSIN_METRIC_INTERVAL",
        "queue_size": "tocsin.yml",
    }
    assert settings.problems == ()


def test_the_environment_is_this_process_unless_given(here, monkeypatch):
    monkeypatch.setenv("TOCSIN_QUEUE_SIZE", "17")
    assert load().config.queue_size == 17


def test_the_file_may_be_elsewhere(here):
    (here / "other.yml").write_text("release: '7'")
    settings = load(environ={"TOCSIN_CONFIG": "other.yml"})
    assert (settings.config.release, settings.sources) == ("7", {"release": "other.yml"})


def test_an_empty_variable_is_as_none(here, file):
    file("release: '7'")
    settings = load(environ={"TOCSIN_RELEASE": "", "TOCSIN_CONFIG": ""})
    assert (settings.config.release, settings.problems) == ("7", ())


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("enabled", "off", False),
        ("enabled", " Yes ", True),
        ("enabled", False, False),
        ("flush_interval", "500ms", 0.5),
        ("flush_interval", "1.5", 1.5),
        ("flush_interval", 2, 2.0),
        ("group_wait", "0s", 0.0),
        ("repeat_interval", "1d", 86400.0),
        ("queue_size", "17", 17),
        ("in_app_include", "shop, cart,", ("shop", "cart")),
        ("in_app_include", ["shop", "cart"], ("shop", "cart")),
        ("packs", "none", ()),
        ("packs", "issues", ("issues",)),
        ("store", "~/x.db", Path.home() / "x.db"),
        ("store", Path("x.db"), Path("x.db")),
        ("webhook_url", "http://127.0.0.1:9", "http://127.0.0.1:9"),
    ],
)
def test_values(here, name, given, value):
    settings = load({name: given}, environ={})
    assert (getattr(settings.config, name), settings.problems) == (value, ())


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("enabled", "perhaps", "true or false"),
        ("flush_interval", "soon", "a duration such as 500ms, 15s, 5m, 1h, above 0"),
        ("flush_interval", "-1s", "a duration such as 500ms, 15s, 5m, 1h, above 0"),
        ("flush_interval", "0", "a duration such as 500ms, 15s, 5m, 1h, above 0"),
        ("metric_interval", "0s", "a duration such as 500ms, 15s, 5m, 1h, above 0"),
        ("exit_timeout", "nan", "a duration such as 500ms, 15s, 5m, 1h"),
        ("queue_size", "0", "a whole number from 1"),
        ("queue_size", "many", "a whole number from 1"),
        ("in_app_include", 7, "a list, in the environment separated by commas"),
        ("in_app_include", {"a": 1}, "a list, in the environment separated by commas"),
        ("packs", "isues", f"a list of {', '.join(PACKS)}; or none"),
        ("store", "~nobody-of-that-name/x.db", "a path"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_the_default_stays(here, defaults, name, given, allowed):
    settings = load({name: given}, environ={})
    problem = only(settings)
    assert (problem.key, problem.value, problem.source) == (name, str(given), f"argument {name}")
    assert problem.fix == f"must be {allowed}"
    assert str(problem) == f"{name} = {str(given)!r} (argument {name}): must be {allowed}"
    assert getattr(settings.config, name) == getattr(defaults, name)
    assert settings.sources == {}


def test_a_bad_value_leaves_that_of_the_next_source(here, file):
    file("queue_size: 7")
    settings = load(environ={"TOCSIN_QUEUE_SIZE": "many"})
    assert (settings.config.queue_size, settings.sources) == (7, {"queue_size": "tocsin.yml"})
    assert only(settings).source == "TOCSIN_QUEUE_SIZE"


def test_none_is_the_default(here, file, defaults):
    names = [setting.name for setting in table()]
    assert load(dict.fromkeys(names), environ={}).config == defaults
    file("".join(f"{name}:\n" for name in names))
    settings = load(environ={})
    assert (settings.config, settings.problems) == (defaults, ())


def test_none_takes_back_what_a_weaker_source_says(here):
    assert load({"webhook_url": None}, environ={"TOCSIN_WEBHOOK_URL": SECRET}).config.webhook_url is None


@pytest.mark.parametrize(
    ("arguments", "environ", "content", "key", "source", "fix"),
    [
        ({"stoer": "x"}, {}, "", "stoer", "argument", "is not a setting; did you mean store?"),
        ({}, {"TOCSIN_STOER": "x"}, "", "TOCSIN_STOER", "environment", "is not a setting; did you mean TOCSIN_STORE?"),
        ({}, {}, "stoer: x", "stoer", "tocsin.yml", "is not a setting; did you mean store?"),
        ({}, {}, "1: x", "1", "tocsin.yml", "is not a setting; see `tocsin config docs`"),
        ({"zzz": 1}, {}, "", "zzz", "argument", "is not a setting; see `tocsin config docs`"),
    ],
)
def test_an_unknown_name_is_told_with_what_may_be_meant(here, file, arguments, environ, content, key, source, fix):
    file(content)
    problem = only(load(arguments, environ=environ))
    assert (problem.key, problem.value, problem.source, problem.fix) == (key, "", source, fix)


def test_other_variables_are_not_ours(here):
    assert load(environ={"TOCSINESS": "1", "PATH": "/bin", "tocsin_store": "x"}).problems == ()


class TestSecrets:
    def test_from_a_file(self, here):
        (here / "url").write_text(f"  {SECRET}\n")
        settings = load(environ={"TOCSIN_WEBHOOK_URL_FILE": str(here / "url")})
        assert settings.config.webhook_url == SECRET
        assert settings.sources == {"webhook_url": "TOCSIN_WEBHOOK_URL_FILE"}

    @pytest.mark.parametrize("backwards", [False, True])
    def test_the_variable_wins_over_the_file(self, here, backwards):
        (here / "url").write_text("https://file.example.com")
        environ = {"TOCSIN_WEBHOOK_URL": SECRET, "TOCSIN_WEBHOOK_URL_FILE": str(here / "url")}
        environ = dict(reversed(environ.items())) if backwards else environ
        assert load(environ=environ).config.webhook_url == SECRET

    @pytest.mark.parametrize("name", ["store", "release"])
    def test_only_secrets_have_files(self, here, name):
        assert only(load(environ={f"{variable(name)}_FILE": "x"})).fix.startswith("is not a setting")

    @pytest.mark.parametrize(
        ("make", "fix"),
        [
            (lambda path: None, "cannot be read: No such file or directory"),
            (lambda path: path.mkdir(), "cannot be read: Is a directory"),
            (lambda path: path.write_bytes(b"\xff\xfe\x00"), "must be a file of UTF-8 text"),
        ],
        ids=["missing", "folder", "binary"],
    )
    def test_a_file_that_cannot_be_read(self, here, make, fix):
        make(here / "url")
        settings = load(environ={"TOCSIN_WEBHOOK_URL_FILE": str(here / "url")})
        problem = only(settings)
        assert (problem.key, problem.source, problem.fix) == ("TOCSIN_WEBHOOK_URL_FILE", "environment", fix)
        assert settings.config.webhook_url is None

    @pytest.mark.parametrize("name", [setting.name for setting in table() if setting.metadata["secret"]])
    def test_never_in_a_problem_nor_in_the_representation(self, here, file, name):
        bad = SECRET.replace("https", "htps")
        file(f"{name}: {bad}")
        (here / "url").write_text(bad)
        sources = [
            load({name: bad}, environ={variable(name): bad}),
            load(environ={f"{variable(name)}_FILE": str(here / "url")}),
        ]
        for settings in sources:
            assert settings.problems
            assert "very-secret" not in repr(settings)
            assert "very-secret" not in "".join(map(str, settings.problems))
        assert "very-secret" not in repr(load({name: SECRET}, environ={}).config)

    @pytest.mark.parametrize("content", [f"webhook_url: '{SECRET}", f"a: b: {SECRET}", f"\t{SECRET}", f"[{SECRET}"])
    def test_not_in_what_is_said_of_a_file_that_is_no_yaml(self, here, file, content):
        file(content)
        problem = only(load(environ={}))
        assert problem.key == "tocsin.yml"
        assert problem.fix.startswith("cannot be read: line ")
        assert "very-secret" not in str(problem)


class TestFile:
    def test_missing_where_it_was_asked_for(self, here):
        problem = only(load(environ={"TOCSIN_CONFIG": "nowhere.yml"}))
        assert (problem.key, problem.value) == ("TOCSIN_CONFIG", "nowhere.yml")
        assert problem.fix == "there is no such file"

    @pytest.mark.parametrize("content", ["- store", "store", "7"])
    def test_no_mapping(self, here, file, content):
        file(content)
        assert only(load(environ={})).fix == "must be a mapping of settings"

    @pytest.mark.parametrize("content", ["", "# nothing\n", "---\n"])
    def test_empty(self, here, file, content):
        file(content)
        assert load(environ={}).problems == ()

    def test_unreadable(self, here):
        (here / "tocsin.yml").write_bytes(b"release: \xff")
        assert only(load(environ={})).fix.startswith("cannot be read")

    def test_a_folder(self, here):
        (here / "tocsin.yml").mkdir()
        assert only(load(environ={})).fix.startswith("cannot be read")


def test_the_store_of_a_user_without_a_home(here, monkeypatch):
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda uid: (_ for _ in ()).throw(KeyError(uid)))
    store = load(environ={}).config.store
    assert store.is_absolute()
    assert store.parent.name == f"tocsin-{os.getuid()}"


def test_the_store_is_among_the_users_state(here, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/var/state")
    assert load(environ={}).config.store == Path("/var/state/tocsin/tocsin.db")


@pytest.mark.parametrize("setting", table(), ids=lambda setting: setting.name)
def test_every_setting_is_documented_and_has_a_default_of_its_kind(setting):
    assert setting.metadata["doc"].endswith(".")
    assert setting.metadata["kind"].allowed
    default = default_of(setting)
    if default is not None:
        as_given = list(default) if isinstance(default, tuple) else default
        if as_given:
            assert setting.metadata["kind"].read(as_given) == default


def test_the_packs_that_can_be_named_are_those_that_exist():
    assert sorted(PACKS) == sorted(pack_names())
