"""The lines that say why a customer makes contact: which intents of which set are which of our reasons."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from klankbord.events import Language
from klankbord.phrases import clean, normal
from training.corpora import as_said, read
from training.own_lines import read_own

WRITTEN: Final = Path(__file__).parent / "reason_lines.tsv"
NONE: Final = ""  # no reason at all: a greeting, an answer, an order number, a question to an assistant
LICENCES: Final = {
    "banking77": "CC BY 4.0",
    "clinc150": "CC BY 3.0",
    "multidogo": "CDLA-Permissive-1.0",
    "cfpb": "public domain",
    "klankbord": "Apache-2.0 (labelled lines of our own)",
}
# So many lines of one reason from one set, or a bank's questions about cards would be half of all we know.
MOST_OF_ONE: Final = 150
MOST_OF_NONE: Final = 1_200
_LONGEST_CHARS: Final = 300  # a complaint of a page says what it is about in its first lines

# An intent that is not named is left out: it is nobody's and not nothing either ("top up my card" of a bank).
BANKING77: Final[dict[str, str]] = {
    intent: reason
    for reason, intents in {
        "bank.card": """activate_my_card card_about_to_expire card_arrival card_delivery_estimate card_linking
            card_not_working card_swallowed change_pin contactless_not_working declined_card_payment
            declined_cash_withdrawal get_physical_card getting_spare_card getting_virtual_card lost_or_stolen_card
            order_physical_card pin_blocked virtual_card_not_working""",
        "bank.transfer": """balance_not_updated_after_bank_transfer balance_not_updated_after_cheque_or_cash_deposit
            beneficiary_not_allowed cancel_transfer declined_transfer failed_transfer pending_transfer
            transfer_not_received_by_recipient transfer_timing""",
        "bank.fraud": """card_payment_not_recognised cash_withdrawal_not_recognised compromised_card
            direct_debit_payment_not_recognised""",
        "bank.savings": "card_payment_fee_charged cash_withdrawal_charge transfer_fee_charged",
        "billing.wrong_charge": "extra_charge_on_statement transaction_charged_twice",
        "returns.refund_status": "Refund_not_showing_up",
        "account.details": "edit_personal_details",
        "account.login": "passcode_forgotten",
        "account.close": "terminate_account",
        "account.security": "unable_to_verify_identity verify_my_identity why_verify_identity",
    }.items()
    for intent in intents.split()
}
CLINC150: Final[dict[str, str]] = {
    intent: reason
    for reason, intents in {
        "bank.card": """card_declined damaged_card expiration_date new_card pin_change replacement_card_duration
            report_lost_card""",
        "bank.fraud": "report_fraud",
        "bank.loan": "apr credit_limit credit_limit_change",
        "bank.savings": "interest_rate international_fees",
        "bank.transfer": "transfer",
        "account.security": "account_blocked",
        "appointment.make": "schedule_maintenance",
        "billing.question": "bill_balance bill_due min_payment",
        "delivery.where": "order_status",
        "fault.installation": "sync_device",
        "government.document": "international_visa",
        "government.tax": "taxes",
        "insurance.cover": "insurance",
        "travel.booking": "cancel_reservation",
        "travel.disruption": "flight_status",
        "travel.luggage": "lost_luggage",
        "travel.ticket": "book_flight",
        NONE: """alarm are_you_a_bot balance calculator calories cancel carry_on change_accent change_ai_name
            change_language change_speed change_user_name change_volume cook_time current_location date definition
            directions distance do_you_have_pets find_phone flip_coin food_last fun_fact gas gas_type goodbye greeting
            how_old_are_you ingredient_substitution ingredients_list jump_start last_maintenance make_call maybe
            meal_suggestion meaning_of_life measurement_conversion mpg next_holiday next_song no nutrition_info
            oil_change_how oil_change_when oos play_music plug_type pto_balance recipe reminder repeat
            restaurant_reviews restaurant_suggestion roll_dice routing share_location shopping_list
            shopping_list_update smart_home spelling tell_joke text thank_you time timer timezone tire_change
            tire_pressure todo_list todo_list_update traffic translate travel_suggestion uber update_playlist
            user_name vaccines weather what_are_your_hobbies what_can_i_ask_you what_is_your_name what_song
            where_are_you_from whisper_mode who_do_you_work_for who_made_you yes""",
    }.items()
    for intent in intents.split()
}
MULTIDOGO: Final[dict[str, str]] = {
    intent: reason
    for reason, intents in {
        "travel.ticket": "bookflight changeseatassignment getboardingpass getseatinfo",
        "account.close": "closeaccount",
        "account.details": "updateaddress updateaccountinfo",
        "bank.card": "replacecard reportlostcard",
        "bank.fraud": "disputecharge",
        "bank.transfer": "transfermoney",
        "billing.copy": "providereceipt",
        "billing.question": "viewbillsintent",
        "contract.cancel": "cancelserviceintent",
        "contract.change": "getchannelpackageintent upgradeserviceintent",
        "contract.moving": "transferserviceintent",
        "contract.new": "openaccount startserviceintent",
        "fault.app": "reportbrokensoftware",
        "fault.outage": "checkserverstatus",
        "insurance.claim_status": "checkclaimstatus",
        "insurance.report": "reportbrokenphone",
        "product.price": "checkoffereligibility getpromotions",
        NONE: "closinggreeting confirmation contentonly openinggreeting rejection thankyou",
    }.items()
    for intent in intents.split()
}
# Product, issue (or every issue of the product), reason; the first that fits.
CFPB: Final = (
    ("Debt collection", "", "billing.arrangement"),
    ("Mortgage", "", "bank.loan"),
    ("Student loan", "", "bank.loan"),
    ("Vehicle loan or lease", "", "bank.loan"),
    ("Payday loan, title loan, or personal loan", "", "bank.loan"),
    ("Money transfer, virtual currency, or money service", "Fraud or scam", "bank.fraud"),
    ("Money transfer, virtual currency, or money service", "Money was not available when promised", "bank.transfer"),
    ("Money transfer, virtual currency, or money service", "Other transaction problem", "bank.transfer"),
    ("Checking or savings account", "Closing an account", "account.close"),
    ("Credit card or prepaid card", "Closing your account", "account.close"),
    ("Credit card or prepaid card", "Problem with a purchase shown on your statement", "bank.fraud"),
    ("Credit card or prepaid card", "Fees or interest", "bank.savings"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of a customer and its reason; `NONE` where it has none."""

    set: str
    language: Language
    reason: str
    text: str


