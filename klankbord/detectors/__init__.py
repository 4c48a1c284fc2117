"""The kinds of evidence we look for, one a file."""

from typing import Final

from klankbord.detectors.abuse import abuse
from klankbord.detectors.anger import anger
from klankbord.detectors.anxiety import anxiety
from klankbord.detectors.asks_for_human import asks_for_human
from klankbord.detectors.bereavement import bereavement
from klankbord.detectors.cannot_pay import cannot_pay
from klankbord.detectors.channel_hop import channel_hop
from klankbord.detectors.confusion import confusion
from klankbord.detectors.correction import correction
from klankbord.detectors.dead_air import dead_air
from klankbord.detectors.dead_end import dead_end
from klankbord.detectors.debt import debt
from klankbord.detectors.disappointment import disappointment
from klankbord.detectors.frustration import frustration
from klankbord.detectors.gives_up import gives_up
from klankbord.detectors.gratitude import gratitude
from klankbord.detectors.hold import hold
from klankbord.detectors.illness import illness
from klankbord.detectors.interruption import interruption
from klankbord.detectors.language_barrier import language_barrier
from klankbord.detectors.leaving import leaving
from klankbord.detectors.long_wait import long_wait
from klankbord.detectors.low_literacy import low_literacy
from klankbord.detectors.negative_words import negative_words
from klankbord.detectors.not_following import not_following
from klankbord.detectors.pace import pace
from klankbord.detectors.positive_words import positive_words
from klankbord.detectors.reasked_question import reasked_question
from klankbord.detectors.relief import relief
from klankbord.detectors.repeat_contact import repeat_contact
from klankbord.detectors.repetition import repetition
from klankbord.detectors.sent_around import sent_around
from klankbord.detectors.sounds_abusive import sounds_abusive
from klankbord.detectors.sounds_angry import sounds_angry
from klankbord.detectors.sounds_anxious import sounds_anxious
from klankbord.detectors.sounds_confused import sounds_confused
from klankbord.detectors.sounds_disappointed import sounds_disappointed
from klankbord.detectors.sounds_dissatisfied import sounds_dissatisfied
from klankbord.detectors.sounds_frustrated import sounds_frustrated
from klankbord.detectors.sounds_grateful import sounds_grateful
from klankbord.detectors.sounds_happy import sounds_happy
from klankbord.detectors.sounds_relieved import sounds_relieved
from klankbord.detectors.sounds_sad import sounds_sad
from klankbord.detectors.still_unsolved import still_unsolved
from klankbord.detectors.talk_over import talk_over
from klankbord.detectors.threat_to_others import threat_to_others
from klankbord.detectors.threat_to_self import threat_to_self
from klankbord.detectors.told_trouble import told_trouble
from klankbord.detectors.told_wait import told_wait
from klankbord.detectors.transfer import transfer
from klankbord.detectors.turned_away import turned_away
from klankbord.signals import Detector

# Emotion first, then effort, intent and needs, the threats last. The order matters in one way only: signals of one
# event are kept in it, and the last of them longest.
DETECTORS: Final[tuple[Detector, ...]] = (
    anger,
    frustration,
    disappointment,
    anxiety,
    confusion,
    abuse,
    gratitude,
    relief,
    sounds_angry,
    sounds_frustrated,
    sounds_disappointed,
    sounds_anxious,
    sounds_confused,
    sounds_sad,
    sounds_relieved,
    sounds_happy,
    sounds_grateful,
    sounds_dissatisfied,
    sounds_abusive,
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
    turned_away,
    asks_for_human,
    interruption,
    talk_over,
    dead_air,
    pace,
    told_trouble,
    told_wait,
    still_unsolved,
    gives_up,
    not_following,
    sent_around,
    leaving,
    language_barrier,
    low_literacy,
    debt,
    cannot_pay,
    illness,
    bereavement,
    threat_to_others,
    threat_to_self,
)
