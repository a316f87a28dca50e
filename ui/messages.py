"""ErrorCode and state to words: a title that is an instruction, what it means for the contract, what to do now.

Words are at B1 level, without blame; the glossary is docs/words.md. A missing row is a failing test.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from signer import workflow as w
from signer.errors import ErrorCode
from signer.i18n import mark as _
from signer.model import Caution, Standing, Timeliness, Wrong
from signer.versions import Fact


class Message(NamedTuple):
    """English source texts; each is translated where it is shown."""

    title: str
    meaning: str
    next_step: str


_NOTHING_SIGNED: Final = _("Nothing was signed.")
_KEPT: Final = _("Your signature is kept on this computer. It is not lost.")
_CALL: Final = _("Call the agency and tell them the support code below.")
_LATER: Final = _("Paraph adds it later by itself. For a file of your own, use: paraph extend FILE.pdf")
_ASK_NEW: Final = _("Ask the agency for a new contract, and tell them the support code below.")
_NOT_THIS: Final = _("We do not let you sign this")
_TRY_AGAIN: Final = _("Try again.")
_MUNICIPALITY: Final = _(
    "Go to your municipality (the town hall). Meanwhile, call the agency: there is another way to sign."
)

MESSAGES: Final[Mapping[ErrorCode, Message]] = {
    ErrorCode.SERVICE_STOPPED: Message(
        _("Start the smart card service"),
        _("This computer's smart card service does not run, so no card can be read. Nothing was signed."),
        _("Start it (on Linux: systemctl start pcscd.socket; on Windows: the service “Smart Card”), then try again."),
    ),
    ErrorCode.NO_READER: Message(
        _("Connect the card reader"),
        _("This computer sees no card reader."),
        _("Put the reader's cable in a USB port. If it is in already, try another port."),
    ),
    ErrorCode.NO_CARD: Message(
        _("Put your eID in, chip first"),
        _("The reader is ready, but there is no card in it."),
        _("Put the card in, with the chip first and the chip facing up."),
    ),
    ErrorCode.CARD_UNRESPONSIVE: Message(
        _("Turn the card"),
        _("There is a card in the reader, but it does not answer. It may be upside down, or its chip may be dirty."),
        _("Take it out, wipe the chip with a dry cloth, and put it in with the chip first."),
    ),
    ErrorCode.NOT_AN_EID: Message(
        _("This is not a Belgian eID"),
        _("The card in the reader is another kind of card."),
        _("Put your Belgian identity card (eID) in the reader."),
    ),
    ErrorCode.CARD_IN_USE: Message(
        _("Another program is using the card"),
        _("A page of a bank or the government, or another eID program, may be using it. Nothing was signed."),
        _("Close that program or page, then try again."),
    ),
    ErrorCode.CARD_REMOVED: Message(
        _("Put the card back in"),
        _("The card came out too early. Nothing was signed."),
        _("Put the card back in and leave it in. Your PIN will be asked again."),
    ),
    ErrorCode.CARD_RESET: Message(
        _("Another program interrupted the card"),
        _NOTHING_SIGNED,
        _("Close other programs that use the card, then enter your PIN again."),
    ),
    ErrorCode.CARD_GARBLED: Message(
        _("The card's answer could not be read"),
        _("The contact between card and reader was bad. Nothing was signed."),
        _("Take the card out and wipe the chip with a dry cloth. Put it back in and try again."),
    ),
    ErrorCode.CARD_REFUSED: Message(
        _("The card did not sign"),
        _NOTHING_SIGNED,
        _("Take the card out, put it back in, and try again. If it happens again, call the agency."),
    ),
    ErrorCode.CARD_OF_ANOTHER: Message(
        _("This card is of another person"),
        _("The contract is for somebody else than the person on this card. Nothing was signed."),
        _("Put in the card of the person the contract is for."),
    ),
    ErrorCode.CARD_CANNOT_SIGN: Message(
        _("This card cannot sign"),
        _("The card of somebody under 18 cannot sign. Nor can the card of somebody who chose not to."),
        _("Call the agency: there is another way to sign."),
    ),
    ErrorCode.CARD_TOO_OLD: Message(
        _("This card is too old to sign"),
        _("The security of this card is no longer strong enough. Nothing was signed."),
        _MUNICIPALITY,
    ),
    ErrorCode.CARD_SIGNED_WRONG: Message(
        _("The card's signature was not correct"),
        _("What the card answered does not fit its certificate, so we did not use it. Nothing was signed."),
        _("Take the card out and wipe the chip with a dry cloth. Put it back in and try again."),
    ),
    ErrorCode.CARD_UNKNOWN: Message(
        _("The card reader reported an unknown problem"),
        _NOTHING_SIGNED,
        _("Take the card out and put it back in. If it happens again, call the agency with the support code below."),
    ),
    ErrorCode.PIN_WRONG: Message(
        _("Wrong PIN"),
        _NOTHING_SIGNED,
        _("Enter the PIN of your eID again. It is not the code of your bank card."),
    ),
    ErrorCode.PIN_BLOCKED: Message(
        _("Your PIN is blocked"),
        _("A wrong PIN was entered three times, so this card cannot sign any more. Nothing was signed."),
        _MUNICIPALITY,
    ),
    ErrorCode.PIN_CANCELLED: Message(
        _("No PIN was entered"),
        _NOTHING_SIGNED,
        _("Try again when you are ready."),
    ),
    ErrorCode.PIN_TIMEOUT: Message(
        _("Typing the PIN took too long"),
        _("The reader stopped waiting. Nothing was signed."),
        _("Try again, and type your PIN on the reader within half a minute."),
    ),
    ErrorCode.PIN_FORMAT: Message(
        _("A PIN has 4 to 12 digits"),
        _("We did not send this to your card, so no try was lost."),
        _("Enter the PIN of your eID."),
    ),
    ErrorCode.PIN_NOT_REPEATED: Message(
        _("The two new PINs are not the same"),
        _("Your PIN was not changed, and no try was lost."),
        _("Start again, and type the new PIN twice."),
    ),
    ErrorCode.CERTIFICATE_EXPIRED: Message(
        _("Your card has expired"),
        _("A signature with it would not be valid. Nothing was signed."),
        _MUNICIPALITY,
    ),
    ErrorCode.CERTIFICATE_REVOKED: Message(
        _("Your card was withdrawn"),
        _("The government says that this card may no longer sign. Nothing was signed."),
        _MUNICIPALITY,
    ),
    ErrorCode.CERTIFICATE_SUSPENDED: Message(
        _("Your card is suspended"),
        _("The card was reported lost or is not active yet. Nothing was signed."),
        _MUNICIPALITY,
    ),
    ErrorCode.CERTIFICATE_NOT_YET_VALID: Message(
        _("Your card is not valid yet"),
        _("By this computer's clock, the card starts later. Nothing was signed."),
        _("Check the date and time of this computer. If they are right, go to your municipality."),
    ),
    ErrorCode.CERTIFICATE_UNTRUSTED: Message(
        _("This card is not one we trust"),
        _("Its certificate does not come from the Belgian government. Nothing was signed."),
        _("Use your own Belgian eID. If this is your eID, call the agency with the support code below."),
    ),
    ErrorCode.CERTIFICATE_NOT_FOR_SIGNING: Message(
        _("This certificate is not for signing"),
        _("It may log in, but it may not sign contracts. Nothing was signed."),
        _("Use your Belgian eID, or choose another certificate."),
    ),
    ErrorCode.CERTIFICATE_UNREADABLE: Message(
        _("The certificate on the card is damaged"),
        _NOTHING_SIGNED,
        _MUNICIPALITY,
    ),
    ErrorCode.DOCUMENT_NOT_PDF: Message(
        _NOT_THIS,
        _("It is not a PDF. Nothing was signed."),
        _("Choose the PDF file that you got. If the agency sent this, tell them."),
    ),
    ErrorCode.DOCUMENT_BROKEN: Message(
        _NOT_THIS,
        _("The file is damaged. Parts of it cannot be read, so nobody is sure what it says. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_LOCKED: Message(
        _NOT_THIS,
        _("It is locked with a password. Nothing was signed."),
        _("Ask for a copy without a password."),
    ),
    ErrorCode.DOCUMENT_FORBIDS: Message(
        _NOT_THIS,
        _("Whoever made the file does not allow signatures in it. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_XFA: Message(
        _NOT_THIS,
        _("This kind of form (XFA) can show something else later. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_CERTIFIED_CLOSED: Message(
        _NOT_THIS,
        _("The agency closed it against every change, also against your signature. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_CHANGED_AFTER_SIGNING: Message(
        _NOT_THIS,
        _("It was changed after the agency signed it. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_FIELD_LOCKED: Message(
        _NOT_THIS,
        _("An earlier signature closed the place for yours. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_TOO_LARGE: Message(
        _NOT_THIS,
        _("It is too large to be shown in full. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_TOO_SLOW: Message(
        _NOT_THIS,
        _("It cannot be checked in time. Files like this are sometimes made to attack a computer. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_NOT_AS_SHOWN: Message(
        _NOT_THIS,
        _("It is not the document that you read: the file changed after it was shown. Nothing was signed."),
        _("Open the contract again and read it."),
    ),
    ErrorCode.DOCUMENT_PORTFOLIO: Message(
        _NOT_THIS,
        _("It is a folder of files, and you would not see them all. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_ACTS: Message(
        _NOT_THIS,
        _("It starts a program or changes something by itself, as soon as it is opened. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_HIDES: Message(
        _NOT_THIS,
        _("A part of it is hidden: you would sign a text that you do not see. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_NO_FIELD: Message(
        _NOT_THIS,
        _("The agency asks for a signature at a place that is not in the document. Nothing was signed."),
        _ASK_NEW,
    ),
    ErrorCode.DOCUMENT_NOT_SIGNED: Message(
        _("Nobody has signed this document with an eID"),
        _("There is no signature in it that a time-stamp or evidence could be added to. The file is as it was."),
        _("Sign it first, or choose the signed file."),
    ),
    ErrorCode.SIGNATURE_INVALID: Message(
        _("The signature did not pass our check"),
        _("We checked the signed file at once, and it was not right. It was thrown away: nothing was signed."),
        _CALL,
    ),
    ErrorCode.EXTENSION_INVALID: Message(
        _("What was added to the signature did not pass our check"),
        _("It was thrown away. The signed file is as it was before, and your signature is still good."),
        _CALL,
    ),
    ErrorCode.EVIDENCE_REFUSED: Message(
        _("A certificate of this signature is not good any more"),
        _("It was withdrawn, has ended, or is of nobody we know. So nothing was added, and the file is as it was."),
        _CALL,
    ),
    ErrorCode.DISK_FULL: Message(
        _("Make room on the disk"),
        _("The disk of this computer is full, so nothing could be saved."),
        _("Delete files that you do not need, then try again."),
    ),
    ErrorCode.FILE_NOT_WRITABLE: Message(
        _("This place does not let us save"),
        _("Nothing may be saved in this folder."),
        _("Choose another folder, then try again."),
    ),
    ErrorCode.FILE_MISSING: Message(
        _("The file is not there"),
        _NOTHING_SIGNED,
        _("Check the name of the file and try again."),
    ),
    ErrorCode.ONE_AT_A_TIME: Message(
        _("Open one document at a time"),
        _("Several were given at once, and none of them was opened. Nothing was signed."),
        _("Open the first one, sign it, then open the next."),
    ),
    ErrorCode.SEAL_NOT_OURS: Message(
        _("Only the agency can open this copy"),
        _("It is locked with a key of the agency, so that nobody else who uses this computer can read it."),
        _("Ask the agency for a copy of your contract."),
    ),
    ErrorCode.NO_KEY_STORE: Message(
        _("This computer has no safe place for keys"),
        _("A key for you is kept where the system keeps passwords, and there is no such place, or it is locked."),
        _("Open the password store of your system and try again."),
    ),
    ErrorCode.FILE_NOT_READABLE: Message(
        _("The file cannot be opened"),
        _("It is a folder, or this computer does not let you read it. Nothing was signed."),
        _("Choose another file, or ask whoever made it for a copy."),
    ),
    ErrorCode.NO_RECEIPT: Message(
        _("There is no receipt of this contract here"),
        _("It was not signed on this computer, or the agency does not have it yet."),
        _("Look in the list of signed contracts."),
    ),
    ErrorCode.STORE_DAMAGED: Message(
        _("The list of signed contracts is damaged"),
        _("The signed files themselves are still there, and nothing was thrown away."),
        _CALL,
    ),
    ErrorCode.NETWORK_UNREACHABLE: Message(
        _("There is no connection with the agency"),
        _("What is signed is kept on this computer and is delivered later, by itself."),
        _("Check the network of this computer, then try again."),
    ),
    ErrorCode.NETWORK_TIMEOUT: Message(
        _("The agency does not answer in time"),
        _("What is signed is kept on this computer and is delivered later, by itself."),
        _("Try again in a few minutes."),
    ),
    ErrorCode.NETWORK_PROXY: Message(
        _("The proxy does not let us through"),
        _("Nothing left this computer. What is signed is kept here and is delivered later, by itself."),
        _("Look at the proxy in the settings, or ask the person who looks after this computer."),
    ),
    ErrorCode.NETWORK_PROXY_LOGIN: Message(
        _("The proxy asks for a name and a password"),
        _("Nothing left this computer. What is signed is kept here and is delivered later, by itself."),
        _("Type them in the settings, at “Network”. Ask the person who looks after this computer which ones they are."),
    ),
    ErrorCode.NETWORK_TLS: Message(
        _("The connection with the agency is not safe"),
        _("Something on the network blocks a safe connection, so nothing was sent."),
        _("Try another network (not public Wi-Fi), and check the date of this computer."),
    ),
    ErrorCode.SERVICE_GARBLED: Message(
        _("A government service gave an answer that we cannot use"),
        _("The service that checks cards or dates signatures, or the network, gives wrong answers now."),
        _("Try again in a few minutes."),
    ),
    ErrorCode.TIMESTAMP_UNAVAILABLE: Message(
        _("The time-stamp is still missing"),
        _("No service gave a time-stamp that we can trust. Your signature is good and kept."),
        _LATER,
    ),
    ErrorCode.REVOCATION_UNAVAILABLE: Message(
        _("The proof for later years is still missing"),
        _("The services that say whether certificates are good do not answer. Your signature is good and kept."),
        _LATER,
    ),
    ErrorCode.AGENCY_UNKNOWN: Message(
        _("We do not know this agency"),
        _("This program only talks to agencies that were set up on this computer. Nothing was sent."),
        _("Ask the agency for its file, and add it in the settings."),
    ),
    ErrorCode.AGENCY_NOT_LOGGED_IN: Message(
        _("Log in again"),
        _("The agency no longer knows that you are logged in."),
        _("Open the link in the agency's latest message again."),
    ),
    ErrorCode.AGENCY_LOGIN_NEEDED: Message(
        _("Log in first"),
        _("A link only tells which contract it is about. Only you can read it."),
        _("Log in with your eID."),
    ),
    ErrorCode.AGENCY_LOGIN_REFUSED: Message(
        _("Logging in did not work"),
        _("The agency did not accept the answer of your card. Nothing was signed."),
        _("Try again. If it stays so, call the agency and tell them the support code below."),
    ),
    ErrorCode.AGENCY_CODE_WRONG: Message(
        _("This is not the right code"),
        _("Each message has another code; only the newest one works."),
        _("Look at the newest message from the agency and type the 6 digits again."),
    ),
    ErrorCode.AGENCY_CODE_ENDED: Message(
        _("This code does not work any more"),
        _("A code works for 10 minutes, once, and not after five wrong tries."),
        _("Ask for a new code."),
    ),
    ErrorCode.AGENCY_NO_LOGIN: Message(
        _("You cannot log in here in this way"),
        _("The agency has no other way to know who you are. Nothing was signed."),
        _("Call the agency. They can tell you how to log in."),
    ),
    ErrorCode.AGENCY_LINK_USED: Message(
        _("This link was used already, or is too old"),
        _("A link works once, for 15 minutes."),
        _("Press the button on the agency's page again to get a new link."),
    ),
    ErrorCode.AGENCY_NO_SUCH_CONTRACT: Message(
        _("The agency does not have this contract for you"),
        _NOTHING_SIGNED,
        _("Check the list of your contracts, or call the agency."),
    ),
    ErrorCode.AGENCY_REFUSED: Message(
        _("The agency could not accept it"),
        _KEPT,
        _CALL,
    ),
    ErrorCode.AGENCY_CONFLICT: Message(
        _("The agency has another signature under the same number"),
        _KEPT,
        _CALL,
    ),
    ErrorCode.AGENCY_GARBLED: Message(
        _("The agency's answer could not be understood"),
        _("What is signed is kept on this computer and is delivered later, by itself."),
        _("Try again in a few minutes. On public Wi-Fi, log in to that network first."),
    ),
    ErrorCode.AGENCY_BUSY: Message(
        _("The agency's server is busy"),
        _("What is signed is kept on this computer and is delivered later, by itself."),
        _("Try again in a few minutes."),
    ),
    ErrorCode.AGENCY_WITHDRAWN: Message(
        _("The agency withdrew this contract"),
        _("It cannot be signed any more. If you had signed it already, that is kept as evidence."),
        _("Call the agency and ask for the new contract."),
    ),
    ErrorCode.DEVICE_REVOKED: Message(
        _("This computer fetches no contracts any more"),
        _("You or the agency took it off the list. What was fetched is erased here; what you signed is kept."),
        _("Open a new link of the agency to go on."),
    ),
    ErrorCode.SIGNED_WITHDRAWN: Message(
        _("The agency took this contract back before your signature came"),
        _("This contract does not count. Your signature is kept, here and at the agency; it proves when you signed."),
        _("See whether a new contract waits for you. Call the agency before you start to work."),
    ),
    ErrorCode.AGENCY_ALREADY_SIGNED: Message(
        _("This contract was signed already"),
        _("The agency has your signature; a second one is not needed."),
        _("Look in the list of signed contracts."),
    ),
    ErrorCode.AGENCY_REFUSED_CARD: Message(
        _("The agency cannot accept a signature with this card"),
        _("The card was withdrawn or suspended when your signature arrived. What you signed is kept here."),
        _MUNICIPALITY,
    ),
    ErrorCode.SIGNED_NOT_DELIVERED: Message(
        _("You signed this contract already"),
        _("Your signature is kept on this computer, and the agency does not have it yet. It is not lost."),
        _("Do not sign again. Deliver the signature as soon as there is a network."),
    ),
    ErrorCode.LINK_NOT_OURS: Message(
        _("This link is not one of ours"),
        _("A link to a contract starts with paraph://open/. Nothing was opened."),
        _("Open the link from the agency's own message."),
    ),
    ErrorCode.DESCRIPTOR_BROKEN: Message(
        _("This file does not describe an agency"),
        _("It is damaged, or it is another kind of file. No agency was added."),
        _("Ask the agency to send the file again."),
    ),
    ErrorCode.DESCRIPTOR_NOT_SIGNED: Message(
        _("We do not trust this file"),
        _("Nobody whom Paraph knows vouches for the agency in it, or the file was changed. No agency was added."),
        _("Call the agency. Get the file only from the agency itself, and install the newest Paraph."),
    ),
    ErrorCode.DESCRIPTOR_OLD: Message(
        _("This file is too old"),
        _("This computer has a newer one of the same agency, or its time is over. Nothing was changed."),
        _("Ask the agency for the newest file."),
    ),
    ErrorCode.AGENCIES_FIXED: Message(
        _("Only an administrator can change this agency"),
        _("It was set up for everybody who uses this computer, or came with Paraph. Nothing was changed."),
        _("Ask the person who looks after this computer."),
    ),
    ErrorCode.AGENCY_STILL_NEEDED: Message(
        _("Something still waits for this agency"),
        _("A signature or a message on this computer is not delivered yet. The agency was not removed."),
        _("Deliver first what waits, then remove the agency."),
    ),
    ErrorCode.MODULE_NOT_FOUND: Message(
        _("The eID software is not installed"),
        _("No PKCS#11 module was found at the place that was named. Nothing was signed."),
        _("Install the eID software, name another module, or sign with the card directly."),
    ),
    ErrorCode.MODULE_BROKEN: Message(
        _("The eID software does not work"),
        _("The PKCS#11 module could not be loaded. Nothing was signed."),
        _("Install the eID software again, or sign with the card directly."),
    ),
    ErrorCode.MODULE_FAILED: Message(
        _("The eID software did not sign"),
        _("It reported a failure, or you closed its window. Nothing was signed."),
        _TRY_AGAIN,
    ),
    ErrorCode.MODULE_NO_KEY: Message(
        _("The eID software finds no card that can sign"),
        _("There is no card that can sign in any reader. Nothing was signed."),
        _("Put your eID in the reader, then try again."),
    ),
    ErrorCode.NO_SCHEDULER: Message(
        _("This system does not start programs by itself"),
        _("What waits is kept, and delivered while Paraph is open."),
        _("Leave Paraph open until it is delivered, or ask whoever looks after this computer."),
    ),
    ErrorCode.SETTINGS_BROKEN: Message(
        _("The settings cannot be read"),
        _("There is a mistake in the settings file. Nothing was signed."),
        _("Correct the place that is named below, or remove the file to start with the usual settings."),
    ),
    ErrorCode.SETTINGS_OF_MACHINE_BROKEN: Message(
        _("The settings of this computer cannot be read"),
        _("There is a mistake in the settings that an administrator made for everybody. Nothing was signed."),
        _("Ask the person who looks after this computer, and tell them the support code below."),
    ),
    ErrorCode.SETTINGS_NOT_SAVED: Message(
        _("The settings could not be saved"),
        _("What you chose counts until you close Paraph."),
        _("See whether the disk is full, or ask the person who looks after this computer."),
    ),
    ErrorCode.INTERNAL: Message(
        _("Something went wrong in Paraph itself"),
        _("We did not expect this. What was signed before is kept."),
        _CALL,
    ),
}

# Whose next step names the agency: faces show its telephone and mail beside it.
NAMES_THE_AGENCY: Final = frozenset(code for code, words in MESSAGES.items() if "agency" in words.next_step)

LAST_TRY: Final = Message(
    _("One try left"),
    _("One more wrong PIN blocks your card for signing. Only your municipality can give you a new PIN."),
    _("Go on only when you are sure of your PIN."),
)

LOGIN_PIN: Final = Message(
    _("Log in with your PIN"),
    _("Your card tells the agency who you are, so that only you can read your contract. This signs nothing."),
    _("When you sign, your PIN is asked once more."),
)

NUMBER_NOTICE: Final = _(
    "Your national number is in your card's certificate, and so in the file that you sign. Who gets it can see it."
)

WITHDRAWAL_UNKNOWN: Final[Mapping[type[w.Target], str]] = {
    w.AgencyTarget: _("We could not check now whether this card was withdrawn. The agency checks it again."),
    w.FileTarget: _("We could not check now whether this card was withdrawn. It can be checked later."),
}

CAUTIONS_TITLE: Final = _("Know this before you sign:")
CAUTIONS: Final[Mapping[Caution, str]] = {
    Caution.LENIENT: _("There are small mistakes in the file. We could read it all the same."),
    Caution.COVERED: _("Something lies over a part of the text. You cannot read what is under it."),
    Caution.LAYERS: _("The document has layers. Another program can hide parts of it."),
    Caution.FORM_DIFFERS: _("A field of the form holds another text than it shows. Ask the agency which one is right."),
    Caution.HIDDEN_FIELDS: _("The form has hidden fields. You do not see what is in them."),
    Caution.PROGRAMS: _("There are small programs in the document. They do not run here, but elsewhere they may."),
    Caution.ATTACHMENTS: _("There are other files inside this file. You do not see them here, but you sign them too."),
    Caution.LINKS: _("There are links in the document. The pages behind them are not part of what you sign."),
}

TIMELINESS: Final[Mapping[Timeliness, str]] = {
    Timeliness.IN_TIME: "",
    Timeliness.CLAIMED_IN_TIME: _(
        "By the clock of your computer you signed in time, but the agency received it after the job started. It is "
        "accepted, and marked as signed without a network."
    ),
    Timeliness.LATE: _("The agency received it after the job started; it is marked as late."),
}

STANDING: Final[Mapping[Standing, str]] = {
    Standing.IN_TIME: _("starts in {time}"),
    Standing.SOON: _("starts in {time}"),
    Standing.LATE: _(
        "the job started {time} ago, so this contract is late. You may still sign it; it gets the real date"
    ),
}

STATES: Final[Mapping[str, str]] = {  # of a contract that cannot be signed
    "signed": _("signed"),
    "withdrawn": _("withdrawn by the agency"),
    "replaced": _("replaced by a new version"),
}

WRONG: Final[Mapping[Wrong, str]] = {
    Wrong.PAY: _("The pay is wrong"),
    Wrong.HOURS: _("The hours are wrong"),
    Wrong.COMPANY: _("The company is wrong"),
    Wrong.NOT_WANTED: _("I do not want this contract"),
    Wrong.OTHER: _("Something else is wrong"),
}

FACTS: Final[Mapping[Fact, str]] = {
    Fact.JOB: _("Job"),
    Fact.COMPANY: _("Company"),
    Fact.PLACE: _("Place"),
    Fact.HOURS: _("Hours"),
    Fact.PAY: _("Pay"),
    Fact.PAGES: _("Pages"),
}

NEW_VERSION: Final = _("This is a new version. The old one cannot be signed any more.")
SAME_FACTS: Final = _("The summary is the same; read what the document says.")

STEPS: Final[Mapping[w.Step, str]] = {
    w.Step.PREPARED: _("The document is prepared"),
    w.Step.CARD_SIGNED: _("Your card has signed"),
    w.Step.CHECKED: _("The signed file is checked and saved"),
}


# The next step where it is another on each system; MESSAGES has the one for who asks about another computer.
_HERE: Final[Mapping[tuple[ErrorCode, str], str]] = {
    (ErrorCode.SERVICE_STOPPED, "linux"): _("Open a terminal and type: sudo systemctl start pcscd.socket"),
    (ErrorCode.SERVICE_STOPPED, "win32"): _("Open the program “Services”, choose “Smart Card”, and press Start."),
    (ErrorCode.SERVICE_STOPPED, "darwin"): _("Restart this computer: macOS starts the service by itself."),
}


def message(code: ErrorCode, gettext: Callable[[str], str], system: str = sys.platform) -> Message:
    """Give the words for a mishap, translated, for this system."""
    words = MESSAGES[code]
    return Message(*map(gettext, words._replace(next_step=_HERE.get((code, system), words.next_step))))
