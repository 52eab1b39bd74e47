"""Every state and every kind of access has its value in the contract."""

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract_billing.adapters.rpc.mapping import ACCESSES, STATES, dimensions_from_proto
from metaextract_billing.domain.holds import Access, State


def test_states_and_the_contract_name_the_same_things() -> None:
    assert {state: pb.Hold.State.Name(value) for state, value in STATES.items()} == {
        state: f"STATE_{state.name}" for state in State
    }
    assert len(pb.Hold.State.values()) == len(STATES) + 1


def test_accesses_and_the_contract_name_the_same_things() -> None:
    assert {access: pb.Hold.Access.Name(value) for access, value in ACCESSES.items()} == {
        access: f"ACCESS_{access.name}" for access in Access
    }
    assert len(pb.Hold.Access.values()) == len(ACCESSES) + 1


def test_half_of_the_dimensions_is_none() -> None:
    assert dimensions_from_proto(pb.QuoteFile(width_pixels=10)) is None
    assert dimensions_from_proto(pb.CaptureHoldRequest(height_pixels=10)) is None
