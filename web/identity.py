"""Who asks."""

from fastapi import Request

from web.access import Subject


async def subject_of(request: Request) -> Subject:
    """The demo's supervisor, whoever asks."""
    return Subject("demo", "supervisor", "demo", ("*",))
