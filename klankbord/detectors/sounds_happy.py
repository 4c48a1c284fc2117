"""The customer sounds happy, by the whole of the words."""

from typing import Final

from klankbord.signals import Detector
from klankbord.tone import sounds

sounds_happy: Final[Detector] = sounds("sounds_happy", "joy")
