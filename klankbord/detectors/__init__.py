"""The kinds of evidence we look for, one a file."""

from typing import Final

from klankbord.detectors.abuse import abuse
from klankbord.detectors.anger import anger
from klankbord.detectors.anxiety import anxiety
from klankbord.detectors.asks_for_human import asks_for_human
from klankbord.detectors.channel_hop import channel_hop
from klankbord.detectors.confusion import confusion
from klankbord.detectors.correction import correction
from klankbord.detectors.dead_end import dead_end
from klankbord.detectors.disappointment import disappointment
from klankbord.detectors.frustration import frustration
from klankbord.detectors.gratitude import gratitude
from klankbord.detectors.hold import hold
from klankbord.detectors.long_wait import long_wait
from klankbord.detectors.negative_words import negative_words
from klankbord.detectors.positive_words import positive_words
from klankbord.detectors.reasked_question import reasked_question
from klankbord.detectors.relief import relief
from klankbord.detectors.repeat_contact import repeat_contact
from klankbord.detectors.repetition import repetition
from klankbord.detectors.transfer import transfer
from klankbord.signals import Detector

# Emotion first, then effort. The order matters in one way only: signals of one event are kept in it.
DETECTORS: Final[tuple[Detector, ...]] = (
    anger,
    frustration,
    disappointment,
    anxiety,
    confusion,
    abuse,
    gratitude,
    relief,
    negative_words,
    positive_words,
    repeat_contact,
    repetition,
    reasked_question,
    correction,
    long_wait,
    hold,
    transfer,
    channel_hop,
    dead_end,
    asks_for_human,
)
