"""The customer may be a danger to themselves: a person must look now."""

from collections.abc import Iterator
from typing import Final

from klankbord.phrases import Near, Phrases
from klankbord.signals import CustomerWords, Finding, of_need
from klankbord.tone import DANGER_FROM, VEILED, hears, veiled

# Said outright 1.0; a way of saying it that also has a lighter meaning 0.6: both alert, and a person judges.
_OUTRIGHT: Final = 1.0

_NL_MYSELF: Final = (
    "mezelf",
    "mijzelf",
    "me zelf",
    "mij zelf",
    "mn zelf",
    "m'n eigen",
    "me eigen",
    "mijn eigen",
    "mijn zelf",
)


def _nl() -> Iterator[tuple[str, float]]:
    for me in _NL_MYSELF:
        yield from ((f"{me} {do}", _OUTRIGHT) for do in (
            "iets aandoen", "wat aandoen", "iets aan doen", "wat aan doen", "iets aan te doen", "wat aan te doen",
            "van kant maken", "van kant te maken", "van het leven beroven", "verhangen", "ophangen", "op te hangen",
            "ophang", "opknopen", "doden", "doodmaken", "dood maken", "doodschieten", "verdrinken", "snijden",
            "te snijden", "pijn doen", "pijn te doen", "verwonden", "afmaken", "kapot maken", "doodrijden",
            "voor de trein", "onder de trein", "iets aandoe", "wat aandoe", "in brand",
        ))  # fmt: skip
        yield from ((f"{do} {me}", _OUTRIGHT) for do in (
            "verhang", "snij", "snijd", "dood", "verdrink", "vermoord",
        ))  # fmt: skip
    for life in ("leven", "het leven", "mijn leven", "m'n leven", "me leven", "dit leven"):
        yield from ((f"{end} aan {life}", _OUTRIGHT) for end in ("eind", "einde", "end"))
        yield from ((f"{life} {bad}", 0.9) for bad in (
            "niet meer aan", "niet meer zitten", "heeft geen zin", "geen zin meer", "is niks meer waard", "beu",
            "is zinloos", "hoeft niet meer", "hoeft voor mij niet", "is over", "heeft geen zin meer", "moe", "zat",
            "niets meer waard", "niet meer waard", "is klaar", "is op", "is afgelopen",
        ))  # fmt: skip
        yield f"klaar met {life}", _OUTRIGHT
        yield f"moe van {life}", 0.9
        yield f"genoeg van {life}", 0.9
        yield f"{life} nemen", 0.9
    for dead in ("dood", "dood zijn", "dood gaan", "doodgaan", "sterven", "niet meer leven", "niet langer leven",
                 "er niet meer zijn", "er niet meer wezen", "nooit meer wakker worden", "niet meer wakker worden",
                 "slapen en niet meer wakker", "niet meer bestaan",
                 "verdwijnen van de wereld"):  # fmt: skip
        yield from ((f"{want} {dead}", _OUTRIGHT) for want in (
            "wil", "wil ik", "wil gewoon", "wil ik gewoon", "wil echt", "wou", "zou", "zou liever", "wilde",
            "zou willen", "wil alleen maar", "wil maar", "wil eigenlijk", "kan beter", "kan ik beter", "wil liever",
        ))  # fmt: skip
        yield f"{dead} wil", _OUTRIGHT
        yield f"liever {dead}", 0.9
    for wish in ("was ik maar", "ik was liever", "ik wou dat ik", "wou dat ik", "waren we maar", "beter", "liever"):
        yield f"{wish} dood", 0.9
        yield f"{wish} dood was", 0.9
        yield f"{wish} er niet meer was", 0.9
    for sense in ("wat heeft het nog voor zin", "wat voor zin heeft het nog", "allemaal geen zin meer",
                  "heeft het allemaal nog voor zin", "heeft alles nog voor zin", "heeft voor mij geen zin meer",
                  "wat is de zin nog", "waar doe ik het nog voor", "waarom leef ik nog",
                  "waarvoor leef ik nog"):  # fmt: skip
        yield sense, VEILED
        yield f"{sense} om te leven", _OUTRIGHT
        yield f"{sense} om door te gaan", 0.9
        yield f"{sense} om verder te", 0.9
    for jump in ("spring", "spring ik", "springen", "ga springen", "gooi mezelf", "gooi ik mezelf", "stort mezelf"):
        yield from ((f"{jump} {where}", _OUTRIGHT) for where in (
            "van de brug", "van een brug", "van het dak", "van een flat", "van de flat", "van het balkon",
            "van een gebouw",
            "voor de trein", "voor een trein", "voor de metro", "uit het raam", "in het water", "van het viaduct",
            "in het kanaal",
        ))  # fmt: skip
    for place in ("voor de trein", "voor een trein", "van de brug", "van het dak", "van de flat", "uit het raam",
                  "voor een auto", "voor een vrachtwagen"):  # fmt: skip
        yield f"{place} springen", _OUTRIGHT
        yield f"{place} te springen", _OUTRIGHT
        yield f"{place} gesprongen", 0.6
        yield f"{place} spring", _OUTRIGHT
        yield f"{place} ga liggen", _OUTRIGHT
    yield from ((word, _OUTRIGHT) for word in (
        "zelfmoord", "zelfmoord plegen", "zelfdoding", "zelfmoordgedachten", "zelfmoordneigingen", "zelfmoordpoging",
        "suïcide", "suïcidaal", "suïcidale", "suicide", "suicidaal", "zelfdodingsgedachten", "automutilatie",
        "afscheidsbrief", "levensmoe", "doodswens", "uit het leven stappen", "uit het leven te stappen",
        "een overdosis", "overdosis nemen", "alle pillen in een keer", "alle pillen in één keer", "alle pillen slikken",
        "alle pillen innemen", "neem alle pillen", "slik alle pillen", "pot pillen", "polsen door",
        "polsen doorsnijden",
        "hang mezelf op", "knoop mezelf op", "maak mezelf dood", "maak mezelf van kant", "doe mezelf wat",
        "doe mezelf iets", "onder de trein springen", "spring onder de trein", "onder een trein", "113 gebeld",
        "met 113", "113 bellen",
        "beter af zonder mij", "beter zonder mij", "beter als ik er niet", "beter dat ik er niet",
        "niemand zou me missen",
        "niemand zou mij missen", "niemand mist mij", "wil er een eind aan maken", "wil er een einde aan maken",
    ))  # fmt: skip
    yield from ((word, 0.8) for word in (
        "er een eind aan maken", "er een einde aan maken", "maak er een eind aan", "maak er een einde aan",
        "maak ik er een eind aan", "maak ik er een einde aan", "er een eind aan te maken", "er een einde aan te maken",
        "er een eind aan maak", "er een einde aan maak", "er een eind aan gemaakt",
        "het is voor mij klaar op deze wereld",
        "zie geen uitweg", "zie geen uitweg meer", "geen uitweg meer", "geen andere uitweg", "zie geen toekomst",
        "geen toekomst meer", "geen reden meer om te leven", "geen reden om te leven", "reden om te leven",
        "niet meer onder de levenden", "ik wil niet meer.", "ik wil niet meer,", "iedereen tot last",
        "anderen tot last",
        "alleen maar tot last", "kan het leven niet",
    ))  # fmt: skip
    yield from ((word, VEILED) for word in (
        "zie het niet meer zitten", "het niet meer zitten", "zie ik het niet meer zitten", "het niet meer zie zitten",
        "zie het allemaal niet meer", "zie het echt niet meer", "ik trek het niet meer", "trek het echt niet meer",
        "trek dit niet meer", "trek het leven", "hou het niet meer vol", "houd het niet meer vol",
        "niet meer vol te houden",
        "hou het niet langer vol", "houd het niet langer vol", "hou dit niet meer vol", "houd dit niet meer vol",
        "kan zo niet verder", "kan niet meer verder", "kan zo niet meer verder", "wil zo niet verder",
        "kan niet meer door",
        "wil niet meer verder", "wil zo niet meer verder", "het hoeft allemaal niet meer",
        "hoeft voor mij allemaal niet",
        "voor mij hoeft het allemaal niet", "voor mij is het klaar", "het houdt voor mij op", "als ik er niet meer ben",
        "ben er binnenkort niet meer", "morgen ben ik er niet meer", "ik ben er straks niet meer", "ik geef het op.",
        "geef alles op", "ik kan niet meer.", "ik kan niet meer,", "ik kan niet meer!", "ik kan niet meer ik",
        "ik kan gewoon niet meer.", "ik kan echt niet meer.", "kan gewoon niet meer ik", "kan echt niet meer ik",
        "kan het niet meer aan", "kan dit niet meer aan", "aan het eind van mijn latijn", "laatste groet",
        "wil alleen nog slapen", "afscheid nemen van iedereen", "zeg mijn kinderen dat ik van ze hou",
        "zorg goed voor mijn kinderen", "mijn laatste bericht", "dit is mijn laatste dag",
    ))  # fmt: skip


