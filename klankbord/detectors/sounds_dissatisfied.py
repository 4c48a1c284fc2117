"""The customer sounds dissatisfied, by the whole of the words."""

from typing import Final

from klankbord.signals import Detector
from klankbord.tone import sounds

sounds_dissatisfied: Final[Detector] = sounds("sounds_dissatisfied", "dissatisfaction")
