//! Yuntu consent.
