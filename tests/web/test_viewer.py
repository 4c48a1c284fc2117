"""What waits for one page: in order, bounded, and never for a reader who takes nothing."""

import asyncio
import time
from collections.abc import AsyncGenerator

from starlette.types import Message

from web import sse
from web.access import Subject
from web.sse import EventStream
from web.tokens import Session
from web.viewer import Viewer


def session(*, lasts_s: float = 600) -> Session:
    return Session(Subject("kim", "supervisor", "demo", ("*",)), time.time() + lasts_s)


async def all_of(viewer: Viewer) -> bytes:
    return b"".join([chunk async for chunk in viewer.chunks()])


async def test_what_was_told_is_sent_in_order_and_in_one_piece() -> None:
    viewer = Viewer("supervisor", session())
    viewer.tell(b"one ")
    viewer.tell(b"two ")

    chunks = viewer.chunks()

    assert await anext(aiter(chunks)) == b"one two "


async def test_a_reader_that_is_too_slow_is_cut_with_a_last_message() -> None:
    viewer = Viewer("supervisor", session(), backlog_bytes=10)
    viewer.tell(b"x" * 8)

    taken = viewer.tell(b"y" * 8)

    assert not taken
    assert viewer.ended
    assert not viewer.tell(b"z")
    assert await all_of(viewer) == sse.message("bye", b'{"reason":"slow"}')


async def test_a_reader_that_keeps_up_may_be_told_more_than_the_backlog_holds() -> None:
    viewer = Viewer("supervisor", session(), backlog_bytes=10)
    chunks = aiter(viewer.chunks())

    for _ in range(5):
        assert viewer.tell(b"x" * 8)
        assert await anext(chunks) == b"x" * 8

    assert not viewer.ended


async def test_a_snapshot_larger_than_the_backlog_is_sent_when_nothing_waits_before_it() -> None:
    viewer = Viewer("supervisor", session(), backlog_bytes=10)

    assert viewer.tell(b"x" * 100)


async def test_at_shutdown_what_waits_is_still_sent() -> None:
    viewer = Viewer("agent", session())
    viewer.tell(b"last words ")

    viewer.cut("shutdown")
    viewer.cut("shutdown")

    assert await all_of(viewer) == b"last words " + sse.message("bye", b'{"reason":"shutdown"}')


async def test_a_stream_ends_when_its_token_does_and_says_nothing_more() -> None:
    viewer = Viewer("supervisor", session(lasts_s=0.05))
    viewer.tell(b"in time ")
    chunks = aiter(viewer.chunks())
    assert await anext(chunks) == b"in time "

    async with asyncio.timeout(5):
        assert await anext(chunks) == sse.message("bye", b'{"reason":"expired"}')

    assert not viewer.tell(b"too late ")
    assert [chunk async for chunk in chunks] == []


async def test_what_waits_for_whoever_is_revoked_is_not_sent() -> None:
    viewer = Viewer("supervisor", session())
    viewer.tell(b"no longer theirs ")

    viewer.cut("revoked")

    assert await all_of(viewer) == sse.message("bye", b'{"reason":"revoked"}')


async def test_what_the_opening_already_held_is_not_sent_again() -> None:
    viewer = Viewer("agent", session())
    viewer.tell(b"known ", (5, 0))
    viewer.tell(b"new ", (5, 1))
    viewer.tell(b"health ")
    viewer.cut("shutdown")

    sent = b"".join([chunk async for chunk in viewer.chunks(after=(5, 0))])

    assert sent.startswith(b"new health ")


async def test_in_silence_a_comment_keeps_the_connection_open() -> None:
    viewer = Viewer("supervisor", session())

    assert await anext(aiter(viewer.chunks(ping_s=0.001))) == sse.COMMENT


async def test_comments_come_only_after_silence_and_go_on_for_as_long_as_it_lasts() -> None:
    viewer = Viewer("supervisor", session())
    chunks = aiter(viewer.chunks(ping_s=0.2))
    began = time.monotonic()

    for _ in range(3):
        viewer.tell(b"x")
        assert await anext(chunks) == b"x"
        await asyncio.sleep(0.08)
    assert [await anext(chunks) for _ in range(2)] == [sse.COMMENT, sse.COMMENT]

    assert time.monotonic() - began >= 0.16 + 2 * 0.2


async def test_a_stream_that_never_falls_silent_ends_when_its_token_does() -> None:
    viewer = Viewer("supervisor", session(lasts_s=0.1))
    heard = []

    async with asyncio.timeout(5):
        viewer.tell(b"x")
        async for chunk in viewer.chunks():
            heard.append(chunk)
            await asyncio.sleep(0.01)
            viewer.tell(b"x")

    assert heard[-1] == sse.message("bye", b'{"reason":"expired"}')


def test_line_ends_in_the_data_cannot_make_an_event() -> None:
    message = sse.message("row", b'{"a":1,\r\n\n"b":2}', "7-1")

    assert message == b'id: 7-1\nevent: row\ndata: {"a":1,   "b":2}\n\n'


async def test_a_connection_whose_reader_takes_nothing_is_let_go() -> None:
    closed: list[str] = []

    async def content() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append("content")

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("never")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    stream = EventStream(content(), on_close=lambda: closed.append("viewer"), send_timeout_s=0.001)
    async with asyncio.timeout(5):
        await stream({"type": "http"}, receive, send)

    assert sorted(closed) == ["content", "viewer"]


async def test_a_reader_that_leaves_ends_its_stream() -> None:
    closed: list[str] = []

    async def content() -> AsyncGenerator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    async with asyncio.timeout(5):
        await EventStream(content(), on_close=lambda: closed.append("viewer"))({"type": "http"}, receive, send)

    assert closed == ["viewer"]
