"""The customer sounds sad, by the whole of the words."""

from typing import Final

from klankbord.signals import Detector
from klankbord.tone import sounds

sounds_sad: Final[Detector] = sounds("sounds_sad", "sadness")
