"""The sample contracts: what the law wants is in them, and other people's programs can read them."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest

from agency.publishing import examine
from agency.samples.make import BELGIUM, SealFiles, make, next_monday
from agency.samples.text import LANGUAGES, WORKER_FIELD, sample_text
from eidcard.simulator.pki import TestPki
from signer.agency.schema import DocumentLanguage
from signer.model import Caution
from tests import hostile

START = datetime(2026, 11, 23, 6, tzinfo=BELGIUM)
ISSUED = datetime(2026, 11, 22, 17, tzinfo=BELGIUM)
MANDATORY = {  # a pattern of each mention (the law of 24 July 1987 and the agencies' licences), by language
    "nl": ["Arbeidsovereenkomst voor uitzendarbeid", "Erkenning", "RSZ", "Arbeidsongevallen", "Fonds", "Uitzendkracht",
           "Gebruiker", r"Paritair comité \d{3}", "Reden", "Duur", "Plaats van tewerkstelling", "uurrooster", "Functie",
           "Beroepskwalificatie", "Arbeidsvoorwaarden", "Werkpostfiche", "Brutoloon per uur", "Maaltijdcheque",
           "Woon-werkverkeer", "Betaling", "Voor het uitzendbureau", "De uitzendkracht", "Opgemaakt te"],
    "fr": ["Contrat de travail intérimaire", "Agrément", "ONSS", "Accidents du travail", "Fonds", "Intérimaire",
           "Utilisateur", r"Commission paritaire \d{3}", "Motif", "Personne remplacée", "Durée", "Lieu de travail",
           "horaire de travail", "Fonction", "Qualification professionnelle", "Conditions de travail", "Fiche de poste",
           "Salaire horaire brut", "Chèque-repas", "Déplacements", "Paiement", "Pour l.entreprise de travail",
           "L.intérimaire", "Fait à"],
    "de": ["Arbeitsvertrag für Leiharbeit", "Zulassung", "LSS", "Arbeitsunfälle", "Fonds", "Leiharbeitskraft",
           "Entleiher", r"Paritätische Kommission \d{3}", "Grund", "Dauer", "Arbeitsort", "Stundenplan", "Funktion",
           "Berufsqualifikation", "Arbeitsbedingungen", "Arbeitsplatzdatenblatt", "Bruttolohn pro Stunde",
           "Mahlzeitscheck", "Fahrtkosten", "Auszahlung", "Für die Leiharbeitsagentur", "Die Leiharbeitskraft",
           "Ausgestellt in"],
}  # fmt: skip

every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, test_pki: TestPki) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("samples")
    files: dict[str, Path] = {}
    for language in LANGUAGES:
        files[language] = folder / f"{language}.pdf"
        seal = SealFiles(test_pki.agency_seal.key, test_pki.agency_seal.chain) if language == "de" else None
        make(sample_text(language, START, ISSUED), files[language], seal)
    return files


def run(*command: str | Path) -> str:
    program = shutil.which(str(command[0]))
    assert program
    return subprocess.run([program, *command[1:]], check=True, capture_output=True, text=True, encoding="utf-8").stdout


@every_language
def test_every_mandatory_mention_is_there(samples: dict[str, Path], language: DocumentLanguage) -> None:
    said = re.sub(r"\s+", " ", run("pdftotext", "-layout", samples[language], "-")).casefold()
    missing = [mention for mention in MANDATORY[language] if not re.search(mention.casefold(), said)]
    assert missing == []
    assert "322" not in said


@every_language
def test_it_has_two_to_six_pages_and_a_real_contracts_size(
    samples: dict[str, Path], language: DocumentLanguage
) -> None:
    with pypdfium2.PdfDocument(samples[language]) as document:
        assert 2 <= len(document) <= 6
    assert 100_000 <= samples[language].stat().st_size <= 500_000


@every_language
def test_its_text_is_in_embedded_fonts(samples: dict[str, Path], language: DocumentLanguage) -> None:
    rows = [line.split() for line in run("pdffonts", samples[language]).splitlines()[2:]]
    embedded = {row[0].split("+")[-1]: row[-5] for row in rows}
    assert embedded.pop("NotoSans-Regular") == embedded.pop("NotoSans-Bold") == "yes"
    assert set(embedded) <= {"Helvetica"}  # the form fields', and the one that reportlab names in every file


@every_language
def test_it_can_be_signed_in_the_prepared_field(samples: dict[str, Path], language: DocumentLanguage) -> None:
    heard = list[Caution]()
    document = examine(samples[language], WORKER_FIELD, heard.append)
    assert document.page_count >= 2
    assert heard == []


@every_language
def test_the_data_beside_it_fits_the_document(samples: dict[str, Path], language: DocumentLanguage) -> None:
    draft = sample_text(language, START, ISSUED).draft()
    said = run("pdftotext", samples[language], "-")
    assert draft.company in said
    assert draft.id in said
    pay = draft.hourly_pay.replace(".", ",")
    assert pay in said or language == "fr"  # in French it stands in a form field
    assert draft.starts_at == START


def test_the_french_one_has_filled_form_fields(samples: dict[str, Path]) -> None:
    fields = re.findall(r"(?m)^field (\d+)\n    Type: Tx$", run("mutool", "show", samples["fr"], "form"))
    values = {run("mutool", "show", samples["fr"], f"{field}/V").strip() for field in fields}
    assert values == {"(15,87)", "(35)", "(0,79)"}


def test_the_german_one_is_certified_and_still_allows_signing(samples: dict[str, Path]) -> None:
    verdict = run("pdfsig", "-nocert", samples["de"])
    assert "AgencySeal" in verdict
    assert "Signature is Valid" in verdict
    assert b"/DocMDP" in samples["de"].read_bytes()


def test_a_week_of_work_leaves_the_week_end_out() -> None:
    shifts = sample_text("nl", START + timedelta(days=3), ISSUED).shifts
    assert [f"{begin:%a}" for begin, _ in shifts] == ["Thu", "Fri", "Mon", "Tue", "Wed"]


def test_the_worker_and_the_times_are_the_ones_asked_for() -> None:
    text = sample_text("de", START, ISSUED, "Zoë Ångström", "X-1")
    assert text.say("{worker} {id} {start_date} {from} {to}") == "Zoë Ångström X-1 23.11.2026 06:00 14:00"


@pytest.mark.parametrize("day", range(7))
def test_the_usual_start_is_a_monday_ahead(day: int) -> None:
    now = ISSUED + timedelta(days=day)
    monday = next_monday(now)
    assert (monday.weekday(), monday.hour) == (0, 6)
    assert timedelta() < monday - now <= timedelta(days=7)


def test_the_agency_hears_when_it_publishes_what_the_worker_will_be_warned_of(tmp_path: Path) -> None:
    path, heard = tmp_path / "links.pdf", list[Caution]()
    path.write_bytes(hostile.button(b"/S /URI /URI (http://a.test.invalid)"))
    examine(path, None, heard.append)
    assert heard == [Caution.LINKS]
