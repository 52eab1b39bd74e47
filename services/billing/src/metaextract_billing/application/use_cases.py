"""Everything that a caller may ask of billing, in one place for whoever carries the requests."""

from dataclasses import dataclass

from metaextract_billing.application.accounts import ClaimCredits, GetBalance, GrantCredits, ListTransfers
from metaextract_billing.application.holds import CaptureHold, CreateHold, ReleaseHold
from metaextract_billing.application.quotes import CreateQuote


@dataclass(frozen=True, slots=True)
class UseCases:
    """One for each RPC of the contract."""

    create_quote: CreateQuote
    create_hold: CreateHold
    capture_hold: CaptureHold
    release_hold: ReleaseHold
    get_balance: GetBalance
    grant_credits: GrantCredits
    claim_credits: ClaimCredits
    list_transfers: ListTransfers
