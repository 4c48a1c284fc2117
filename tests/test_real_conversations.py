"""Real conversations, read in place: none of their lines is in this project."""

from pathlib import Path
from typing import Final

import msgspec
import pytest

from klankbord.conversation import MAX_BYTES
from klankbord.policy import Policy
from klankbord.replay import read_events, replay

STAR: Final = Path(__file__).parents[2] / "shared" / "data" / "star" / "star.open.events.jsonl.gz"

pytestmark = pytest.mark.skipif(not STAR.exists(), reason=f"needs the recorded conversations in {STAR.parent.parent}")


def test_every_event_of_real_conversations_leads_to_one_small_observation() -> None:
    events = list(read_events(STAR))

    observations = list(replay(events, Policy()))

    assert [o.event_id for o in observations] == [event.event_id for event in events]
    assert not any(o.duplicate for o in observations)
    assert max(len(msgspec.json.encode(o.conversation)) for o in observations) <= MAX_BYTES
    assert len({o.conversation_id for o in observations if o.alerts}) > 0
