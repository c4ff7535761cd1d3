//! The surfaces over a real platform: SQLite, a local lake, a ledger on disk; nothing is mocked.

mod access;
mod bad_input;
mod console;
mod document;
mod pages;
mod site;
mod story;
