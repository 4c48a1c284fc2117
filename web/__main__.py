"""`python -m web`: the pages, on the address that the settings name."""

import sys

from config.settings import read_settings
from klankbord.errors import InvalidConfiguration
from web.app import create_app
from web.server import Server


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; 2 when the settings are wrong."""
    try:
        settings = read_settings()
    except InvalidConfiguration as error:
        print(error, file=sys.stderr)  # noqa: T201  # this is a command line
        return 2
    server = Server(
        create_app(settings), host=settings.host, port=settings.web_port, log_level=settings.log_level.lower()
    )
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
