"""E-mail, with a real mail server that parses what arrives."""

import smtplib
import socket
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from threading import Event, Thread

import msgspec
import pytest

from tocsin.notify import DeliveryError, Templates, Tls, watched
from tocsin.notify.receivers.email import Email
from tocsin.notify.transport.smtp import MailServer
from tocsin.notify.wording.letter import LetterTexts

NOW = 1_772_366_400.0  # 2026-03-01 12:00 UTC
MINE = {
    **dict.fromkeys(("subject", "SUBJECT", "message-id", "references"), "<mine@example.org>"),
    "Date": "Thu, 01 Jan 1970 00:00:00 +0000",
}


def email(port, texts=None, templates=None, to="Ops <ops@example.org>", host="127.0.0.1", **server):
    server = {"require_tls": False, "timeout": 5.0} | server
    settings = {"templates": templates} if templates else {}
    return Email(
        to=to,
        sender="Tocsin <tocsin@example.org>",
        server=MailServer(smarthost=f"{host}:{port}", **server),
        texts=texts or LetterTexts(),
        clock=lambda: NOW,
        **settings,
    )


def refusal(receiver, notification):
    with pytest.raises(DeliveryError) as caught:
        receiver.deliver(notification, key="k" * 64)
    return caught.value


def test_a_letter_with_text_and_html_arrives(mail_server, make_notification):
    email(mail_server.port, hello="app.example.org").deliver(make_notification(), key="0123456789abcdef" * 4)
    [letter] = mail_server.letters
    parsed = letter.parsed
    assert (letter.sender, letter.to, letter.tls, letter.hello) == (
        "tocsin@example.org",
        ["ops@example.org"],
        False,
        "app.example.org",
    )
    assert parsed["Subject"] == "[FIRING:1] critical: 95 % of requests take > 2 s"
    assert parsed["From"] == "Tocsin <tocsin@example.org>"
    assert parsed["To"] == "Ops <ops@example.org>"
    assert parsed["Message-ID"] == f"<{('0123456789abcdef' * 4)[:40]}.tocsin@example.org>"
    assert parsedate_to_datetime(parsed["Date"]).timestamp() == NOW
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed.get_content_type() == "multipart/alternative"
    text, html = parsed.get_body(("plain",)).get_content(), parsed.get_body(("html",)).get_content()
    for shown in ("95 % of requests take", "critical", "since 2026-03-01 12:00:00 UTC", "2.31 s", "1 firing"):
        assert shown in text
        assert shown in html
    assert "<script" not in html


def test_letters_of_one_group_are_one_thread(mail_server, make_notification, make_alert):
    receiver = email(mail_server.port)
    for number, alert in enumerate([make_alert(), make_alert("resolved")]):
        receiver.deliver(make_notification(alert), key=str(number) * 64)
    receiver.deliver(msgspec.structs.replace(make_notification(), group_key="another"), key="3" * 64)
    first, second, other = [letter.parsed for letter in mail_server.letters]
    assert first["References"] == first["In-Reply-To"] == second["References"] != other["References"]
    assert len({first["Message-ID"], second["Message-ID"], other["Message-ID"]}) == 3
    assert second["Subject"].startswith("[RESOLVED] ")


def test_threads_can_be_off_or_by_day(mail_server, make_notification):
    email(mail_server.port, LetterTexts(thread=False)).deliver(make_notification(), key="a")
    email(mail_server.port, LetterTexts(thread_by_date="daily")).deliver(make_notification(), key="b")
    email(mail_server.port).deliver(make_notification(), key="c")
    references = [letter.parsed["References"] for letter in mail_server.letters]
    assert references[0] is None
    assert references[1] != references[2]


def test_several_recipients_and_headers_of_ones_own(mail_server, make_notification):
    texts = LetterTexts(
        headers={"Subject": "{{ .CommonLabels.alertname }} is {{ .Status }}", "Reply-To": "oncall@example.org"},
        text="{{ len .Alerts }} alert",
        html="<p>{{ .CommonLabels.alertname }} {{ .CommonAnnotations.evil }}</p>",
    )
    notification = msgspec.structs.replace(make_notification(), common_annotations={"evil": "<script>"})
    email(mail_server.port, texts, to="a@example.org, B <b@example.org>").deliver(notification, key="k")
    [letter] = mail_server.letters
    assert letter.to == ["a@example.org", "b@example.org"]
    assert letter.parsed["Subject"] == "HighLatency is firing"
    assert letter.parsed["Reply-To"] == "oncall@example.org"
    assert letter.parsed.get_body(("plain",)).get_content().strip() == "1 alert"
    assert letter.parsed.get_body(("html",)).get_content().strip() == "<p>HighLatency &lt;script&gt;</p>"


