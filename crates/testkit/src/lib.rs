//! Yuntu testkit.
