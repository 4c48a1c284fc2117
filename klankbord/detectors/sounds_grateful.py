"""The customer sounds grateful, by the whole of the words."""

from typing import Final

from klankbord.signals import Detector
from klankbord.tone import sounds

sounds_grateful: Final[Detector] = sounds("sounds_grateful", "gratitude")
