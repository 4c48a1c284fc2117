"""The customer sounds abusive, by the whole of the words."""

from typing import Final

from klankbord.signals import Detector
from klankbord.tone import sounds

sounds_abusive: Final[Detector] = sounds("sounds_abusive", "abuse")
