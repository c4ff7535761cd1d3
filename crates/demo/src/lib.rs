//! The main job of Yuntu on real tables.
