"""The customer sounds relieved, by the whole of the words."""

from typing import Final

from klankbord.signals import Detector
from klankbord.tone import sounds

sounds_relieved: Final[Detector] = sounds("sounds_relieved", "relief")