def _en() -> Iterator[tuple[str, float]]:
    for me in ("myself", "my self", "meself", "myslef"):
        yield from ((f"{do} {me}", _OUTRIGHT) for do in (
            "kill", "killing", "hurt", "hurting", "harm", "harming", "hang", "hanging", "cut", "cutting", "shoot",
            "shooting", "drown", "drowning", "top", "end", "do something to", "off", "poison",
        ))  # fmt: skip
        yield f"done with {me}", 0.6
    for life in ("my life", "it all", "my own life", "everything for good", "this life"):
        yield from ((f"{end} {life}", _OUTRIGHT) for end in ("end", "ending", "take", "taking", "finish"))
    for life in ("life", "my life", "living", "being alive"):
        yield from ((f"{life} {bad}", 0.9) for bad in (
            "isn't worth", "is not worth", "is pointless", "has no meaning", "is meaningless", "is over",
            "is worthless",
        ))  # fmt: skip
        yield f"tired of {life}", 0.9
        yield f"done with {life}", 0.9
        yield f"sick of {life}", 0.9
        yield f"had enough of {life}", 0.9
        yield f"no point in {life}", 0.9
    for dead in ("die", "be dead", "be alive anymore", "be alive any more", "be alive", "live anymore", "live any more",
                 "live", "be here anymore", "be here any more", "exist", "exist anymore", "wake up", "wake up anymore",
                 "wake up tomorrow", "live like this", "carry on living", "go on living", "keep living",
                 "be around anymore",
                 "be on this earth", "disappear forever", "go to sleep and not wake up",
                 "sleep and never wake"):  # fmt: skip
        wish = ("want to", "wanna", "wish to", "would rather", "i'd rather", "rather", "just want to", "wanted to")
        no = ("don't want to", "do not want to", "dont wanna", "don't wanna", "didn't want to", "no longer want to")
        negative = dead.startswith(("be alive", "live", "be here", "exist", "wake", "carry", "go on", "keep",
                                    "be around",
                                    "be on"))  # fmt: skip
        yield from ((f"{verb} {dead}", _OUTRIGHT) for verb in (no if negative else wish))
    yield from ((word, _OUTRIGHT) for word in (
        "suicide", "suicidal", "self harm", "self-harm", "selfharm", "self harming", "commit suicide", "suicide note",
        "unalive", "overdose", "take all my pills", "take all the pills", "took all my pills", "all these pills",
        "bottle of pills", "slit my wrists", "cut my wrists", "throw myself off", "throw myself under",
        "throw myself in front", "jump off", "jump off a bridge",
        "jump off the roof", "jump in front of", "jumping off a bridge", "step in front of a train",
        "in front of a train",
        "go under a train", "off a bridge", "better off dead", "better off without me", "better without me",
        "wish i was dead",
        "wish i were dead", "wish i wasn't here", "wish i could die", "wish i'd never been born", "wish i wasn't alive",
        "ready to die", "rather be dead", "no reason to live", "nothing to live for", "nothing left to live for",
        "reason to live", "not want to live", "nobody would miss me", "no one would miss me", "no one would care if i",
        "nobody would care if i", "want it all to end", "say goodbye to everyone", "my goodbye", "goodbye note",
        "called the samaritans", "death would be",
    ))  # fmt: skip
    yield from ((word, VEILED) for word in (
        "can't go on like this", "can't go on anymore", "can't go on any more", "can't go on.", "cannot go on.",
        "cannot go on like this", "can't do this anymore", "can't do this any more", "cannot do this anymore",
        "can't take it anymore", "can't take it any more", "can't take this anymore", "can't take any more",
        "can't cope anymore", "can't cope any more", "can't cope with life", "can't live like this",
        "cannot live like this",
        "can't keep going", "can't carry on", "cannot carry on", "what's the point anymore",
        "what's the point any more",
        "what is the point anymore", "what's the point of living", "what's the point in living",
        "what's even the point",
        "what's the point of going on", "what's the point of anything", "no point anymore", "no point going on",
        "no point carrying on", "there's no point in me", "no way out", "see no way out", "don't see a way out",
        "can't see a way out", "no future for me", "don't see a future", "no hope left", "lost all hope",
        "given up on life",
        "giving up on life", "i give up on everything", "want it to stop", "want the pain to stop",
        "make the pain stop",
        "won't be here tomorrow", "won't be here much longer", "won't be around", "not be here tomorrow",
        "after i'm gone", "a burden to everyone", "burden to everybody", "burden on everyone",
        "just a burden", "want to disappear", "don't see the point anymore", "don't see the point in going on",
        "might as well be dead", "as good as dead", "tell my kids i love them", "look after my kids",
        "i'm done with everything", "at the end of my rope", "at the end of my tether", "this is goodbye",
        "just end it",
        "want to end it", "going to end it", "gonna end it", "thinking of ending it", "don't want to go on",
        "do something stupid", "do something silly", "do not want to go on",
    ))  # fmt: skip


