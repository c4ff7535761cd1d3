//! Yuntu app.
