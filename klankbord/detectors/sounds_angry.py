"""The customer sounds angry, by the whole of the words."""

from typing import Final

from klankbord.signals import Detector
from klankbord.tone import sounds

sounds_angry: Final[Detector] = sounds("sounds_angry", "anger")
