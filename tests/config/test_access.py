"""Certificates and logins: what is wrong is told before anything starts, and no secret is in what is told."""

import ssl
from pathlib import Path

import pytest

from config.access import Access, kafka_access, redis_access
from config.settings import Settings, read_settings
from klankbord.errors import InvalidConfiguration
from tests.certificates import Certified, certified

SECRET = "tulip-4711"


def settings(**more: str) -> Settings:
    given = {"broker": "kafka:9093", "redis_url": "redis://redis:6379/0", **more}
    return read_settings({f"KLANKBORD_{name.upper()}": value for name, value in given.items()})


def accesses(**more: str) -> tuple[Access, Access]:
    made = settings(**more)
    return kafka_access(made), redis_access(made)


def mistakes(**more: str) -> list[str]:
    with pytest.raises(InvalidConfiguration) as error:
        accesses(**more)
    assert SECRET not in str(error.value)
    return error.value.mistakes


@pytest.fixture
def certificates(tmp_path: Path) -> Certified:
    return certified(tmp_path)


def test_without_settings_clients_speak_plain_text_and_log_in_nowhere() -> None:
    assert kafka_access(settings()) == {"security_protocol": "PLAINTEXT"}
    assert redis_access(settings()) == {}


def test_a_login_over_tls_reaches_every_client_of_kafka(certificates: Certified) -> None:
    access = dict(
        kafka_access(
            settings(
                broker_security="SASL_SSL",
                broker_user="klankbord-monitor",
                broker_password=SECRET,
                broker_ca=str(certificates.ca),
                broker_certificate=str(certificates.certificate),
                broker_key=str(certificates.key),
            )
        )
    )

    context = access.pop("ssl_context")
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert access == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "klankbord-monitor",
        "sasl_plain_password": SECRET,
    }


def test_redis_is_asked_for_its_certificate_and_told_who_we_are(certificates: Certified) -> None:
    access = redis_access(
        settings(
            redis_url="rediss://redis:6380/0",
            redis_user="klankbord-web",
            redis_password=SECRET,
            redis_ca=str(certificates.ca),
        )
    )

    assert (access["username"], access["password"]) == ("klankbord-web", SECRET)
    assert (access["ssl_cert_reqs"], access["ssl_check_hostname"]) == ("required", True)
    assert access["ssl_ca_certs"] == str(certificates.ca)


@pytest.mark.parametrize("secret", ["broker_password", "redis_password", "proxy_secret"])
def test_every_secret_may_lie_in_a_file(tmp_path: Path, secret: str) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    more = {"broker_security": "SASL_SSL", "broker_user": "x"} if secret == "broker_password" else {}

    assert getattr(settings(**more, **{f"{secret}_file": str(path)}), secret).get_secret_value() == SECRET
    assert SECRET not in str(settings(**more, **{f"{secret}_file": str(path)}))


def test_a_secret_that_is_given_twice_or_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)

    twice = mistakes(redis_password=SECRET, redis_password_file=str(tmp_path / "secret"))
    nowhere = mistakes(redis_password_file=str(tmp_path / "nowhere"))

    assert twice == ["KLANKBORD_REDIS_PASSWORD and KLANKBORD_REDIS_PASSWORD_FILE are both given: one is enough"]
    assert nowhere == [f"KLANKBORD_REDIS_PASSWORD_FILE: {tmp_path / 'nowhere'} cannot be read: FileNotFoundError"]


CROSSED = [
    ({"broker_security": "SASL_SSL"}, ["BROKER_USER is missing", "BROKER_PASSWORD is missing"]),
    ({"broker_user": "x", "broker_password": SECRET}, ["BROKER_USER would not be used", "BROKER_PASSWORD would not"]),
    ({"broker_ca": "/ca.pem"}, ["BROKER_CA would not be used"]),
    ({"broker_kind": "embedded", "broker_security": "SSL"}, ["BROKER_SECURITY is SSL, and the embedded broker"]),
    ({"broker_security": "SSL", "broker_key": "/key.pem"}, ["BROKER_CERTIFICATE and BROKER_KEY belong together"]),
    ({"redis_url": f"redis://kim:{SECRET}@redis:6379"}, ["REDIS_URL holds a login"]),
    ({"redis_url": f"redis://redis:6379?password={SECRET}"}, ["REDIS_URL holds a login"]),
    ({"redis_user": "x"}, ["REDIS_PASSWORD is missing"]),
    ({"redis_ca": "/ca.pem"}, ["REDIS_CA would not be used"]),
    ({"redis_url": "rediss://redis", "redis_key": "/key.pem"}, ["REDIS_CERTIFICATE and REDIS_KEY belong together"]),
]


@pytest.mark.parametrize(("given", "told"), CROSSED)
def test_settings_that_do_not_fit_each_other_are_refused(given: dict[str, str], told: list[str]) -> None:
    found = mistakes(**given)

    assert len(found) == len(told)
    assert all(mistake.startswith(f"KLANKBORD_{begin}") for mistake, begin in zip(found, told, strict=True))


@pytest.mark.parametrize("name", ["broker", "redis"])
def test_a_file_that_is_not_there_or_holds_no_certificate_is_named(
    name: str, certificates: Certified, tmp_path: Path
) -> None:
    tls = {"broker_security": "SSL"} if name == "broker" else {"redis_url": "rediss://redis:6380"}
    other = certified(tmp_path / "other")
    both = {f"{name}_certificate": str(certificates.certificate), f"{name}_key": str(other.key)}
    of = f"KLANKBORD_{name.upper()}_"

    missing = f"{of}CA: /nowhere cannot be read: No such file or directory"
    assert mistakes(**tls, **{f"{name}_ca": "/nowhere"}) == [missing]
    assert mistakes(**tls, **{f"{name}_ca": __file__}) == [f"{of}CA: {__file__}: no certificate or key in PEM"]
    assert mistakes(**tls, **both) == [f"{of}CERTIFICATE: {certificates.certificate}: its key is another's"]
