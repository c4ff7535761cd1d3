//! Yuntu ledger.
