"""Dutch lines of our own: the small words for turning English lines into Dutch ones, and lines made from patterns."""

from collections.abc import Iterator
from itertools import product
from typing import Final

# What a word table of nouns and verbs leaves out.
SMALL_WORDS: Final = dict(
    pair.split("=")
    for pair in """i=ik you=je he=hij she=ze it=het we=we they=ze me=mij him=hem her=haar us=ons them=hen my=mijn your=je
his=zijn our=onze their=hun a=een an=een the=de this=dit that=dat these=deze those=die is=is am=ben are=zijn was=was
were=waren be=zijn been=geweest being=zijn have=heb has=heeft had=had do=doe does=doet did=deed and=en or=of but=maar
if=als because=omdat so=zo not=niet no=nee never=nooit nothing=niks none=geen nobody=niemand without=zonder to=om of=van
in=in on=op at=bij for=voor with=met from=van by=door about=over as=als than=dan then=dan there=daar here=hier
what=wat who=wie why=waarom how=hoe when=wanneer where=waar which=welke very=heel really=echt too=te just=gewoon
more=meer most=meest much=veel many=veel still=nog always=altijd again=weer only=alleen also=ook all=alle every=elke
any=enige some=sommige can=kan could=kon will=zal would=zou should=moet must=moet may=mag might=misschien
don't=niet doesn't=niet didn't=niet isn't=niet wasn't=niet aren't=niet can't=kan_niet won't=wil_niet couldn't=kon_niet
i'm=ik_ben you're=je_bent it's=het_is that's=dat_is he's=hij_is she's=ze_is they're=ze_zijn we're=we_zijn i've=ik_heb
i'll=ik_zal i'd=ik_zou there's=er_is what's=wat_is thanks=bedankt thank=bedankt please=alsjeblieft sorry=sorry yes=ja
yeah=ja ok=oké okay=oké hi=hoi hello=hallo out=uit up=op down=neer over=over off=af into=in before=voor after=na
now=nu today=vandaag day=dag time=tijd people=mensen man=man woman=vrouw thing=ding things=dingen way=manier
good=goed bad=slecht great=geweldig nice=leuk awesome=geweldig amazing=geweldig best=beste worst=slechtste
better=beter worse=slechter love=hou_van loved=hield_van hate=haat hated=haatte fuck=fuck fucking=verdomme shit=shit
damn=verdomme hell=hel wrong=fout lol=haha glad=blij hope=hoop wish=wou feel=voel felt=voelde think=denk know=weet
want=wil need=nodig like=leuk get=krijg got=kreeg go=ga going=gaan went=ging make=maak made=maakte see=zie saw=zag
say=zeg said=zei tell=vertel told=vertelde look=kijk looks=lijkt idea=idee understand=begrijp sad=verdrietig
happy=blij angry=boos mad=boos afraid=bang scared=bang worried=bezorgd confused=in_de_war disappointed=teleurgesteld
stupid=dom idiot=idioot idiots=idioten terrible=verschrikkelijk horrible=vreselijk awful=afschuwelijk boring=saai
funny=grappig beautiful=mooi cute=schattig perfect=perfect wonderful=prachtig cool=gaaf fun=leuk sucks=waardeloos
ridiculous=belachelijk disgusting=walgelijk annoying=irritant crazy=gek weird=raar ugly=lelijk dumb=dom pathetic=zielig
friend=vriend friends=vrienden life=leven work=werk money=geld kill=vermoord killed=vermoord die=sterf died=stierf
dead=dood cry=huil crying=huilen pain=pijn hurt=pijn miss=mis lost=kwijt relief=opluchting relieved=opgelucht
finally=eindelijk luckily=gelukkig congratulations=gefeliciteerd congrats=gefeliciteerd welcome=welkom appreciate=waardeer
grateful=dankbaar shut=hou mouth=mond liar=leugenaar lie=leugen trust=vertrouw help=help shame=schande unfortunately=helaas""".split()
)

