//! The statement as others meet it: files, golden tables, the catalogue against the sources.

mod catalogue;
mod files;
mod golden;