def of_sets(data: Path, split: str) -> list[Asked]:
    """The English sets through the hand-made tables."""
    return [
        *_by_label(data, "banking77", BANKING77, split),
        *_by_label(data, "clinc150", CLINC150, split),
        *_multidogo(data, split),
        *_cfpb(data, split),
    ]


def own(*, dev: bool) -> list[Asked]:
    """Our own labelled lines of both languages; those kept for measuring, or the others."""
    return [
        Asked("own", line.language, line.reason, normal(clean(line.text))) for line in read_own() if line.is_dev == dev
    ]


def written() -> list[Asked]:
    """Our own plain ways to ask: the reason is why each was written, so they teach and never measure."""
    cells = (row.split("\t") for row in WRITTEN.read_text(encoding="utf-8").splitlines())
    return [
        Asked("written", "nl" if language == "nl" else "en", "" if reason == "-" else reason, normal(clean(text)))
        for language, reason, text in cells
    ]


def few(lines: Iterable[Asked]) -> list[Asked]:
    """At most so many of each reason from each set, the same ones each time."""
    kept: Counter[tuple[str, str]] = Counter()
    found = []
    for line in sorted(set(lines), key=lambda line: (sha256(line.text.encode()).digest(), line.set, line.reason)):
        kept[line.set, line.reason] += 1
        if kept[line.set, line.reason] <= (MOST_OF_ONE if line.reason else MOST_OF_NONE):
            found.append(line)
    return found


def _by_label(data: Path, name: str, table: dict[str, str], split: str) -> Iterator[Asked]:
    for row in read(data, f"{name}/{name}", split):
        if row["label"] in table:
            yield Asked(name, "en", table[row["label"]], as_said(row["text"]))


def _multidogo(data: Path, split: str) -> Iterator[Asked]:
    for row in read(data, "multidogo/multidogo", split):
        reasons = {MULTIDOGO.get(intent) for intent in row["intents"]}
        if len(reasons) == 1 and (reason := reasons.pop()) is not None and row["text"].strip():
            yield Asked("multidogo", "en", reason, as_said(row["text"]))


def _cfpb(data: Path, split: str) -> Iterator[Asked]:
    for row in read(data, "cfpb/cfpb", split):
        if reason := _complaint(row):
            yield Asked("cfpb", "en", reason, as_said(row["text"].replace("XX", ""))[:_LONGEST_CHARS])


def _complaint(row: dict[str, Any]) -> str:
    return next((r for product, issue, r in CFPB if row["product"] == product and issue in ("", row["issue"])), "")
