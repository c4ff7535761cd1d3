//! Yuntu policy.
