"""What a contract's conditions are called on pages, for those who write them and for those who work under them."""

from __future__ import annotations

from labeler.workforce.contract_models import ContractVersion
from labeler.workforce.contract_rules import Conditions, Payroll

PAYROLLS = {
    Payroll.PLATFORM: "this platform",
    Payroll.VENDOR: "the vendor",
    Payroll.EMPLOYER_OF_RECORD: "another firm that employs for the vendor (employer of record)",
}


def facts(said: Conditions | ContractVersion, above: str | None) -> list[tuple[str, str]]:
    """Conditions as pairs of what and how; `above` is for which vendor a subcontractor works."""
    clause = (
        "none"
        if not said.confidentiality
        else "yes; speaking about health, safety, working conditions and organising is left out of it"
        if said.carve_out
        else "yes, and nothing is left out of it"
    )
    return [
        ("Tier", f"{said.tier}, works for {above}" if above else f"{said.tier}"),
        ("Countries", ", ".join(said.countries)),
        ("Notice", _days(said.notice_days)),
        ("Paid leave", f"{_days(said.paid_leave_days)} a year"),
        ("Paid sick leave", f"{_days(said.ill_leave_days)} a year"),
        ("Confidentiality clause", clause),
        ("Other work is barred", "yes" if said.other_work_barred else "no"),
        ("Paid out by", PAYROLLS[said.payroll] if said.payroll else ""),
    ]


def _days(number: int | None) -> str:
    return "1 day" if number == 1 else f"{number} days"