# Sayings, denials, and the same words about something else than a life.
_NL_ELSE: Final = (
    "lach me dood", "lachte me dood", "schrik me dood", "schrok me dood", "schaam me dood", "verveel me dood",
    "erger me dood", "werk me dood", "zoek me dood", "wacht me dood",
    "zie het niet meer zitten met jullie", "het niet meer zitten met jullie", "zie het niet meer zitten bij jullie",
    "het niet meer zitten bij jullie", "geen zelfmoordplannen",
    "niet suïcidaal", "niet suicidaal", "geen zelfmoordgedachten", "zelfmoord gepleegd", "film over zelfmoord",
    "kan niet meer verder in het formulier", "kan niet meer verder met de bestelling", "kan niet meer verder in de app",
    "kan niet meer verder met betalen", "kan niet meer verder op de site", "kan niet meer door naar",
    "kan niet meer verder klikken", "wil leven in", "mijn leven lang", "in mijn leven nemen",
    "kan het niet meer aanpassen", "een eind aan maken aan", "mijn abonnement er een eind aan maken", "liever dood dan",
    "batterij wil dood", "telefoon wil dood", "de lijn gaat dood", "lijn dood", "te laat voor de trein",
    "het leven duurder", "kan beter sterven van", "voor mij is het klaar voor", "voor mij is het klaar als",
    "wil doodgaan van het lachen", "doodgaan van het lachen", "wil dood gaan van het lachen",
)  # fmt: skip
_EN_ELSE: Final = (
    "end my life insurance", "take it all back",
    "jump off the call", "jump off this call", "jump off the line",
    "jump off the phone", "jump off now", "cut myself off", "cut myself some", "cut myself a",
    "cut myself out", "kicking myself", "kick myself", "hurt myself laughing", "hurt myself on", "hurt myself with",
    "hurt myself when", "hurt myself at",
    "cut myself on", "cut myself with", "cut myself while", "cut myself opening", "hurt myself falling",
    "shoot myself in the foot", "shooting myself in the foot",
    "don't want to live here", "don't want to live in", "don't want to live with", "don't want to live on",
    "don't want to live near", "don't want to live at", "want to end it with you", "want to end it early",
    "want to end it on", "want to end it when", "want to end it before", "going to end it with you", "not suicidal",
    "i'm not suicidal",
    "not going to kill myself", "not going to hurt myself", "don't want to die on this hill", "throw myself into",
    "won't be around on", "won't be around at", "won't be around to receive", "won't be around when",
    "won't be around until",
    "won't be around next", "won't be around this", "won't be around for the delivery", "won't be here tomorrow to",
    "won't be here tomorrow for", "won't be here tomorrow so", "won't be here tomorrow until",
    "won't be here tomorrow can",
    "suicide squad", "committed suicide", "ended himself", "a burden to everyone else's", "want to live chat",
    "don't want to live chat", "want to die laughing", "no way out of this contract", "no way out of the contract",
    "no way out of the menu", "can't do this anymore on the app", "can't do this anymore online",
    "can't take it anymore back", "be alive and well", "rather die than wait",
    "want it to stop sending", "want it to stop renewing", "want it to stop charging",
    "want it to stop at", "want it to stop emailing", "end this life insurance", "end this life policy",
    "can't keep going back and forth", "can't keep going round", "can't keep going to", "can't keep going through",
    "can't keep going over", "can't keep going on the phone", "can't carry on with this provider",
    "can't carry on to the next", "can't carry on with the order", "can't carry on with the form",
)  # fmt: skip

