"""Events about accounts that cannot be are refused with one sentence, and change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.test_event_checks import GOOG, name_of, trading
from tradewind.core.account_checks import BALANCE_MAX
from tradewind.core.snapshot import decode_state, encode_state, state_hash
from tradewind.model import messages as m
from tradewind.model.account_terms import AccountTerms, InstrumentMargin, parse_terms
from tradewind.model.codec import decode, encode
from tradewind.model.errors import UserError
from tradewind.model.instruments import Instrument
from tradewind.model.numbers import UNITS_MAX
from tradewind.model.orders import Leg


def terms(**fields: Any) -> m.AccountTermsSet:
    return m.AccountTermsSet(3, fields.pop("account", "main"), AccountTerms(**fields), "test")


def renamed(name: str, **fields: Any) -> m.InstrumentRenamed:
    new: dict[str, Any] = {"tick": "0.01", "lot": "1", "currency": "USD", **fields}
    return m.InstrumentRenamed(3, "GOOG.SIM", Instrument(name, **new))


def liquidated(**fields: Any) -> m.PositionLiquidated:
    terms = {"account": "main", "instrument": "GOOG.SIM", "quantity": -1, "price": 1, **fields}
    return m.PositionLiquidated(3, **terms)


REFUSED = [
    (terms(account="nobody"), "there is no account"),
    (terms(kind="gold"), "of kind cash or margin"),
    (terms(settlement_days=11), "settlement_days: 11"),
    (terms(settlement_days=-1), "settlement_days: -1"),
    (terms(holidays=("soon",)), "write them like 2024-12-25"),
    (terms(initial_margin="nan"), "is not a finite number"),
    (terms(initial_margin="0.2", maintenance_margin="0.3"), "maintenance is not above initial"),
    (terms(initial_margin="0.2", maintenance_margin="0"), "above 0"),
    (terms(initial_margin="11"), "at most 10"),
    (terms(instruments=(InstrumentMargin("GOOG.SIM", "0.1", "0.2"),)), "margin of GOOG.SIM"),
    (terms(instruments=(InstrumentMargin("A", "1", "1"),) * 2), "two margins"),
    (m.CashPosted(3, "nobody", "USD", 1, "funding"), "there is no account"),
    (m.CashPosted(3, "main", "USD", 1, "gift"), "'gift' is no kind of posting"),  # type: ignore[arg-type]
    (m.CashPosted(3, "main", "", 1, "tax"), "cannot hold so much of no currency"),
    (m.CashPosted(3, "main", "USD", BALANCE_MAX, "tax"), "cannot hold so much USD"),
    (m.CashPosted(3, "other", "USD", 1, "tax", "manual"), "manual trades on account main"),
    (m.CashPosted(3, "main", "USD", 1, "tax", "", "NOBODY.SIM"), "is not listed"),
    (m.CashConverted(3, "main", "USD", 0, "EUR", 1), "both amounts above zero"),
    (m.CashConverted(3, "main", "USD", 1, "EUR", BALANCE_MAX + 1), "cannot hold so much EUR"),
    (m.DividendPaid(3, "NOBODY.SIM", "1"), "is not listed"),
    (m.DividendPaid(3, "GOOG.SIM", "0"), "a dividend of '0' is none"),
    (m.DividendPaid(3, "GOOG.SIM", "-1"), "a dividend of '-1' is none"),
    (m.DividendPaid(3, "GOOG.SIM", "much"), "a dividend of 'much' is none"),
    (m.DividendPaid(3, "GOOG.SIM", "NaN"), "a dividend of 'NaN' is none"),
    (m.InstrumentSplit(3, "NOBODY.SIM", 2, 1), "is not listed"),
    (m.InstrumentSplit(3, "GOOG.SIM", 0, 1), "a split of 0 for 1"),
    (m.InstrumentSplit(3, "GOOG.SIM", 1_000_001, 1), "a split of 1000001 for 1"),
    (m.InstrumentSplit(3, "GOOG.SIM", 2, 1, -1), "a price of -1 in lieu"),
    (m.InstrumentSplit(3, "GOOG.SIM", 1, 2), "say the price it is paid out at"),
    (renamed("GOOG.SIM"), "is listed already"),
    (renamed("ALPHA.SIM", tick="0.05"), "keeps its tick"),
    (renamed("ALPHA.OTHER"), "keeps its venue"),
    (m.InstrumentDelisted(3, "GOOG.SIM", -1), "cannot end at a price of -1"),
    (m.InstrumentDelisted(3, "GOOG.SIM", UNITS_MAX + 1), "cannot end at a price"),
    (m.MarginCalled(3, "nobody", 0, 1), "there is no account"),
    (m.MarginCalled(3, "main", 2**63, 1), "beyond 64 bits"),
    (liquidated(price=0), "out of range"),
    (liquidated(quantity=0), "out of range"),
    (liquidated(leg=Leg.LONG), "has no leg"),
    (liquidated(fee=BALANCE_MAX), "cannot hold so much USD"),
    (liquidated(price=UNITS_MAX, quantity=-UNITS_MAX), "cannot hold so much USD"),
]


@pytest.mark.parametrize(("event", "sentence"), REFUSED, ids=name_of)
def test_an_event_that_cannot_be_is_refused_and_changes_nothing(event: Any, sentence: str) -> None:
    engine = trading()
    before = state_hash(engine.state)
    engine.take_records()
    with pytest.raises(UserError) as refusal:
        engine.step(event)
    assert sentence in str(refusal.value)
    assert engine.take_records() == ([], [])
    assert state_hash(engine.state) == before


TAKEN = [
    terms(kind="cash", settlement_days=10, holidays=("2024-12-25",)),
    terms(initial_margin="10", maintenance_margin="10"),
    m.AccountTermsSet(3, "main", None, "test"),
    m.CashPosted(3, "main", "EUR", BALANCE_MAX, "interest", "manual", "GOOG.SIM", "note"),
    m.CashPosted(3, "main", "USD", -5, "fee"),
    m.CashConverted(3, "main", "USD", 1, "EUR", BALANCE_MAX),
    m.DividendPaid(3, "GOOG.SIM", "0.000000001", "EUR"),
    m.InstrumentSplit(3, "GOOG.SIM", 1_000_000, 1),
    m.InstrumentSplit(3, "GOOG.SIM", 1, 1_000_000, 1),
    renamed("ALPHA.SIM"),
    m.InstrumentDelisted(3, "GOOG.SIM", 0),
    m.MarginCalled(3, "main", -1, 0),
    liquidated(fee=-3, fee_currency="BNB"),
]


@pytest.mark.parametrize("event", TAKEN, ids=name_of)
def test_an_event_at_the_edge_is_applied_kept_and_read_again(event: Any) -> None:
    engine = trading()
    engine.step(event)
    assert decode(encode(event)) == event
    data = encode_state(engine.state)
    assert encode_state(decode_state(data)) == data
    for account in engine.state.accounts:
        for wallet in account.wallets.values():
            wallet.check()


def test_a_renamed_instrument_is_renamed_by_its_last_name_only() -> None:
    engine = trading()
    engine.step(renamed("ALPHA.SIM"))
    with pytest.raises(UserError, match=r"GOOG.SIM goes by ALPHA.SIM now"):
        engine.step(renamed("BETA.SIM"))
    assert engine.state.market(GOOG.id).id == "ALPHA.SIM"


def test_terms_are_read_from_json_and_refused_with_a_sentence() -> None:
    text = '{"initial_margin": "0.5", "instruments": [{"instrument": "A.B", "initial": "1", '
    text += '"maintenance": "1"}]}'
    assert parse_terms(text) == AccountTerms(
        initial_margin="0.5", instruments=(InstrumentMargin("A.B", "1", "1"),)
    )
    assert parse_terms(" ") is None
    for wrong in ('{"kind": "gold"}', '{"margin": "1"}', "[1]", "{"):
        with pytest.raises(UserError, match="account terms: "):
            parse_terms(wrong)
