"""The customer sounds disappointed, by the whole of the words."""

from typing import Final

from klankbord.signals import Detector
from klankbord.tone import sounds

sounds_disappointed: Final[Detector] = sounds("sounds_disappointed", "disappointment")