PHRASES: Final = Phrases.listed(
    nl={
        **{phrase.replace(" niet ", " nie "): strength for phrase, strength in _nl()},  # Flemish and spoken
        **dict(_nl()),
        **dict.fromkeys(_NL_ELSE, 0.0),
    },
    en={
        **dict(_en()),
        **dict.fromkeys(_EN_ELSE, 0.0),
        **{
            f"{do} my life {what}": 0.0
            for do in ("take", "taking", "end", "ending", "finish")
            for what in ("insurance", "savings", "policy", "cover", "assurance", "membership", "easier")
        },
    },
)


# The same said around other words: up to so many between the two that tell. Bounded, so that a long text stays cheap.
_NEAR: Final = Near(
    r"\b(?:me|mij|m'n eigen|mn eigen|mezelf|mijzelf)(?: \w+){0,3} (?:verhangen|ophangen|van kant|verdrinken"
    r"|gesneden)\b",
    r"\b(?:mezelf|mijzelf|m'n eigen|me eigen) (?:\w+ ){0,2}(?:wat|iets) (?:\w+ )?aan",
    r"\bin (?:mezelf|mijn armen?|mijn polsen|m'n armen?|m'n polsen) (?:\w+ ){0,2}(?:gesneden|snij|snijd|snijden)\b",
    r"\bleven(?: \w+){0,4} (?:voorbij|zinloos|geen zin|beu|zat|moe|over en uit)\b",
    r"\b(?:klaar|moe|genoeg|stap|stappen|gestapt)(?: \w+){0,4} (?:het|mijn|m'n|dit|met|te) leven\b",
    r"\bniet meer,? (?:het|mijn|m'n|dit) leven\b",
    r"\bwaar(?:om|voor)(?: \w+){0,3} (?:nog|verder) (?:\w+ )?(?:leven|leef)\b",
    r"\b(?:wil|wou|wilde|zou|liefst|laat|mag)(?: \w+){0,4} (?:er (?:\w+ ){0,2}niet meer zijn|(?:nooit"
    r"|niet) meer wakker"
    r"|doodgaan|dood gaan|dood zijn|sterven|niet (?:meer|langer) leven|verdwijnen)\b",
    r"\b(?:aan de dood|zo niet (?:langer|meer|verder) leven|geen morgen|niet (?:meer )?wakker word"
    r"|word ik niet wakker)\b",
    r"\bzin meer(?: in)?,?(?: \w+){0,3} (?:het|mijn|m'n|dit) leven\b",
    r"\b(?:sta|zit|hang|klim)(?: \w+)? op (?:het dak|de brug|een brug|het spoor|de rails|het viaduct)\b",
    r"\ber (?:\w+ ){1,3}eind(?:e)? aan\b(?! mijn (?:abonnement|contract))|\bniet meer opstaan\b"
    r"|\bpunt om te springen\b",
    r"\bwie zou (?:mij|me) missen\b|\btouw (?:klaar|hangen|gekocht|om)\b",
    r"\bniemand(?: \w+){0,3} (?:mij|me)(?: \w+){0,2} missen\b",
    r"\bzonder mij(?: \w+){0,3} (?:beter|gelukkiger)\b",
    r"\b(?:ga|spring|loop|stap|lig|gooi)(?: \w+){0,3} (?:voor|onder) (?:de|een) (?:trein|metro|tram)\b",
    r"\bheb (?:\w+ ){0,2}pillen (?:klaar|verzameld|opgespaard)",
    r"\btrek(?: \w+){0,3} nie?t? meer\b",
    r"\ber(?: \w+){0,3} punt achter (?:te )?zet",
    r"\b(?:any|a|no|another|other) way out\b",
    r"\breason to (?:keep (?:going|living|fighting|trying)|go on|carry on|get up|be here|be alive)\b",
    r"\blive or die\b",
    r"\b(?:wish|hope|hoping|pray)(?: [\w']+){0,4} (?:not|never|don't|didn't) wake up\b",
    r"\b(?:can't|cannot|cant) do life\b|\brope (?:ready|round|around)\b",
    r"\bstanding on (?:a|the) (?:\w+ )?(?:bridge|roof|ledge|edge|tracks)\b",
    r"\btake (?:all|the whole)(?: \w+){0,3} (?:tablets|pills|medication|meds)\b",
    r"\bwill to live\b|\bface another day\b|\bthrough the night\b",
    r"\bpoint (?:of|in) (?:\w+ ){0,2}(?:living|alive|life|going on|carrying on)\b",
    r"\b(?:notice|care|miss me|matter|better)(?: \w+)? if i (?:was|were|am|wasn't|died|disappeared)\b"
    r"|\bif i died\b",
    r"\blife(?: [\w']+){0,3} (?:no point|no meaning|pointless|meaningless|worthless|worth living|not worth)\b",
    r"\bjump(?:ing)? (?:off|from)(?: \w+){0,2} (?:roof|bridge|building|balcony|cliff|window)\b",
    r"\bcut(?:ting)? my (?:arms?|wrists?|legs?|thighs?)\b",
    r"\bpills(?: [\w']+){0,6} (?:take them|all of them|swallow)\b",
    r"\bnote (?:to|for) my (?:kids|family|wife|husband|mum|mother|parents|children|son|daughter)\b",
    r"\btell my (?:family|kids|wife|husband|mum|children|parents|son|daughter)(?: [\w']+){0,3} (?:sorry"
    r"|love|loved)\b",
    r"\btired of(?: \w+){0,2} (?:living|life|existing)\b",
    telling=(
        "do life", " if i ", " meer wakker", " missen", " punt achter ", " wake up", " way out", "'n eigen",
        "aan de dood", "all of them", "cut", "de brug", "de rails", "dood gaan", "dood zijn", "doodgaan", "e eigen",
        "een brug", "eind", "ezelf", "face another day", "geen morgen", "gesneden", "het dak", "het spoor",
        "het viaduct", "if i died", "ijzelf", "jump", "leven", "live or die", "meaningless", "medication", "meds",
        "metro", "niet meer", "no meaning", "no point", "nog", "not worth", "note ", "ophangen", "pillen ", "pills",
        "point ", "pointless", "punt om te springen", "reason to ", "rope ", "snij", "standing on ", "sterven",
        "swallow", "tablets", "take them", "tell my ", "through the night", "tired of", "touw ", "tram", "trein",
        "trek", "van kant", "verder", "verdrinken", "verdwijnen", "verhangen", "wakker word", "wie zou m",
        "will to live", "word ik niet wakker", "worth living", "worthless", "zin meer", "zo niet ", "zonder mij",
    ),
)  # fmt: skip


def said(words: CustomerWords) -> Finding | None:
    """What was said outright or veiled."""
    return veiled(words, PHRASES, _NEAR)


def find(words: CustomerWords) -> Finding | None:
    return said(words) or hears(words, "threat_self", at_least=DANGER_FROM)


threat_to_self: Final = of_need(
    "threat_to_self", find, cues=(PHRASES, PHRASES.unstopped(), _NEAR.telling, "threat_self")
)
