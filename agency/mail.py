"""Messages to workers: sent by the agency's mail server (SMTP with STARTTLS), or put in a folder to look at.

They hold no national number and nothing of a contract: mail is read by many machines on its way.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final
from uuid import uuid4

from agency.problems import ProblemError, ProblemType
from agency.settings import Settings
from signer.agency.schema import DocumentLanguage
from signer.i18n import translator

_PASSWORD: Final = "PARAPH_MAIL_PASSWORD"  # noqa: S105 - the name of a variable
_PATIENCE_S: Final = 15.0
_SUBMISSION: Final = 587  # RFC 6409


def can_send(settings: Settings) -> bool:
    """Tell whether this agency can send messages at all."""
    return bool(settings.mail_folder or settings.mail_server)


def hidden(address: str) -> str:
    """Give an address that its owner recognises and nobody else learns."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"


def code_message(settings: Settings, to: str, language: DocumentLanguage, code: str) -> EmailMessage:
    """Write the message with a code to log in with, in the language of the contract."""
    _ = translator(language).gettext
    lines = (
        _("Your code: {code}").format(code=code),
        _("Type it in Paraph to read your contract with {agency}. It works for 10 minutes, once.").format(
            agency=settings.name
        ),
        _("Did you not ask for it? Then do nothing, and give it to nobody. We never ask for it by telephone."),
    )
    message = EmailMessage()
    message["Subject"] = _("Your code for {agency}").format(agency=settings.name)
    message["From"], message["To"] = settings.mail_from or settings.mail, to
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="paraph.invalid")
    message.set_content("\n\n".join(lines))
    return message


def post(settings: Settings, message: EmailMessage) -> None:
    """Send a message, or put it in the folder; raises ProblemError UNAVAILABLE when it does not go out."""
    try:
        if settings.mail_folder:
            settings.mail_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (settings.mail_folder / f"{uuid4()}.eml").write_bytes(message.as_bytes())
        else:
            _send(settings, message)
    except (OSError, smtplib.SMTPException) as error:
        raise ProblemError(ProblemType.UNAVAILABLE, f"mail: {type(error).__name__}") from error


def _send(settings: Settings, message: EmailMessage) -> None:
    host, _, port = settings.mail_server.partition(":")
    with smtplib.SMTP(host, int(port or _SUBMISSION), timeout=_PATIENCE_S) as server:
        server.starttls(context=ssl.create_default_context())
        if settings.mail_user:
            server.login(settings.mail_user, os.environ.get(_PASSWORD, ""))
        server.send_message(message)
