"""The kinds of suggestion, one a file, the most urgent first: an agent is shown one at a time."""

from typing import Final

from klankbord.advice import Suggester
from klankbord.suggestions.acknowledge_feeling import acknowledge_feeling
from klankbord.suggestions.explain_the_wait import explain_the_wait
from klankbord.suggestions.hand_over import hand_over
from klankbord.suggestions.money_help import money_help
from klankbord.suggestions.offer_alternative import offer_alternative
from klankbord.suggestions.plain_words import plain_words
from klankbord.suggestions.read_along import read_along
from klankbord.suggestions.reassure import reassure
from klankbord.suggestions.safety_first import safety_first
from klankbord.suggestions.stay_with_customer import stay_with_customer
from klankbord.suggestions.stop_asking_again import stop_asking_again
from klankbord.suggestions.take_ownership import take_ownership
from klankbord.suggestions.take_time import take_time

SUGGESTIONS: Final[tuple[Suggester, ...]] = (
    stay_with_customer,
    safety_first,
    hand_over,
    take_time,
    money_help,
    read_along,
    acknowledge_feeling,
    take_ownership,
    stop_asking_again,
    explain_the_wait,
    offer_alternative,
    reassure,
    plain_words,
)