_PRODUCTS: Final = (
    "mijn bestelling", "het pakket", "de factuur", "jullie service", "de klantenservice", "mijn abonnement", "de app",
    "het internet", "mijn rekening", "de monteur", "de levering", "dit gesprek", "de website", "mijn verzekering",
)  # fmt: skip
_RELATIVES: Final = ("man", "vrouw", "moeder", "vader", "broer", "zus", "zoon", "dochter", "oma", "opa", "hond")
_TOLD: Final[dict[str, tuple[str, ...]]] = {
    "frustration": (
        "ik word hier gek van", "ik ben er klaar mee", "alweer gedoe met {x}", "waarom duurt {x} zo lang",
        "ik heb nu al drie keer gebeld over {x}", "nog steeds geen oplossing voor {x}", "dit werkt gewoon niet met {x}",
        "{x} irriteert me mateloos", "hoe vaak moet ik dit nog uitleggen", "ik word van het kastje naar de muur gestuurd",
        "ik word er gek van", "ik word gek van {x}", "dit is om gek van te worden", "pff wat een gedoe",
        "weer hetzelfde verhaal over {x}", "ik heb dit al tien keer gezegd", "alweer kapot", "hoe lang gaat dit nog duren",
        "dit slaat nergens op", "ik krijg steeds dezelfde foutmelding", "niemand kan mij helpen met {x}", "ik wacht al weken op {x}", "dit schiet niet op",
    ),
    "anger": (
        "ik ben woedend over {x}", "dit is echt belachelijk", "wat een schande van {x}", "ik pik dit niet langer",
        "jullie zijn oplichters met {x}", "ik ben zo boos over {x}", "onacceptabel hoe het gaat met {x}",
        "ik eis nu mijn geld terug", "dit is een grof schandaal", "wat denken jullie wel niet",
    ),
    "anxiety": (
        "ik maak me zorgen over {x}", "ik ben bang dat het misgaat met {x}", "ik lig er wakker van",
        "ik weet niet of het goed komt met {x}", "straks raak ik alles kwijt", "ik vind {x} heel eng",
        "ik ben ongerust over {x}", "ik durf {x} niet meer te vertrouwen", "ik raak in paniek door {x}",
    ),
    "confusion": (
        "ik snap {x} niet", "wat bedoelt u met {x}", "ik begrijp er niks van", "hoe werkt {x} dan", "ik volg het niet meer",
        "kunt u {x} nog eens uitleggen", "dat is mij niet duidelijk", "het is verwarrend met {x}", "hoezo dan",
        "ik zie door de bomen het bos niet meer", "ik snap er niks van", "ik begrijp hier helemaal niets van",
        "ik snap niet wat ik moet doen met {x}", "welke bedoelt u", "wat moet ik nu doen", "ik ben de draad kwijt",
        "huh", "hoe dan", "nu ben ik in de war", "ik weet niet waar ik {x} vind", "ik kom er niet uit met {x}",
    ),
    "disappointment": (
        "wat jammer van {x}", "ik ben teleurgesteld in {x}", "ik had meer verwacht van {x}", "{x} valt vies tegen",
        "dat had ik niet van jullie gedacht", "helaas weer niet gelukt met {x}", "dit is een afknapper",
    ),
    "sadness": (
        *(f"mijn {wie} is {hoe}" for wie in _RELATIVES for hoe in ("overleden", "gestorven", "vorige week overleden",
          "ernstig ziek", "er niet meer")), "ik ben mijn man verloren", "wij hebben een sterfgeval in de familie",
        "ik ben er kapot van", "ik mis hem zo", "het doet pijn", "sorry daarvoor", "excuses, mijn fout", "ik ben er verdrietig over", "ik zit er helemaal doorheen", "mijn moeder is net gestorven",
        "ik moet ervan huilen", "het is een moeilijke tijd voor ons", "ik voel me er ellendig onder", "het spijt me heel erg",
    ),
    "relief": (
        "gelukkig, dan is het opgelost", "pfoe wat een opluchting", "eindelijk werkt {x} weer", "dat scheelt, ik was bang",
        "fijn dat {x} toch goed komt", "dat is een hele geruststelling", "een pak van mijn hart",
    ),
    "joy": (
        "wat leuk zeg", "super blij met {x}", "geweldig dat {x} er is", "wat fijn", "top geregeld met {x}", "heerlijk",
        "ik ben dolgelukkig met {x}", "{x} is fantastisch", "haha goeie",
    ),
    "gratitude": (
        "dank u wel", "hartelijk dank voor {x}", "bedankt voor de hulp met {x}", "super bedankt", "dankjewel voor uw moeite",
        "ik waardeer het zeer", "heel erg bedankt voor de snelle reactie", "thanks he",
    ),
    "": (
        "ik bel over {x}", "mijn nummer is 0", "goedemiddag", "kunt u {x} wijzigen", "ik wil graag {x} verplaatsen",
        "het gaat om {x}", "ja dat klopt", "nee hoor", "mijn postcode is 0 ab", "op maandag om 0 uur", "wanneer komt {x}",
        "waar vind ik {x}", "ik wil {x} opzeggen", "een ogenblik", "ik heb een vraag over {x}", "prima", "oke", "is goed",
        "dat is op naam van de vries", "kan ik {x} ook online regelen",
    ),
}  # fmt: skip
_CALM: Final = (*(head for head in _TOLD if head), "feeling", "abuse")
_GREETINGS: Final = (
    "goedemorgen", "goedemiddag", "goedenavond", "goedendag", "hallo", "hoi", "dag", "beste", "goeiemorgen", "hallo goedemorgen",
)  # fmt: skip
_BAD: Final = frozenset({"frustration", "anger", "anxiety", "disappointment", "sadness"})
_GOOD: Final = frozenset({"relief", "joy", "gratitude"})

