"""What every receiver has to do, as tests that any receiver can run."""

from collections.abc import Sequence

from tocsin.notify import DeliveryError, Notification, Receiver
from tocsin.testing.samples import alert, notification

#: What an application may have put into a label: markup of every channel, control characters, much of it.
HOSTILE = (
    "<!channel> <script>alert(1)</script> *_`[x](javascript:1)`_* @everyone \x1b[31m\r\nBcc: a@b.example \u202e"
    + "ä" * 3000
)


class ReceiverContract:
    """Inherit, give a `receiver`, and let pytest run the tests. Whatever it sends to must accept what it gets.

    `failing_receiver` is one whose other side refuses; where there is none, that test does nothing.
    """

    #: What a preview and an error must not show.
    secrets: Sequence[str] = ()

    def receiver(self) -> Receiver:
        """A fresh one."""
        raise NotImplementedError("give the receiver to test")

    def failing_receiver(self) -> Receiver | None:
        """A fresh one that cannot deliver."""
        return None

    def test_it_delivers_what_fires(self) -> None:
        self._deliver(notification())

    def test_it_delivers_what_is_resolved(self) -> None:
        self._deliver(notification(alert("resolved")))

    def test_it_delivers_both_at_once(self) -> None:
        self._deliver(notification(alert(), alert("resolved", pod="b")))

    def test_it_delivers_every_severity(self) -> None:
        for severity in ("info", "warning", "error", "critical", "emergency", "", "whatever"):
            self._deliver(notification(alert(severity=severity)), key=severity)

    def test_it_delivers_many_alerts(self) -> None:
        self._deliver(notification(*(alert(pod=str(number)) for number in range(300))))

    def test_it_delivers_alerts_that_say_nothing(self) -> None:
        self._deliver(notification(alert(annotations={}), external_url=""))

    def test_it_delivers_whatever_labels_hold(self) -> None:
        self._deliver(notification(alert(annotations={"summary": HOSTILE, "description": HOSTILE}, path=HOSTILE)))

    def test_the_same_key_may_come_again(self) -> None:
        receiver = self.receiver()
        for _ in range(2):
            receiver.deliver(notification(), key="again")

    def test_a_preview_is_text_without_secrets(self) -> None:
        shown = self.receiver().preview(notification())
        assert shown.strip(), "a preview shows something"  # noqa: S101  a test
        self._check_secrets(shown)

    def test_a_failure_is_a_delivery_error_without_secrets(self) -> None:
        receiver = self.failing_receiver()
        if receiver is None:
            return
        try:
            receiver.deliver(notification(), key="k")
        except DeliveryError as error:
            self._check_secrets(f"{error} {error.__cause__}")
        else:
            raise AssertionError("a receiver that cannot deliver must raise DeliveryError")

    def _deliver(self, told: Notification, key: str = "key") -> None:
        self.receiver().deliver(told, key=key)

    def _check_secrets(self, text: str) -> None:
        for secret in self.secrets:
            assert secret not in text, "a secret is shown"  # noqa: S101  a test
