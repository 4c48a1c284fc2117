"""The customer may be a danger to the agent or to somebody else: a person must look now."""

from collections.abc import Iterator
from typing import Final

from klankbord.phrases import Near, Phrases
from klankbord.signals import CustomerWords, Finding, of_need
from klankbord.tone import DANGER_FROM, VEILED, hears, veiled

# Said outright 1.0; a way of saying it that also has a lighter meaning 0.6: both alert, and a person judges.
_OUTRIGHT: Final = 1.0

_NL_YOU: Final = ("je", "jou", "jullie", "u", "hem", "haar", "hen", "ze", "die vent", "die vrouw", "die gast", "iemand",
                  "iedereen", "die monteur", "mijn man", "mijn vrouw", "mijn ex", "mijn kinderen")  # fmt: skip
_EN_YOU: Final = ("you", "you all", "you people", "you lot", "him", "her", "them", "someone", "somebody", "everyone",
                  "that man", "that woman", "that guy", "your engineer", "my husband", "my wife", "my ex",
                  "my kids")  # fmt: skip


def _nl() -> Iterator[tuple[str, float]]:
    for you in _NL_YOU:
        yield from (
            (f"{do} {you} {away}", _OUTRIGHT)
            for do in ("maak", "sla", "schiet", "steek", "ram", "schop", "trap")
            for away in ("af", "dood", "kapot", "neer", "in elkaar", "overhoop", "lek", "verrot", "het ziekenhuis in")
        )
        yield from ((f"{do} ik {you} {away}", _OUTRIGHT) for do in ("maak", "sla", "schiet", "steek", "schop", "trap")
                    for away in ("af", "dood", "kapot", "neer", "in elkaar", "overhoop", "verrot"))  # fmt: skip
        yield from ((f"{you} {do}", _OUTRIGHT) for do in (
            "in elkaar slaan", "dood maken", "doodmaken", "doodslaan", "doodschieten", "neerschieten", "neersteken",
            "vermoorden", "te vermoorden", "wat aandoen", "iets aandoen", "op de bek slaan", "op je bek slaan",
            "kapot maken", "kapotmaken", "wurgen",
            "de nek omdraaien", "de keel doorsnijden", "te grazen nemen", "een klap verkopen", "een klap geven",
            "in elkaar trappen", "overhoop schieten", "pijn doen", "verrot slaan", "laten boeten",
        ))  # fmt: skip
        yield from (
            (f"{do} {you}", _OUTRIGHT) for do in ("vermoord", "wurg", "ik sla", "vermoord ik", "wil vermoorden")
        )
        yield from ((f"{do} {you} wat", 0.9) for do in ("ik doe", "doe ik"))
        yield from ((f"{do} {you} {what} aan", _OUTRIGHT) for do in ("doe ik", "ik doe") for what in ("wat", "iets"))
        yield from ((f"{know} {you} te vinden", 0.9) for know in ("weet", "weet ik", "we weten", "ik ga", "zal"))
        yield from ((f"{know} {you} wel te vinden", 0.9) for know in ("weet", "weet ik", "we weten"))
        yield from ((f"{you} {get}", 0.8) for get in ("nog wel krijgen", "zal boeten", "zullen boeten"))
    for you, verb in (("je", "woont"), ("jij", "woont"), ("u", "woont"), ("jullie", "wonen"), ("jullie", "zitten"),
                      ("jullie", "werken"), ("je", "werkt"), ("jij", "werkt"), ("u", "werkt"), ("je", "zit"),
                      ("jullie kantoor", "is"), ("jullie kantoor", "staat"), ("je kinderen", "zitten"), ("hij",
                          "woont"), ("zij", "woont"), ("ze", "woont"), ("je kinderen", "naar school")):  # fmt: skip
        yield f"weet waar {you} {verb}", 0.9
        yield f"kom erachter waar {you} {verb}", 0.9
        yield f"kom wel achter waar {you} {verb}", 0.9
        yield f"zoek op waar {you} {verb}", 0.9
    for come in ("ik kom", "kom ik", "dan kom ik", "komen we", "kom"):
        yield from ((f"{come} {so}", 0.8) for so in (
            "verhaal halen", "jullie halen", "je halen", "u halen", "je opzoeken", "jullie opzoeken", "u opzoeken",
            "persoonlijk langs", "met een paar man", "met mijn maten", "met mijn broers", "met mijn vrienden",
            "met een mes",
            "met een honkbalknuppel", "met een knuppel", "met een bijl", "de boel", "het zelf regelen",
            "jullie kant op",
            "naar dat kantoor", "naar jullie kantoor", "zelf wel even langs", "wel even langs en", "langs en dan",
            "langs met een",
        ))  # fmt: skip
    yield from ((word, _OUTRIGHT) for word in (
        "ik maak je af", "ik maak jullie af", "je afmaken", "jullie afmaken", "hem afmaken", "haar afmaken",
        "ze afmaken",
        "je gaat eraan", "je gaat er aan", "jullie gaan eraan", "jullie gaan er aan", "u gaat eraan", "hij gaat eraan",
        "in brand steken", "in de brand steken", "brand steek", "in de fik", "steek de boel", "steek de tent",
        "steek jullie",
        "een bom", "bomaanslag", "jullie opblazen", "kantoor opblazen", "gebouw opblazen", "de boel opblazen",
        "de tent opblazen", "alles opblazen", "blaas jullie", "blaas de boel", "blaas de tent",
        "kogel", "een kogel door", "kogel door je kop", "door je kop", "door zijn kop", "pistool", "vuurwapen",
        "wapen mee",
        "mijn wapen", "kalasjnikov", "met een mes", "mes tussen", "mes in je", "met een bijl", "honkbalknuppel",
        "met een knuppel",
        "op je bek", "op je smoel", "op je gezicht slaan", "op zijn bek", "op haar bek", "klap voor je kop",
        "krijg je klappen",
        "krijgen jullie klappen", "klappen krijgen", "nek om", "nek breken", "je benen breken", "benen breek",
        "keel door",
        "hoofd afhakken", "kort en klein", "ruiten in", "ruiten ingooien", "ramen ingooien", "doodsbedreiging",
        "iemand dood", "gaan er doden vallen", "vallen er doden", "vallen er gewonden", "bloed vloeien", "een bloedbad",
        "laatste dag van je leven", "je laatste dag", "neerknallen", "knal je",
        "knal jullie", "knal ze", "rij je dood", "aanslag plegen", "zuur in je gezicht", "vergiftigen",
    ))  # fmt: skip
    yield from ((word, 0.8) for word in (
        "verhaal halen", "verhaal kom halen", "voor je deur staan", "sta voor je deur", "sta ik voor je deur",
        "sta bij je voor de deur", "sta ik bij jullie voor de deur", "sta ik op de stoep", "mannetjes sturen",
        "stuur iemand op je af", "stuur er een paar", "stuur een paar jongens", "paar jongens langs",
        "ongelukken gebeuren",
        "gebeuren er ongelukken", "gebeurt er een ongeluk", "ongelukken van", "bega een ongeluk", "een ongeluk bega",
        "bega ik een ongeluk", "niet voor mezelf in", "sta niet meer voor mezelf in", "niet meer in de hand",
        "krijg je spijt van", "krijgen jullie spijt van", "zal je berouwen", "zullen jullie berouwen", "zul je bezuren",
        "gaan jullie bezuren", "gaan jullie voelen", "ga je voelen", "dit ga je voelen", "pas maar op", "kijk maar uit",
        "kijk maar achter je", "kijk maar over je schouder", "let maar op je", "je bent nog niet van me af",
        "ik weet je te vinden", "ik weet jou te vinden", "ik weet jullie te vinden", "ik weet u te vinden",
        "weten je te vinden",
        "iemand pijn doen", "iemand wat aan", "iemand iets aan", "iemand vermoorden", "iemand slaan",
        "sla ik iemand", "sla iemand", "ik ga slaan", "handen thuis", "sla er op los", "sla hem", "sla haar",
    ))  # fmt: skip
    yield from ((word, VEILED) for word in (
        "spijt van krijgen", "daar krijg je spijt", "jullie zullen het merken", "je zult het merken",
        "jullie gaan het merken",
        "dan zul je het zien", "dan zullen jullie het zien", "dan zwaait er wat", "wacht maar.", "wacht maar,",
        "wacht maar!",
        "wacht maar tot", "zal je leren", "zal jullie leren", "een lesje leren", "ik kom naar jullie toe en",
        "ik kom eraan en dan", "dan moet ik wel iets doen", "dan neem ik wraak", "wraak nemen", "wraak",
        "ik pak je nog wel", "ik pak je terug",
        "ik krijg je nog wel", "ik krijg jullie nog wel", "ik neem je te grazen", "je bent gewaarschuwd",
        "jullie zijn gewaarschuwd",
        "je laatste waarschuwing", "jullie laatste waarschuwing", "doe ik iets waar", "doe ik dingen waar",
        "doe ik gekke dingen", "niet weten wat ik doe",
        "weet niet wat ik dan doe", "weet niet wat ik doe als", "niet verantwoordelijk voor wat", "sla ik door",
        "zorg ervoor dat je nooit meer",
    ))  # fmt: skip


