"""The first questions, asked once and before anything else: which language, and is this a shared computer?"""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from signer.i18n import LANGUAGES
from signer.settings_file import Value
from ui.desktop import theme
from ui.desktop.pages.context import Context
from ui.desktop.pages.page import Held, Memory, in_the_middle
from ui.desktop.settings.everyday import meaning_of_shared
from ui.desktop.widgets.choices import Option, Options
from ui.desktop.widgets.pieces import Button, Label, Picture
from ui.words import _, language

_ALONE, _MANY = "alone", "many"


class WelcomePage(Held):
    """Asks what no administrator has answered; Start is there once every question is."""

    spoken = Signal(str)
    answered = Signal(object)  # Mapping[str, Value]

    def __init__(self, context: Context) -> None:
        super().__init__(_("Welcome"))
        self._questions = context.layers.questions
        _card, layout = in_the_middle(self, 640)
        head = QHBoxLayout()
        head.setSpacing(2 * theme.UNIT)
        head.addWidget(Picture("logo", QSize(theme.sized(44), theme.sized(44))))
        head.addWidget(Label(_("Welcome to Paraph"), "title"), 1)
        layout.addLayout(head)
        layout.addWidget(Label(_("Here you read and sign your contracts. You can change this later."), "lead"))
        layout.addSpacing(theme.UNIT)
        languages = [Option(code, name) for code, name in LANGUAGES.items()]
        self._language = Options(_("Which language do you want to read?"), languages, columns=2)
        self._language.show_value(language())
        self._language.chosen.connect(self.spoken.emit)
        self._users = Options(
            _("Who uses this computer?"),
            (
                Option(_ALONE, _("I do, or my family"), _("Paraph remembers cards, so that signing is quicker.")),
                Option(_MANY, _("Many people, as in an office"), meaning_of_shared()),
            ),
        )
        self._users.chosen.connect(lambda _value: self._judge())
        for name, question, control in (
            ("language", _("Which language do you want to read?"), self._language),
            ("shared", _("Who uses this computer?"), self._users),
        ):
            label = Label(question, "heading")
            for each in (label, control):
                layout.addWidget(each)
                each.setVisible(name in self._questions)
            layout.addSpacing(theme.UNIT)
        self._start = Button(_("Start"), "act", self._answer)
        self._start.setObjectName("welcome-start")
        layout.addWidget(self._start)
        self._judge()

    def first_focus(self) -> QWidget | None:
        """Begin at the first question."""
        return (self._language if "language" in self._questions else self._users).first

    def memory(self) -> Memory:
        """Note the answer too."""
        return super().memory()._replace(answer=self._users.value or "")

    def resume(self, memory: Memory) -> None:
        """Go on where one was, with the answer that was given."""
        self._users.show_value(memory.answer)
        self._judge()
        super().resume(memory)

    def _judge(self) -> None:
        self._start.setEnabled("shared" not in self._questions or self._users.value is not None)

    def _answer(self) -> None:
        answers: dict[str, Value] = {"language": language(), "shared": self._users.value == _MANY}
        kept = {name: value for name, value in answers.items() if name in self._questions}
        self.answered.emit({**kept, "welcome": False})
