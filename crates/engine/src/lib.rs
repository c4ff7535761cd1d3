//! Yuntu engine.