def _en() -> Iterator[tuple[str, float]]:
    for you in _EN_YOU:
        yield from ((f"{do} {you}", _OUTRIGHT) for do in (
            "kill", "killing", "murder", "shoot", "shooting", "stab", "stabbing", "strangle", "beat up", "punch",
            "attack",
            "hurt", "hurting", "slap", "smack", "bomb", "smash", "poison", "run over", "knock out", "choke",
            "burn",
        ))  # fmt: skip
        yield from ((f"beat {you} {up}", _OUTRIGHT) for up in ("up", "to a pulp", "senseless", "to death"))
        yield f"make {you} pay", 0.9
        yield f"make {you} suffer", 0.9
        yield f"make {you} regret", 0.9
        yield f"do something to {you}", 0.8
    for where in ("live", "work", "are", "sit", "park", "park your car", "drink"):
        yield f"know where you {where}", 0.9
        yield f"find out where you {where}", 0.9
        yield f"found out where you {where}", 0.9
    for come in ("come down there", "come down to your", "come over there", "come round there",
                 "be coming down there", "be coming over there", "pay you a visit",
                 "be paying you a visit", "coming down there", "drive down there", "drive over there",
                 "come and find you",
                 "come find you", "come looking for you", "be outside your", "be waiting for you",
                 "be waiting outside", "turn up at your"):  # fmt: skip
        yield from ((f"{so} {come}", 0.8) for so in ("i'll", "i will", "i'm going to", "i'm gonna", "i might",
                                                     "i could",
                                                    "i swear i'll", "we'll", "i'm", "going to", "gonna"))  # fmt: skip
    yield from ((word, _OUTRIGHT) for word in (
        "i'll kill", "i will kill", "kill someone", "going to kill", "gonna kill", "want to kill", "wanna kill",
        "i'll shoot", "shoot up", "shoot the place", "a bullet", "bullet in", "my gun", "a gun", "get my gun",
        "with a gun",
        "with a knife", "get a knife", "a machete", "with a bat", "baseball bat", "with an axe", "a bomb",
        "bomb threat",
        "blow up your", "blow your", "blow the place", "blow it up", "burn your", "burn down", "burn it down",
        "burn the place",
        "set fire to your", "set fire to the", "set you on fire", "set it on fire", "set your office on fire",
        "set the place on fire", "set myself on fire in your", "petrol through", "brick through", "break your legs",
        "break your neck", "break your face",
        "break your jaw", "break his legs", "break his neck", "smash your", "smash up", "smash the place", "smash his",
        "punch your", "punch his", "knock your", "kick your", "slit your throat", "cut your throat", "your throat",
        "rip your", "wring your neck", "beat the hell out", "beat the crap out", "beat the shit out", "beat him up",
        "beat her up", "beat someone up", "you're dead",
        "you are dead",
        "you're a dead man", "dead man walking", "dead meat", "you're going to die", "you will die", "you'll die",
        "deserve to die", "hope you die", "death threat", "someone is going to die", "someone's going to die",
        "someone will get hurt", "someone is going to get hurt", "someone's going to get hurt", "people will get hurt",
        "somebody is going to get hurt", "somebody will get hurt", "somebody's going to get hurt",
        "there will be blood",
        "acid in your face", "hurt somebody", "hurt someone", "hurt people", "hurt my kids", "put you in hospital",
        "put him in hospital", "i'll get you for", "i will get you for", "i'll find you", "i will find you",
        "coming for you",
        "going to find you", "gonna find you", "come for you", "where your kids", "where your children",
        "where your family",
    ))  # fmt: skip
    yield from ((word, 0.8) for word in (
        "watch your back", "look over your shoulder", "looking over your shoulder", "sleep with one eye open",
        "you'll regret", "you will regret", "you're going to regret", "gonna regret", "you'll be sorry",
        "you will be sorry",
        "you'll pay for this", "you will pay for this", "going to pay for this", "i'm coming for you",
        "send someone round",
        "send some people", "send my boys", "bring my boys", "with my mates and", "take matters into my own hands",
        "not responsible for what i do", "not responsible for my actions", "can't be held responsible",
        "don't know what i'll do",
        "don't know what i might do", "do something i'll regret", "might do something i regret",
        "won't like what happens",
        "don't like what happens next", "know your name and", "i have your name and", "know what you look like",
        "know who you are", "lose it and hurt", "get violent", "get physical",
    ))  # fmt: skip
    yield from ((word, VEILED) for word in (
        "or else.", "or else!", "you'll see what happens", "you've been warned",
        "you have been warned",
        "your last warning", "your final warning", "my last warning", "just you wait", "revenge", "payback",
        "come down there", "come over there and",
        "come down there and", "get what's coming", "what's coming to you", "teach you a lesson",
        "teach you lot a lesson",
        "make your life hell", "make your life a misery", "say that to my face", "meet me outside", "sort you out",
        "make an example",
    ))  # fmt: skip


