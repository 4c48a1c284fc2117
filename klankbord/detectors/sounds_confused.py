"""The customer sounds confused, by the whole of the words."""

from typing import Final

from klankbord.signals import Detector
from klankbord.tone import sounds

sounds_confused: Final[Detector] = sounds("sounds_confused", "confusion")
