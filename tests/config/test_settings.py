"""What an operator may set, and that every mistake is told at once."""

import re
import shutil
from pathlib import Path
from typing import Final

import pytest

from config.settings import HERE, Source, load_playbook, load_policy, load_reasons, read_settings
from klankbord.errors import InvalidConfiguration
from klankbord.policy import Policy
from klankbord.suggestions import SUGGESTIONS

NEEDED: Final = {"KLANKBORD_BROKER": "kafka:9092", "KLANKBORD_REDIS_URL": "redis://redis:6379/0"}


def mistakes(**more: str) -> list[str]:
    with pytest.raises(InvalidConfiguration) as error:
        read_settings({**NEEDED, **{f"KLANKBORD_{name.upper()}": value for name, value in more.items()}})
    return error.value.mistakes


def playbook_mistakes(folder: Path) -> list[str]:
    with pytest.raises(InvalidConfiguration) as error:
        load_playbook(folder)
    return error.value.mistakes


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    """A playbook of our own to make mistakes in."""
    return Path(shutil.copytree(HERE / "playbook", tmp_path / "playbook"))


def test_broker_and_redis_are_enough() -> None:
    settings = read_settings(NEEDED)

    assert (settings.broker, settings.redis_url) == ("kafka:9092", "redis://redis:6379/0")
    assert (settings.broker_kind, settings.partitions, settings.replication_factor) == ("kafka", 8, 1)
    assert (settings.monitor_port, settings.publisher_port, settings.web_port) == (9101, 9102, 8080)
    assert (settings.host, settings.input_retention_h, settings.replayed) == ("127.0.0.1", 24, False)
    assert settings.policy == HERE / "policy.toml"


def test_what_is_set_counts_and_what_is_not_ours_is_left_alone() -> None:
    settings = read_settings({**NEEDED, "KLANKBORD_PARTITIONS": "64", "KLANKBORD_REPLAYED": "true", "HOME": "/root"})

    assert settings.partitions == 64
    assert settings.replayed


def test_without_broker_and_redis_both_are_asked_for() -> None:
    with pytest.raises(InvalidConfiguration) as error:
        read_settings({})

    assert [mistake.split(":")[0] for mistake in error.value.mistakes] == [
        "KLANKBORD_BROKER is missing",
        "KLANKBORD_REDIS_URL is missing",
    ]


def test_a_variable_we_do_not_know_is_refused() -> None:
    assert mistakes(partition="8") == ["KLANKBORD_PARTITION is no setting of ours; see docs/settings.md"]


def test_every_mistake_is_told_in_one_message() -> None:
    with pytest.raises(InvalidConfiguration) as error:
        read_settings(
            {
                "KLANKBORD_REDIS_URL": "http://redis",
                "KLANKBORD_PARTITIONS": "many",
                "KLANKBORD_WEB_PORT": "65536",
                "KLANKBORD_INSTANCE": "a b",
                "KLANKBORD_BROKER_KIND": "rabbit",
                "KLANKBORD_COLOUR": "red",
            }
        )

    assert len(error.value.mistakes) == 7
    for name in ("BROKER", "REDIS_URL", "PARTITIONS", "WEB_PORT", "INSTANCE", "BROKER_KIND", "COLOUR"):
        assert f"- KLANKBORD_{name}" in str(error.value)


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in type(read_settings(NEEDED)).model_fields.values())


def test_the_shipped_policy_and_playbook_are_read() -> None:
    wording = load_playbook(HERE / "playbook")

    assert load_policy(HERE / "policy.toml") == Policy()
    assert wording.text.keys() == wording.why.keys() == {suggester.kind for suggester in SUGGESTIONS}
    assert all(lines.keys() == {"nl", "en"} for lines in (*wording.text.values(), *wording.why.values()))


def test_the_shipped_contact_reasons_are_read_with_the_policy() -> None:
    policy = load_policy(HERE / "policy.toml", HERE / "reasons.toml")

    assert policy.reasons == load_reasons(HERE / "reasons.toml")
    assert policy.reasons.name("delivery.late").en == "Late delivery"


def test_contact_reasons_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"nowhere\.toml: cannot be read"):
        load_reasons(tmp_path / "nowhere.toml")


def test_a_policy_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"nowhere\.toml: cannot be read"):
        load_policy(tmp_path / "nowhere.toml")


def test_a_playbook_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"nl\.toml: cannot be read"):
        load_playbook(tmp_path)


