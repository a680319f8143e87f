"""Signatures are those of Standard Webhooks, and no file but the secret key can make them."""

from core.webhooks import signing


def test_a_message_is_signed_as_the_library_of_standard_webhooks_signs_it() -> None:
    # Made by standardwebhooks 1.1.0.
    made = signing.headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
