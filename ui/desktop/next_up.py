"""What somebody asked to open while a signing is under way: it waits, says so, and is opened afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from signer import workflow as w
from signer.i18n import mark
from ui.desktop.widgets.notice import Notice
from ui.words import _

# From "sign" on until it is delivered; an open document is left for another one, and its reading is kept.
UNDER_WAY: Final = (w.LoggingIn, w.LookingForCard, w.AwaitingCard, w.AwaitingPin, w.Signing, w.Delivering)
_FIRST: Final = mark("Something else waits to be opened. First we finish this contract.")
_AT_REST: Final = (w.Idle, w.Stopped)


class NextUp:
    """Holds the one thing that is opened next; the newest counts, as with a door bell."""

    def __init__(self) -> None:
        self._notice: Notice | None = None
        self._waiting: Callable[[], None] | None = None

    def speak_by(self, notice: Notice) -> None:
        """Say from now on by this line: the window was built anew."""
        self._notice = notice

    def open(self, state: w.State, do: Callable[[], None]) -> None:
        """Open it now, or once the signing that is under way has ended."""
        if isinstance(state, UNDER_WAY):
            self._waiting = do
            self._say(_(_FIRST))
        else:
            self._forget()
            do()

    def look(self, state: w.State, *, at_a_list: bool = False) -> None:
        """Open what waits when nobody looks at anything else; offer it when somebody does."""
        if self._waiting is None:
            return
        if isinstance(state, UNDER_WAY):
            self._say(_(_FIRST))
        elif at_a_list or isinstance(state, _AT_REST):
            self._go()
        else:
            self._say(_("Something else waits to be opened."), _("Open it now"), self._go)

    def _go(self) -> None:
        do = self._waiting
        self._forget()
        if do is not None:
            do()

    def _forget(self) -> None:
        if self._waiting is not None:
            self._waiting = None
            if self._notice is not None:
                self._notice.hide()

    def _say(self, text: str, action: str = "", do: Callable[[], None] | None = None) -> None:
        if self._notice is not None:
            self._notice.say(text, action, do)
