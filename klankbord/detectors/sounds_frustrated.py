"""The customer sounds frustrated, by the whole of the words."""

from typing import Final

from klankbord.signals import Detector
from klankbord.tone import sounds

sounds_frustrated: Final[Detector] = sounds("sounds_frustrated", "frustration")
