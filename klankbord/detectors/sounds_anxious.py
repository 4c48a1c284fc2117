"""The customer sounds anxious, by the whole of the words."""

from typing import Final

from klankbord.signals import Detector
from klankbord.tone import sounds

sounds_anxious: Final[Detector] = sounds("sounds_anxious", "anxiety")
