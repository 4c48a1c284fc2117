"""`python -m web`: the pages, on the address that the settings name."""

import resource
import sys
from typing import Final

from config.access import knock_redis
from config.settings import read_settings
from klankbord.errors import InvalidConfiguration
from web.app import create_app
from web.audit import log_to_stderr
from web.server import Server

OPEN_FILES: Final = 16_384  # one for each stream; many systems start a process with 1,024 and allow far more


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; 2 when the settings are wrong."""
    log_to_stderr()
    try:
        settings = read_settings()
        app = create_app(settings)
        knock_redis(settings)
    except InvalidConfiguration as error:
        print(error, file=sys.stderr)  # noqa: T201  # this is a command line
        return 2
    _allow_open_files()
    server = Server(app, host=settings.host, port=settings.web_port, log_level=settings.log_level.lower())
    server.run()
    return 0 if server.started else 1


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main())
