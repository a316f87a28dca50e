"""pyHanko's difference policy, and the one case that it leaves out: the first signature of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader, RawPdfPath
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    DiffResult,
    FieldComparisonContext,
    FieldComparisonSpec,
    FormUpdate,
    FormUpdatingRule,
    GenericFieldModificationRule,
    ModificationLevel,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.form_rules_api import _list_fields

_FORM_KEYS: Final = {"/Fields", "/SigFlags"}  # all that a form made for a signature needs (ISO 32000-2, 12.7.3)


class _FieldRule(GenericFieldModificationRule):
    """Speaks of what changed alone; pyHanko 0.38 takes each older appearance of a locked field for a change of it."""

    def check_form_field(
        self, fq_name: str, spec: FieldComparisonSpec, context: FieldComparisonContext
    ) -> Iterator[tuple[ModificationLevel, FormUpdate]]:
        for level, update in super().check_form_field(fq_name, spec, context):
            if _changed_since(context.old, update.updated_ref):
                yield level, update


def _changed_since(old: HistoricalResolver, reference: generic.Reference) -> bool:
    try:
        return bool(old.reader.xrefs.get_last_change(reference) > old.revision)
    except KeyError:  # it points at nothing
        return True


class _NewFormRule(FormUpdatingRule):
    """Lets a document without a form get one; pyHanko compares only revisions that have a signature already."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        if "/AcroForm" in old.root or "/AcroForm" not in new.root:
            return super().apply(old, new)
        return self._new_form(old, new)

    def _new_form(
        self, old: HistoricalResolver, new: HistoricalResolver
    ) -> Iterator[tuple[ModificationLevel, FormUpdate]]:
        form = new.root["/AcroForm"]
        if set(form) - _FORM_KEYS:
            raise SuspiciousModification("the new form has more than fields")
        for holder, key in ((new.root, "/AcroForm"), (form, "/Fields")):
            value = holder.raw_get(key)
            if isinstance(value, generic.IndirectObject) and old.is_ref_unassignable(value.reference):
                yield ModificationLevel.LTA_UPDATES, FormUpdate(updated_ref=value.reference, field_name=None)
        path = RawPdfPath("/Root", "/AcroForm", "/Fields")
        specs = dict(_list_fields(generic.ArrayObject(), form["/Fields"], old_path=path))
        context = FieldComparisonContext(field_specs=specs, old=old, new=new)
        for rule in self.field_rules:
            yield from rule.apply(context)


def _after_signing() -> StandardDiffPolicy:
    default = DEFAULT_DIFF_POLICY
    assert default.form_rule is not None
    kept = [rule for rule in default.form_rule.field_rules if not isinstance(rule, GenericFieldModificationRule)]
    rule = FormUpdatingRule([*kept, _FieldRule()], default.form_rule.ignored_acroform_keys)
    return StandardDiffPolicy(default.global_rules, rule)


def _policy() -> StandardDiffPolicy:
    default = DEFAULT_DIFF_POLICY
    assert default.form_rule is not None
    ignored = default.form_rule.ignored_acroform_keys | {"/SigFlags"}  # the first signature sets "append only"
    # Without pyHanko's rule for other fields: a value of the form that changes is no signature.
    created = SigFieldCreationRule()
    rule = _NewFormRule([created, SigFieldModificationRule()], ignored)
    return StandardDiffPolicy(default.global_rules, rule)


AFTER_SIGNING: Final = _after_signing()  # what may happen to a document after a signature
_POLICY: Final = _policy()


def adds_only_a_signature(reader: PdfFileReader, base_revision: int, field: str) -> bool:
    """Tell whether all that came after a revision is one signature in ``field``, with its appearance.

    Needed where nobody signed before: then no earlier signature guards the text and the form's values.
    """
    difference = _POLICY.review_file(reader, base_revision)
    return (
        isinstance(difference, DiffResult)
        and difference.modification_level <= ModificationLevel.FORM_FILLING
        and difference.changed_form_fields <= {field}
    )


def adds_only_evidence(reader: PdfFileReader, base_revision: int, fields: AbstractSet[str]) -> bool:
    """Tell whether all that came after a revision is validation data, and time-stamps in these fields."""
    difference = _POLICY.review_file(reader, base_revision)
    return (
        isinstance(difference, DiffResult)
        and difference.modification_level <= ModificationLevel.LTA_UPDATES
        and difference.changed_form_fields <= fields
    )
