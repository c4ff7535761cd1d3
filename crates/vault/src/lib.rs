//! Yuntu vault.
