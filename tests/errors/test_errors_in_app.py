import pytest

from tocsin.errors import Frame, InApp
from tocsin.errors.module_path import module_of


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("/srv/app/shop/pricing.py", "shop.pricing"),
        ("/srv/app/main.py", "main"),
        ("/home/deploy/current/shop/pricing.py", "shop.pricing"),
        ("/home/me/projects/shop/src/shop/pricing.py", "shop.pricing"),
        ("/opt/releases/20260101/shop/pricing.py", "shop.pricing"),
        ("/var/www/html/shop/pricing.py", "shop.pricing"),
        ("/usr/src/app/shop/__init__.py", "shop"),
        ("/app/shop/pricing.py", "shop.pricing"),
        ("/workspace/my-service/shop/pricing.py", "shop.pricing"),
        ("C:\\inetpub\\wwwroot\\shop\\pricing.py", "shop.pricing"),
        ("D:\\a\\my-repo\\shop\\pricing.py", "shop.pricing"),
        ("/srv/venv/lib/python3.12/site-packages/requests/api.py", "requests.api"),
        ("/usr/lib/python3/dist-packages/yaml/__init__.py", "yaml"),
        ("/usr/local/lib/python3.13/json/decoder.py", "json.decoder"),
        ("/usr/local/lib/python3.13t/json/decoder.py", "json.decoder"),
        ("C:\\Python311\\Lib\\asyncio\\runners.py", "asyncio.runners"),
        ("C:\\hostedtoolcache\\windows\\Python\\3.11.4\\x64\\Lib\\json\\decoder.py", "json.decoder"),
        ("<string>", "<string>"),
    ],
)
def test_the_module_of_a_path(path, module):
    assert module_of(path) == module


@pytest.mark.parametrize(
    ("path", "function", "is_in_app"),
    [
        ("/srv/app/shop/pricing.py", "price", True),
        ("/srv/lib/shop/pricing.py", "price", True),
        ("/srv/app/templates/page.html", "block 'content'", True),
        ("/srv/tocsin/shop/app.py", "index", True),
        ("/srv/app/venv/lib/python3.12/site-packages/flask/app.py", "dispatch", False),
        ("/usr/lib/python3.11/threading.py", "run", False),
        ("C:\\Users\\me\\AppData\\Local\\Programs\\Python\\Python311\\Lib\\json\\decoder.py", "decode", False),
        ("/usr/local/bin/gunicorn", "<module>", False),
        ("<frozen runpy>", "_run_module_as_main", False),
        ("<sqlalchemy generated _go() wrapper>", "commit", False),
        ("pydantic/main.py", "pydantic.main.BaseModel.__init__", False),
        ("asyncpg/protocol/protocol.pyx", "query", False),
        ("/workspace/src/opentelemetry/trace/__init__.py", "use_span", False),
        ("/workspace/src/tocsin/capture/logs.py", "see", False),
    ],
)
def test_the_rule(path, function, is_in_app):
    assert InApp().includes(Frame.at(path, function, 1)) is is_in_app


@pytest.mark.parametrize(
    ("path", "is_in_app"),
    [
        ("/x/site-packages/mycompany/billing.py", True),
        ("/x/site-packages/mycompanyother/billing.py", False),
        ("/x/site-packages/other/mycompany/billing.py", False),
        ("/anywhere/at/all/shop/vendored/six.py", False),
        ("/anywhere/at/all/shop/pricing.py", True),
    ],
)
def test_prefixes_override_it(path, is_in_app):
    in_app = InApp(include=("mycompany",), exclude=("shop.vendored",))
    assert in_app.includes(Frame.at(path, "f", 1)) is is_in_app
