//! The vault with real providers and shelves.

#[cfg(test)]
mod destroy;
#[cfg(test)]
mod house;
#[cfg(test)]
mod key_file;
#[cfg(test)]
mod pkcs11;
#[cfg(test)]
mod place;
#[cfg(test)]
mod rotate;
#[cfg(test)]
mod shelf;
#[cfg(test)]
mod sign_in;
