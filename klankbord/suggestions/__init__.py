"""The kinds of suggestion, one a file, the most urgent first: an agent is shown one at a time."""

from typing import Final

from klankbord.advice import Suggester
from klankbord.suggestions.acknowledge_feeling import acknowledge_feeling
from klankbord.suggestions.explain_the_wait import explain_the_wait
from klankbord.suggestions.hand_over import hand_over
from klankbord.suggestions.offer_alternative import offer_alternative
from klankbord.suggestions.plain_words import plain_words
from klankbord.suggestions.reassure import reassure
from klankbord.suggestions.stop_asking_again import stop_asking_again
from klankbord.suggestions.take_ownership import take_ownership

SUGGESTIONS: Final[tuple[Suggester, ...]] = (
    hand_over,
    acknowledge_feeling,
    take_ownership,
    stop_asking_again,
    explain_the_wait,
    offer_alternative,
    reassure,
    plain_words,
)
