//! Yuntu web.