# Sayings, things, and what is done to a thing instead of a person.
_NL_ELSE: Final = (
    "kogel is door", "ik weet u te vinden op", "ik weet jullie te vinden op",
    "kunnen jullie afmaken", "gaan jullie afmaken", "moeten jullie afmaken", "zouden jullie afmaken",
    "wanneer maak je af",
    "maak je af wat", "kan je afmaken", "kun je afmaken", "een bom geld", "een bom duiten", "met een mes open",
    "met een mes opengemaakt", "met een mes openmaken", "pas maar op dat", "pas maar op met", "kijk maar uit welke",
    "wacht maar, ik", "wacht maar, even", "wacht maar even", "je laatste waarschuwing gekregen", "vermoord me",
    "jullie laatste waarschuwing ontvangen", "jullie laatste waarschuwing gekregen", "de kogel door de kerk",
    "kogel door de kerk", "ik sla je over", "ik sla ze over", "ik sla ze op", "ik sla hem op", "ik sla je op",
    "ik sla u op",
    "ik sla iemand over", "sla hem op", "sla haar op", "sla hem over", "zelf wat aandoen", "zelf iets aandoen",
    "kunnen jullie iets aandoen", "kunnen jullie wat aandoen", "kunt u iets aandoen", "kunt u wat aandoen",
    "kan je iets aandoen", "kan je wat aandoen", "kun je iets aandoen", "kun je wat aandoen", "weet u te vinden op",
    "weet jullie te vinden op", "weet jullie te vinden als", "kom ik persoonlijk langs om te tekenen",
    "ga je voelen dat",
    "niet meer in de handel", "verf pistool", "pistool voor de verf", "wraak van",
)  # fmt: skip
_EN_ELSE: Final = (
    "not kill you", "hardly kill you", "i'll shoot you a", "i'll shoot you an", "i'll shoot them an", "i'll shoot over",
    "i will shoot you an", "i'll shoot off an",
    "would it kill you", "wouldn't kill you", "won't kill you", "didn't kill you", "cost a bomb", "costs a bomb",
    "paid a bomb",
    "cost me a bomb", "charge a bomb", "shoot you an email", "shoot you a message", "shoot them an email",
    "shoot you a mail",
    "shoot someone an email", "shoot you over", "would it hurt you", "wouldn't hurt you", "won't hurt you",
    "hurt you to",
    "don't want to hurt you", "didn't mean to hurt you", "can't beat you up", "blow your mind", "blow your budget",
    "knock your price", "knock your prices", "kick your server", "smash your targets", "i'll find you the",
    "i'll find you my",
    "i'll find you a", "i'll find you on", "i will find you the", "i will find you my", "i will find you on",
    "come for you to", "coming for you to", "know where you are with", "know where you are up", "know where you are in",
    "know where you are on", "know where you are at", "find out where you are with", "find out where you are in",
    "break your contract", "break your jaws of", "you're dead right", "you are dead right", "you're dead on",
    "glue gun",
    "a glue gun", "nail gun", "a nail gun", "a gun metal", "a gun safe", "a bullet point", "a bullet list",
    "payback period",
    "payback on", "payback scheme", "payback time on", "know who you are talking", "know who you are speaking",
    "don't know who you are", "do you know who you are", "let me know who you are", "like to know who you are",
    "make you pay for delivery", "make them pay", "make him pay", "make her pay", "make someone pay",
    "cut with a knife", "opened it with a knife", "open it with a knife", "end up with a knife set",
    "make an example of how",
    "killing me", "punch you in the code", "sort you out with", "sort you out a", "my kids are killing them",
)  # fmt: skip

