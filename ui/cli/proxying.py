"""``paraph proxy``: who we are to the proxy of this network; the system keeps the password, and nobody is shown it."""

from __future__ import annotations

import click

from signer.errors import ErrorCode, SignerError
from signer.way import ProxyLogin
from ui.bootstrap import App
from ui.cli.face import Face, speaking
from ui.cli.words import _


@click.group("proxy", help=_("Tell the proxy of your network who you are."))
def proxy_command() -> None:
    """Group what is about the proxy."""


@proxy_command.command("login", help=_("Keep your name and password for the proxy, where this system keeps secrets."))
@speaking
def login_command(*, face: Face, app: App) -> None:
    """Ask both, and keep them for the proxy that is in force; a script gives two lines."""
    address = _address(app)
    face.say(_("Proxy: {address}").format(address=address))
    user = click.prompt(_("Name"), err=True)
    password = click.prompt(_("Password"), hide_input=face.interactive, err=True, default="", show_default=False)
    login = ProxyLogin(user, password)
    if not login.can_be_sent:
        raise click.UsageError(_("A name has no colon in it, and a password no control characters."))
    if not app.proxy_logins.keep(address, login):
        raise SignerError(ErrorCode.NO_KEY_STORE)
    face.say(_("Kept, for this proxy alone."), "ok")
    face.result({"proxy": address, "kept": True})


@proxy_command.command("logout", help=_("Erase the name and password that are kept for the proxy."))
@speaking
def logout_command(*, face: Face, app: App) -> None:
    """Erase what is kept for the proxy that is in force."""
    address = _address(app)
    app.proxy_logins.forget(address)
    face.say(_("Erased."), "ok")
    face.result({"proxy": address, "kept": False})


def _address(app: App) -> str:
    address = app.proxy_address()
    if address is None:
        raise click.UsageError(_("No proxy is set, in the settings or in the system."))
    return address
