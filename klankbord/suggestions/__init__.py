"""The kinds of suggestion, one a file, in their prior order: an agent is shown one at a time."""

from typing import Final

from klankbord.advice import Suggester
from klankbord.conversation import Evidence
from klankbord.signals import Signal
from klankbord.suggestions.acknowledge_feeling import acknowledge_feeling
from klankbord.suggestions.ask_if_solved import ask_if_solved
from klankbord.suggestions.explain_next_step import explain_next_step
from klankbord.suggestions.explain_the_wait import explain_the_wait
from klankbord.suggestions.hand_over import hand_over
from klankbord.suggestions.money_help import money_help
from klankbord.suggestions.offer_alternative import offer_alternative
from klankbord.suggestions.offer_callback import offer_callback
from klankbord.suggestions.plain_words import plain_words
from klankbord.suggestions.read_along import read_along
from klankbord.suggestions.reassure import reassure
from klankbord.suggestions.safety_first import safety_first
from klankbord.suggestions.stay_with_customer import stay_with_customer
from klankbord.suggestions.stop_asking_again import stop_asking_again
from klankbord.suggestions.take_over_from_bot import take_over_from_bot
from klankbord.suggestions.take_ownership import take_ownership
from klankbord.suggestions.take_time import take_time
from klankbord.suggestions.warn_of_repeat import warn_of_repeat

SUGGESTIONS: Final[tuple[Suggester[Signal | Evidence], ...]] = (
    stay_with_customer,
    safety_first,
    take_over_from_bot,
    hand_over,
    take_time,
    money_help,
    read_along,
    acknowledge_feeling,
    warn_of_repeat,
    take_ownership,
    stop_asking_again,
    offer_callback,
    explain_the_wait,
    offer_alternative,
    explain_next_step,
    reassure,
    plain_words,
    ask_if_solved,
)