PHRASES: Final = Phrases.listed(
    nl={
        **{phrase.replace(" niet ", " nie "): strength for phrase, strength in _nl()},  # Flemish and spoken
        **dict(_nl()),
        **dict.fromkeys(_NL_ELSE, 0.0),
    },
    en={**dict(_en()), **dict.fromkeys(_EN_ELSE, 0.0)},
)


# The same said around other words: up to so many between the two that tell. Bounded, so that a long text stays cheap.
_NEAR: Final = Near(
    r"\b(?:sla|schiet|steek|snij|snijd|hak|trap|schop|ram|knal|gooi)(?: [\w']+){0,4} "
    r"(?:je|jouw|jullie|zijn|z'n|haar|d'r|uw|de) (?:kop|hersens|hersenen|keel|bek|smoel|tanden|benen|nek"
    r"|ruit|ruiten"
    r"|ramen|deur in|kantoor)\b",
    r"\bschiet(?: [\w']+){0,3} (?:neer|dood|kop)\b",
    r"\bontploffen\b|\bje bent niet (?:meer )?veilig\b|\bbij (?:de|je|zijn|haar) (?:keel|strot)\b"
    r"|\bramen (?:gaan )?eruit\b",
    r"\bik doe (?:ze|hem|haar|je|jullie)(?: \w+)? wat\b|\b(?:hem|haar|je|jou|jullie|ze) (?:\w+ )?afmaak\b",
    r"\bmaak gehakt van\b|\bschiet ik\b|\bga(?:at|an)?(?: \w+){0,3} bloeden\b|\buitkijken als ik\b",
    r"\b(?:ram|sla|trap|schop|timmer|beuk)(?: [\w']+){1,4} (?:in elkaar|dood|neer|kapot|verrot)\b",
    r"\bsteek(?: [\w']+){0,4} in (?:de )?(?:brand|fik|hens)\b",
    r"\bheb (?:hier |nog )?een (?:mes|pistool|wapen|geweer|bijl)\b",
    r"\bbreek(?: \w+){0,3} (?:botten|benen|nek|poten|arm|armen|ribben|tanden|vingers)\b",
    r"\bdoe (?:mijn|m'n|die|dat|de|een) (?:\w+ ){1,2}(?:wat|iets) aan\b",
    r"\b(?:sloop|sla|ram|trap)(?: \w+){0,3} (?:boel|tent|zaak|winkel|kantoor|balie)\b",
    r"\bkom(?:en)?(?: [\w']+){0,6} (?:met|heb) (?:een |mijn |m'n )?(?:wapen|mes|pistool|knuppel|bijl|hamer"
    r"|geweer|benzine)\b",
    r"\b(?:naar|voor|bij) (?:je|jouw|jullie|uw) (?:huis|voordeur)\b",
    r"\b(?:opwachten|wacht (?:je|jou|jullie|hem|haar) op)\b",
    r"\bwat beleven\b",
    r"\b(?:zoek|kom|vind|weet)(?: \w+){0,6} waar (?:je|jij|jullie|u|hij|zij|ze) (?:\w+ )?"
    r"(?:woont|wonen|werkt|werken|zit|zitten)\b",
    r"\b(?:je|jij|jullie) ga(?:at|an) (?:\w+ )?(?:dood|kapot|eraan)\b",
    r"\bje bent er geweest\b|\bben je van mij\b",
    r"\bpas(?: (?:jij|jullie))? maar(?: heel)?(?: goed)? op\b",
    r"\b(?:reken met (?:je|jullie|hem|haar) af|afrekenen met (?:je|jou|jullie|hem|haar))\b",
    r"\bklap(?:pen)? van (?:me|mij)\b",
    r"\b(?:i'll|i will|i'm going to|i am going to|gonna|going to|want to|wanna|swear i|could|might"
    r"|feel like)(?: [\w']+)? "
    r"(?:kill|hurt|shoot|stab|punch|strangle|murder|destroy|attack|hunt|slap|choke|beat up|smash|killing|hurting"
    r"|punching|hitting|hit)(?: (?:the|that|my|your|his|this))? (?:\w+ )?(?:you|him|her|them|everyone"
    r"|everybody|someone"
    r"|somebody|anyone|neighbou?rs?|engineer|driver|wife|husband|ex|kids|boss|manager|teeth|face|head"
    r"|people|staff|whoever"
    r"|guy|man|woman|bloke)\b",
    r"\b(?:burn|blow|shoot|smash|tear)(?: [\w']+){1,3} (?:down|up)\b",
    r"\byou(?:'re| are) not safe\b|\bhands on (?:you|him|her|them)\b",
    r"\bcoming (?:[\w']+ ){1,5}with (?:a|my) (?:hammer|knife|bat|gun|machete|crowbar|axe)\b",
    r"\bknock your\b|\block your doors?\b|\byou(?:'ll| will)? (?:\w+ )?suffer\b|\bwhat car you drive\b",
    r"\b(?:hitting|hurting|killing|punching|strangling|stabbing) (?:someone|somebody|you|him|her|them|people)\b",
    r"\bbring(?:ing)? (?:a|my) (?:knife|gun|bat|weapon)\b",
    r"\bcom(?:e|ing) (?:over |down |round )?to your (?:house|home|door|place)\b",
    r"\bmake me come (?:over|down|round)\b",
    r"\bwatch (?:yourself|it mate|your step)\b",
    r"\b(?:to|will|gonna|could|might) get hurt\b",
    r"\b(?:you're|you are|youre|he's|he is|be) a dead man\b",
    r"\bi(?:'ve| have)(?: got)? (?:a|my) (?:knife|gun|bat|weapon|machete|hammer)\b",
    r"\b(?:find|found|know|look up|looked up)(?: [\w']+){0,5} where (?:you|he|she|they) (?:all )?(?:live"
    r"|work|park)\b",
    r"\bhunt (?:you|him|her|them)\b",
    telling=(
        "a dead man", " bloeden", " not safe", " waar ", " where ", "afmaak", "afrekenen met ", "attack", "balie",
        "bat", "beat up", "bek", "ben je van mij", "benen", "benzine", "bijl", "blow", "boel", "breek", "bring",
        "burn", "choke", "coming ", "destroy", "deur in", "doe ", "dood", "eraan", "geweer", "gun", "hamer", "hammer",
        "hands on ", "hersenen", "hersens", "hit", "huis", "hunt", "hurt", "in elkaar", "it mate",
        "je bent er geweest", "je bent niet ", "kantoor", "kapot", "keel", "kill", "klap", "knife", "knock your",
        "knuppel", "kop", "lock your door", "maak gehakt van", "machete", "make me come ", "mes", "murder", "neer",
        "nek", "ontploffen", "opwachten", "pas", "pistool", "punch", "ramen", "reken met ", "ruit", "schiet", "shoot",
        "slap", "smash", "smoel", "stab", "steek", "strangle", "strangling", "strot", "suffer", "tanden", "tear",
        "tent", "to your ", "uitkijken als ik", "verrot", "voordeur", "wacht ", "wapen", "wat beleven", "weapon",
        "what car you drive", "winkel", "your step", "yourself", "zaak",
    ),
)  # fmt: skip


def said(words: CustomerWords) -> Finding | None:
    """What was said outright or veiled."""
    return veiled(words, PHRASES, _NEAR)


def find(words: CustomerWords) -> Finding | None:
    return said(words) or hears(words, "threat_other", at_least=DANGER_FROM)


threat_to_others: Final = of_need(
    "threat_to_others", find, cues=(PHRASES, PHRASES.unstopped(), _NEAR.telling, "threat_other")
)
