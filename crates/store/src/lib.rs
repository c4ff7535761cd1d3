//! Yuntu store.
