"""Prometheus asks the processes of docker-compose.yml, on the ports they listen on."""

from config.settings import Settings
from tests.deploy import ROOT, read_yaml

CONFIG = read_yaml(ROOT / "config" / "prometheus" / "prometheus.yml")
(JOB,) = CONFIG["scrape_configs"]


def test_each_process_is_scraped_on_its_own_port_and_labelled_with_its_name() -> None:
    defaults = {name: field.default for name, field in Settings.model_fields.items()}

    scraped = {entry["labels"]["process"]: entry["targets"] for entry in JOB["static_configs"]}

    assert scraped == {
        "monitor": [f"monitor:{defaults['monitor_port']}"],
        "publisher": [f"publisher:{defaults['publisher_port']}"],
        "web": [f"web:{defaults['web_port']}"],
    }


def test_what_is_scraped_is_a_service() -> None:
    services = read_yaml(ROOT / "docker-compose.yml")["services"]

    hosts = [target.split(":")[0] for entry in JOB["static_configs"] for target in entry["targets"]]

    assert [host for host in hosts if host not in services] == []


def test_grafana_knows_the_scrape_interval_because_rates_are_taken_over_four_of_them() -> None:
    source = ROOT / "config" / "grafana" / "provisioning" / "datasources" / "prometheus.yaml"

    assert read_yaml(source)["datasources"][0]["jsonData"]["timeInterval"] == CONFIG["global"]["scrape_interval"]
