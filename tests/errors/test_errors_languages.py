"""Stack traces of other languages: read well enough that one cause is one issue."""

import pytest

from tocsin.errors import identify, parse_stacktrace

JAVA = """Exception in thread "main" com.acme.shop.OrderException: order 42 failed
\tat com.acme.shop.Orders.place(Orders.java:40)
\tat com.acme.shop.web.OrderController.lambda$create$0(OrderController.java:22)
\tat java.base/java.util.Optional.map(Optional.java:260)
\tat org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:1089)
Caused by: java.lang.NullPointerException: Cannot invoke "Customer.name()" because "c" is null
\tat com.acme.shop.Customers.load(Customers.java:17)
\tat com.acme.shop.Orders.place(Orders.java:38)
\t... 3 more
"""
V8 = """TypeError: Cannot read properties of undefined (reading 'name')
    at Orders.place (/srv/app/src/orders.js:12:20)
    at async handle (/srv/app/src/server.js:30:5)
    at Layer.handle [as handle_request] (/srv/app/node_modules/express/lib/router/layer.js:95:5)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"""
V8_CAUSE = """Error: placing failed
    at place (file:///app/dist/orders.js:12:20)
    at node:internal/main:1:1 {
  [cause]: TypeError: x is not a function
      at inner (file:///app/dist/inner.js:3:1)
      at place (file:///app/dist/orders.js:10:2)
}"""
FIREFOX = """place@https://shop.example/static/js/main.8f3a2b1c.js:1:2034
handle/<@https://shop.example/static/js/main.8f3a2b1c.js:1:99
@https://shop.example/static/js/main.8f3a2b1c.js:1:1"""
SAFARI = """place@https://shop.example/app.js:10:15
global code@https://shop.example/app.js:20:1
[native code]"""
GO = """panic: runtime error: index out of range [5] with length 3 [recovered]

goroutine 1 [running]:
runtime/debug.Stack()
\t/usr/local/go/src/runtime/debug/stack.go:24 +0x65
panic({0x1, 0x2})
\t/usr/local/go/src/runtime/panic.go:884 +0x212
github.com/acme/shop/billing.(*Service).Charge.func1(0xc0000b2000, {0x2a, 0x3})
\t/go/src/github.com/acme/shop/billing/service.go:44 +0x1d
net/http.HandlerFunc.ServeHTTP(0x0)
\t/usr/local/go/src/net/http/server.go:2122 +0x2f
main.main()
\t/app/main.go:8 +0x20
created by main.start in goroutine 1
\t/app/main.go:2 +0x20"""
GO_ERRORS = """order lost: no rows
github.com/acme/shop/store.Load
\t/build/store/store.go:30
main.main
\t/build/main.go:8
runtime.main
\t/usr/local/go/src/runtime/proc.go:250"""
RUBY = """/app/app/models/order.rb:12:in `charge': undefined method `name' for nil:NilClass (NoMethodError)
\tfrom /app/app/controllers/orders_controller.rb:8:in `block in create'
\tfrom /usr/local/bundle/gems/actionpack-7.0.4/lib/abstract.rb:6:in `process_action'
"""
RUBY_34 = """/app/app/models/order.rb:12:in 'Order#charge': boom (RuntimeError)
\tfrom /app/app/controllers/orders_controller.rb:8:in 'OrdersController#create'
/app/app/models/order.rb:10:in 'Order#load': missing key (KeyError)
\tfrom /app/app/models/order.rb:12:in 'Order#charge'
"""
DOTNET = """System.InvalidOperationException: charge failed
 ---> System.NullReferenceException: Object reference not set to an instance of an object.
   at Shop.Customers.Load(Int32 id) in /src/Shop/Customers.cs:line 17
   --- End of inner exception stack trace ---
   at Shop.Billing.<ChargeAsync>d__5.MoveNext() in /src/Shop/Billing.cs:line 44
--- End of stack trace from previous location ---
   at System.Runtime.CompilerServices.TaskAwaiter.ThrowForNonSuccess(Task task)
   at Microsoft.AspNetCore.Mvc.Infrastructure.ActionMethodExecutor.Execute()"""
PHP = """PHP Fatal error:  Uncaught App\\Errors\\ChargeException: card declined in /var/www/app/src/Billing.php:12
Stack trace:
#0 /var/www/app/src/Orders.php(30): App\\Billing->charge(Object(App\\Order))
#1 /var/www/app/vendor/laravel/framework/src/Router.php(10): App\\Orders->place()
#2 {main}
  thrown in /var/www/app/src/Billing.php on line 12"""
PHP_NEXT = """PDOException: SQLSTATE[23000]: Integrity constraint violation in /var/www/app/src/Db.php:5
Stack trace:
#0 /var/www/app/src/Orders.php(30): App\\Db->save()
#1 {main}

Next App\\SaveFailed: cannot save in /var/www/app/src/Orders.php:33
Stack trace:
#0 /var/www/app/public/index.php(3): App\\Orders->place()
#1 {main}"""
PHP_OTEL = """App\\Errors\\ChargeException: card declined
 at App.Billing.charge(Billing.php:12)
 at App.Orders.place(Orders.php:30)
Caused by: PDOException: gone
 at App.Db.query(Db.php:7)
 ... 2 more"""


def parse(text, type_name="", message=""):
    return parse_stacktrace(type_name, message, text)