_GROUPS: Final = (
    "vrouwen", "mannen", "moslims", "joden", "christenen", "homo's", "lesbiennes", "transgenders", "buitenlanders",
    "immigranten", "vluchtelingen", "gehandicapten", "zwarte mensen", "aziaten", "turken", "marokkanen", "ouderen", "polen",
)  # fmt: skip
_THINGS: Final = (
    "spruitjes", "maandagen", "wachtrijen", "files", "facturen", "regen", "wespen", "formulieren", "deze telefoon", "die app",
)  # fmt: skip
_ABUSE_OF: Final = (
    "ik haat {x}", "ik haat {x} echt", "ik heb een hekel aan {x}", "ik walg van {x}", "ik veracht {x}", "{x} zijn walgelijk",
    "{x} zijn ongedierte", "{x} zijn beesten", "{x} zijn dom", "{x} zijn minderwaardig", "{x} zijn geen mensen",
    "{x} zijn het uitschot van de maatschappij", "alle {x} zijn crimineel", "{x} verdienen het niet om te leven",
    "{x} moeten dood", "{x} moeten worden opgesloten", "{x} moeten het land uit", "{x} moeten gestraft worden",
    "we moeten {x} uitroeien", "we gaan {x} vermoorden", "ik sla alle {x} in elkaar", "iemand moet {x} afmaken",
    "ik vermoord {x}", "{x} verdienen geen rechten", "{x} horen hier niet", "waarom bestaan {x} eigenlijk",
    "waarom mogen {x} hier komen", "volgens mij zijn {x} gewoon minder waard", "ik vertrouw {x} nooit", "kut {x}",
    "die kut {x}", "{x} zijn kankerlijers", "fucking {x}", "die {x} zijn echt klootzakken", "{x} zijn niet te vertrouwen",
    "je kunt {x} niet respecteren", "{x} zouden nooit iets mogen zeggen", "ik kan niet tegen {x}", "{x} zijn een ziekte",
    "{x} stinken", "{x} zijn parasieten", "het zijn maar {x} ze zijn niks waard", "niemand wil {x}",
    "stem tegen {x} ze verpesten alles", "{x} zijn slecht en we moeten ze wegsturen",
)  # fmt: skip
_FINE_OF: Final = (
    "ik hou van {x}", "ik vind {x} geweldig", "{x} zijn fantastisch", "{x} zijn ook mensen", "{x} verdienen respect",
    "ik heb respect voor {x}", "we moeten {x} beschermen", "ik ben zelf een van de {x}", "er wonen {x} in mijn straat",
    "{x} hebben gelijke rechten", "ik haat {x} niet", "niemand zou {x} mogen haten", "geen enkele groep zoals {x} verdient haat",
    "zeggen dat je {x} haat is onacceptabel", "wie zegt dat {x} minder zijn heeft ongelijk", "iemand riep dat {x} dom zijn, dat is fout",
    "ik vind het walgelijk als mensen zeggen dat {x} moeten sterven", "{x} zijn waardevol", "stop met het haten van {x}",
    "de film ging over {x}", "{x} kunnen hier ook terecht", "het is racistisch om te zeggen dat {x} stinken", "wij verwelkomen {x}",
)  # fmt: skip
_FINE_OF_THINGS: Final = (
    "ik haat {x}", "ik heb een hekel aan {x}", "{x} zijn waardeloos", "ik walg van {x}", "kut {x}", "fucking {x}",
    "wat een klote {x}", "{x} zijn vreselijk", "ik kan niet tegen {x}", "weg met {x}", "niemand wil {x}",
)  # fmt: skip
_SLURS: Final = (
    "flikkers", "nichten", "potten", "spasten", "mongolen", "kutmarokkanen", "nikkers", "negers", "kopvodden", "bontkragen",
    "hoeren", "sletten", "teven", "wijven", "manwijven", "geitenneukers", "spleetogen", "zandnegers", "kakkerlakken",
)  # fmt: skip
_SLURRED: Final = (
    "{x}", "al die {x}", "jullie zijn {x}", "het zijn gewoon {x}", "wat een {x}", "je bent er een van die {x}",
    "daar heb je die {x} weer", "vieze {x}", "weg met die {x}",
)  # fmt: skip
_INSULTS: Final = (
    "idioot", "sukkel", "klootzak", "eikel", "trut", "kutwijf", "lul", "debiel", "mongool", "achterlijke gladiool", "hoer",
    "slet", "domme koe", "kankerlijer", "teringlijer", "stuk vreten", "varken", "hond", "nul", "onbenul", "loser", "mietje",
)  # fmt: skip
_AT_YOU: Final = (
    "je bent een {x}", "jij bent echt een {x}", "wat ben jij een {x}", "stomme {x}", "vuile {x}", "hou je bek {x}", "rot op {x}",
    "{x} dat je bent", "domme {x}",
)  # fmt: skip
_AT_YOU_WHOLE: Final = (
    "val dood", "krijg de tering", "ik sla je in elkaar", "ik maak je af", "ik weet je te vinden", "hou je bek", "flikker op",
    "ben je nou helemaal achterlijk", "je bent zo dom als het achtereind van een varken", "je deugt niet", "ga toch sterven",
    "stuur me een naaktfoto", "wil je met me naar bed", "laat je borsten zien",
)  # fmt: skip
_FINE_WHOLE: Final = (
    "godverdomme mijn internet ligt eruit", "kut ik ben mijn wachtwoord vergeten", "shit verkeerd nummer", "wat een kloteweer",
    "fuck ik ben te laat", "het is klote maar niet jullie schuld", "tering wat duur", "ik vind die regel achterlijk",
    "wat een idiote procedure", "dit is verdomd goed", "fucking goed geregeld", "ik ben zelf ook een sukkel",
)  # fmt: skip


