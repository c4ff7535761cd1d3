//! The surfaces over a real platform: SQLite, a local lake, a ledger on disk; nothing is mocked.

#[cfg(test)]
mod access;
#[cfg(test)]
mod account;
#[cfg(test)]
mod addresses;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod arrivals;
#[cfg(test)]
mod assessments;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bind;
#[cfg(test)]
mod canaries;
#[cfg(test)]
mod centre;
#[cfg(test)]
mod certification;
#[cfg(test)]
mod consents;
#[cfg(test)]
mod console;
#[cfg(test)]
mod cookies;
#[cfg(test)]
mod cutting;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod document;
#[cfg(test)]
mod duties;
#[cfg(test)]
mod exceptions;
#[cfg(test)]
mod factors;
#[cfg(test)]
mod help;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod instructions;
#[cfg(test)]
mod labels;
#[cfg(test)]
mod leave;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod lowered;
#[cfg(test)]
mod measures;
#[cfg(test)]
mod members;
#[cfg(test)]
mod minors;
#[cfg(test)]
mod observatory;
#[cfg(test)]
mod operators;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod partners;
#[cfg(test)]
mod passkeys;
#[cfg(test)]
mod people;
#[cfg(test)]
mod refusing;
#[cfg(test)]
mod repeats;
#[cfg(test)]
mod reviews;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod safety;
#[cfg(test)]
mod saved;
#[cfg(test)]
mod site;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod statement;
#[cfg(test)]
mod story;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod tokens;