def test_every_mistake_in_the_playbook_is_told(playbook: Path) -> None:
    dutch, english = playbook / "nl.toml", playbook / "en.toml"
    dutch.write_text(dutch.read_text().replace("[reassure]", "[soothe]"))
    english.write_text(english.read_text().replace("[plain_words]\ntext = ", "[plain_words]\ntext = ' '\nwords = "))

    assert playbook_mistakes(playbook) == [
        f"{dutch}: 'soothe' is no kind of suggestion",
        f"{dutch}: [reassure] needs a line 'text'",
        f"{dutch}: [reassure] needs a line 'why'",
        f"{english}: [plain_words] needs a line 'text'",
        f"{english}: [plain_words] has no field 'words'; it has text, why and source",
    ]


def test_a_playbook_that_is_no_toml_is_named_and_the_other_language_is_still_read(playbook: Path) -> None:
    dutch, english = playbook / "nl.toml", playbook / "en.toml"
    dutch.write_text("[reassure\n")
    english.write_text(english.read_text() + "\n[soothe]\n")

    broken, unknown = playbook_mistakes(playbook)

    assert broken.startswith(f"{dutch}: ")
    assert unknown == f"{english}: 'soothe' is no kind of suggestion"


def test_wording_of_the_wrong_type_is_a_mistake(playbook: Path) -> None:
    dutch = playbook / "nl.toml"
    dutch.write_text("reassure = 3\n" + dutch.read_text().replace("[reassure]", "[soothe]"))

    assert f"{dutch}: [reassure] needs a line 'text'" in playbook_mistakes(playbook)


SOURCES = [
    pytest.param('source = "kb"', "'source' reads", id="a word"),
    pytest.param('source = { link = "https://kb.example.org" }', "'source' reads", id="no name"),
    pytest.param('source = { name = " " }', "'source.name'", id="an empty name"),
    pytest.param('source = { name = "kb", link = "http://kb.example.org" }', "'source.link'", id="not https"),
    pytest.param('source = { name = "kb", link = "javascript:alert(1)" }', "'source.link'", id="code"),
    pytest.param('source = { name = "kb", link = "https://bank.nl@evil.example" }', "'source.link'", id="a poser"),
    pytest.param('source = { name = "kb", link = "https://kb.example.org/a b" }', "'source.link'", id="a space"),
    pytest.param('source = { name = "kb", link = "https://kb.example.org/\\u202e" }', "'source.link'", id="backwards"),
    pytest.param('source = { name = "kb", link = "HTTPS:kb" }', "'source.link'", id="no host"),
    pytest.param('link = "https://kb.example.org"', "has no field 'link'", id="in the wrong place"),
    pytest.param('source = { name = "kb", title = "x" }', "'source' reads", id="an unknown field"),
]


@pytest.mark.parametrize(("line", "mistake"), SOURCES)
def test_an_article_that_is_not_safe_to_show_is_refused(playbook: Path, line: str, mistake: str) -> None:
    english = playbook / "en.toml"
    english.write_text(english.read_text().replace("[reassure]\n", f"[reassure]\n{line}\n"))

    (told,) = playbook_mistakes(playbook)

    assert told.startswith(f"{english}: [reassure] {mistake}")


def test_an_article_with_an_https_link_is_read(playbook: Path) -> None:
    english = playbook / "en.toml"
    line = 'source = { name = "Worries", link = "https://kb.example.org/a/42?lang=en&v=1#top" }'
    english.write_text(english.read_text().replace("[reassure]\n", f"[reassure]\n{line}\n"))

    sources = load_playbook(playbook).sources

    assert sources["reassure"] == {"en": Source("Worries", "https://kb.example.org/a/42?lang=en&v=1#top")}
    assert sources["hand_over"] == {}


@pytest.mark.parametrize(
    "text", ["One. Two. Three.", "A!? B? C…", "w" * 321], ids=["three sentences", "three ends", "too long"]
)
def test_a_text_that_is_too_long_to_read_in_between_is_refused(playbook: Path, text: str) -> None:
    dutch = playbook / "nl.toml"
    dutch.write_text(re.sub(r'(\[reassure\]\ntext = )".*"', rf'\1"{text}"', dutch.read_text()))

    (told,) = playbook_mistakes(playbook)

    assert told.startswith(f"{dutch}: [reassure] 'text' is too long")


def test_queues_are_a_list_of_at_most_twenty() -> None:
    listed = read_settings({**NEEDED, "KLANKBORD_QUEUES": " billing, delivery ,"}).listed_queues

    assert listed == ("billing", "delivery")
    assert read_settings(NEEDED).listed_queues == ()
    assert len(mistakes(queues=",".join(f"queue-{number}" for number in range(21)))) == 1
