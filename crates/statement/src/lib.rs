//! Yuntu statement.
