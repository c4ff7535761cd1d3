//! Yuntu lake.
