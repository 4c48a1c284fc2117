"""The kinds of evidence we look for, one a file."""

from typing import Final

from klankbord.signals import Detector

DETECTORS: Final[tuple[Detector, ...]] = ()
