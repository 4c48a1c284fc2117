"""Who asks: until a login is configured, the demo's supervisor."""

from fastapi import Request

from web.access import Subject


async def subject_of(request: Request) -> Subject:
    """Who asks."""
    return Subject("demo", "supervisor", "demo", ("*",))