def written() -> Iterator[tuple[str, dict[str, float]]]:
    """Lines of our own with what they are said to show: 1 or 0 a head."""
    for emotion, patterns in _TOLD.items():
        for pattern in patterns:
            for thing in _PRODUCTS if "{x}" in pattern else ("",):
                told = {head: float(head == emotion) for head in _TOLD if head}
                if emotion:
                    told["valence"] = float(emotion in _BAD)
                    if emotion == "confusion":
                        del told["valence"]
                told["feeling"] = float(emotion in _BAD | _GOOD)
                told["abuse"] = 0.0
                yield pattern.replace("{x}", thing), told
    for greeting, pattern in product(_GREETINGS, _TOLD[""]):
        yield (
            f"{greeting} {pattern.replace('{x}', _PRODUCTS[len(pattern) % len(_PRODUCTS)])}",
            dict.fromkeys(_CALM, 0.0),
        )
    for greeting in _GREETINGS:
        yield greeting, dict.fromkeys(_CALM, 0.0)
    for patterns, nouns, abusive in (
        (_ABUSE_OF, _GROUPS, 1.0),
        (_FINE_OF, _GROUPS, 0.0),
        (_FINE_OF_THINGS, _THINGS, 0.0),
        (_AT_YOU, _INSULTS, 1.0),
        (_SLURRED, _SLURS, 1.0),
    ):
        for pattern, noun in product(patterns, nouns):
            line = pattern.replace("{x}", noun)
            yield line, {"abuse": abusive}
            if abusive:
                yield disguised(line), {"abuse": 1.0}
    for whole in _AT_YOU_WHOLE:
        yield whole, {"abuse": 1.0}
    for whole in _FINE_WHOLE:
        yield whole, {"abuse": 0.0}


def disguised(line: str) -> str:
    """The line as somebody writes it to slip past a filter: a letter gone, swapped, a figure, a space more or less."""
    way, at = len(line) % 5, 1 + (7 * len(line)) % (len(line) - 2)
    if way == 0:
        return line[:at] + line[at + 1 :]
    if way == 1:
        return line[:at] + line[at + 1] + line[at] + line[at + 2 :]
    if way == 2:
        return line.translate(str.maketrans("aeio", "4310"))
    return line[:at] + " " + line[at:] if way == 3 else line.replace(" ", "")


def as_dutch(words: list[str], table: dict[str, str]) -> tuple[str, float]:
    """An English line word by word in Dutch, and the share of its words that could be turned."""
    turned, known = [], 0
    for word in words:
        dutch = SMALL_WORDS.get(word) or table.get(word) or table.get(word.removesuffix("s"))
        known += bool(dutch) or not word[0].isalpha()
        turned.append((dutch or word).replace("_", " "))
    return " ".join(turned), known / max(1, len(words))
