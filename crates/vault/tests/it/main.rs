//! The vault with real providers and shelves.

mod destroy;
mod house;
mod key_file;
mod pkcs11;
mod place;
mod rotate;
mod shelf;