@pytest.mark.parametrize(
    ("text", "title", "culprit"),
    [
        (JAVA, "OrderException: order 42 failed", "shop.Customers in load"),
        (V8, "TypeError: Cannot read properties of undefined (reading 'name')", "orders in Orders.place"),
        (V8_CAUSE, "Error: placing failed", "inner in inner"),
        (GO, "panic: runtime error: index out of range [5] with length 3", "shop.billing in (*Service).Charge"),
        (RUBY, "NoMethodError: undefined method `name' for nil:NilClass", "models.order in charge"),
        (RUBY_34, "RuntimeError: boom", "models.order in load"),
        (DOTNET, "InvalidOperationException: charge failed", "Shop.Customers in Load"),
        (PHP, "ChargeException: card declined", "Billing in charge"),
        (PHP_NEXT, "SaveFailed: cannot save", "Db in save"),
        (PHP_OTEL, "ChargeException: card declined", "Db in query"),
    ],
    ids=["java", "v8", "v8 cause", "go", "ruby", "ruby 3.4", ".net", "php", "php next", "php otel"],
)
def test_what_failed_and_where(text, title, culprit):
    verdict = identify(parse(text))
    assert (verdict.title, verdict.culprit) == (title, culprit)


@pytest.mark.parametrize(
    ("text", "culprit"),
    [(FIREFOX, "js.main in place"), (SAFARI, "app in place"), (GO_ERRORS, "shop.store in Load")],
    ids=["firefox", "safari", "pkg/errors"],
)
def test_type_and_message_come_from_the_attributes_where_the_text_has_none(text, culprit):
    verdict = identify(parse(text, "shop.LostError", "order 7 lost"))
    assert (verdict.title, verdict.culprit) == ("LostError: order 7 lost", culprit)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (JAVA, [False, False, True, True]),
        (V8, [False, False, True, True]),
        (GO, [True, False, True]),
        (RUBY, [False, True, True]),
        (DOTNET, [False, False, True]),
        (PHP, [False, True, True]),
    ],
    ids=["java", "v8", "go", "ruby", ".net", "php"],
)
def test_libraries_are_told_from_the_application(text, own):
    assert [not frame.is_library for frame in parse(text).frames] == own


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (JAVA, [(":17)", ":99)"), ("order 42", "order 8"), ("$create$0", "$create$7")]),
        (V8, [(":12:20", ":99:1"), ("/srv/app/src/", "/opt/releases/7/src/")]),
        (FIREFOX, [(".8f3a2b1c.js:1:2034", ".77aa01ff.js:1:55")]),
        (GO, [(":44", ":45"), ("func1", "func2"), ("0xc0000b2000", "0xc000112000"), ("[5]", "[7]")]),
        (
            RUBY,
            [(":12:in", ":15:in"), ("/app/app", "/srv/shop/releases/20260101/app"), ("nil:NilClass", "nil:NilClass")],
        ),
        (DOTNET, [("line 17", "line 18"), ("/src/Shop/", "C:\\build\\7\\Shop\\"), ("d__5", "d__9")]),
        (PHP, [(".php:12", ".php:19"), ("/var/www/app", "/srv/other")]),
    ],
    ids=["java", "v8", "firefox", "go", "ruby", ".net", "php"],
)
def test_lines_roots_builds_and_values_do_not_count(text, changes):
    changed = text
    for old, new in changes:
        changed = changed.replace(old, new)
    assert changed != text
    assert identify(parse(changed, "E", "m")).fingerprint == identify(parse(text, "E", "m")).fingerprint


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (JAVA, "Customers.load", "Customers.save"),
        (V8, "Orders.place", "Orders.cancel"),
        (GO, "Charge", "Refund"),
        (RUBY, "`charge'", "`refund'"),
        (DOTNET, "Customers.Load", "Customers.Save"),
        (PHP, "charge(", "refund("),
    ],
    ids=["java", "v8", "go", "ruby", ".net", "php"],
)
def test_the_function_that_failed_counts(text, old, new):
    assert identify(parse(text.replace(old, new))).fingerprint != identify(parse(text)).fingerprint


@pytest.mark.parametrize("text", [JAVA, V8, GO, RUBY, DOTNET, PHP])
def test_cut_off_anywhere_it_is_still_read(text):
    for end in range(0, len(text), 7):
        parse(text[:end], "E", "m")


@pytest.mark.parametrize(
    "line",
    ["\tat ", "  at a(", "@:1:1", "\t/a.go:1", "#0 a(1): ", "a:1:in `", " ---> ", "Caused by: ", "\n", " ", "at ("],
)
def test_time_is_linear(line):
    parse(line * (262_144 // len(line)))
    parse((line + "\n") * (262_144 // (len(line) + 1)))


AXIOS = """AxiosError: Request failed with status code 500
    at settle (/srv/app/node_modules/axios/lib/core/settle.js:19:12)
    at async charge (/srv/app/src/pay.js:20:5)"""


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (RUBY, RUBY.replace("`name' for nil:NilClass", "'name' for nil")),
        (V8, V8.replace("/srv/app/", "C:\\svc\\").replace("/src/", "\\src\\")),
        (AXIOS, AXIOS.replace("/", "\\").replace("\\srv\\app", "C:\\svc")),
        (GO, GO.replace("/go/src/github.com/acme", "/go/src")),
    ],
    ids=["wording of ruby", "windows", "library on windows", "gopath"],
)
def test_neither_version_nor_place_counts(text, other):
    assert identify(parse(text)).fingerprint == identify(parse(other)).fingerprint


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (V8, "(reading 'name')", "(reading 'id')"),
        (RUBY, "undefined method `name'", "undefined method `id'"),
        ("Error: connect ECONNREFUSED 10.0.0.7:6379\n    at TCP.done (node:net:1:2)", "6379", "5432"),
        (
            "Error: Call to a member function name() on null in /app/src/User.php:3\nStack trace:\n#0 {main}",
            "name()",
            "mail()",
        ),
    ],
    ids=["property", "method", "port", "php method"],
)
def test_what_is_missing_counts(text, old, new):
    assert identify(parse(text.replace(old, new))).fingerprint != identify(parse(text)).fingerprint