def test_a_template_file_may_define_subject_and_html(mail_server, make_notification):
    templates = Templates({"a.tmpl": '{{ define "email.default.subject" }}Mine: {{ template "__subject" . }}{{ end }}'})
    email(mail_server.port, templates=templates).deliver(make_notification(), key="k")
    assert mail_server.letters[0].parsed["Subject"] == "Mine: [FIRING:1] HighLatency (critical)"


def test_the_address_may_come_from_a_label(mail_server, make_notification):
    email(mail_server.port, to="{{ .CommonLabels.alertname }}@example.org").deliver(make_notification(), key="k")
    assert mail_server.letters[0].to == ["HighLatency@example.org"]
    error = refusal(email(mail_server.port, to="{{ .CommonLabels.team }}"), make_notification())
    assert (error.recoverable, str(error)) == (
        False,
        "an e-mail needs a sender and a recipient, such as ops@example.org",
    )


@pytest.mark.parametrize("name", sorted(MINE))
def test_names_of_headers_count_without_their_case(name, mail_server, make_notification):
    email(mail_server.port, LetterTexts(headers={name: MINE[name]})).deliver(make_notification(), key="k")
    assert mail_server.letters[0].parsed.get_all(name) == [MINE[name]]


@pytest.mark.parametrize("name", ["Bad Name", "X: y", "", "Ü"])
def test_a_header_that_cannot_be_one_is_refused(name, mail_server, make_notification):
    error = refusal(email(mail_server.port, LetterTexts(headers={name: "y"})), make_notification())
    assert (error.recoverable, str(error)) == (
        False,
        f"the e-mail cannot be written: {name!r} is not the name of a header",
    )
    assert mail_server.letters == []


def test_no_label_can_add_a_header(mail_server, make_notification, make_alert):
    alert = msgspec.structs.replace(make_alert(), annotations={"summary": "x\r\nBcc: evil@example.org\r\n\r\nbody"})
    texts = LetterTexts(headers={"X-What": "{{ (index .Alerts 0).Annotations.summary }}"})
    email(mail_server.port, texts).deliver(make_notification(alert), key="k")
    [letter] = mail_server.letters
    assert letter.to == ["ops@example.org"]
    assert letter.parsed["Bcc"] is None
    assert letter.parsed["X-What"] == "x Bcc: evil@example.org body"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_starttls_and_login(mechanism, starttls_server, authority, make_notification):
    receiver = email(starttls_server.port, username="me", password="pass", require_tls=True, tls=Tls(ca=authority.ca))
    if mechanism == "LOGIN":
        starttls_server.without = " PLAIN"
    steps = []
    with watched(lambda name, outcome: steps.append((name, outcome))):
        receiver.deliver(make_notification(), key="k")
    [letter] = starttls_server.letters
    assert letter.tls
    assert starttls_server.logins[-1] == (mechanism, "me", "pass")
    assert [name for name, _ in steps] == ["resolved", "connected", "TLS", "authenticated", "accepted"]
    assert steps[2][1].endswith("certificate verified")
    assert "pass" not in str(steps)


def test_tls_from_the_first_byte(implicit_tls_server, authority, make_notification):
    tls = Tls(ca=authority.ca.read_text())
    email(implicit_tls_server.port, implicit_tls=True, tls=tls).deliver(make_notification(), key="k")
    assert implicit_tls_server.letters[0].tls


def test_a_mail_server_that_nobody_trusts(starttls_server, implicit_tls_server, make_notification):
    for receiver in (
        email(starttls_server.port, require_tls=True),
        email(implicit_tls_server.port, implicit_tls=True),
    ):
        error = refusal(receiver, make_notification())
        assert error.recoverable
        assert "cannot be trusted" in str(error)
    email(implicit_tls_server.port, implicit_tls=True, tls=Tls(insecure_skip_verify=True)).deliver(
        make_notification(), key="k"
    )


def test_the_name_in_the_certificate_may_be_another(implicit_tls_server, authority, make_notification):
    tls = Tls(ca=authority.ca, server_name="localhost")
    email(implicit_tls_server.port, implicit_tls=True, tls=tls).deliver(make_notification(), key="k")
    wrong = Tls(ca=authority.ca, server_name="mail.example.org")
    error = refusal(email(implicit_tls_server.port, implicit_tls=True, tls=wrong), make_notification())
    assert "cannot be trusted" in str(error)


def test_a_wrong_password_is_permanent_and_not_shown(starttls_server, authority, make_notification):
    receiver = email(starttls_server.port, username="me", password="wr0ng", require_tls=True, tls=Tls(ca=authority.ca))
    error = refusal(receiver, make_notification())
    assert not error.recoverable
    assert "535" in str(error)
    assert "wr0ng" not in str(error)


