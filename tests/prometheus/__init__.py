"""The shipped rules and dashboards against a real Prometheus that scrapes the real processes."""