def test_a_server_without_starttls_gets_nothing(mail_server, make_notification):
    error = refusal(email(mail_server.port, require_tls=True), make_notification())
    assert (error.recoverable, str(error)) == (
        False,
        "127.0.0.1 offers no STARTTLS, which require_tls asks for",
    )
    assert mail_server.letters == []


def test_a_password_is_not_sent_in_the_clear(mail_server, make_notification, monkeypatch):
    monkeypatch.setattr("tocsin.notify.transport.smtp._LOCAL", set())
    error = refusal(email(mail_server.port, username="me", password="pass"), make_notification())
    assert (error.recoverable, str(error)) == (False, "127.0.0.1 gets no password without TLS, set require_tls")
    assert mail_server.logins == []


@pytest.mark.parametrize(
    ("step", "answer", "recoverable"),
    [
        ("DATA", "451 try later", True),
        ("DATA", "554 no spam here", False),
        ("ops@example.org", "450 mailbox busy", True),
        ("ops@example.org", "550 no such user", False),
    ],
)
def test_what_the_server_says_decides(step, answer, recoverable, mail_server, make_notification):
    mail_server.refuse[step] = answer
    error = refusal(email(mail_server.port), make_notification())
    assert error.recoverable is recoverable
    assert answer.split(maxsplit=1)[1] in str(error)
    assert error.__cause__ is None


def test_one_bad_recipient_keeps_no_other_from_being_told(mail_server, make_notification):
    mail_server.refuse["gone@example.org"] = "550 no such user"
    error = refusal(email(mail_server.port, to="gone@example.org, ops@example.org"), make_notification())
    assert mail_server.letters[0].to == ["ops@example.org"]
    assert not error.recoverable
    assert str(error) == "127.0.0.1 refused gone@example.org (550 no such user); the others have it"


def test_what_was_taken_is_delivered_however_the_server_says_goodbye(mail_server, make_notification, monkeypatch):
    def hang_up(session):
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    monkeypatch.setattr(smtplib.SMTP, "quit", hang_up)
    email(mail_server.port).deliver(make_notification(), key="k")
    assert len(mail_server.letters) == 1


def test_nobody_listens(make_notification):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    error = refusal(email(port), make_notification())
    assert (error.recoverable, str(error)) == (True, "127.0.0.1 cannot be reached: Connection refused")


def test_a_server_that_says_nothing(make_notification):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = refusal(email(silent.getsockname()[1], timeout=0.1), make_notification())
    assert (error.recoverable, str(error)) == (True, "127.0.0.1 did not answer within 0.1 s")


def _hang_up(listening):
    listening.accept()[0].close()


def test_a_server_that_hangs_up(make_notification):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=_hang_up, args=(listening,))
        thread.start()
        error = refusal(email(listening.getsockname()[1]), make_notification())
        thread.join()
    assert error.recoverable


def _drip(listening, over):
    """Says hello, then a byte now and then."""
    open_socket, _ = listening.accept()
    with open_socket, suppress(OSError):
        open_socket.sendall(b"220 hello\r\n")
        while not over.wait(0.02):
            open_socket.sendall(b"2")


def test_a_server_that_talks_without_an_end(make_notification):
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=_drip, args=(listening, over))
        thread.start()
        error = refusal(email(listening.getsockname()[1], timeout=0.1), make_notification())
        over.set()
        thread.join()
    assert error.recoverable


@pytest.mark.parametrize("smarthost", ["", "mail.example.org", "mail.example.org:smtp", ":25"])
def test_a_senseless_smarthost_is_refused_at_once(smarthost):
    with pytest.raises(ValueError, match="write one like"):
        MailServer(smarthost=smarthost)


def test_a_preview_sends_nothing(mail_server, make_notification):
    shown = email(mail_server.port).preview(make_notification())
    assert shown.startswith("From: Tocsin <tocsin@example.org>\nTo: Ops <ops@example.org>\nSubject: [FIRING:1]")
    assert mail_server.letters == []


def test_texts_in_other_scripts_arrive_whole(mail_server, make_notification, make_alert):
    alert = msgspec.structs.replace(make_alert(), annotations={"summary": "Störung: 支付 失败 🔥"})
    email(mail_server.port).deliver(make_notification(alert), key="k")
    parsed = mail_server.letters[0].parsed
    assert parsed["Subject"] == "[FIRING:1] critical: Störung: 支付 失败 🔥"
    assert "支付 失败" in parsed.get_body(("plain",)).get_content()
    assert isinstance(parsedate_to_datetime(parsed["Date"]), datetime)
